"""Two zygotes that take turns: one program at a time, run as often as its verdict asks."""

import secrets
from types import TracebackType
from typing import get_args

from codepref.errors import SandboxError
from codepref.execution.config import ExecutionConfig
from codepref.execution.frames import Request
from codepref.execution.jobs import Job
from codepref.execution.payload import Stub, build_job, build_judge
from codepref.execution.rows import Rejectable, Verdict
from codepref.execution.verdicts import Finding, broken, flaky, judge, vacuous
from codepref.execution.walls import Walls
from codepref.execution.zygote import Zygote

ATTEMPTS = 2  # at a run whose harness failed, or that a busy machine may have held up
WALL_FACTOR = 5
MIN_WALL_S = 10.0
# What may become a label. A text that does not parse once never does.
REPEATED: tuple[Verdict, ...] = (
    "passed",
    *(v for v in get_args(Rejectable) if v != "syntax_error"),
)
STUBS: dict[Stub, str] = {"none": "returns None", "raise": "raises"}


class Lane:
    """Runs jobs one by one. Use it in one long-lived thread, and close it there."""

    def __init__(self, walls: Walls, number: int) -> None:
        """Take walls, and a number that no other lane of this process has."""
        self._zygotes = (Zygote(walls, 2 * number), Zygote(walls, 2 * number + 1))

    def __enter__(self) -> "Lane":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for zygote in self._zygotes:
            zygote.close()

    def stop(self) -> None:
        """End both zygotes from another thread: what is being measured gets no verdict."""
        for zygote in self._zygotes:
            zygote.stop()

    def measure(self, job: Job, config: ExecutionConfig) -> Finding:
        """Run a job as often as its verdict asks for, each time in the other zygote.

        What may become a label runs again and must agree. In mode script the second run of a
        program that passed has a test more, which cannot hold; and neither a program that returns
        None nor one that raises may pass its tests.

        Raises:
            MissingError: the walls cannot be put up here.
        """
        first = self._settle(job, config, 0)
        if first.verdict not in REPEATED:
            return first
        canary = job.mode == "script" and first.verdict == "passed"
        for turn in range(1, max(config.repeats, 2 if canary else 1)):
            again = self._settle(job, config, turn, canary=canary)
            if again.verdict == "tampered":
                return again
            if not again.agrees_with(first):
                return flaky(first, again)
            first = first.without_what_differs(again)
        if job.mode == "script" and first.verdict in ("passed", "failed"):
            return self._validated(job, config, first)
        return first

    def _validated(self, job: Job, config: ExecutionConfig, finding: Finding) -> Finding:
        """Run the tests on programs that solve nothing: tests that pass say nothing."""
        for stub, what in STUBS.items():
            if self._settle(job, config, 0, stub=stub).verdict == "passed":
                return vacuous(finding, what)
        return finding

    def _settle(
        self, job: Job, config: ExecutionConfig, turn: int, *, stub: Stub = "", canary: bool = False
    ) -> Finding:
        """Run once, and once more if the harness failed or the wall time ran out."""
        finding = broken(SandboxError("never started"))
        for attempt in range(ATTEMPTS):
            zygote = self._zygotes[(turn + attempt) % 2]
            try:
                finding = run_once(zygote, job, config, stub=stub, canary=canary)
            except SandboxError as error:
                finding = broken(error)
            if not finding.is_unsettled():
                break
        return finding.without_canary() if canary else finding


def run_once(
    zygote: Zygote, job: Job, config: ExecutionConfig, *, stub: Stub = "", canary: bool = False
) -> Finding:
    """Run a job in a zygote, once.

    Raises:
        MissingError: the walls cannot be put up here.
        SandboxError: the zygote did not survive it.
    """
    token = secrets.token_hex(16)
    request = Request(
        judged=job.mode == "split",
        fed=job.mode == "stdio",
        cpu_s=config.cpu_limit_s,
        memory_mib=config.memory_limit_mib,
        output_bytes=config.output_limit_kib * 1024,
        stdout_bytes=config.output_limit_kib * 1024 if job.mode == "stdio" else 0,
        wall_s=max(WALL_FACTOR * config.cpu_limit_s, MIN_WALL_S),
    )
    ended = zygote.run(
        request,
        job=build_job(job, token, stub=stub, canary=canary),
        judge=build_judge(job, token) if request.judged else b"",
        stdin=job.inputs[0] if request.fed else b"",
    )
    return judge(ended, token, job, config)
