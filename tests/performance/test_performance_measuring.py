"""Programs of known relative cost through the real sandbox."""

import pytest

from codepref.benchmarks.rows import Task
from codepref.errors import DataError, SandboxError
from codepref.ledger import Ledger
from codepref.performance import meters
from codepref.performance.measuring import measure_programs, settle, take_turns
from codepref.performance.meters import Bench, Reading
from codepref.performance.rows import Status
from codepref.performance.timing import PROGRAM
from tests.performance.made import TASK, loop, make_config

# Takes the clock away where the harness keeps it: the frame that runs the text holds it.
TAKES = """
import sys
clock = sys._getframe(1).f_locals["clock"]
(cell,) = [c for c in clock.__closure__ if callable(c.cell_contents)]
real = cell.cell_contents
"""
STOPS = f"{TAKES}cell.cell_contents = lambda who, then=real(0): then\n"
BREAKS = (
    f"{TAKES}class Gone:\n    ru_utime = ru_stime = -1.0\ncell.cell_contents = lambda who: Gone\n"
)
REMEMBERS = "from functools import cache\n" + loop(64).replace("def f", "@cache\ndef f")
MUTATES = "def f(items):\n    while items:\n        items.pop()\n"
PRECOMPUTES = f"table = [n for n in range({200_000})]\ndef f(n):\n    return table[0]\n"


def read_once(bench: Bench, code: str, task: Task = TASK) -> Reading:
    return bench.meter.ready(task)(code)


def cost_of(bench: Bench, code: str, task: Task = TASK) -> float:
    """Give the smallest of five costs, in seconds."""
    read = bench.meter.ready(task)
    costs = [reading.cost for reading in (read(code) for _ in range(5))]
    return min(cost for cost in costs if cost is not None)


def test_the_prelude_takes_its_clock_before_the_solution_runs() -> None:
    assert PROGRAM.index("import RUSAGE_SELF, getrusage") < PROGRAM.index("exec(")


def test_sixteen_times_the_work_costs_about_sixteen_times_as_much(bench: Bench) -> None:
    assert cost_of(bench, loop(64)) / cost_of(bench, loop(4)) == pytest.approx(16, rel=0.4)


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        (loop(1), "measured", ""),
        ("def f(n):\n    raise KeyError\n", "failed", "raised KeyError"),
        ("def g(n): ...\n", "failed", "error: program: KeyError: 'f'"),
        ("def f(n:\n", "failed", "error: program: SyntaxError"),
        ("import os\ndef f(n):\n    os._exit(0)\n", "failed", "early_exit"),
        ("def f(n):\n    while True: pass\n", "timeout", "CPU time limit of 1 s"),
        (loop(64, before=STOPS), "implausible", "0.000 s by its own clock"),
        (loop(64, before=BREAKS), "implausible", "what came back is no time"),
    ],
)
def test_how_a_call_ends_is_its_status(bench: Bench, code: str, status: str, failure: str) -> None:
    reading = read_once(bench, code)
    assert reading.status == status
    assert reading.failure.startswith(failure)


def test_a_future_import_stays_at_the_head_of_its_program(bench: Bench) -> None:
    code = f"from __future__ import annotations\n{loop(1)}".replace("(n)", "(n: Unknown)")
    assert read_once(bench, code).status == "measured"


def test_what_a_program_computes_as_it_is_defined_is_no_part_of_a_call(bench: Bench) -> None:
    assert cost_of(bench, PRECOMPUTES) < cost_of(bench, loop(1)) / 2


def test_a_program_that_remembers_is_as_slow_in_every_round(bench: Bench) -> None:
    assert cost_of(bench, REMEMBERS) > cost_of(bench, loop(16))


def test_a_program_that_empties_its_input_finds_it_full_in_the_next_call(bench: Bench) -> None:
    full = list(range(50_000))
    one = TASK.model_copy(update={"performance_inputs": f"[[{full}]]"})
    two = TASK.model_copy(update={"performance_inputs": f"[[{full}], [{full}]]"})
    assert cost_of(bench, MUTATES, two) > 1.4 * cost_of(bench, MUTATES, one)


def test_an_input_that_no_program_has_room_for_is_the_harness_failing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meters, "idle_program", lambda code: f"{code}raise MemoryError")
    with pytest.raises(SandboxError, match="does nothing ended as out_of_memory"):
        bench.meter.ready(TASK)


@pytest.mark.parametrize("status", ["failed", "timeout", "unmeasured"])
def test_programs_take_turns_and_one_that_failed_is_not_run_again(status: Status) -> None:
    order: list[str] = []

    def read(code: str) -> Reading:
        order.append(code)
        return Reading(status, None) if code == "b" else Reading("measured", 1.0 + len(order))

    found = take_turns(["a", "b", "c"], read, 3)
    assert order == ["a", "b", "c", "a", "c", "a", "c"]
    assert found == {
        "a": Reading("measured", 2.0),
        "b": Reading(status, None),
        "c": Reading("measured", 4.0),
    }


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([Reading("measured", 3.0), Reading("measured", 2.0)], Reading("measured", 2.0)),
        ([Reading("measured", 3.0), Reading("timeout", None)], Reading("timeout", None)),
        ([Reading("unmeasured", None), Reading("measured", 2.0)], Reading("measured", 2.0)),
        ([Reading("unmeasured", None)], Reading("unmeasured", None)),
        ([Reading("measured", 2.0), Reading("implausible", 0.1)], Reading("implausible", 0.1)),
        ([Reading("measured", 0.0), Reading("implausible", None)], Reading("implausible", None)),
    ],
)
def test_the_smallest_cost_counts_unless_the_program_failed_or_lied(
    readings: list[Reading], expected: Reading
) -> None:
    assert settle(readings) == expected


class Counting:
    """A meter that only counts what it is asked."""

    counter = "cpu_time"

    def __init__(self, status: str = "measured") -> None:
        self.status = status
        self.asked: list[str] = []

    def ready(self, task: Task) -> "Counting":
        del task
        return self

    def __call__(self, code: str) -> Reading:
        self.asked.append(code)
        cost = float(len(self.asked)) if self.status == "measured" else None
        return Reading(self.status, cost)  # type: ignore[arg-type]


def with_meter(bench: Bench, meter: Counting, **changes: int) -> Bench:
    """Measure by another meter, once unless told otherwise."""
    config = make_config(**{"rounds": 1, **changes})
    return bench._replace(meter=meter, config=config)  # type: ignore[arg-type]


def test_what_was_measured_once_is_not_measured_again(bench: Bench, ledger: Ledger) -> None:
    meter = Counting()
    counting = with_meter(bench, meter, rounds=2)
    first = measure_programs(TASK, ["a", "b"], counting, ledger)
    n_asked = len(meter.asked)
    assert n_asked == 2 * (len(TASK.references) + 2)
    assert measure_programs(TASK, ["a", "b"], counting, ledger) == first
    assert len(meter.asked) == n_asked


def test_a_program_that_comes_later_has_references_of_its_own(bench: Bench, ledger: Ledger) -> None:
    meter = Counting()
    counting = with_meter(bench, meter)
    first = measure_programs(TASK, ["a"], counting, ledger)
    meter.asked.clear()
    both = measure_programs(TASK, ["a", "b"], counting, ledger)
    assert meter.asked == [*TASK.references, "b"]
    assert both["a"] == first["a"]
    assert both["a"].references[0].cost == 1.0
    assert [r.cost for r in both["b"].references] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "change",
    [{"rounds": 3}, {"cpu_limit_s": 2}, {"memory_limit_mib": 256}],
)
def test_other_conditions_are_measured_anew(
    bench: Bench, ledger: Ledger, change: dict[str, int]
) -> None:
    meter = Counting()
    counting = with_meter(bench, meter)
    measure_programs(TASK, ["a"], counting, ledger)
    meter.asked.clear()
    measure_programs(TASK, ["a"], with_meter(bench, meter, **change), ledger)
    assert len(meter.asked) == change.get("rounds", 1) * 4


def test_costs_of_two_counters_are_never_one(bench: Bench, ledger: Ledger) -> None:
    meter = Counting()
    counting = with_meter(bench, meter)
    measure_programs(TASK, ["a"], counting, ledger)
    meter.asked.clear()
    meter.counter = "instructions"
    measure_programs(TASK, ["a"], counting, ledger)
    assert meter.asked


def test_what_the_harness_could_not_measure_is_tried_again(bench: Bench, ledger: Ledger) -> None:
    meter = Counting("unmeasured")
    counting = with_meter(bench, meter)
    measure_programs(TASK, ["a"], counting, ledger)
    meter.asked.clear()
    measure_programs(TASK, ["a"], counting, ledger)
    assert meter.asked


def test_a_ledger_of_something_else_is_refused(bench: Bench, ledger: Ledger) -> None:
    counting = with_meter(bench, Counting())
    measure_programs(TASK, ["a"], counting, ledger)
    ledger._connection.execute("UPDATE entries SET value = '[1]'")
    with pytest.raises(DataError, match="an entry is no measurement"):
        measure_programs(TASK, ["a"], counting, ledger)
