"""A hostile program that tries each wall. Its source is run inside the sandbox as a job."""

import ctypes
import mmap
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable

TOO_MANY_MIB = 64  # for one file
MIB = bytes(2**20)
PR_GET_NO_NEW_PRIVS = 39  # linux/prctl.h
PTRACE_TRACEME, PTRACE = 0, 101  # linux/ptrace.h, x86-64
CLONE_NEWUSER = 0x10000000


def probe(
    port: int,
    secrets: list[str],
    folders: list[str],
    environment: list[str],
    driver: int,
    memory_mib: int,
) -> dict[str, str]:
    """Try to break out; give what worked, by the name of the wall.

    Args:
        port: of a listener on the host's loopback interface.
        secrets: files of the host that must not be readable.
        folders: folders of the host, and of this side, that must not be writable.
        environment: names that the environment may hold.
        driver: process id of the driver on the host.
        memory_mib: limit on the address space.
    """
    found: dict[str, str] = {}
    _try(found, "network", lambda: socket.create_connection(("127.0.0.1", port), timeout=1))
    _try(found, "sockets", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    for path in secrets:
        _try(found, "reading", lambda path=path: open(path, "rb").read(1))  # type: ignore[misc]  # noqa: PTH123, SIM115
    for folder in folders:
        _try(found, "writing", lambda folder=folder: open(f"{folder}/escaped", "x"))  # type: ignore[misc]  # noqa: PTH123, SIM115
    extra = sorted(set(os.environ) - set(environment))
    if extra:
        found["environment"] = ", ".join(extra)
    _try_to_rise(found)
    for number in (driver, os.getppid()):
        _try(found, "signals", lambda number=number: os.kill(number, signal.SIGCONT))  # type: ignore[misc]
    _try(found, "processes", _fork)
    _try(found, "programs", lambda: os.execv("/bin/true", ["true"]))
    _try(found, "memory", lambda: mmap.mmap(-1, (memory_mib + 1) * 2**20))
    _try(found, "file size", _write_one_file)
    _try(found, "open files", lambda: [os.dup(0) for _ in range(1000)])
    if resource.getrlimit(resource.RLIMIT_CPU)[1] == resource.RLIM_INFINITY:
        found["time"] = "no limit on CPU time"
    thread = threading.Thread(target=os.getpid)
    thread.start()  # must work, or honest programs fail
    thread.join()
    return found


def _try_to_rise(found: dict[str, str]) -> None:
    libc = ctypes.CDLL(None)
    if os.getuid() == 0 or os.geteuid() == 0:
        found["user"] = "runs as root"
    _try(found, "user", lambda: os.setuid(0))
    if libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        found["privileges"] = "a program may gain rights by running another"
    if libc.unshare(CLONE_NEWUSER) == 0:
        found["namespaces"] = "a program may make its own"
    if libc.syscall(PTRACE, PTRACE_TRACEME, 0, 0, 0) == 0:
        found["tracing"] = "a program may trace others"


def _try(found: dict[str, str], wall: str, attempt: Callable[[], object]) -> None:
    try:
        found[wall] = f"no error from {attempt()!r}"[:200]
    except (OSError, MemoryError):
        return


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _write_one_file() -> None:
    with open("one", "wb") as stream:  # noqa: PTH123
        for _ in range(TOO_MANY_MIB):
            stream.write(MIB)


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
