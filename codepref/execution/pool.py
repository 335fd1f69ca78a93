"""Run jobs on a pool of workers, none of them twice."""

import logging
import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager

from pydantic import TypeAdapter, ValidationError

from codepref.errors import DataError, SandboxError
from codepref.execution.config import ExecutionConfig
from codepref.execution.environment import environment_digest
from codepref.execution.jobs import Isolation, Job, Outcome
from codepref.execution.probes import prove_walls
from codepref.execution.rows import Verdict
from codepref.execution.runner import run_once
from codepref.execution.verdicts import Finding, broken, flaky, judge
from codepref.execution.walls import Walls, build_walls, choose_isolation
from codepref.ledger import Ledger
from codepref.progress import track
from codepref.records import Json, digest
from codepref.schema import describe

ATTEMPTS = 2  # at a run whose harness failed, or that a busy machine may have held up
REPEATED: tuple[Verdict, ...] = ("passed", "failed", "error", "out_of_memory", "early_exit")
FINDING = TypeAdapter(Finding)

logger = logging.getLogger(__name__)


def run_jobs(jobs: Sequence[Job], config: ExecutionConfig, ledger: Ledger) -> dict[str, Outcome]:
    """Give the outcome of every job by job_id; only what the ledger lacks is run.

    Raises:
        DataError: an input of a job is no list of arguments.
        MissingError: no isolation works here.
        SandboxError: a wall does not hold.
        ValueError: two jobs have one id.
    """
    isolation = choose_isolation(config)
    keys = {job.job_id: job_key(job, config, isolation) for job in jobs}
    if len(keys) != len(jobs):
        raise ValueError(f"{len(jobs)} jobs have {len(keys)} different ids; each needs its own")
    known = ledger.get(keys.values())
    findings = {key: _read(ledger, key, value) for key, value in known.items()}
    missing = {keys[job.job_id]: job for job in jobs if keys[job.job_id] not in findings}
    logger.info("programs: %d, of these %d known, %d to run", len(jobs), len(known), len(missing))
    if missing:
        for key, finding in _run_all(missing, config, isolation):
            findings[key] = finding
            if finding.verdict != "infra_error":
                ledger.put(key, FINDING.dump_python(finding, mode="json"))
    n_broken = sum(finding.verdict == "infra_error" for finding in findings.values())
    if n_broken:
        logger.warning("programs without a verdict, the harness failed twice: %d", n_broken)
    return {job.job_id: _outcome(job, findings[keys[job.job_id]], isolation) for job in jobs}


def job_key(job: Job, config: ExecutionConfig, isolation: Isolation) -> str:
    """Key of a job in the ledger: all that its outcome depends on, and not its id."""
    limits: Json = [config.cpu_limit_s, config.memory_limit_mib, config.output_limit_kib]
    content = job.model_dump(exclude={"job_id"})
    return digest([content, limits, config.repeats, environment_digest(isolation)])


def _run_all(
    jobs: Mapping[str, Job], config: ExecutionConfig, isolation: Isolation
) -> Iterator[tuple[str, Finding]]:
    """Run jobs, and give each finding as soon as it is there."""
    walls = build_walls(isolation)
    prove_walls(walls, config)
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(config.workers):
        slots.put(slot)
    with _executor(config.workers) as executor:
        futures: dict[Future[Finding], str] = {
            executor.submit(_measure, job, config, walls, slots): key for key, job in jobs.items()
        }
        for future in track(as_completed(futures), total=len(futures), what="programs"):
            yield futures[future], future.result()


@contextmanager
def _executor(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Long-lived threads: the walls of a program fall with the thread that put them up."""
    executor = ThreadPoolExecutor(max_workers=workers)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _measure(
    job: Job, config: ExecutionConfig, walls: Walls, slots: "queue.SimpleQueue[int]"
) -> Finding:
    """Run a job as often as its verdict asks for."""
    slot = slots.get()
    try:
        first = _settle(job, config, walls, slot, stub=False)
        repeats = config.repeats - 1 if first.verdict in REPEATED else 0
        for _ in range(repeats):
            again = _settle(job, config, walls, slot, stub=False)
            if not again.agrees_with(first):
                return flaky(first, again)
            first = first.without_what_differs(again)
        if job.self_written and first.verdict == "passed":
            stubbed = _settle(job, config, walls, slot, stub=True)
            if stubbed.verdict == "passed":
                return first.vacuous()
        return first
    finally:
        slots.put(slot)


def _settle(job: Job, config: ExecutionConfig, walls: Walls, slot: int, *, stub: bool) -> Finding:
    """Run once, and once more if the harness failed or the wall time ran out."""
    finding = broken(SandboxError("never started"))
    for _ in range(ATTEMPTS):
        try:
            finding = judge(run_once(job, config, walls, slot, stub=stub), job, config)
        except SandboxError as error:
            finding = broken(error)
        if not finding.is_unsettled():
            break
    return finding


def _read(ledger: Ledger, key: str, value: Json) -> Finding:
    try:
        return FINDING.validate_python(value)
    except ValidationError as error:
        raise DataError(
            f"{ledger.path}: entry {key[:12]} is no finding ({describe(error)}); remove the file, "
            "programs will be run again"
        ) from error


def _outcome(job: Job, finding: Finding, isolation: Isolation) -> Outcome:
    return Outcome(
        verdict=finding.verdict,
        tests_passed=finding.tests_passed,
        tests_total=finding.tests_total,
        failure=finding.failure,
        stderr_tail=finding.stderr_tail,
        values=list(finding.values),
        mode=job.mode,
        isolation=isolation,
        environment_digest=environment_digest(isolation),
    )
