"""Hostile programs in every mode, inside every isolation; the host is looked at from outside."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from codepref.execution.scratch import FOLDER_PREFIX
from codepref.execution.walls import Walls
from tests.execution.corpus.model import BAD, MODES, Mode
from tests.execution.corpus.programs import GROUPS, PROGRAMS
from tests.execution.host import alive

ROOT = Path(__file__).parents[2]
NOBODY = 65534
TIMEOUT_S = 600
MISSING = 3  # exit code of an environment that lacks something
SCRATCH_PLACES = (Path("/dev/shm"), Path("/tmp"))


class Attack(NamedTuple):
    """The corpus, run once in one environment.

    Attributes:
        found: verdict and texts by "<name> <mode>".
        visitors: connections to the host's listener.
        names: of the files in the folder of the secret.
        changes: size, rights and time of the secret, before and after.
        survivors: processes that a program named and that still live.
        litter: scratch folders that were left on the host, where none was before.
        landlock_alone: there were no namespaces.
    """

    found: dict[str, dict[str, str]]
    visitors: int
    names: list[str]
    changes: list[tuple[int, int, int]]
    survivors: list[str]
    litter: list[str]
    landlock_alone: bool


class Environment(NamedTuple):
    """Who runs the corpus, and inside what; user None is whoever runs the tests."""

    user: int | None
    isolation: str


def environments() -> Iterator[object]:
    """Own user inside the walls of this machine in the fast tests; all others in the slow ones."""
    yield pytest.param(Environment(None, "auto"), id="self-auto")
    for user in (0, NOBODY) if os.geteuid() == 0 else (os.geteuid(),):
        for isolation in ("bubblewrap", "landlock"):
            name = f"{'root' if user == 0 else 'user'}-{isolation}"
            marks = pytest.mark.slow
            yield pytest.param(Environment(user, isolation), id=name, marks=marks)


def file_state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mode, found.st_mtime_ns


def scratch_folders() -> set[str]:
    """Folders that zygotes without a file system of their own write to."""
    return {str(path) for place in SCRATCH_PLACES for path in place.glob(f"{FOLDER_PREFIX}*")}


@pytest.fixture(scope="module", params=environments())
def attack(
    request: pytest.FixtureRequest,
    walls: Walls,  # skips where there is no isolation
    tmp_path_factory: pytest.TempPathFactory,
) -> Attack:
    environment: Environment = request.param
    if environment == Environment(os.geteuid(), walls.isolation):
        pytest.skip("the same as self-auto here")
    python = sys.executable
    if environment.user is not None:
        python = readable_python(environment.user)
    folder = tmp_path_factory.mktemp("host")
    for place in (folder, *folder.parents):
        if place.owner() == folder.owner() and place != Path("/"):
            place.chmod(0o755)
    secret, mark = folder / "secret", f"m{os.getpid()}"
    secret.write_text("canary")
    if environment.user is not None and os.geteuid() == 0:
        os.chown(secret, environment.user, environment.user)  # an owner may do more than others
    state = [file_state(secret)]
    before = scratch_folders()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        port = str(listener.getsockname()[1])
        words = [
            python,
            "-m",
            "tests.execution.corpus.attack",
            "--isolation",
            environment.isolation,
        ]
        words += ["--port", port, "--secret", str(secret), "--mark", mark]
        done = run_as(environment.user, words, SECRET_TOKEN="canary")
        if done.returncode == MISSING:
            pytest.skip(done.stderr.strip()[-500:])
        assert done.returncode == 0, done.stderr
        visitors = count_visitors(listener)
    assert secret.read_text() == "canary"
    state.append(file_state(secret))
    isolation = walls.isolation if environment.isolation == "auto" else environment.isolation
    return Attack(
        found=json.loads(done.stdout),
        visitors=visitors,
        names=[path.name for path in folder.iterdir()],
        changes=state,
        survivors=survivors(mark),
        litter=sorted(scratch_folders() - before),
        landlock_alone=isolation == "landlock",
    )


def run_as(
    user: int | None, words: list[str], **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command as a user, from the root of the project."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    return subprocess.run(
        words,
        cwd=ROOT,
        env={
            "HOME": "/tmp",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT), *packages]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        },
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def readable_python(user: int) -> str:
    """An interpreter of this version that others can read, too, and run with these packages."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        for someone in {user, NOBODY if os.geteuid() == 0 else user}:
            try:
                done = run_as(someone, [python, "-c", "import codepref.execution.pool"])
            except OSError:
                break
            if done.returncode != 0:
                break
        else:
            return python
    pytest.skip(f"no Python {version} here that user {user} can run with this project's packages")


def count_visitors(listener: socket.socket) -> int:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return 0
    return 1 + count_visitors(listener)


def survivors(mark: str) -> list[str]:
    deadline = time.monotonic() + 5
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.05)  # the kernel takes a moment to clear a process namespace
    return alive(mark)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("group", GROUPS)
def test_programs_get_the_verdicts_they_deserve(attack: Attack, group: str, mode: Mode) -> None:
    wrong = {}
    for name, program in GROUPS[group].items():
        allowed = program.allowed(mode, landlock_alone=attack.landlock_alone)
        found = attack.found[f"{name} {mode}"]
        if found["verdict"] not in allowed:
            wrong[name] = (found, allowed)
    assert wrong == {}


def test_nothing_reached_the_host_and_nothing_is_left_on_it(attack: Attack) -> None:
    assert len(attack.found) == len(PROGRAMS) * len(MODES)
    assert attack.visitors == 0
    assert attack.names == ["secret"]
    assert attack.changes[0] == attack.changes[1]
    assert attack.survivors == []
    assert attack.litter == []


def test_no_wrong_program_may_pass_where_others_compare() -> None:
    wrong = {name for name, program in PROGRAMS.items() if BAD in program.code}
    for name in wrong.union(GROUPS["liars"], GROUPS["loopholes"]):
        for mode in ("call", "split", "stdio"):
            assert "passed" not in PROGRAMS[name].allowed(mode), name


def test_there_are_more_programs_than_are_known_from_elsewhere() -> None:
    assert len(PROGRAMS) >= 155


def test_a_survivor_would_be_seen() -> None:
    before = Path("/proc/self/comm").read_text()
    Path("/proc/self/comm").write_text("seen")
    assert alive("seen") != []
    Path("/proc/self/comm").write_text(before)
