"""EvalPlus as a library, in a small process of its own: pickled cases in, verdicts out.

EvalPlus limits the address space of the whole process, so it must not share one with a test run.

    python -m tests.benchmarks.evalplus_judge CASES.pickle VERDICTS.json
"""

import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple

os.environ["EVALPLUS_MAX_MEMORY_BYTES"] = "-1"

MIN_TIME_LIMIT_S = 1.0


class Case(NamedTuple):
    """One task with the programs to be judged.

    Attributes:
        dataset: "humaneval" or "mbpp".
        inputs: argument lists.
    """

    dataset: str
    task_id: str
    entry_point: str
    canonical: str
    inputs: list[list[Any]]
    atol: float
    programs: list[str]


def judge(case: Case) -> list[bool]:
    """Say of each program whether it passes."""
    from evalplus.eval import untrusted_check
    from evalplus.evaluate import MBPP_OUTPUT_NOT_NONE_TASKS
    from evalplus.gen.util import trusted_exec

    expected, times = trusted_exec(
        case.canonical,
        case.inputs,
        case.entry_point,
        record_time=True,
        output_not_none=case.entry_point in MBPP_OUTPUT_NOT_NONE_TASKS,
    )
    return [
        untrusted_check(
            case.dataset,
            program,
            case.inputs,
            case.entry_point,
            expected=expected,
            atol=case.atol,
            ref_time=times,
            fast_check=True,
            min_time_limit=MIN_TIME_LIMIT_S,
        )[0]
        == "pass"
        for program in case.programs
    ]


def main(cases: Path, verdicts: Path) -> None:
    """Judge all cases."""
    found = {case.task_id: judge(case) for case in pickle.loads(cases.read_bytes())}  # noqa: S301
    verdicts.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
