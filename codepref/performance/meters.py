"""What one call of one program costs, measured once.

Each reading is of a process of its own, so that nothing a program keeps (a cache, a table) makes
its next call cheaper. What the call returns is not looked at: EvalPerf does not either.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, Protocol

from codepref.benchmarks.inputs import performance_inputs
from codepref.benchmarks.rows import Task
from codepref.errors import MissingError, SandboxError
from codepref.execution.jobs import Job
from codepref.execution.pool import Pool, open_pool
from codepref.execution.rows import UNSETTLED
from codepref.execution.values import Raised, decode
from codepref.execution.verdicts import Finding
from codepref.performance.config import MeasurePerformanceConfig
from codepref.performance.counters import INSTRUCTIONS, PerfCounter, open_counter
from codepref.performance.rows import Counter, Status
from codepref.performance.timing import ENTRY, Times, idle_program, read_times, timed_program

IDLE_RUNS = 3
# Beside its text and its calls a process starts, reads its inputs and gives its memory back.
PLAUSIBLE_FACTOR, PLAUSIBLE_SLACK_S = 2.0, 0.02
# A step is many instructions, and some nanoseconds.
PROOF_COUNT = 1_000_000
PROOF = f"def {{name}}(*arguments):\n    for step in range({PROOF_COUNT}):\n        pass\n"

logger = logging.getLogger(__name__)


class Reading(NamedTuple):
    """One measurement of one program.

    Attributes:
        cost: instructions or CPU seconds; None unless it is measured or implausible.
        failure: one line on what went wrong.
    """

    status: Status
    cost: float | None
    failure: str = ""


Read = Callable[[str], Reading]
"""Measures one program for one task, once."""
Once = Callable[[Job], Finding]


class Meter(Protocol):
    """A way to measure.

    Attributes:
        counter: what its costs are.
    """

    counter: Counter

    def ready(self, task: Task) -> Read:
        """Give what measures programs for a task, on its performance inputs.

        Raises:
            SandboxError: a program that is known could not be measured.
        """


class Bench(NamedTuple):
    """A meter, with the pool that it runs programs in and how."""

    meter: Meter
    pool: Pool
    config: MeasurePerformanceConfig


class CpuTime:
    """CPU time of the calls by the process's own clock, held to what the kernel says it used."""

    counter: Counter = "cpu_time"

    def __init__(self, run: Once) -> None:
        """Take what runs a job."""
        self._run = run

    def ready(self, task: Task) -> Read:
        """Find out what a process takes that calls nothing; see Meter."""
        inputs = _inputs(task)
        idle = [self._run(_job(idle_program(""), inputs)) for _ in range(IDLE_RUNS)]
        for finding in idle:
            if finding.verdict != "passed":
                raise SandboxError(
                    f"{task.task_id}: a program that does nothing ended as {finding.verdict}: "
                    f"{finding.failure}; `codepref doctor` says whether isolation works here, and "
                    "the memory limit must leave room for the performance inputs"
                )
        idle_s = min(finding.cpu_s for finding in idle)

        def read(code: str) -> Reading:
            finding = self._run(_job(timed_program(code, task.entry_point), inputs))
            return _failure(finding) or _timed(finding, len(inputs), idle_s)

        return read


class FromOutside:
    """What a counter of this thread says of a run, less what it says of one without the call."""

    counter: Counter = "instructions"

    def __init__(self, run: Once, count: PerfCounter) -> None:
        """Take what runs a job, in processes that were started after the counter was opened."""
        self._run = run
        self._count = count

    def ready(self, task: Task) -> Read:
        """Make sure that the counter sees what programs do; see Meter."""
        inputs = _inputs(task)

        def read(code: str) -> Reading:
            finding, whole = self._counted(_job(timed_program(code, task.entry_point), inputs))
            failed = _failure(finding)
            if failed is not None:
                return failed
            idle, rest = self._counted(_job(idle_program(code), inputs))
            failed = _failure(idle)
            if failed is not None:
                return failed
            return Reading("measured", float(max(whole - rest, 0)))

        proof = read(PROOF.format(name=task.entry_point))
        if proof.cost is None or proof.cost < PROOF_COUNT:
            raise SandboxError(
                f"{task.task_id}: the counter of {self._count.event.name} saw {proof.cost} of a "
                f"program that takes {PROOF_COUNT} and more ({proof.status} {proof.failure}): it "
                "does not count programs in the sandbox; write `counter: cpu_time`"
            )
        return read

    def _counted(self, job: Job) -> tuple[Finding, int]:
        before = self._count.read()
        finding = self._run(job)
        return finding, self._count.read() - before


@contextmanager
def open_bench(config: MeasurePerformanceConfig) -> Iterator[Bench]:
    """Give what measures as params ask for.

    Raises:
        MissingError: no isolation works here, or instructions are asked for and not counted.
        SandboxError: a wall does not hold.
    """
    with ExitStack() as stack:
        count: PerfCounter | None = None
        if config.counter != "cpu_time":
            try:  # before the pool, whose processes it is to count
                count = stack.enter_context(open_counter(INSTRUCTIONS))
            except MissingError as error:
                if config.counter == "instructions":
                    raise
                logger.info("costs are CPU time: %s", error)
        pool = stack.enter_context(open_pool(config))

        def run(job: Job) -> Finding:
            ((_, finding),) = pool.measure({job.job_id: job}, config)
            return finding

        meter: Meter = CpuTime(run) if count is None else FromOutside(run, count)
        yield Bench(meter, pool, config)


def _inputs(task: Task) -> list[bytes]:
    return [given.packed for given in performance_inputs(task)]


def _job(code: str, inputs: Sequence[bytes]) -> Job:
    return Job(
        job_id="timed",
        mode="call",
        code=code,
        setup="",
        tests=[],
        self_written=False,
        entry_point=ENTRY,
        inputs=list(inputs),
        whole=False,
    )


def _failure(finding: Finding) -> Reading | None:
    """Say how a run ended that is no measurement; None if it may be one."""
    if finding.verdict in UNSETTLED:
        return Reading("unmeasured", None, f"{finding.verdict}: {finding.failure}")
    if finding.verdict == "timeout":
        return Reading("timeout", None, finding.failure)
    if finding.verdict != "passed":
        return Reading("failed", None, f"{finding.verdict}: {finding.failure}")
    raised = [value for value in map(decode, finding.values) if isinstance(value, Raised)]
    return Reading("failed", None, f"raised {raised[0].type_name}") if raised else None


def _timed(finding: Finding, n_calls: int, idle_s: float) -> Reading:
    times = read_times(finding.values)
    if times is None or len(finding.values) != n_calls:
        return Reading("implausible", None, "what came back is no time")
    used_s = finding.cpu_s - idle_s
    if not _is_plausible(times, used_s):
        told = f"{sum(times):.3f} s by its own clock, {used_s:.3f} s by the kernel's"
        return Reading("implausible", times.calling, told)
    return Reading("measured", times.calling)


def _is_plausible(times: Times, used_s: float) -> bool:
    return used_s <= PLAUSIBLE_FACTOR * sum(times) + PLAUSIBLE_SLACK_S
