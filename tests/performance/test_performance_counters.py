"""The kernel's counters, by an event that machines without a PMU have too."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from codepref.errors import MissingError, SandboxError
from codepref.execution.jobs import Job
from codepref.execution.pool import open_pool
from codepref.execution.verdicts import Finding
from codepref.performance import counters
from codepref.performance.counters import INSTRUCTIONS, TASK_CLOCK, Event, PerfCounter, open_counter
from codepref.performance.meters import CpuTime, FromOutside, open_bench
from tests.performance.made import TASK, loop, make_config

NS_PER_S = 1e9
BUSY = "import time\nwhile time.process_time() < 0.2:\n    pass\n"
NO_SUCH_EVENT = Event("nothing", 99, 99, 0)


@pytest.fixture
def clock() -> Iterator[PerfCounter]:
    try:
        with open_counter(TASK_CLOCK) as made:
            yield made
    except MissingError as error:
        pytest.skip(f"this kernel opens no software event: {error}")


def test_a_counter_counts_what_a_thread_of_this_one_starts(clock: PerfCounter) -> None:
    before = clock.read()
    run = threading.Thread(target=lambda: subprocess.run([sys.executable, "-c", BUSY], check=True))
    run.start()
    run.join()
    assert 0.2 * NS_PER_S <= clock.read() - before < 2 * NS_PER_S


def test_what_was_running_before_is_not_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", f"input()\n{BUSY}"], stdin=subprocess.PIPE) as old:
        try:
            with open_counter(TASK_CLOCK) as clock:
                before = clock.read()
                old.communicate(b"\n")
                assert clock.read() - before < 0.1 * NS_PER_S
        except MissingError as error:
            old.kill()
            pytest.skip(f"this kernel opens no software event: {error}")


def test_an_event_that_the_kernel_lacks_says_what_to_do() -> None:
    with (
        pytest.raises(
            MissingError, match=r"nothing: perf_event_open: .*counter: cpu_time"
        ) as found,
        open_counter(NO_SUCH_EVENT),
    ):
        pass
    assert found.value.exit_code == 3


def test_another_processor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(MissingError, match="on Linux on x86-64 only"), open_counter(TASK_CLOCK):
        pass


def test_a_counter_that_shares_its_register_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = counters.READING.pack(5, 100, 60)
    monkeypatch.setattr("codepref.performance.counters.os.read", lambda *_: reading)
    with pytest.raises(MissingError, match="counted 60 of 100 ns only"):
        PerfCounter(TASK_CLOCK, -1).read()


def refuse(event: Event) -> int:
    raise MissingError(f"{event.name}: none here")


def test_instructions_that_are_asked_for_and_absent_stop_the_stage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counters, "_open", refuse)
    with (
        pytest.raises(MissingError, match="instructions: none here"),
        open_bench(make_config(counter="instructions")),
    ):
        pass


def test_auto_takes_cpu_time_where_nothing_counts_instructions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counters, "_open", refuse)
    with open_bench(make_config(counter="auto", isolation="none")) as bench:
        assert bench.meter.counter == "cpu_time"


def test_programs_in_the_walls_are_counted_from_outside(clock: PerfCounter) -> None:
    """By the task clock the outer count and the program's own clock are of one kind."""
    config = make_config()
    with open_pool(config) as pool:  # its processes start after the counter was opened

        def run(job: Job) -> Finding:
            ((_, finding),) = pool.measure({"one": job}, config)
            return finding

        outer, inner = FromOutside(run, clock).ready(TASK), CpuTime(run).ready(TASK)
        counted = min(outer(loop(256)).cost or 0 for _ in range(3))
        timed = min(inner(loop(256)).cost or 0 for _ in range(3))
        failed = outer("def f(n):\n    raise ValueError\n")
    assert counted / NS_PER_S == pytest.approx(timed, rel=0.5)
    assert (failed.status, failed.failure) == ("failed", "raised ValueError")


def test_a_counter_that_does_not_see_the_programs_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes on by what the harness does, with the call and without it alike."""
    seen = itertools.count(0, 500_000)
    reading = (counters.READING.pack(count, 9, 9) for count in seen)
    monkeypatch.setattr("codepref.performance.counters.os.read", lambda *_: next(reading))

    def run(job: Job) -> Finding:
        del job
        return Finding("passed", 1, 1, "", "", values=('{"tuple":[0.0,0.0]}',))

    with pytest.raises(SandboxError, match="does not count programs in the sandbox"):
        FromOutside(run, PerfCounter(TASK_CLOCK, -1)).ready(TASK)


def test_instructions_count_the_same_work_alike() -> None:
    """Where this machine has a PMU: twice the steps are twice the instructions."""
    try:
        with open_counter(INSTRUCTIONS) as count:
            config = make_config()
            with open_pool(config) as pool:

                def run(job: Job) -> Finding:
                    ((_, finding),) = pool.measure({"one": job}, config)
                    return finding

                read = FromOutside(run, count).ready(TASK)
                once, twice = (min(read(loop(n)).cost or 0 for _ in range(3)) for n in (64, 128))
    except MissingError as error:
        pytest.skip(f"no hardware counter here: {error}")
    assert twice / once == pytest.approx(2, rel=0.05)
