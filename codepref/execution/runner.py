"""Run one program inside its walls, once, and bring back what it reported."""

import contextlib
import marshal
import os
import secrets
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO
from typing import Literal

from codepref.errors import SandboxError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.payload import BOOT, build_payload
from codepref.execution.walls import ENVIRONMENT, FIRST_UID, Walls

TAIL_BYTES = 4096
READ_BYTES = 65536
REPORT_LIMIT_BYTES = 32 * 1024 * 1024  # values and counts; only a flood comes near it
POLL_S = 0.25
REAP_POLL_S = 0.001
LINGER_S = 10.0
WALL_FACTOR = 5
MIN_WALL_S = 10.0

Channel = Literal["stdout", "stderr", "report"]


@dataclass
class Ended:
    """How one run ended.

    Attributes:
        records: kind and payload of every line that carried this run's token, in order.
        killed: limit for which the driver killed it; "" if it ended by itself.
        exit_code: negative for a signal.
        stderr: the last bytes of it.
        wall_s: from start to end.
    """

    records: list[tuple[str, str]] = field(default_factory=list)
    killed: Literal["", "wall", "output", "report"] = ""
    exit_code: int = 0
    stderr: bytes = b""
    wall_s: float = 0.0


def run_once(job: Job, config: ExecutionConfig, walls: Walls, slot: int, *, stub: bool) -> Ended:
    """Run one program and wait for its end.

    Args:
        job: what to run.
        config: its limits.
        walls: what stands around it.
        slot: number of the worker; programs in progress have different ones.
        stub: let every function of the program return None.

    Raises:
        DataError: an input is no list of arguments.
        SandboxError: the walls could not be started, or something outlived them.
    """
    token = secrets.token_hex(16)
    uid = FIRST_UID + os.getpid() % 2**20 * 256 + slot if walls.drops_user else 0
    try:
        with (
            tempfile.TemporaryFile() as stream,
            _scratch(walls) as folder,
            _pipe() as (reading, writing),
        ):
            payload = build_payload(job, config, (writing.fileno(), token), uid, stub=stub)
            marshal.dump(payload, stream)
            stream.seek(0)
            process = _start(walls, folder, stream.fileno(), writing.fileno())
            writing.close()
            return _Watcher(process, reading.fileno(), config).wait(token)
    except OSError as error:  # no room, no descriptors, no bubblewrap any more
        raise SandboxError(f"the harness cannot be started: {error}") from error


class _Watcher:
    """Drains a program's pipes and kills it when it passes a limit."""

    def __init__(
        self, process: subprocess.Popen[bytes], report: int, config: ExecutionConfig
    ) -> None:
        self.process = process
        self.ended = Ended()
        self.report = bytearray()
        self.output_bytes = 0
        self.output_limit = config.output_limit_kib * 1024
        self.start = time.monotonic()
        self.deadline = self.start + max(WALL_FACTOR * config.cpu_limit_s, MIN_WALL_S)
        self.open: dict[int, Channel] = {report: "report"}
        for stream, channel in ((process.stdout, "stdout"), (process.stderr, "stderr")):
            if stream is not None:
                self.open[stream.fileno()] = channel  # type: ignore[assignment]

    def wait(self, token: str) -> Ended:
        """Drain until the program and all that it started are gone.

        Raises:
            SandboxError: something outlived the walls.
        """
        try:
            with selectors.DefaultSelector() as selector:
                for descriptor in self.open:
                    selector.register(descriptor, selectors.EVENT_READ)
                self._drain(selector)
        finally:
            if self.process.returncode is None:
                self._kill()
                self._reap(0)
            for stream in (self.process.stdout, self.process.stderr):
                if stream is not None:
                    stream.close()
        self.ended.wall_s = time.monotonic() - self.start
        self.ended.records = _records(bytes(self.report), token)
        return self.ended

    def _drain(self, selector: selectors.BaseSelector) -> None:
        while self.open or self.process.returncode is None:
            if self.open:
                ready = selector.select(POLL_S)
            else:
                ready = []
                time.sleep(REAP_POLL_S)
            for key, _ in ready:
                self._read(selector, key.fd)
            if not ready and self.process.returncode is None:
                self._reap(os.WNOHANG)
            self._enforce()

    def _read(self, selector: selectors.BaseSelector, descriptor: int) -> None:
        data = os.read(descriptor, READ_BYTES)
        channel = self.open[descriptor]
        if not data:
            selector.unregister(descriptor)
            del self.open[descriptor]
        elif channel == "report":
            self.report += data
        else:
            self.output_bytes += len(data)
            if channel == "stderr":
                self.ended.stderr = (self.ended.stderr + data)[-TAIL_BYTES:]

    def _enforce(self) -> None:
        if time.monotonic() > self.deadline:
            if self.ended.killed or self.process.returncode is not None:
                raise SandboxError(
                    f"a program's pipes are still open {LINGER_S:g} s after its end, so something "
                    "it started outlived the walls; end it by hand and look at `codepref doctor`"
                )
            self._kill_for("wall")
        elif not self.ended.killed and self.output_bytes > self.output_limit:
            self._kill_for("output")
        elif not self.ended.killed and len(self.report) > REPORT_LIMIT_BYTES:
            self._kill_for("report")

    def _kill_for(self, reason: Literal["wall", "output", "report"]) -> None:
        self.ended.killed = reason
        self._kill()
        self.deadline = time.monotonic() + LINGER_S

    def _kill(self) -> None:
        """End the whole group; the walls end with it, and all that is inside them."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _reap(self, options: int) -> None:
        flags = os.WEXITED | os.WNOWAIT | options
        if os.waitid(os.P_PID, self.process.pid, flags) is None:
            return
        self._kill()  # before the id is free for others
        self.ended.exit_code = self.process.wait()
        self.deadline = time.monotonic() + LINGER_S


def _start(walls: Walls, folder: str, job: int, report: int) -> subprocess.Popen[bytes]:
    home = {"HOME": folder, "TMPDIR": folder} if walls.isolation == "none" else {}
    return subprocess.Popen(
        [*walls.command, "-c", BOOT, str(job)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(job, report),
        cwd=folder,
        env={**ENVIRONMENT, **home},
        start_new_session=True,
    )


def _records(report: bytes, token: str) -> list[tuple[str, str]]:
    prefix = f"{token} ".encode("ascii")
    whole = report.split(b"\n")[:-1]  # a killed program leaves its last line unfinished
    lines = [line[len(prefix) :] for line in whole if line.startswith(prefix)]
    parts = [line.decode("ascii", errors="replace").partition(" ") for line in lines]
    return [(kind, payload) for kind, _, payload in parts]


@contextlib.contextmanager
def _scratch(walls: Walls) -> Iterator[str]:
    if walls.isolation == "bubblewrap":
        yield "/"
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield folder


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[FileIO, FileIO]]:
    reading, writing = os.pipe()
    with FileIO(reading, "rb") as source, FileIO(writing, "wb") as sink:
        yield source, sink
