"""The driver's end of a zygote: start it, hand it one program at a time, bring back what it said.

A driver never parses what a program says: texts are bytes until `verdicts` reads their lines.
"""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from codepref.errors import MissingError, SandboxError
from codepref.execution.frames import (
    READY,
    REPLY,
    BrokenFrame,
    Reply,
    Request,
    pack_request,
    unpack_ready,
    unpack_reply,
)
from codepref.execution.payload import BOOT, build_boot
from codepref.execution.scratch import remove_folder
from codepref.execution.walls import INSIDE, Walls

START_S = 60.0
START_ATTEMPTS = 2
LATE_S = 10.0  # that a zygote may be late beyond the wall time of a run
STDERR_BYTES = 4000


@dataclass(frozen=True)
class Ended:
    """How one run ended.

    Attributes:
        reply: status and usage of its processes.
        report: what the process that reports has written.
        stdout: from its start, as much as was asked for.
        stderr: the last bytes of it.
    """

    reply: Reply
    report: bytes
    stdout: bytes
    stderr: bytes


class Zygote:
    """One zygote, started at the first run and anew after each that it did not survive.

    Start and runs must be in one long-lived thread: the walls fall with the thread that put them
    up.
    """

    def __init__(self, walls: Walls, slot: int) -> None:
        """Take walls, and a number that no other zygote of this process has."""
        self._walls = walls
        self._slot = slot
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._folder: Path | None = None
        self._stopped = False

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, request: Request, job: bytes, judge: bytes = b"", stdin: bytes = b"") -> Ended:
        """Run one program and wait for its end.

        Args:
            request: its limits.
            job: as `payload.build_job` makes it.
            judge: as `payload.build_judge` makes it, if request.judged.
            stdin: its input, if request.fed.

        Raises:
            MissingError: the walls cannot be put up here.
            SandboxError: the zygote did not survive the run, or was stopped.
        """
        self._check_stopped()
        self._start()
        self._check_stopped()  # it may have been meanwhile
        texts = [job, *([judge] if request.judged else []), *([stdin] if request.fed else [])]
        try:
            with _files(texts) as (files, report):
                reply, stdout, stderr = self._exchange(request, [files[0], report.end, *files[1:]])
                if reply.last:
                    self.close()
                return Ended(reply, report.read(), stdout, stderr)
        except (OSError, BrokenFrame) as error:
            told = self._last_words()
            self.close()
            raise SandboxError(f"a zygote did not survive a program: {error}; {told}") from error

    def stop(self) -> None:
        """End it from another thread, for good; its own thread is then to close it."""
        self._stopped = True
        self._kill()

    def _check_stopped(self) -> None:
        if self._stopped:
            raise SandboxError("the zygote was stopped")

    def close(self) -> None:
        """End it and all that is inside."""
        self._kill()
        if self._process is not None:
            self._process.wait()
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    stream.close()
        if self._socket is not None:
            self._socket.close()
        if self._folder is not None:
            remove_folder(self._folder)
        self._process, self._socket, self._folder = None, None, None

    def _kill(self) -> None:
        """Kill its whole process group, which exists until the process has been waited for."""
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def _is_alive(self) -> bool:
        if self._process is None:
            return False
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is None

    def _start(self) -> None:
        """Start it unless it lives; once more if that fails, since it may be the machine's mood.

        Raises:
            MissingError: it does not start.
        """
        for attempt in range(START_ATTEMPTS):
            if self._is_alive():
                return
            self.close()
            try:
                self._spawn()
            except (OSError, BrokenFrame) as error:
                told = self._last_words() or str(error)
                self.close()
                if attempt + 1 == START_ATTEMPTS:
                    raise MissingError(
                        f"isolation {self._walls.isolation} does not start here: {told}; "
                        f"{self._walls.how_to_get}"
                    ) from error

    def _spawn(self) -> None:
        self._folder = self._walls.make_folder(self._slot)
        scratch = str(self._folder or INSIDE)
        boot = build_boot(self._walls.setup(self._slot, scratch))
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs, _files([boot]) as (files, _):
            self._process = subprocess.Popen(
                [*self._walls.command, "-c", BOOT, str(files[0]), str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(files[0], theirs.fileno()),
                cwd=self._folder or "/",
                env=self._walls.environment(scratch),
                start_new_session=True,
            )
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._socket.settimeout(START_S)
        # The socket's other end is the zygote's alone now: if it fails, reading says so.
        found, needed = unpack_ready(self._receive(READY.size)), self._walls.landlock_abi
        if found < needed:
            self.close()
            raise MissingError(
                f"isolation {self._walls.isolation}: the kernel has Landlock of version {found}, "
                f"expected {needed} or newer; {self._walls.how_to_get}"
            )

    def _exchange(self, request: Request, files: Sequence[int]) -> tuple[Reply, bytes, bytes]:
        if self._socket is None:
            raise OSError("it has no socket")
        self._socket.settimeout(request.wall_s + LATE_S)
        socket.send_fds(self._socket, [pack_request(request)], files)
        reply = unpack_reply(self._receive(REPLY.size))
        stdout, stderr = (self._receive(size) for size in reply.sizes)
        return reply, stdout, stderr

    def _receive(self, size: int) -> bytes:
        """Read exactly so many bytes.

        Raises:
            OSError: there are fewer, or they do not come in time.
        """
        parts = bytearray()
        while self._socket is not None and len(parts) < size:
            part = self._socket.recv(size - len(parts))
            if not part:
                raise OSError("it hung up")
            parts += part
        return bytes(parts)

    def _last_words(self) -> str:
        """What it wrote on its stderr, once it is at its end."""
        if self._process is None or self._process.stderr is None:
            return ""
        self._kill()
        told = self._process.stderr.read()[-STDERR_BYTES:]
        return " ".join(told.decode("utf-8", errors="replace").split())


class _Report:
    """A file in memory that one side can only append to, and the other read."""

    def __init__(self) -> None:
        self._file = os.memfd_create("report")
        self.end = os.open(f"/proc/self/fd/{self._file}", os.O_WRONLY | os.O_APPEND)

    def read(self) -> bytes:
        """Give all that was written."""
        size = os.fstat(self._file).st_size
        parts = bytearray()
        while len(parts) < size:
            part = os.pread(self._file, size - len(parts), len(parts))
            if not part:
                break
            parts += part
        return bytes(parts)

    def close(self) -> None:
        """Release both ends."""
        os.close(self._file)
        os.close(self.end)


@contextlib.contextmanager
def _files(texts: Sequence[bytes]) -> Iterator[tuple[list[int], _Report]]:
    """Files in memory with these texts, and an empty one for a report."""
    files: list[int] = []
    report = _Report()
    try:
        for text in texts:
            files.append(os.memfd_create("job"))
            written = 0
            while written < len(text):
                written += os.pwrite(files[-1], memoryview(text)[written:], written)
        yield files, report
    finally:
        report.close()
        for file in files:
            os.close(file)
