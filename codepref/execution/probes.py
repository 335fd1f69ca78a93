"""Prove the walls by trying to break out, before anything runs inside them."""

import logging
import os
import socket
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from codepref.errors import MissingError, SandboxError
from codepref.execution import child_probes
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Isolation, Job
from codepref.execution.lane import run_once
from codepref.execution.values import decode, pack
from codepref.execution.verdicts import Finding
from codepref.execution.walls import (
    ENVIRONMENT,
    PYTHON_HOME,
    SCRATCH_BYTES,
    SLOTS,
    Walls,
    build_walls,
    python_home,
)
from codepref.execution.zygote import Zygote

CANDIDATES: Mapping[str, tuple[Isolation, ...]] = {
    "auto": ("bubblewrap", "landlock"),
    "bubblewrap": ("bubblewrap",),
    "landlock": ("landlock",),
    "none": ("none",),
}
SIZE_OF_SECRET = 16
PROBING = ExecutionConfig(
    isolation="none",
    pool="local",
    workers=1,
    cpu_limit_s=10,
    memory_limit_mib=256,
    output_limit_kib=64,
    repeats=1,
)
PROBE_SLOT = SLOTS - 1  # a number that no lane's zygote has: there are at most 256 lanes

logger = logging.getLogger(__name__)


@cache
def proved_walls(isolation: str) -> Walls:
    """Give the first walls that params allow and that hold here; asked and tried once per process.

    Raises:
        MissingError: none can be put up here; the message says what each lacks.
        SandboxError: a wall does not hold.
    """
    problems = []
    for name in CANDIDATES[isolation]:
        try:
            walls = build_walls(name)
            prove_walls(walls)
        except MissingError as error:
            problems.append(str(error))
        else:
            return walls
    raise MissingError("; ".join(problems))


def prove_walls(walls: Walls) -> None:
    """Run hostile programs and check that every attempt failed.

    In bubblewrap the namespaces are tried on their own first, then with all that stands inside.

    Raises:
        MissingError: the walls cannot be put up here.
        SandboxError: one of them does not hold.
    """
    if walls.isolation == "none":
        logger.warning(
            "isolation: none: programs written by a model run unprotected, with your rights"
        )
        return
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as host:
        secret = Path(folder) / "secret"
        secret.write_bytes(os.urandom(SIZE_OF_SECRET))
        host.settimeout(0)
        arguments = _targets(host.getsockname()[1], secret)
        before = _state(secret)
        breaches: dict[str, str] = {}
        if walls.isolation == "bubblewrap":
            breaches |= _attack(walls.without_inner(), "probe_namespaces", arguments)
        breaches |= _attack(walls, "probe", [*arguments[:4], os.getpid(), arguments[4]])
        breaches |= _fill(walls)
        if list(Path(folder).iterdir()) != [secret]:
            breaches["writing"] = "a file appeared on the host"
        if _state(secret) != before:
            breaches["changing"] = "size, rights or times of a file of the host were changed"
        try:
            host.accept()[0].close()
            breaches["network"] = "the host was reached"
        except BlockingIOError:
            pass
    if breaches:
        told = "; ".join(f"{wall}: {what}" for wall, what in sorted(breaches.items()))
        raise SandboxError(
            f"isolation {walls.isolation}: walls that do not hold: {told}; {walls.how_to_get}"
        )


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mode, found.st_mtime_ns


def _targets(port: int, secret: Path) -> list[object]:
    """Give the arguments of `child_probes.probe_outer`."""
    return [
        port,
        [str(secret), str(Path(__file__)), "/etc/passwd", "/proc/self/environ"],
        [str(secret.parent), "/", "/dev", "/usr/lib", PYTHON_HOME, python_home()],
        [*ENVIRONMENT, "LD_LIBRARY_PATH", "PWD"],
        PROBING.memory_limit_mib,
    ]


def _attack(walls: Walls, entry_point: str, arguments: list[object]) -> dict[str, str]:
    finding = _run(walls, entry_point, arguments)
    found = decode(finding.values[0]) if finding.values else finding.failure
    if finding.verdict != "passed" or not isinstance(found, dict):
        return {entry_point: f"{finding.verdict}: {found} {finding.stderr_tail}"}
    return {str(wall): str(what) for wall, what in found.items()}


def _fill(walls: Walls) -> dict[str, str]:
    too_much_mib = 4 * SCRATCH_BYTES // 2**20
    finding = _run(walls, "fill", [too_much_mib])
    if finding.verdict != "output_limit" and finding.values in ((), (str(too_much_mib),)):
        return {"scratch": f"{finding.verdict}: a program may fill the disk"}
    return {}


def _run(walls: Walls, entry_point: str, arguments: list[object]) -> Finding:
    with Zygote(walls, PROBE_SLOT) as zygote:
        finding = run_once(zygote, _probe_job(entry_point, arguments), PROBING)
    if finding.verdict == "infra_error":
        raise MissingError(
            f"isolation {walls.isolation} does not work here: {finding.failure}; {walls.how_to_get}"
        )
    return finding


def _probe_job(entry_point: str, arguments: list[object]) -> Job:
    return Job(
        job_id=entry_point,
        mode="call",
        code=Path(child_probes.__file__).read_text(encoding="utf-8"),
        setup="",
        tests=[],
        self_written=False,
        entry_point=entry_point,
        inputs=[pack(arguments)],
        whole=True,
    )
