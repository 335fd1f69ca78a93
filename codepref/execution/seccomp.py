"""Which system calls a program may make, as two seccomp filters for Linux on x86-64.

The first is an allow-list that holds for a zygote and all its programs: files, memory, time,
signals of its own, threads. What is not on it (sockets, new programs, tracing, mounts, io_uring,
other namespaces, shared memory) ends with an error. The second is put before it in each program:
no further process, no signal to any process but its own, no descriptors from the zygote.

Source of the numbers: Linux, arch/x86/entry/syscalls/syscall_64.tbl. Of the layout:
seccomp(2), struct sock_filter in linux/filter.h, struct seccomp_data in linux/seccomp.h.
"""

import errno
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06  # linux/bpf_common.h
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data
X86_64 = 0xC000003E  # AUDIT_ARCH_X86_64
X32_BIT = 0x40000000
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000  # SECCOMP_RET_*
FIRST_NEW_CALL = 424  # Linux 5.1; what is refused from here on looks like an older kernel
NEW_NAMESPACES = 0x7E020080  # CLONE_NEW*
CLONE_THREAD = 0x00010000
AF_UNIX = 1
PID = 0xC0DE9E55  # stands for the program's own process id until there is one

TABLE = """
    read=0 write=1 open=2 close=3 stat=4 fstat=5 lstat=6 poll=7 lseek=8 mmap=9 mprotect=10
    munmap=11 brk=12 rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15 pread64=17 pwrite64=18
    readv=19 writev=20 access=21 pipe=22 select=23 sched_yield=24 mremap=25 msync=26 mincore=27
    madvise=28 dup=32 dup2=33 pause=34 nanosleep=35 getitimer=36 alarm=37 setitimer=38 getpid=39
    sendfile=40 recvfrom=45 shutdown=48 getsockname=51 getpeername=52 getsockopt=55 exit=60
    wait4=61 uname=63 flock=73 fsync=74 fdatasync=75 ftruncate=77 getdents=78
    getcwd=79 chdir=80 fchdir=81 rename=82 mkdir=83 rmdir=84 creat=85 link=86 unlink=87 symlink=88
    readlink=89 umask=95 gettimeofday=96 getrlimit=97 getrusage=98 sysinfo=99
    times=100 getuid=102 getgid=104 geteuid=107 getegid=108 getppid=110 getpgrp=111 getgroups=115
    getresuid=118 getresgid=120 getpgid=121 getsid=124 rt_sigpending=127 rt_sigtimedwait=128
    rt_sigsuspend=130 sigaltstack=131 mknod=133 statfs=137 fstatfs=138 getpriority=140
    sched_getparam=143 sched_getscheduler=145 sched_get_priority_max=146
    sched_get_priority_min=147 arch_prctl=158 setrlimit=160 gettid=186 time=201 futex=202
    sched_getaffinity=204 epoll_create=213 getdents64=217 set_tid_address=218 restart_syscall=219
    fadvise64=221 timer_create=222 timer_settime=223 timer_gettime=224 timer_getoverrun=225
    timer_delete=226 clock_gettime=228 clock_getres=229 clock_nanosleep=230 exit_group=231
    epoll_wait=232 epoll_ctl=233 waitid=247 openat=257 mkdirat=258 mknodat=259
    newfstatat=262 unlinkat=263 renameat=264 linkat=265 symlinkat=266 readlinkat=267
    faccessat=269 pselect6=270 ppoll=271 set_robust_list=273
    epoll_pwait=281 timerfd_create=283 eventfd=284 fallocate=285 timerfd_settime=286
    timerfd_gettime=287 eventfd2=290 epoll_create1=291 dup3=292 pipe2=293 preadv=295 pwritev=296
    getcpu=309 renameat2=316 getrandom=318 membarrier=324 copy_file_range=326 preadv2=327
    pwritev2=328 statx=332 rseq=334 close_range=436 faccessat2=439 epoll_pwait2=441
"""
ALLOWED: Mapping[str, int] = {
    name: int(number) for name, _, number in (word.partition("=") for word in TABLE.split())
}
# Landlock does not govern rights and times of files, and a program may run as the user whose files
# they are. So these calls say that they went well, and do nothing: chmod, fchmod, utime, utimes,
# futimesat, fchmodat, utimensat.
WITHOUT_EFFECT = (90, 91, 132, 235, 261, 268, 280)
# What a zygote needs, and a program must not have.
KILL_CALL, TGKILL, CLONE, RECVMSG, SECCOMP, PIDFD_OPEN = 62, 234, 56, 47, 317, 434
IOCTL, FCNTL, PRCTL, SENDTO, SOCKETPAIR, PRLIMIT64 = 16, 72, 157, 44, 53, 302

IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FION* FIO*CLEX
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1034)  # not SETOWN, SETSIG: they send signals
PRCTLS = (3, 15, 16, 39, 0x53564D41)  # dumpable?, name, name?, no_new_privs?, name of a mapping


class Step(NamedTuple):
    """One instruction: jumps are steps to pass over if the test holds, or does not."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


def zygote_filter() -> bytes:
    """Give the allow-list, as an array of struct sock_filter."""
    steps = _head()
    for number, argument, values in (
        (IOCTL, 1, IOCTLS),
        (FCNTL, 1, FCNTLS),
        (PRCTL, 0, PRCTLS),
        (SOCKETPAIR, 0, (AF_UNIX,)),
        (PRLIMIT64, 0, (0,)),
    ):
        steps += _when(number, _one_of(argument, values))
    steps += _when(SENDTO, _no_address())
    steps += _when(CLONE, [*_argument(0), Step(AND, NEW_NAMESPACES), *_allow_if(EQUAL, 0)])
    for number in (KILL_CALL, TGKILL, RECVMSG, SECCOMP, PIDFD_OPEN, *ALLOWED.values()):
        steps += _when(number, [Step(RETURN, ALLOW)])
    for number in WITHOUT_EFFECT:
        steps += _when(number, [_refuse(0)])
    new = [Step(AT_LEAST, FIRST_NEW_CALL, 0, 1), _refuse(errno.ENOSYS)]
    return _packed([*steps, *new, _refuse(errno.EPERM)])


def program_filter() -> bytes:
    """Give the filter of one program; PID in it is to be replaced by its process id."""
    steps = _head()
    thread = [*_argument(0), Step(AND, CLONE_THREAD), *_allow_if(EQUAL, CLONE_THREAD)]
    steps += _when(CLONE, thread)
    for number in (KILL_CALL, TGKILL):
        steps += _when(number, [*_argument(0), *_allow_if(EQUAL, PID)])
    for number in (RECVMSG, SECCOMP, PIDFD_OPEN):
        steps += _when(number, [_refuse(errno.EPERM)])
    return _packed([*steps, Step(RETURN, ALLOW)])


def _head() -> list[Step]:
    """End a program that calls the kernel in another way, else load the call's number."""
    return [
        Step(LOAD, ARCHITECTURE_AT),
        Step(EQUAL, X86_64, 1, 0),
        Step(RETURN, KILL),
        Step(LOAD, NUMBER_AT),
        Step(AT_LEAST, X32_BIT, 0, 1),
        Step(RETURN, KILL),
    ]


def _when(number: int, body: list[Step]) -> list[Step]:
    return [Step(EQUAL, number, 0, len(body)), *body]


def _one_of(argument: int, values: Iterable[int]) -> list[Step]:
    allowed = [step for value in values for step in _compare(EQUAL, value)]
    return [*_argument(argument), *allowed, _refuse(errno.EPERM)]


def _no_address() -> list[Step]:
    """Allow only if both halves of the fifth argument, a pointer, are zero."""
    at = ARGUMENTS_AT + 8 * 4
    low_is_zero = [Step(LOAD, at), Step(EQUAL, 0, 1, 0), _refuse(errno.EPERM)]
    return [*low_is_zero, Step(LOAD, at + 4), *_allow_if(EQUAL, 0)]


def _argument(index: int) -> list[Step]:
    """Load the low half of an argument: all that the kernel reads of an int."""
    return [Step(LOAD, ARGUMENTS_AT + 8 * index)]


def _compare(code: int, value: int) -> list[Step]:
    return [Step(code, value, 0, 1), Step(RETURN, ALLOW)]


def _allow_if(code: int, value: int) -> list[Step]:
    return [*_compare(code, value), _refuse(errno.EPERM)]


def _refuse(number: int) -> Step:
    return Step(RETURN, ERROR | number)


def _packed(steps: Iterable[Step]) -> bytes:
    return b"".join(struct.pack("<HBBI", s.code, s.if_true, s.if_false, s.value) for s in steps)
