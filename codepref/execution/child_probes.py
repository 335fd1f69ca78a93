"""A hostile program that tries each wall. Its source is run inside the sandbox as a job."""

import ctypes
import mmap
import os
import socket
import time
from collections.abc import Callable

FEW = 100  # processes; more than any sandbox should allow
TOO_LARGE_BYTES = 256 * 1024 * 1024
PR_GET_NO_NEW_PRIVS = 39  # linux/prctl.h


def probe(
    port: int, secrets: list[str], folders: list[str], environment: list[str], memory_mib: int
) -> dict[str, str]:
    """Try to break out; give what worked, by the name of the wall.

    Args:
        port: of a listener on the host's loopback interface.
        secrets: files of the host that must not be readable.
        folders: folders of the host, and of this side, that must not be writable.
        environment: names that the environment may hold.
        memory_mib: limit on the address space.
    """
    found: dict[str, str] = {}
    _try(found, "network", lambda: socket.create_connection(("127.0.0.1", port), timeout=1))
    for path in secrets:
        _try(found, "reading", lambda path=path: open(path, "rb").read(1))  # type: ignore[misc]  # noqa: PTH123, SIM115
    for folder in folders:
        _try(found, "writing", lambda folder=folder: open(f"{folder}/escaped", "x"))  # type: ignore[misc]  # noqa: PTH123, SIM115
    extra = sorted(set(os.environ) - set(environment))
    if extra:
        found["environment"] = ", ".join(extra)
    if os.getpid() > FEW:
        found["processes"] = "the process ids of the host are visible"
    if os.getuid() == 0:
        found["user"] = "runs as root"
    _try(found, "user", lambda: os.setuid(0))
    if ctypes.CDLL(None).prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        found["privileges"] = "a program may gain rights by running another"
    _try(found, "memory", lambda: mmap.mmap(-1, (memory_mib + 1) * 1024 * 1024))
    _try(found, "file size", _write_much)
    if "processes" not in found:  # else nothing would clear them away
        _try(found, "number of processes", _fork_many)
    return found


def _try(found: dict[str, str], wall: str, attempt: Callable[[], object]) -> None:
    try:
        found[wall] = f"no error from {attempt()!r}"[:200]
    except (OSError, MemoryError):
        return


def _write_much() -> None:
    with open("/tmp/much", "wb") as stream:  # noqa: PTH123
        for _ in range(TOO_LARGE_BYTES // 2**20):
            stream.write(bytes(2**20))


def _fork_many() -> None:
    for _ in range(FEW):
        if os.fork() == 0:
            os.setsid()
            time.sleep(3600)
