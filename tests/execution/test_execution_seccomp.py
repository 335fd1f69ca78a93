"""Both filters, decided by an interpreter of their instructions."""

import errno
import re
import struct
from pathlib import Path

import pytest

from codepref.execution import seccomp
from codepref.execution.seccomp import ALLOWED, PID, X86_64, program_filter, zygote_filter

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
OWN_PID = 77
THREAD = 0x3D0F00  # flags of pthread_create
FORK = 0x1200011  # flags of fork: CHILD_SETTID, CHILD_CLEARTID, SIGCHLD
NEW_USER = 0x10000000
PR_SET_DUMPABLE, F_SETOWN, F_SETSIG, TIOCSTI, AF_INET = 4, 8, 10, 0x5412, 2


def decide(steps: bytes, number: int, *arguments: int, arch: int = X86_64) -> str:
    """Run a filter on one call, as the kernel would."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number, arch, 0, *padded)
    instructions = list(struct.iter_unpack("<HBBI", steps))
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == seccomp.LOAD:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == seccomp.AND:
            accumulator &= value
        elif code == seccomp.EQUAL:
            at += if_true if accumulator == value else if_false
        elif code == seccomp.AT_LEAST:
            at += if_true if accumulator >= value else if_false
        else:
            assert code == seccomp.RETURN
            return told(value)


def told(value: int) -> str:
    if value == seccomp.ALLOW:
        return "allowed"
    number = value & 0xFFFF
    return "killed" if value == seccomp.KILL else errno.errorcode.get(number, f"errno {number}")


def zygote(number: int, *arguments: int) -> str:
    return decide(zygote_filter(), number, *arguments)


def program(number: int, *arguments: int) -> str:
    own = program_filter().replace(PID.to_bytes(4, "little"), OWN_PID.to_bytes(4, "little"))
    return decide(own, number, *arguments)


def numbers() -> dict[str, int]:
    if not HEADER.is_file():
        pytest.skip(f"{HEADER} is not here")
    found = re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text())
    return {name: int(number) for name, number in found}


def test_the_numbers_are_those_of_the_kernels_header() -> None:
    known = numbers()
    assert {name: known.get(name) for name in ALLOWED} == dict(ALLOWED)
    others = ["kill", "tgkill", "clone", "recvmsg", "seccomp", "pidfd_open", "ioctl", "fcntl"]
    others += ["prctl", "sendto", "socketpair", "prlimit64"]
    given = {name: getattr(seccomp, name.upper(), None) for name in others}
    given["kill"] = seccomp.KILL_CALL
    assert given == {name: known[name] for name in others}


@pytest.mark.parametrize("name", ["read", "mmap", "futex", "openat", "clock_gettime", "epoll_wait"])
def test_what_every_program_needs_is_allowed(name: str) -> None:
    assert zygote(ALLOWED[name]) == program(ALLOWED[name]) == "allowed"


@pytest.mark.parametrize(
    "name",
    [
        *("socket", "connect", "bind", "listen", "accept", "accept4", "sendmsg", "sendmmsg"),
        *("fork", "vfork", "execve", "execveat", "ptrace", "process_vm_readv", "kcmp", "tkill"),
        *("rt_sigqueueinfo", "rt_tgsigqueueinfo", "unshare", "setns", "mount", "umount2", "chroot"),
        *("pivot_root", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "shmget"),
        *("msgget", "semget", "mq_open", "memfd_create", "init_module", "kexec_load", "reboot"),
        *("open_by_handle_at", "name_to_handle_at", "personality", "setuid", "setresuid", "capset"),
        *("setpgid", "setsid", "sched_setaffinity", "setpriority", "iopl", "clock_settime"),
        *("inotify_init1", "fanotify_init", "setsockopt", "get_robust_list", "quotactl", "acct"),
    ],
)
def test_what_reaches_out_of_a_program_is_refused(name: str) -> None:
    assert zygote(numbers()[name]) == "EPERM"


@pytest.mark.parametrize(
    "name", ["clone3", "io_uring_setup", "openat2", "pidfd_getfd", "mount_setattr"]
)
def test_newer_calls_look_as_if_the_kernel_did_not_know_them(name: str) -> None:
    assert zygote(numbers()[name]) == "ENOSYS"


def test_every_call_that_is_not_named_is_refused() -> None:
    """With zeros for arguments: fcntl(F_DUPFD) and prlimit64 of oneself are harmless."""
    named = {*ALLOWED.values(), seccomp.KILL_CALL, seccomp.TGKILL, seccomp.RECVMSG}
    named |= {seccomp.SECCOMP, seccomp.PIDFD_OPEN, seccomp.CLONE, seccomp.SENDTO}
    named |= {seccomp.FCNTL, seccomp.PRLIMIT64}
    allowed = {number for number in range(1024) if zygote(number) == "allowed"}
    assert allowed == named


@pytest.mark.parametrize("number", seccomp.WITHOUT_EFFECT)
def test_rights_and_times_of_files_only_seem_to_change(number: int) -> None:
    assert zygote(number) == "errno 0"


def test_a_zygote_may_fork_and_a_program_may_only_start_threads() -> None:
    assert zygote(seccomp.CLONE, FORK) == "allowed"
    assert program(seccomp.CLONE, FORK) == "EPERM"
    assert program(seccomp.CLONE, THREAD) == "allowed"
    assert zygote(seccomp.CLONE, FORK | NEW_USER) == "EPERM"
    assert zygote(seccomp.CLONE, THREAD | NEW_USER) == "EPERM"


@pytest.mark.parametrize("number", [seccomp.KILL_CALL, seccomp.TGKILL])
@pytest.mark.parametrize("pid", [0, 1, OWN_PID - 1, 2**32 - 1, 2**32 - OWN_PID])
def test_a_program_may_signal_nobody_but_itself(number: int, pid: int) -> None:
    assert program(number, OWN_PID, 9) == "allowed"
    assert program(number, pid, 9) == "EPERM"


@pytest.mark.parametrize("number", [seccomp.RECVMSG, seccomp.SECCOMP, seccomp.PIDFD_OPEN])
def test_what_a_zygote_needs_a_program_does_not_have(number: int) -> None:
    assert zygote(number) == "allowed"
    assert program(number) == "EPERM"


@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        (seccomp.FCNTL, (0, F_SETOWN, 1)),
        (seccomp.FCNTL, (0, F_SETSIG, 9)),
        (seccomp.IOCTL, (0, TIOCSTI)),
        (seccomp.PRCTL, (PR_SET_DUMPABLE, 1)),
        (seccomp.SOCKETPAIR, (AF_INET,)),
        (seccomp.PRLIMIT64, (1,)),
        (seccomp.SENDTO, (3, 0, 0, 0, 0x7F0000000000, 110)),
        (seccomp.SENDTO, (3, 0, 0, 0, 0x10, 110)),
    ],
)
def test_arguments_that_reach_out_are_refused(number: int, arguments: tuple[int, ...]) -> None:
    assert zygote(number, *arguments) == "EPERM"


@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        (seccomp.FCNTL, (0, 4, 0x800)),
        (seccomp.IOCTL, (0, 0x5401)),
        (seccomp.PRCTL, (15, 0)),
        (seccomp.SOCKETPAIR, (seccomp.AF_UNIX, 1)),
        (seccomp.PRLIMIT64, (0, 7)),
        (seccomp.SENDTO, (3, 0x7F0000000000, 9, 0, 0, 0)),
        (seccomp.IOCTL, (0, 2**32 + 0x5401)),  # the kernel reads an int
    ],
)
def test_arguments_that_stay_inside_are_allowed(number: int, arguments: tuple[int, ...]) -> None:
    assert zygote(number, *arguments) == "allowed"


@pytest.mark.parametrize("steps", [zygote_filter(), program_filter()])
def test_another_way_into_the_kernel_ends_the_program(steps: bytes) -> None:
    read = ALLOWED["read"]
    assert decide(steps, read | seccomp.X32_BIT) == "killed"
    assert decide(steps, read, arch=0x40000003) == "killed"  # 32-bit
    assert decide(steps, read, arch=0xC00000B7) == "killed"  # aarch64
