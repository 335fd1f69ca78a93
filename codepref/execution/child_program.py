"""From a fork of the zygote to a program in progress: descriptors, limits, walls, job."""

from __future__ import annotations

import marshal
import os
import random
import resource
import sys
from typing import Any, NamedTuple, NoReturn

from codepref.execution import child_kernel
from codepref.execution.child_modes import run_job

# Descriptors of a program's process, beside 0, 1, 2.
REPORT, JOB, READY, LINK_IN, LINK_OUT = 3, 4, 5, 6, 7
FIRST_FREE = 10  # a zygote's own have at least this number
ALL_DESCRIPTORS = 1 << 16
FILE_SIZE_BYTES = 32 * 1024 * 1024  # of one file in scratch, and of the report
OPEN_FILES = 64
MIB = 1024 * 1024
HARNESS_FAILED = 70  # EX_SOFTWARE; the driver goes by the missing report


class Descriptors(NamedTuple):
    """Where a process reads and writes; -1 for none.

    Attributes:
        ready: a counter to add to once limits and walls are on.
        link_in, link_out: pipes between a program and its judge.
    """

    stdin: int
    stdout: int
    stderr: int
    report: int
    job: int
    ready: int
    link_in: int
    link_out: int


class Cage(NamedTuple):
    """What each program's process puts on.

    Attributes:
        own_bytes: address space that the zygote itself has; a limit is above it.
        processes: that the user may have; 0 for no limit.
        filter_steps: of seccomp; b"" for none.
        pid_places: where the process id goes in them.
        alone: it becomes the head of a process group of its own.
    """

    own_bytes: int
    processes: int
    filter_steps: bytes
    pid_places: tuple[int, ...]
    alone: bool


def become_program(
    descriptors: Descriptors, cage: Cage, *, cpu_s: int, memory_mib: int
) -> NoReturn:
    """Turn a fork of the zygote into a program with its job, and run it to its end."""
    try:
        _place(descriptors)
        job = _read_job()
        _limit(cage, cpu_s, memory_mib)
        _wall_in(cage)
        random.seed(0)
        os.eventfd_write(READY, 1)
        os.close(READY)
        run_job(job, REPORT, (LINK_IN, LINK_OUT))
    except BaseException:  # noqa: BLE001 - told on stderr; without an end in the report, no pass
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:  # nothing may return into the zygote's own frames
        os._exit(HARNESS_FAILED)


def _place(descriptors: Descriptors) -> None:
    """Give descriptors their numbers, and close all others."""
    if descriptors.stdin < 0:  # an empty one of its own: a shared one would carry traces
        reading, writing = os.pipe()
        os.dup2(reading, 0)
        os.close(reading)
        os.close(writing)
    kept = 3
    for place, descriptor in enumerate(descriptors):
        if descriptor >= 0:
            os.dup2(descriptor, place)
            kept = max(kept, place + 1)
        elif place >= 3:
            os.close(place)  # a zygote keeps these numbers occupied
    os.closerange(kept, ALL_DESCRIPTORS)


def _read_job() -> dict[str, Any]:
    size = os.fstat(JOB).st_size
    parts = bytearray()
    while len(parts) < size:  # at an offset of its own: the driver's descriptor shares the other
        parts += os.pread(JOB, size - len(parts), len(parts))
    os.close(JOB)
    job: dict[str, Any] = marshal.loads(parts)
    return job


def _limit(cage: Cage, cpu_s: int, memory_mib: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (cage.own_bytes + memory_mib * MIB,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES,) * 2)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    if cage.processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (cage.processes,) * 2)


def _wall_in(cage: Cage) -> None:
    if cage.alone:
        os.setsid()
    if cage.filter_steps:
        steps = bytearray(cage.filter_steps)
        for place in cage.pid_places:
            steps[place : place + 4] = os.getpid().to_bytes(4, "little")
        child_kernel.install_filter(bytes(steps))
