"""A process that has everything imported and forks once for each program. Runs inside the sandbox.

It puts up the walls that all programs share, says that it is ready, and then serves requests one by
one: fork, watch the limits, clear the scratch folder, reply. A program's process reads its job and
writes its report by itself, so that nothing of one program is in the memory of the next.
"""

from __future__ import annotations

import _socket
import array
import fcntl
import gc
import marshal
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, NoReturn

from codepref.execution import child_kernel, child_scratch
from codepref.execution.child_modes import rehearse
from codepref.execution.child_program import FIRST_FREE, Cage, Descriptors, become_program
from codepref.execution.child_split import GONE
from codepref.execution.frames import (
    REQUEST,
    Process,
    Reply,
    Request,
    pack_ready,
    pack_reply,
    unpack_request,
)

READ_BYTES = 65536
TAIL_BYTES = 4096
ANCILLARY_BYTES = 256
TICK_MS = 50  # between two looks at the scratch folder, where no file system limits it
GONE_GRACE_MS = 2000  # for a program to end whose judge saw the link close
KILLED_GRACE_S = 10.0
US = 1_000_000


class Setup(NamedTuple):
    """What a zygote is told at its start.

    Attributes:
        uid: user to change to; 0 to stay.
        landlock: rules as `child_kernel.restrict_files` takes them; none for no Landlock.
        zygote_filter, program_filter: as `codepref.execution.seccomp` makes them; b"" for none.
        pid_places: where a program's process id goes in its filter.
        scratch: folder that programs start in and may write to.
        scratch_bytes: what the zygote lets a program write there; 0 where the file system has a
            limit of its own.
        processes: that this user may have; 0 for no limit.
        alone: a program may start others, so each is the head of a process group.
    """

    uid: int
    landlock: tuple[tuple[str, str], ...]
    zygote_filter: bytes
    program_filter: bytes
    pid_places: tuple[int, ...]
    scratch: str
    scratch_bytes: int
    processes: int
    alone: bool


class Stream:
    """One of a program's output streams: some of its text, and how much there was."""

    def __init__(self, reading: int, kept: int, *, tail: bool) -> None:
        os.set_blocking(reading, False)
        self.reading = reading
        self.kept = kept
        self.tail = tail
        self.text = bytearray()
        self.total = 0

    def read(self, buffer: bytearray) -> bool:
        """Take what is there; False at the end."""
        while True:
            try:
                count = os.readv(self.reading, [buffer])
            except BlockingIOError:
                return True
            if not count:
                return False
            self.total += count
            room = count if self.tail else max(0, self.kept - len(self.text))
            self.text += memoryview(buffer)[: min(count, room)]
            if self.tail:
                del self.text[: -self.kept]

    def close(self) -> None:
        """Release the descriptor, and leave nothing of the text in memory."""
        os.close(self.reading)
        self.text[:] = bytes(len(self.text))


class Child(NamedTuple):
    """A process in progress, and a descriptor that can be read once it has ended."""

    pid: int
    ended: int


def serve(control: int, setup: Setup) -> None:
    """Put up the walls, then run one program for each request until the driver hangs up."""
    socket = _socket.socket(fileno=fcntl.fcntl(control, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE))
    for place in range(3, FIRST_FREE):  # numbers of a program's descriptors: no others get them
        os.dup2(0, place)
    os.chdir(setup.scratch)  # before the first program can close it to others
    abi = _put_up_walls(setup)
    zygote = Zygote(socket, setup)
    sys.modules["__main__"].__dict__.clear()  # here, not in each fork: freeing writes to memory
    sys.argv[:] = ["solution.py"]
    gc.collect()
    gc.freeze()
    socket.sendall(pack_ready(abi))
    while zygote.serve_one():
        pass


def warm_up(jobs: Sequence[bytes]) -> None:
    """Do once what every program does, so that what Python makes at first use is made before forks.

    Parsing alone makes some hundred classes then, in 1 ms.
    """
    for job in jobs:
        rehearse(marshal.loads(job))


def _put_up_walls(setup: Setup) -> int:
    if setup.uid:
        os.setgroups([])
        os.setresgid(setup.uid, setup.uid, setup.uid)
        os.setresuid(setup.uid, setup.uid, setup.uid)
    child_kernel.give_up_privileges()
    abi = child_kernel.landlock_abi() if setup.landlock else 0
    if abi:
        child_kernel.restrict_files(setup.landlock, abi)
    if setup.zygote_filter:
        child_kernel.install_filter(setup.zygote_filter)
    return abi


class Zygote:
    """Serves one driver."""

    def __init__(self, socket: _socket.socket, setup: Setup) -> None:
        self.socket = socket
        self.setup = setup
        self.buffer = bytearray(READ_BYTES)
        self.own_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.cage = Cage(
            own_bytes=child_kernel.address_space(),
            processes=setup.processes,
            filter_steps=setup.program_filter,
            pid_places=setup.pid_places,
            alone=setup.alone,
        )

    def serve_one(self) -> bool:
        """Serve one request; False if there are none, or the scratch folder cannot be cleared."""
        data, ancillary, _, _ = self.socket.recvmsg(REQUEST.size, ANCILLARY_BYTES)
        if not data:
            return False
        descriptors = _descriptors(ancillary)
        with _streams(unpack_request(data)) as (streams, ends):
            reply = self._run(unpack_request(data), descriptors, streams, ends)
            self.socket.sendall(pack_reply(reply))
            for stream in streams:
                self.socket.sendall(stream.text)
        self.buffer[:] = bytes(READ_BYTES)
        return not reply.last

    def _run(
        self,
        request: Request,
        descriptors: list[int],
        streams: Sequence[Stream],
        ends: tuple[int, int],
    ) -> Reply:
        start = time.monotonic()
        ready = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        children = self._start(request, descriptors, ends, ready)
        for descriptor in (*descriptors, *ends):
            os.close(descriptor)
        watch = Watch(self, request, children, streams, start + request.wall_s)
        killed = watch.wait()
        ended = [self._reap(child) for child in children]
        return Reply(
            killed=killed,
            ready=_count(ready) == len(children),
            last=not child_scratch.clear(self.setup.scratch),
            program=ended[-1],
            judge=ended[0],
            wall_us=int((time.monotonic() - start) * US),
            sizes=(len(streams[0].text), len(streams[1].text)),
        )

    def _start(
        self, request: Request, descriptors: list[int], ends: tuple[int, int], ready: int
    ) -> list[Child]:
        """Fork what a request asks for; first comes the process that reports."""
        job, report, *others = descriptors
        stdin = others.pop() if request.fed else -1
        if not request.judged:
            return [self._fork(request, Descriptors(stdin, *ends, report, job, ready, -1, -1))]
        judge_in, program_out = os.pipe()
        program_in, judge_out = os.pipe()
        # The program comes first, so that nothing of its judge is in its memory.
        program = self._fork(
            request, Descriptors(stdin, *ends, -1, job, ready, program_in, program_out)
        )
        judge = self._fork(
            request, Descriptors(-1, *ends, report, others[0], ready, judge_in, judge_out)
        )
        for descriptor in (judge_in, program_out, program_in, judge_out):
            os.close(descriptor)
        return [judge, program]

    def _fork(self, request: Request, descriptors: Descriptors) -> Child:
        pid = os.fork()
        if pid == 0:
            become_program(
                descriptors, self.cage, cpu_s=request.cpu_s, memory_mib=request.memory_mib
            )
        return Child(pid, os.pidfd_open(pid))

    def _reap(self, child: Child) -> Process:
        os.close(child.ended)
        _, status, usage = os.wait4(child.pid, 0)
        return Process(
            status=status,
            cpu_us=int((usage.ru_utime + usage.ru_stime) * US),
            peak_kib=max(0, usage.ru_maxrss - self.own_kib),
        )


class Watch:
    """Drains a run's output, and ends the run when it passes a limit."""

    def __init__(
        self,
        zygote: Zygote,
        request: Request,
        children: list[Child],
        streams: Sequence[Stream],
        deadline: float,
    ) -> None:
        self.zygote = zygote
        self.request = request
        self.children = children
        self.streams = {stream.reading: stream for stream in streams}
        self.deadline = deadline
        self.killed = ""
        self.poll = select.poll()
        for descriptor in (*self.streams, children[0].ended):
            self.poll.register(descriptor, select.POLLIN)
        self.poll.register(zygote.socket.fileno(), 0)  # only whether the driver hung up

    def wait(self) -> str:
        """Wait for the first process to end, end the other, and name the limit that was passed."""
        while not self._look():
            self._enforce()
        self._end_the_rest()
        for stream in self.streams.values():
            stream.read(self.zygote.buffer)
        if not self.killed and self._n_output() > self.request.output_bytes:
            self.killed = "output"
        return self.killed

    def _look(self) -> bool:
        """Wait for something to happen; True once the first process has ended."""
        ended = False
        for descriptor, _ in self.poll.poll(self._timeout_ms()):
            if descriptor in self.streams:
                if not self.streams[descriptor].read(self.zygote.buffer):
                    self.poll.unregister(descriptor)
            elif descriptor == self.children[0].ended:
                ended = True
            else:
                self._hang_up()
        return ended

    def _timeout_ms(self) -> float:
        left = max(0.0, self.deadline - time.monotonic()) * 1000 + 1
        return min(left, TICK_MS) if self.zygote.setup.scratch_bytes else left

    def _enforce(self) -> None:
        setup = self.zygote.setup
        if time.monotonic() > self.deadline:
            self._end_for(self.killed or "wall")
        elif not self.killed and self._n_output() > self.request.output_bytes:
            self._end_for("output")
        elif setup.scratch_bytes and child_scratch.is_over(setup.scratch, setup.scratch_bytes):
            self._end_for(self.killed or "scratch")

    def _n_output(self) -> int:
        return sum(stream.total for stream in self.streams.values())

    def _end_for(self, reason: str) -> None:
        self.killed = reason
        self._kill(self.children)
        self.deadline = time.monotonic() + KILLED_GRACE_S

    def _end_the_rest(self) -> None:
        """End a program whose judge is done; one that ended by itself keeps its own status."""
        for child in self.children[1:]:
            info = os.waitid(os.P_PID, self.children[0].pid, os.WEXITED | os.WNOWAIT)
            if info is not None and info.si_status == GONE:
                rest = select.poll()
                rest.register(child.ended, select.POLLIN)
                rest.poll(GONE_GRACE_MS)
        self._kill(self.children if self.zygote.setup.alone else self.children[1:])

    def _kill(self, children: Sequence[Child]) -> None:
        for child in children:
            try:
                if self.zygote.setup.alone:
                    os.killpg(child.pid, signal.SIGKILL)
                else:
                    os.kill(child.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue

    def _hang_up(self) -> NoReturn:
        """Leave no program behind when the driver is gone."""
        self._kill(self.children)
        raise SystemExit(0)


@contextmanager
def _streams(request: Request) -> Iterator[tuple[list[Stream], tuple[int, int]]]:
    stdout, stdout_end = os.pipe()
    stderr, stderr_end = os.pipe()
    streams = [
        Stream(stdout, request.stdout_bytes, tail=False),
        Stream(stderr, TAIL_BYTES, tail=True),
    ]
    try:
        yield streams, (stdout_end, stderr_end)
    finally:
        for stream in streams:
            stream.close()


def _count(counter: int) -> int:
    """Read a counter once, and release it."""
    try:
        return os.eventfd_read(counter)
    except BlockingIOError:
        return 0
    finally:
        os.close(counter)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return found.tolist()
