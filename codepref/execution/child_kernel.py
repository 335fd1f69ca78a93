"""Walls that a process puts up around itself by asking the kernel. Runs inside the sandbox.

Sources: prctl(2), seccomp(2), landlock(7), linux/landlock.h; numbers are those of x86-64.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable

SECCOMP = 317
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
SET_DUMPABLE, SET_NO_NEW_PRIVS = 4, 38
SECCOMP_SET_MODE_FILTER = 1
LANDLOCK_VERSION = 1
PATH_BENEATH = 1

# linux/landlock.h: LANDLOCK_ACCESS_FS_*
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_SOCK, MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
FIRST_FILE_RIGHTS = 13  # of ABI 1; each of these ABIs added one: renaming, truncation, ioctl
ONE_MORE_SINCE = (2, 3, 5)
TCP_RIGHTS, TCP_SINCE = 0b11, 4  # bind and connect
SCOPES, SCOPES_SINCE = 0b11, 6  # abstract sockets and signals

PAGE = mmap.PAGESIZE
LIBC = ctypes.CDLL(None, use_errno=True)


class FilterProgram(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


class Ruleset(ctypes.Structure):
    """struct landlock_ruleset_attr; its size grew with the ABI."""

    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Beneath(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


def give_up_privileges() -> None:
    """Never gain rights by running a program, and let nobody look into this process.

    Raises:
        OSError: the kernel refused.
    """
    _checked(LIBC.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _checked(LIBC.prctl(SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def install_filter(steps: bytes) -> None:
    """Let the kernel check every further system call by these steps.

    Raises:
        OSError: the kernel has no seccomp filters, or refused this one.
    """
    program = FilterProgram(len(steps) // 8, steps)
    made = LIBC.syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(program))
    _checked(made, "seccomp")


def landlock_abi() -> int:
    """Version of Landlock in this kernel; 0 where there is none."""
    return max(0, int(LIBC.syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)))


def restrict_files(rules: Iterable[tuple[str, str]], abi: int) -> None:
    """Close the file system but for some paths, and TCP, for this process and its children.

    Args:
        rules: ("read", path) a folder to read; ("device", path) a file to read and write;
            ("scratch", path) a folder to do as one likes. Paths that are not there are left out.
        abi: what landlock_abi gave, at least 1.

    Raises:
        OSError: the kernel refused.
    """
    everything = (1 << (FIRST_FILE_RIGHTS + sum(abi >= since for since in ONE_MORE_SINCE))) - 1
    ruleset = Ruleset(
        everything, TCP_RIGHTS if abi >= TCP_SINCE else 0, SCOPES if abi >= SCOPES_SINCE else 0
    )
    size = 8 if abi < TCP_SINCE else 16 if abi < SCOPES_SINCE else 24
    made = _checked(LIBC.syscall(LANDLOCK_CREATE, ctypes.byref(ruleset), size, 0), "landlock")
    rights = {
        "read": READ_FILE | READ_DIR,
        "device": READ_FILE | WRITE_FILE,
        "scratch": everything & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK | MAKE_SOCK),
    }
    for kind, path in rules:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        rule = Beneath(rights[kind], parent)
        added = LIBC.syscall(LANDLOCK_ADD, made, PATH_BENEATH, ctypes.byref(rule), 0)
        _checked(added, f"landlock rule for {path}")
        os.close(parent)
    _checked(LIBC.syscall(LANDLOCK_RESTRICT, made, 0), "landlock")
    os.close(made)


def address_space() -> int:
    """Bytes of address space that this process has mapped, to a page, without /proc.

    It is the least limit under which one more page can be had.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 40
    try:
        while high - low > PAGE:
            middle = (low + high) // 2 // PAGE * PAGE
            resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
            low, high = (low, middle) if _can_map_a_page() else (middle, high)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high - PAGE


def _can_map_a_page() -> bool:
    try:
        mmap.mmap(-1, PAGE).close()
    except (OSError, MemoryError):
        return False
    return True


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)} ({errno.errorcode.get(number)})")
    return result
