"""Events that the kernel counts, by perf_event_open(2). The only module that calls it.

A counter opened here counts the calling thread and all threads and processes that it starts from
then on, with what they start in turn, whatever they change to. Programs in the sandbox may not
open one (seccomp refuses the call), and need not: they are counted from outside, where nothing they
do reaches the count.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from codepref.errors import MissingError

PERF_EVENT_OPEN = 298  # on x86-64: arch/x86/entry/syscalls/syscall_64.tbl
# struct perf_event_attr in linux/perf_event.h: type, size, config, sample_period, sample_type,
# read_format, flags; the rest of its first version stays zero.
ATTRIBUTES, ATTRIBUTES_BYTES = struct.Struct("IIQQQQQ"), 64
INHERIT, EXCLUDE_KERNEL, EXCLUDE_HV = 1 << 1, 1 << 5, 1 << 6
TIMES = 1 | 2  # PERF_FORMAT_TOTAL_TIME_ENABLED, PERF_FORMAT_TOTAL_TIME_RUNNING
READING = struct.Struct("QQQ")
CLOSE_ON_EXEC = 8  # PERF_FLAG_FD_CLOEXEC
PROBE_STEPS = 10_000  # of a loop that surely takes more instructions


class Event(NamedTuple):
    """What is counted; `flags` beside those of every counter."""

    name: str
    kind: int
    config: int
    flags: int


# PERF_TYPE_HARDWARE and PERF_COUNT_HW_INSTRUCTIONS, in user mode alone, as EvalPerf counts.
INSTRUCTIONS = Event("instructions", 0, 1, EXCLUDE_KERNEL | EXCLUDE_HV)
# PERF_TYPE_SOFTWARE and PERF_COUNT_SW_TASK_CLOCK: nanoseconds, where there are no counters.
TASK_CLOCK = Event("task clock", 1, 1, 0)


class PerfCounter:
    """An open counter."""

    def __init__(self, event: Event, descriptor: int) -> None:
        self.event = event
        self._descriptor = descriptor

    def read(self) -> int:
        """Count since it was opened, over all it counts.

        Raises:
            MissingError: the kernel did not count all the time, since others use the counters too.
        """
        value, enabled, running = READING.unpack(os.read(self._descriptor, READING.size))
        if running < enabled:
            raise MissingError(
                f"{self.event.name}: counted {running} of {enabled} ns only: others use the "
                "machine's counters; end `perf` and other profilers, or the watchdog (sysctl "
                "kernel.nmi_watchdog=0), or write `counter: cpu_time`"
            )
        return int(value)


@contextmanager
def open_counter(event: Event) -> Iterator[PerfCounter]:
    """Open a counter for this thread and what it starts from now on.

    Raises:
        MissingError: the kernel has or gives none, or it stands still.
    """
    descriptor = _open(event)
    try:
        counter = PerfCounter(event, descriptor)
        before = counter.read()
        sum(range(PROBE_STEPS))
        if counter.read() <= before:
            raise MissingError(f"{event.name}: the counter stands still; {_advice()}")
        yield counter
    finally:
        os.close(descriptor)


def _open(event: Event) -> int:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise MissingError(f"{event.name}: counted on Linux on x86-64 only; {_advice()}")
    attributes = ctypes.create_string_buffer(ATTRIBUTES_BYTES)
    flags = INHERIT | event.flags
    ATTRIBUTES.pack_into(
        attributes, 0, event.kind, ATTRIBUTES_BYTES, event.config, 0, 0, TIMES, flags
    )
    library = ctypes.CDLL(None, use_errno=True)
    this_thread, any_cpu, no_group = (ctypes.c_long(value) for value in (0, -1, -1))
    number, how = ctypes.c_long(PERF_EVENT_OPEN), ctypes.c_long(CLOSE_ON_EXEC)
    descriptor = library.syscall(number, attributes, this_thread, any_cpu, no_group, how)
    if descriptor < 0:
        reason = os.strerror(ctypes.get_errno())
        raise MissingError(f"{event.name}: perf_event_open: {reason}; {_advice()}")
    return int(descriptor)


def _advice() -> str:
    return (
        "hardware counters need bare metal or a virtual machine with a PMU, "
        "`sysctl kernel.perf_event_paranoid=2` or lower, and a container whose seccomp profile "
        "allows perf_event_open; or write `counter: cpu_time`, whose scores are of another kind"
    )
