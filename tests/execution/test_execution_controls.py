"""Negative controls: with each wall taken away a program of the corpus gets what it must not get.

Walls stand one behind the other, so the others of the same kind are taken away first; the program
must then be stopped by the wall in question alone.
"""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.execution import lane, payload
from codepref.execution.config import ExecutionConfig
from codepref.execution.frames import KILLED
from codepref.execution.lane import Lane
from codepref.execution.probes import proved_walls
from codepref.execution.verdicts import Finding
from codepref.execution.walls import SCRATCH_BYTES, Walls
from tests.execution.corpus.attack import make_job
from tests.execution.corpus.model import GOOD, Mode
from tests.execution.corpus.programs import PROGRAMS
from tests.execution.switches import replace_inside, without, writable_root

NO_FILTERS = {"zygote_filter": b"", "program_filter": b""}
NO_LANDLOCK = {"landlock": ()}
LIMIT = "getrlimit(resource.RLIMIT_CPU)"

Change = Callable[[Walls], Walls]


@pytest.fixture(scope="module")
def walls() -> Walls:
    try:
        return proved_walls("bubblewrap")
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def forget_compiled_code() -> Iterator[None]:
    yield
    payload._compiled.cache_clear()


class Bench:
    """Runs programs of the corpus, or others, inside walls."""

    def __init__(self, port: int, secret: Path, config: ExecutionConfig) -> None:
        self.port, self.secret, self.config = str(port), secret, config

    def shared(self, walls: Walls) -> Walls:
        """Let programs see the folder of the secret, and write to it as far as mounts go."""
        folder = self.secret.parent
        folder.chmod(0o777)
        self.secret = Path("/shared/secret")
        return without(writable_root(walls), then=("--bind", str(folder), "/shared"))

    def verdict(self, walls: Walls, name: str, mode: Mode = "call", **limits: int) -> str:
        code = PROGRAMS[name].code if name in PROGRAMS else name
        code = code.replace("PORT", self.port).replace("'SECRET", f"'{self.secret}")
        with Lane(walls, 100) as lane_of_two:
            job = make_job("n", mode, code)
            found = lane_of_two.measure(job, self.config.model_copy(update=limits))
        return found.verdict


@pytest.fixture
def bench(
    tmp_path: Path, config: ExecutionConfig, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    monkeypatch.setattr(lane, "MIN_WALL_S", 3.0)
    monkeypatch.setattr(lane, "WALL_FACTOR", 0)
    for place in (tmp_path, *tmp_path.parents):
        if place.owner() == tmp_path.owner() and place != Path("/"):
            place.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("canary")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Bench(listener.getsockname()[1], secret, config)


def test_without_a_network_of_its_own_a_program_reaches_the_host(
    walls: Walls, bench: Bench
) -> None:
    alone = walls.model_copy(update=NO_FILTERS | NO_LANDLOCK)
    assert bench.verdict(alone, "connects_to_the_host") == "error"
    assert bench.verdict(without(alone, "--unshare-net"), "connects_to_the_host") == "passed"


def test_without_landlock_a_program_reaches_the_host(walls: Walls, bench: Bench) -> None:
    alone = without(walls.model_copy(update=NO_FILTERS), "--unshare-net")
    assert bench.verdict(alone, "connects_to_the_host") == "error"
    open_to_all = alone.model_copy(update=NO_LANDLOCK)
    assert bench.verdict(open_to_all, "connects_to_the_host") == "passed"


def test_without_filters_a_program_reaches_the_host(walls: Walls, bench: Bench) -> None:
    alone = without(walls.model_copy(update=NO_LANDLOCK), "--unshare-net")
    assert bench.verdict(alone, "connects_to_the_host") == "error"
    open_to_all = alone.model_copy(update=NO_FILTERS)
    assert bench.verdict(open_to_all, "connects_to_the_host") == "passed"


def test_without_mounts_of_its_own_a_program_reads_the_host(walls: Walls, bench: Bench) -> None:
    alone = walls.model_copy(update=NO_LANDLOCK)
    assert bench.verdict(alone, "reads_the_secret") == "error"
    assert bench.verdict(bench.shared(alone), "reads_the_secret") == "passed"


def test_without_landlock_a_program_reads_and_writes_what_is_there(
    walls: Walls, bench: Bench
) -> None:
    shared = bench.shared(walls)
    for name in ("reads_the_secret", "writes_beside_the_secret"):
        assert bench.verdict(shared, name) == "error"
        assert bench.verdict(shared.model_copy(update=NO_LANDLOCK), name) == "passed"


def test_with_an_environment_a_program_sees_secrets(walls: Walls, bench: Bench) -> None:
    assert bench.verdict(walls, "environment_holds_no_secret") == "passed"
    leaky = without(walls, then=("--setenv", "SECRET_TOKEN", "canary"))
    assert bench.verdict(leaky, "environment_holds_no_secret") == "error"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to become")
def test_without_another_user_a_program_is_root(walls: Walls, bench: Bench) -> None:
    alone = walls.model_copy(update=NO_FILTERS)
    assert bench.verdict(alone, "becomes_root") == "error"
    assert bench.verdict(alone.model_copy(update={"drops_user": False}), "becomes_root") == "passed"


def test_without_filters_a_program_starts_others(walls: Walls, bench: Bench) -> None:
    for name in ("fork_as_a_system_call", "multiprocessing", "makes_a_socket_by_the_c_library"):
        stopped, free = (
            bench.verdict(some, name) for some in (walls, walls.model_copy(update=NO_FILTERS))
        )
        assert stopped != free, name


def test_without_a_size_a_program_fills_scratch(walls: Walls, bench: Bench) -> None:
    code = f"for i in range(100):\n    open(str(i), 'wb').write(bytes(2**20))\n{GOOD}"
    assert bench.verdict(walls, code) == "error"
    assert bench.verdict(without(walls, "--size", str(SCRATCH_BYTES)), code) == "passed"


@pytest.mark.parametrize(
    ("limit", "name", "stopped", "free"),
    [
        ("RLIMIT_CPU, (cpu_s, cpu_s + 1)", "loop", "timeout", "wall_timeout"),
        ("RLIMIT_FSIZE, (FILE_SIZE_BYTES,) * 2", "huge_file", "error", "passed"),
        (
            "RLIMIT_AS, (cage.own_bytes + memory_mib * MIB,) * 2",
            f"import mmap\nx = mmap.mmap(-1, 400 * 2**20)\n{GOOD}",
            "error",
            "passed",
        ),
        (
            "RLIMIT_NOFILE, (OPEN_FILES,) * 2",
            f"import os\nx = [os.dup(0) for _ in range(100)]\n{GOOD}",
            "error",
            "passed",
        ),
        (
            "RLIMIT_NPROC, (cage.processes,) * 2",
            "import threading, time\nfor _ in range(60):\n"
            f"    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n{GOOD}",
            "error",
            "passed",
        ),
    ],
)
def test_without_a_limit_a_program_uses_more(  # noqa: PLR0913 - parameters
    limit: str,
    name: str,
    stopped: str,
    free: str,
    walls: Walls,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = 2048 if "NPROC" in limit else 256
    assert bench.verdict(walls, name, memory_limit_mib=memory) == stopped
    replace_inside(monkeypatch, (f"setrlimit(resource.{limit})", LIMIT))
    assert bench.verdict(walls, name, memory_limit_mib=memory) == free


def test_without_a_limit_on_output_a_program_floods(walls: Walls, bench: Bench) -> None:
    printed = f"print('x' * 2**21)\n{GOOD}"
    assert bench.verdict(walls, printed) == "output_limit"
    assert bench.verdict(walls, printed, output_limit_kib=4096) == "passed"
    assert "output" in KILLED


def test_without_closing_a_program_holds_the_zygotes_descriptors(
    walls: Walls, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os\nfound = []\nfor fd in range(3, 64):\n    try:\n        os.fstat(fd)\n"
        f"        found.append(fd)\n    except OSError:\n        pass\nassert found == [3]\n{GOOD}"
    )
    assert bench.verdict(walls, code) == "passed"
    replace_inside(monkeypatch, ("os.closerange(kept, ALL_DESCRIPTORS)", "pass"))
    assert bench.verdict(walls, code) == "error"


def test_without_clearing_a_program_finds_what_the_last_one_left(
    walls: Walls, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os\nassert os.listdir('.') == []\nopen('left', 'w').close()\n"
        f"import sys\nsys.stderr.write('x')\n{GOOD}"
    )

    def twice() -> list[str]:
        with Lane(walls, 101) as one:
            jobs = [make_job(f"{n}", "call", f"{code}# {n}\n") for n in range(2)]
            return [one.measure(job, bench.config).verdict for job in jobs]

    assert twice() == ["passed", "passed"]
    replace_inside(monkeypatch, ("not child_scratch.clear(self.setup.scratch)", "False"))
    assert twice() == ["passed", "error"]


def test_without_tests_that_cannot_hold_a_forged_report_passes(
    walls: Walls, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "frame_walk_for_the_report"
    assert bench.verdict(walls, name, "script") == "tampered"
    replace_inside(monkeypatch, ('if job["canary"]:', "if False:"))
    monkeypatch.setattr(Finding, "without_canary", lambda self: self)
    assert bench.verdict(walls, name, "script") == "passed"


def test_without_another_constant_a_program_that_reads_its_tests_passes(
    walls: Walls, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "frame_walk_for_what_is_expected"
    assert bench.verdict(walls, name, "script") == "tampered"
    replace_inside(monkeypatch, ("code in (spoiled, plain)", "code in (plain,)"))
    assert bench.verdict(walls, name, "script") == "passed"


def test_without_copies_an_object_that_lies_passes(
    walls: Walls, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong constant that holds gives it away as well, so that wall is taken away first."""
    constant = ("code in (spoiled, plain)", "code in (plain,)")
    replace_inside(monkeypatch, constant)
    assert bench.verdict(walls, "always_equal", "script") == "tampered"
    replace_inside(monkeypatch, constant, ("left, right = self.guard(left, right)", "pass"))
    assert bench.verdict(walls, "always_equal", "script") == "passed"


def test_without_a_process_of_their_own_tests_are_read_by_the_program(
    walls: Walls, bench: Bench
) -> None:
    """The same search finds what is expected beside it, and not in another process."""
    code = PROGRAMS["frame_walk_for_what_is_expected"].code
    assert bench.verdict(walls, code, "split") == "no_tests"  # it fails there, and passes beside
    assert bench.verdict(walls, code, "script") == "tampered"
