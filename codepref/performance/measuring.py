"""Programs beside the references of their task, measured in turn.

All programs of a task take turns, round after round, references among them: when the machine slows
down it does so for all of them. The smallest cost of the rounds counts. A cost is kept together
with those of the references that it was measured beside, and never held to others: programs that
come later are measured beside the references again. A killed run loses the task in flight.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from codepref.benchmarks.rows import Task
from codepref.errors import DataError
from codepref.execution.environment import environment_digest
from codepref.files import locked
from codepref.ledger import Ledger
from codepref.performance.meters import Bench, Read, Reading
from codepref.performance.timing import timed_program
from codepref.records import digest
from codepref.schema import describe

KNOWN = ("measured", "implausible")  # these have a cost, or claim one


class Measured(NamedTuple):
    """A program, and the references of its task that it took turns with, in the task's order."""

    own: Reading
    references: list[Reading]


MEASURED = TypeAdapter(Measured)


def measure_programs(
    task: Task, programs: Sequence[str], bench: Bench, ledger: Ledger
) -> dict[str, Measured]:
    """Measure programs of one task; what the ledger has is not measured again.

    What the harness could not measure is not kept.

    Raises:
        DataError: the ledger holds something else.
        SandboxError: a program that does nothing could not be measured.
    """
    keys = {code: _key(task, code, bench) for code in programs}
    found = _look_up(keys, ledger)
    if len(found) < len(keys):
        with locked(ledger.path.with_suffix(".run.lock")):  # others would slow this one down
            found |= _look_up(keys, ledger)
            new = [code for code in keys if code not in found]
            readings = take_turns(
                [*task.references, *new], bench.meter.ready(task), bench.config.rounds
            )
            references = [readings[code] for code in task.references]
            for code in new:
                found[code] = Measured(readings[code], references)
                if all(r.status != "unmeasured" for r in (readings[code], *references)):
                    ledger.put(keys[code], MEASURED.dump_python(found[code], mode="json"))
    return found


def take_turns(programs: Sequence[str], read: Read, rounds: int) -> dict[str, Reading]:
    """Measure each program once a round, and settle on one reading of each.

    A program is not run again after it failed, met a limit, or could not be measured.
    """
    taken: dict[str, list[Reading]] = {code: [] for code in programs}
    for _ in range(rounds):
        for code, readings in taken.items():
            if all(reading.status in KNOWN for reading in readings):
                readings.append(read(code))
    return {code: settle(readings) for code, readings in taken.items()}


def settle(readings: Sequence[Reading]) -> Reading:
    """Give the reading that counts: one that failed, else that of the smallest cost.

    Where that one is implausible the program is, whatever its others say: a program that lies
    about its time does so to look fast.
    """
    for reading in readings:
        if reading.status in ("failed", "timeout"):
            return reading
    known = [reading for reading in readings if reading.status in KNOWN]
    return min(known or readings, key=lambda r: -1 if r.cost is None else r.cost)


def _key(task: Task, code: str, bench: Bench) -> str:
    """Key of a program in the ledger: all that its cost depends on but machine and moment."""
    return digest(
        [
            *(task.task_id, task.entry_point, task.performance_inputs, task.references),
            timed_program(code, task.entry_point),
            *(bench.meter.counter, bench.config.rounds, bench.config.conditions),
            environment_digest(bench.pool.isolation),
        ]
    )


def _look_up(keys: Mapping[str, str], ledger: Ledger) -> dict[str, Measured]:
    known = ledger.get(keys.values())
    try:
        return {
            code: MEASURED.validate_python(known[key]) for code, key in keys.items() if key in known
        }
    except ValidationError as error:
        raise DataError(
            f"{ledger.path}: an entry is no measurement ({describe(error)}); remove the file, "
            "programs will be measured again"
        ) from error
