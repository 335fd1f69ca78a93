"""The pool: nothing twice, nothing lost, labels that hold."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepref.errors import DataError
from codepref.execution import lane
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.lane import run_once
from codepref.execution.pool import LocalPool, job_key, run_jobs
from codepref.execution.probes import proved_walls
from codepref.execution.values import pack
from codepref.execution.walls import Walls
from codepref.execution.zygote import Zygote
from codepref.ledger import Ledger
from tests.execution.counting import Counter
from tests.execution.host import alive

GOOD = "def add(a, b):\n    return a + b\n"
BAD = "def add(a, b):\n    return 0\n"

MakeJob = Callable[..., Job]
RunJob = Callable[..., Outcome]


def outcomes(
    jobs: list[Job], config: ExecutionConfig, pool: LocalPool, ledger: Ledger
) -> dict[str, Outcome]:
    return {job.job_id: outcome for job, outcome in run_jobs(jobs, config, pool, ledger)}


def test_a_known_program_is_not_run_again(runs: Counter, make_job: MakeJob, run: RunJob) -> None:
    first = run(make_job(GOOD))
    again = run(make_job(GOOD, job_id="2"))
    assert len(runs.slots) == 1
    assert again == first


def test_equal_programs_of_one_call_run_once(
    runs: Counter, make_job: MakeJob, config: ExecutionConfig, pool: LocalPool, ledger: Ledger
) -> None:
    jobs = [make_job(GOOD, job_id=str(number)) for number in range(5)]
    assert len(outcomes(jobs, config, pool, ledger)) == 5
    assert len(runs.slots) == 1


def test_what_a_lane_cannot_cope_with_ends_the_run_and_does_not_hang(
    make_job: MakeJob, config: ExecutionConfig, pool: LocalPool
) -> None:
    with pytest.raises(IndexError):
        list(pool.measure({"a": make_job("", mode="stdio", inputs=[])}, config))
    (found,) = pool.measure({"b": make_job(GOOD)}, config)
    assert (found[0], found[1].verdict) == ("b", "passed")


def test_what_a_stopped_caller_asked_for_reaches_no_other(
    make_job: MakeJob, config: ExecutionConfig, pool: LocalPool
) -> None:
    asked = {str(n): make_job(f"{GOOD}# {n}\n") for n in range(20)}
    stopped = pool.measure(asked, config)
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]  # a generator
    assert [key for key, _ in pool.measure({"c": make_job(BAD)}, config)] == ["c"]


def test_two_jobs_with_one_id_are_refused(
    make_job: MakeJob, config: ExecutionConfig, pool: LocalPool, ledger: Ledger
) -> None:
    with pytest.raises(ValueError, match="2 jobs share ids"):
        list(run_jobs([make_job(GOOD), make_job("x")], config, pool, ledger))


def test_a_torn_ledger_entry_is_named(
    make_job: MakeJob, config: ExecutionConfig, pool: LocalPool, ledger: Ledger
) -> None:
    ledger.put(job_key(make_job(GOOD), config, pool.isolation), {"verdict": "perfect"})
    with pytest.raises(DataError, match=r"executions\.sqlite: entry"):
        list(run_jobs([make_job(GOOD)], config, pool, ledger))


def test_outcomes_come_in_the_order_of_the_jobs(
    make_job: MakeJob, config: ExecutionConfig, pool: LocalPool, ledger: Ledger
) -> None:
    slow = "sum(range(10**6))\n"
    codes = [slow * (5 - number) + GOOD for number in range(6)]
    jobs = [make_job(code, job_id=str(number)) for number, code in enumerate(codes)]
    assert [job.job_id for job, _ in run_jobs(jobs, config, pool, ledger)] == list("012345")


def test_usage_is_told_and_is_in_the_ledger(make_job: MakeJob, run: RunJob) -> None:
    code = "x = bytearray(64 * 2**20)\nsum(range(3 * 10**6))\n" + GOOD
    usage = run(make_job(code)).usage
    assert run(make_job(code)).usage == usage
    assert 60 < usage.memory_mib < 120
    assert 0.01 < usage.cpu_s < 1
    assert usage.wall_s > 0


@pytest.mark.parametrize("limit", [64, 256])
def test_the_memory_limit_is_the_programs_own(limit: int, make_job: MakeJob, run: RunJob) -> None:
    """What an idle interpreter has does not count: nearly all of the limit can be had."""
    fits = f"x = bytearray({limit - 8} * 2**20)\n" + GOOD
    over = f"x = bytearray({limit + 8} * 2**20)\n" + GOOD
    assert run(make_job(fits), memory_limit_mib=limit).verdict == "passed"
    assert run(make_job(over), memory_limit_mib=limit).verdict == "out_of_memory"


PROGRAMS: Mapping[str, str] = {
    "passes": GOOD,
    "fails": BAD,
    "raises": "def add(a, b):\n    return a / 0\n",
    "hangs": "while True:\n    pass\n",
    "exits": "import os\nos._exit(0)\n",
    "crashes": "import os\nos.abort()\n",
    "floods": "while True:\n    print('x' * 9999)\n",
    "starves": "x = []\nwhile True:\n    x.append(bytearray(10**7))\n",
    "litters": "for i in range(200):\n    open(f'/tmp/{i}', 'w').close()\n" + GOOD,
    "is_not_python": "Sure! Here it is.",
}
VERDICTS = {
    "passes": "passed",
    "fails": "failed",
    "raises": "error",
    "hangs": "timeout",
    "exits": "early_exit",
    "crashes": "crashed",
    "floods": "output_limit",
    "starves": "out_of_memory",
    "litters": "passed",
    "is_not_python": "syntax_error",
}


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(st.sampled_from(sorted(PROGRAMS)), min_size=4, max_size=16),
    workers=st.integers(1, 4),
)
def test_labels_depend_neither_on_neighbours_nor_on_workers_nor_on_order(
    names: list[str],
    workers: int,
    walls: Walls,
    make_job: MakeJob,
    config: ExecutionConfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    jobs = [
        make_job(f"{PROGRAMS[name]}\n# {place}", job_id=f"{place} {name}")
        for place, name in enumerate(names)
    ]
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "executions.sqlite")
    with LocalPool(walls, workers) as pool:
        found = {job.job_id: out.verdict for job, out in run_jobs(jobs, config, pool, ledger)}
    ledger.close()
    assert found == {job.job_id: VERDICTS[job.job_id.split()[1]] for job in jobs}


CONFIG = ExecutionConfig(
    isolation="auto",
    pool="local",
    workers=1,
    cpu_limit_s=1,
    memory_limit_mib=256,
    output_limit_kib=1024,
    repeats=1,
)


def make_a_job(code: str, name: str = "1") -> Job:
    """For processes of their own, which have no fixtures."""
    return Job(
        job_id=name,
        mode="call",
        code=code,
        setup="",
        tests=[],
        self_written=False,
        entry_point="add",
        inputs=[pack([1, 2])],
        whole=False,
    )


def _run_all(folder: str, offset: int) -> int:
    """Run the same jobs in a process of its own; give how many it ran itself."""
    jobs = [make_a_job(f"{GOOD}# {number}\n", str(number)) for number in range(60)]
    proved = proved_walls("auto")
    counter = Counter()
    Zygote.run = lambda *given, **named: counter(*given, **named)  # type: ignore[method-assign, assignment]
    ledger = Ledger(Path(folder) / "executions.sqlite")
    with LocalPool(proved, 1) as pool:
        pool.at_once = 8
        found = run_jobs(jobs[offset:] + jobs[:offset], CONFIG, pool, ledger)
        assert all(outcome.verdict == "passed" for _, outcome in found)
    ledger.close()
    return len(counter.slots)


def test_two_processes_with_one_ledger_run_no_program_twice(
    walls: Walls,  # noqa: ARG001 - skips where there is no isolation
    tmp_path: Path,
) -> None:
    """As two `dvc exp` workers; what one has run the other finds in the ledger."""
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        counts = processes.starmap(_run_all, [(str(tmp_path), 0), (str(tmp_path), 30)])
    assert sum(counts) == 60


def test_a_pool_that_is_left_early_leaves_nothing_behind(
    walls: Walls, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    jobs = [make_job(f"{GOOD}# {number}\n", job_id=str(number)) for number in range(50)]
    before = set(threading.enumerate())
    with LocalPool(walls, 2) as pool:
        stream = run_jobs(jobs, config, pool, ledger)
        assert next(stream)[1].verdict == "passed"
    assert set(threading.enumerate()) == before


def test_walls_that_cannot_be_put_up_are_an_error_not_a_verdict(
    walls: Walls, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    broken = walls.model_copy(update={"command": ("/no/such/program",)})
    with (
        LocalPool(broken, 2) as pool,
        pytest.raises(Exception, match=r"does not start here: .*/no/such/program"),
    ):
        list(run_jobs([make_job(GOOD)], config, pool, ledger))


def test_a_sleeping_program_is_ended_by_the_wall_clock(
    make_job: MakeJob, run: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "MIN_WALL_S", 0.5)
    monkeypatch.setattr(lane, "WALL_FACTOR", 0.5)
    outcome = run(make_job("import time\ntime.sleep(1000)\n"))
    assert (outcome.verdict, outcome.failure) == ("wall_timeout", "wall time limit")


def test_leaving_by_an_error_does_not_wait_for_what_is_running(
    walls: Walls, make_job: MakeJob, config: ExecutionConfig
) -> None:
    sleepers = [make_job(f"import time\ntime.sleep(600)  # {n}\n", job_id=str(n)) for n in range(2)]
    jobs = [
        make_job(GOOD),
        *[job.model_copy(update={"job_id": f"s{job.job_id}"}) for job in sleepers],
    ]
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), LocalPool(walls, 3) as pool:
        found = pool.measure({job.job_id: job for job in jobs}, config)
        assert next(found)[1].verdict == "passed"
        raise KeyboardInterrupt
    assert time.monotonic() - began < 5


SLEEPER = """
import ctypes, time
ctypes.CDLL(None).prctl(15, b'MARK', 0, 0, 0)
time.sleep(600)
"""


def _sleep_in(isolation: str, mark: str) -> None:
    job = make_a_job(SLEEPER.replace("MARK", mark))
    with Zygote(proved_walls(isolation), 77) as zygote:
        run_once(zygote, job, CONFIG.model_copy(update={"cpu_limit_s": 60}))


@pytest.mark.parametrize("isolation", ["auto", "none"])
def test_a_killed_driver_leaves_no_program_running(
    isolation: str,
    walls: Walls,  # noqa: ARG001 - skips where there is no isolation
) -> None:
    mark = f"k{os.getpid()}{isolation}"[:15]
    process = multiprocessing.get_context("spawn").Process(target=_sleep_in, args=(isolation, mark))
    process.start()
    _wait_until(lambda: bool(alive(mark)))
    process.kill()
    process.join()
    _wait_until(lambda: not alive(mark))


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def test_a_program_that_interrupts_itself_raises_where_the_study_runs_in_the_background(
    make_job: MakeJob, config: ExecutionConfig, walls: Walls, ledger: Ledger
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup and `&` leave it
    try:
        with LocalPool(walls, 1) as pool:
            code = "import _thread, time\n_thread.interrupt_main()\ntime.sleep(0.1)\n"
            found = outcomes([make_job(code)], config, pool, ledger)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [outcome.verdict for outcome in found.values()] == ["error"]
