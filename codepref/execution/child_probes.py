"""A hostile program that tries each wall. Its source is run inside the sandbox as a job."""

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable

TOO_MANY_MIB = 64  # for one file
TOO_MANY_FILES = 1000
FIRST_HOST_PID = 100  # inside a process namespace numbers are smaller
MIB = bytes(2**20)
PR_GET_NO_NEW_PRIVS = 39  # linux/prctl.h
PROCESS_VM_READV, SHMGET = 310, 29  # numbers of calls on x86-64
CLONE_NEWUSER = 0x10000000
IPC_CREAT = 0o1600  # linux/ipc.h, with rights for the user

Try = Callable[[str, Callable[[], object]], None]


def probe(
    port: int,
    secrets: list[str],
    folders: list[str],
    environment: list[str],
    driver: int,
    memory_mib: int,
) -> dict[str, str]:
    """Try to break out of all walls together; give what worked, by the name of the wall.

    Args:
        port: of a listener on the host's loopback interface.
        secrets: files of the host that must not be readable; the first one is made to be lost.
        folders: folders of the host, and of this side, that must not be writable.
        environment: names that the environment may hold.
        driver: process id of the driver on the host.
        memory_mib: limit on the address space.
    """
    found = probe_outer(port, secrets, folders, environment, memory_mib)
    attempt = _attempts(found)
    for change in (_open_to_all, _make_old, _empty):  # what they did is seen from outside
        with contextlib.suppress(OSError):
            change(secrets[0])
    attempt("sockets", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    for number in (driver, os.getppid()):
        attempt("signals", lambda number=number: os.kill(number, signal.SIGCONT))  # type: ignore[misc]
    attempt("processes", _fork)
    attempt("programs", lambda: os.execv("/bin/true", ["true"]))
    libc = ctypes.CDLL(None)
    if libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        found["privileges"] = "a program may gain rights by running another"
    for wall, result in (
        ("namespaces", libc.unshare(CLONE_NEWUSER)),
        ("tracing", libc.syscall(PROCESS_VM_READV, os.getpid(), *[ctypes.c_long(0)] * 5)),
        ("shared memory", libc.syscall(SHMGET, 0, 4096, IPC_CREAT)),
    ):
        if result >= 0:
            found[wall] = "the kernel did not refuse"
    thread = threading.Thread(target=os.getpid)
    thread.start()  # must work, or honest programs fail
    thread.join()
    return found


def probe_outer(
    port: int, secrets: list[str], folders: list[str], environment: list[str], memory_mib: int
) -> dict[str, str]:
    """Try what namespaces and limits alone must stop, or Landlock alone; see probe."""
    found: dict[str, str] = {}
    attempt = _attempts(found)
    attempt("network", lambda: socket.create_connection(("127.0.0.1", port), timeout=1))
    for path in secrets:
        attempt("reading", lambda path=path: open(path, "rb").read(1))  # type: ignore[misc]  # noqa: PTH123, SIM115
    for folder in folders:
        attempt("writing", lambda folder=folder: open(f"{folder}/escaped", "x"))  # type: ignore[misc]  # noqa: PTH123, SIM115
    extra = sorted(set(os.environ) - set(environment))
    if extra:
        found["environment"] = ", ".join(extra)
    if os.getuid() == 0 or os.geteuid() == 0:
        found["user"] = "runs as root"
    attempt("user", lambda: os.setuid(0))
    attempt("memory", lambda: mmap.mmap(-1, (memory_mib + 1) * 2**20))
    attempt("file size", _write_one_file)
    attempt("open files", lambda: [os.dup(0) for _ in range(TOO_MANY_FILES)])
    if resource.getrlimit(resource.RLIMIT_CPU)[1] == resource.RLIM_INFINITY:
        found["time"] = "no limit on CPU time"
    return found


def probe_namespaces(
    port: int, secrets: list[str], folders: list[str], environment: list[str], memory_mib: int
) -> dict[str, str]:
    """Try what namespaces alone must stop; see probe."""
    found = probe_outer(port, secrets, folders, environment, memory_mib)
    if os.getpid() > FIRST_HOST_PID:
        found["process ids"] = "those of the host are visible"
    if os.uname().nodename != "sandbox":
        found["host name"] = "that of the host is visible"
    return found


def fill(limit_mib: int) -> int:
    """Write to scratch, in files that are each small enough; give how many MiB that went well for.

    Args:
        limit_mib: where to stop.
    """
    for number in range(limit_mib):
        try:
            with open(f"{number}", "wb") as stream:  # noqa: PTH123
                stream.write(MIB)
        except OSError:
            return number
    return limit_mib


def _attempts(found: dict[str, str]) -> Try:
    def attempt(wall: str, work: Callable[[], object]) -> None:
        try:
            found[wall] = f"no error from {work()!r}"[:200]
        except (OSError, MemoryError):
            return

    return attempt


def _open_to_all(path: str) -> None:
    os.chmod(path, 0o777)  # noqa: PTH101


def _make_old(path: str) -> None:
    os.utime(path, (0, 0))


def _empty(path: str) -> None:
    os.truncate(path, 0)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _write_one_file() -> None:
    with open("one", "wb") as stream:  # noqa: PTH123
        for _ in range(TOO_MANY_MIB):
            stream.write(MIB)
