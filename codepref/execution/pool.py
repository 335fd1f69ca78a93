"""Run jobs on a pool of workers, none of them twice."""

import hashlib
import logging
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from pydantic import TypeAdapter, ValidationError

from codepref.errors import DataError
from codepref.execution.config import ExecutionConfig
from codepref.execution.environment import environment_digest
from codepref.execution.jobs import Isolation, Job, Outcome, Usage
from codepref.execution.lane import Lane
from codepref.execution.probes import proved_walls
from codepref.execution.verdicts import Finding
from codepref.execution.walls import Walls
from codepref.files import locked
from codepref.ledger import Ledger
from codepref.progress import track
from codepref.records import digest
from codepref.schema import describe

FINDING = TypeAdapter(Finding)
LENGTH_BYTES = 8

logger = logging.getLogger(__name__)


class Pool(Protocol):
    """Workers with walls that hold.

    Attributes:
        isolation: the walls' name, on all machines.
        at_once: jobs that are handed over together; of trivial ones, a second or so of work.
    """

    isolation: Isolation
    at_once: int

    def measure(
        self, jobs: Mapping[str, Job], config: ExecutionConfig
    ) -> Iterator[tuple[str, Finding]]:
        """Run jobs by key, and give each finding as soon as it is there.

        Raises:
            MissingError: the walls cannot be put up.
        """


@contextmanager
def open_pool(config: ExecutionConfig) -> Iterator[Pool]:
    """Give the pool that params ask for; workers start with the first job.

    Raises:
        MissingError: no isolation works here.
        SandboxError: a wall does not hold.
    """
    if config.pool == "ray":
        from codepref.execution.ray_pool import RayPool  # an optional extra

        with RayPool(config) as pool:
            yield pool
    else:
        with LocalPool(proved_walls(config.isolation), config.workers) as pool:
            yield pool


def run_jobs(
    jobs: Sequence[Job], config: ExecutionConfig, pool: Pool, ledger: Ledger
) -> Iterator[tuple[Job, Outcome]]:
    """Give the outcome of every job, in order; only what the ledger lacks is run.

    Two processes with one ledger take turns, `Pool.at_once` jobs each, so that neither runs what
    the other has run, and no more programs run at once than params say. What the harness or the
    wall time ended twice is not kept.

    Raises:
        DataError: the ledger holds something else.
        MissingError: the walls cannot be put up.
        ValueError: two jobs have one id.
    """
    if len({job.job_id for job in jobs}) != len(jobs):
        raise ValueError(f"{len(jobs)} jobs share ids; each needs its own")
    keyed = [(job_key(job, config, pool.isolation), job) for job in jobs]
    different = {key for key, _ in keyed}
    n_missing = len(different) - len(ledger.known(different))
    logger.info("programs: %d different, %d of them to run", len(different), n_missing)
    ticks = track(range(n_missing), total=n_missing, what="programs")
    n_unsettled = 0
    for first in range(0, len(keyed), pool.at_once):
        some = keyed[first : first + pool.at_once]
        findings = _measure(dict(some), config, pool, ledger, ticks)
        for key, job in some:
            n_unsettled += findings[key].is_unsettled()
            yield job, _outcome(job, findings[key], pool.isolation)
    next(ticks, None)
    if n_unsettled:
        logger.warning(
            "programs that the machine may have judged, to be run again next time: %d", n_unsettled
        )


def _heed_interrupts() -> None:
    """Let SIGINT mean what it usually does: nohup and `&` have it ignored, and children inherit.

    A program that interrupts itself would pass in the background and raise in a terminal.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def job_key(job: Job, config: ExecutionConfig, isolation: Isolation) -> str:
    """Key of a job in the ledger: all that its outcome depends on, and not its id."""
    content = job.model_dump(exclude={"job_id", "inputs"})
    head = digest([content, config.conditions, environment_digest(isolation)])
    whole = hashlib.sha256(head.encode("ascii"))
    for data in job.inputs:
        whole.update(len(data).to_bytes(LENGTH_BYTES, "little"))
        whole.update(data)
    return whole.hexdigest()


class _Task(NamedTuple):
    key: str
    job: Job
    config: ExecutionConfig
    results: "SimpleQueue[tuple[str, Finding | BaseException]]"


class LocalPool:
    """Lanes on this machine, each in a thread of its own: its walls fall with the thread."""

    def __init__(self, walls: Walls, workers: int) -> None:
        """Take proved walls and a number of lanes."""
        _heed_interrupts()
        self.isolation = walls.isolation
        self.at_once = 256 * workers
        self._walls = walls
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._lanes: list[Lane] = []
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()

    def __enter__(self) -> "LocalPool":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._forget()
        if kind is not None:  # nobody waits for what is running
            for lane in self._lanes:
                lane.stop()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def measure(
        self, jobs: Mapping[str, Job], config: ExecutionConfig
    ) -> Iterator[tuple[str, Finding]]:
        """Run jobs by key; see Pool."""
        self._start()
        results: SimpleQueue[tuple[str, Finding | BaseException]] = SimpleQueue()
        for key, job in jobs.items():
            self._tasks.put(_Task(key, job, config, results))
        try:
            for _ in jobs:
                key, result = results.get()
                if isinstance(result, BaseException):
                    raise result
                yield key, result
        finally:
            self._forget()

    def _forget(self) -> None:
        """Drop what has not begun; what runs ends in a queue that nobody reads."""
        with suppress(Empty):  # a worker may take the last one meanwhile
            while True:
                self._tasks.get_nowait()

    def _start(self) -> None:
        for number in range(len(self._threads), self._workers):
            self._lanes.append(Lane(self._walls, number))
            thread = threading.Thread(target=self._work, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self, number: int) -> None:
        with self._lanes[number] as lane:
            while (task := self._tasks.get()) is not None:
                try:
                    result: Finding | BaseException = lane.measure(task.job, task.config)
                except BaseException as error:  # noqa: BLE001 - raised again by who waits for it
                    result = error
                task.results.put((task.key, result))


def _look_up(keys: Iterable[str], ledger: Ledger) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for key, value in ledger.get(keys).items():
        try:
            found[key] = FINDING.validate_python(value)
        except ValidationError as error:
            raise DataError(
                f"{ledger.path}: entry {key[:12]} is no finding ({describe(error)}); remove the "
                "file, programs will be run again"
            ) from error
    return found


def _measure(
    jobs: Mapping[str, Job],
    config: ExecutionConfig,
    pool: Pool,
    ledger: Ledger,
    ticks: Iterator[int],
) -> dict[str, Finding]:
    findings = _look_up(jobs, ledger)
    if len(findings) == len(jobs):
        return findings
    with locked(ledger.path.with_suffix(".run.lock")):
        findings |= _look_up([key for key in jobs if key not in findings], ledger)
        missing = {key: job for key, job in jobs.items() if key not in findings}
        for key, finding in pool.measure(missing, config):
            next(ticks, None)
            findings[key] = finding
            if not finding.is_unsettled():
                ledger.put(key, FINDING.dump_python(finding, mode="json"))
    return findings


def _outcome(job: Job, finding: Finding, isolation: Isolation) -> Outcome:
    return Outcome(
        verdict=finding.verdict,
        tests_passed=finding.tests_passed,
        tests_total=finding.tests_total,
        failure=finding.failure,
        stderr_tail=finding.stderr_tail,
        flags=list(finding.flags),
        values=list(finding.values),
        usage=Usage(cpu_s=finding.cpu_s, wall_s=finding.wall_s, memory_mib=finding.memory_mib),
        mode=job.mode,
        isolation=isolation,
        environment_digest=environment_digest(isolation),
    )
