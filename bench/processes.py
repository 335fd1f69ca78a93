"""What a command, or a function in a fresh process, takes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
KIB_PER_GIB = 2**20
METERED = Path(__file__).with_name("metered.py")
BUSY = "while True: pass"


class Cost(NamedTuple):
    """What one command took.

    Attributes:
        wall_s: from start to end, start-up included.
        cpu_s: of it and all processes that it started; None where no cgroup may be made.
        peak_gib: resident memory of its largest process, programs in a sandbox not among them.
    """

    wall_s: float
    cpu_s: float | None
    peak_gib: float


def run_measured(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    output: int | None = None,
) -> Cost:
    """Run one command to its end.

    Args:
        command: program and arguments.
        environment: added to ours.
        folder: where it runs; None for where we are.
        output: descriptor, or subprocess.DEVNULL, for what it prints.

    Raises:
        SystemExit: it did not end well.
    """
    with TemporaryDirectory() as name:
        cost = Path(name) / "cost.json"
        done = subprocess.run(
            [sys.executable, str(METERED), str(cost), *command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: ended with {done.returncode}")
        return Cost(**json.loads(cost.read_text()))


def run_apart(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function in a fresh process: engines bind threads and memory for good."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *given, **named).result()


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep cores busy with other work."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
