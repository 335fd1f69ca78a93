"""Run the whole corpus in every mode inside one isolation, and write down what came of it.

A process of its own, so that it can be run by another user and another interpreter:

    python -m tests.execution.corpus.attack --isolation landlock --port 80 --secret FILE --mark M
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from codepref.errors import CodePrefError
from codepref.execution import lane
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import LocalPool, run_jobs
from codepref.execution.probes import proved_walls
from codepref.execution.values import decode, pack, same_output
from codepref.ledger import Ledger
from tests.execution.corpus.model import MODES, STDIN, STDIO_END, STDOUT, TESTS, Mode
from tests.execution.corpus.programs import PROGRAMS

IDLE = "wall_timeout"  # programs that get nothing else wait for nothing, and need no core
WALL_S, IDLE_WALL_S = 4.0, 1.0
ARGUMENTS, ANSWERS = ([1, 2], [0, 0]), [3, 0]


def make_job(name: str, mode: Mode, code: str) -> Job:
    """Give the job of one program in one mode."""
    changes: dict[Mode, dict[str, object]] = {
        "script": {"tests": ["\n".join(TESTS)], "self_written": True},
        "split": {"tests": list(TESTS)},
        "call": {"inputs": [pack(arguments) for arguments in ARGUMENTS]},
        "stdio": {"code": code + STDIO_END, "inputs": [STDIN.encode()]},
    }
    values = {
        "job_id": f"{name} {mode}",
        "mode": mode,
        "code": code,
        "setup": "",
        "tests": [],
        "self_written": False,
        "entry_point": "add",
        "inputs": [],
        "whole": False,
    }
    return Job.model_validate({**values, **changes[mode]})


def verdict_of(outcome: Outcome) -> str:
    """Give the verdict; where the caller compares, compare."""
    if outcome.verdict != "passed" or outcome.mode in ("script", "split"):
        return outcome.verdict
    right = (
        [decode(value) for value in outcome.values] == ANSWERS
        if outcome.mode == "call"
        else same_output(STDOUT, outcome.values[0])
    )
    return "passed" if right else "failed"


def attack(isolation: str, port: str, secret: str, mark: str) -> dict[str, dict[str, str]]:
    """Give verdict and failure of every program in every mode, by job id."""
    config = ExecutionConfig(
        isolation="auto",
        pool="local",
        workers=2,
        cpu_limit_s=1,
        memory_limit_mib=256,
        output_limit_kib=1024,
        repeats=1,
    )
    codes = {
        name: program.code.replace("PORT", port)
        .replace("MARK", mark)
        .replace("'SECRET", f"'{secret}")
        for name, program in PROGRAMS.items()
    }
    jobs = [make_job(name, mode, code) for name, code in codes.items() for mode in MODES]
    idle = [job for job in jobs if PROGRAMS[job.job_id.split()[0]].allowed(job.mode) == [IDLE]]
    busy = [job for job in jobs if job not in idle]
    walls = proved_walls(isolation)
    found: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "executions.sqlite")
        for some, wall_s, workers in ((busy, WALL_S, 2), (idle, IDLE_WALL_S, 8)):
            lane.MIN_WALL_S, lane.WALL_FACTOR = wall_s, 0
            with LocalPool(walls, workers) as pool:
                outcomes = {
                    job.job_id: outcome for job, outcome in run_jobs(some, config, pool, ledger)
                }
            found |= {name: told(outcome) for name, outcome in outcomes.items()}
        ledger.close()
    return found


def told(outcome: Outcome) -> dict[str, str]:
    """Give what a test looks at, and what helps to understand it."""
    return {
        "verdict": verdict_of(outcome),
        "failure": outcome.failure,
        "stderr": outcome.stderr_tail[-200:],
    }


def main() -> int:
    """Print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("isolation", "port", "secret", "mark"):
        parser.add_argument(f"--{name}", required=True)
    try:
        json.dump(attack(**vars(parser.parse_args())), sys.stdout)
    except CodePrefError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
