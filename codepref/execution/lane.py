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
from codepref.execution.verdicts import Finding, broken, flaky, judge, unsplittable, vacuous
from codepref.execution.walls import Walls
from codepref.execution.zygote import Zygote

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
        self._turn = 1  # the zygote that ran last

    def __enter__(self) -> "Lane":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End both zygotes."""
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
        self._turn = 1
        first = self._settle(job, config)
        if first.verdict not in REPEATED:
            return first
        canary = job.mode == "script" and first.verdict == "passed"
        for _ in range(1, max(config.repeats, 2 if canary else 1)):
            again = self._settle(job, config, canary=canary)
            if again.verdict == "tampered" or again.is_unsettled():
                return again
            if not again.agrees_with(first):
                return flaky(first, again)
            first = first.without_what_differs(again)
        if job.mode == "script":
            return self._validated(job, config, first)
        return self._confirmed(job, config, first) if job.mode == "split" else first

    def _confirmed(self, job: Job, config: ExecutionConfig, finding: Finding) -> Finding:
        """Hold a failure of a program in two processes to a run in one.

        What tests see across two processes are copies and handles, which for some objects is not
        enough: where the program passes beside its tests its failure is no verdict. Nor is that
        pass, which a program could forge.
        """
        if finding.verdict not in ("failed", "error"):
            return finding
        together = self._settle(beside_its_tests(job), config)
        if together.verdict == "passed":
            return unsplittable(finding)
        return together if together.is_unsettled() else finding

    def _validated(self, job: Job, config: ExecutionConfig, finding: Finding) -> Finding:
        """Run the tests on programs that solve nothing: tests that pass say nothing."""
        for stub, what in STUBS.items():
            stubbed = self._settle(job, config, stub=stub)
            if stubbed.is_unsettled():
                return stubbed
            if stubbed.verdict == "passed":
                return vacuous(finding, what)
        return finding

    def _settle(
        self, job: Job, config: ExecutionConfig, *, stub: Stub = "", canary: bool = False
    ) -> Finding:
        """Run once, and once more if the harness failed or the wall time ran out.

        Every run is in the zygote that did not have the last one.
        """
        finding = self._run(job, config, stub, canary=canary)
        if finding.is_unsettled():
            finding = self._run(job, config, stub, canary=canary)
        return finding.without_canary() if canary else finding

    def _run(self, job: Job, config: ExecutionConfig, stub: Stub, *, canary: bool) -> Finding:
        self._turn = 1 - self._turn
        try:
            return run_once(self._zygotes[self._turn], job, config, stub=stub, canary=canary)
        except SandboxError as error:
            return broken(error)


def beside_its_tests(job: Job) -> Job:
    """Give the job of a program and given tests in one process."""
    text = "\n".join([job.setup, *job.tests])
    return job.model_copy(update={"mode": "script", "setup": "", "tests": [text]})


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
