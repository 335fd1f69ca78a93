"""Our sandbox with all its walls, and EvalPlus without any, on the same trivial programs.

Programs a second with one and with two workers; `bench.evaluation` scores whole benchmarks. Run
with nothing else on the machine:

    python -m bench.execution --programs 600
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.config import load_section
from codepref.execution.jobs import Job
from codepref.execution.pool import open_pool, run_jobs
from codepref.execution.values import pack
from codepref.ledger import Ledger

INPUTS = [[1, 2], [0, 0], [-3, 3]]
WORKERS = (1, 2)


class Timing(NamedTuple):
    """Seconds that something took, how many programs, and how many of them passed."""

    who: str
    what: str
    seconds: float
    n_programs: int
    n_passed: int


def trivial_code(number: int) -> str:
    """Give one of many programs that differ, so that none is known from before."""
    return f"def add(a, b):\n    return a + b + {number} - {number}\n"


def measure_ours(n_programs: int, workers: int) -> Timing:
    """Run trivial programs in the pool, start-up not counted, comparison counted."""
    config = scoring_config(workers)
    expected = [str(sum(arguments)) for arguments in INPUTS]
    with TemporaryDirectory() as folder, open_pool(config) as pool:
        ledger = Ledger(Path(folder) / "executions.sqlite")
        warm_up = [trivial_job(-1 - number) for number in range(4 * workers)]
        list(run_jobs(warm_up, config, pool, ledger))
        jobs = [trivial_job(number) for number in range(n_programs)]
        began = time.perf_counter()
        passed = sum(out.values == expected for _, out in run_jobs(jobs, config, pool, ledger))
        ended = time.perf_counter()
        ledger.close()
    return Timing("codepref", f"trivial, {workers} workers", ended - began, n_programs, passed)


def trivial_job(number: int) -> Job:
    """Give a trivial program as a job."""
    return Job(
        job_id=str(number),
        mode="call",
        code=trivial_code(number),
        setup="",
        tests=[],
        self_written=False,
        entry_point="add",
        inputs=[pack(arguments) for arguments in INPUTS],
        whole=False,
    )


def measure_evalplus(n_programs: int, workers: int) -> Timing:
    """Run the same programs by EvalPlus' untrusted_check, in as many processes."""
    programs = [
        {
            "code": trivial_code(number),
            "entry_point": "add",
            "inputs": INPUTS,
            "expected": [sum(arguments) for arguments in INPUTS],
        }
        for number in range(n_programs)
    ]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "programs.json"
        file.write_text(json.dumps(programs))
        command = [sys.executable, "-m", "bench.evalplus_loop", str(file), str(workers)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    what = f"trivial, {workers} workers"
    return Timing("evalplus", what, found["seconds"], n_programs, found["n_passed"])


def scoring_config(workers: int) -> ScoreBenchmarkConfig:
    """Give the params of score_benchmark, with so many workers."""
    config = load_section("score_benchmark", ScoreBenchmarkConfig)
    return config.model_copy(update={"workers": workers})


def to_table(timings: Sequence[Timing]) -> str:
    """Lay timings out; the ratio is our seconds to EvalPlus' for the same work."""
    lines = ["| work | who | s | programs/s | passed | ratio of time |", "|" + " --- |" * 6]
    peers = {t.what: t.seconds for t in timings if t.who == "evalplus"}
    for t in timings:
        lines.append(
            f"| {t.what} | {t.who} | {t.seconds:.1f} | {t.n_programs / t.seconds:.0f} "
            f"| {t.n_passed} of {t.n_programs} | {t.seconds / peers[t.what]:.2f} |"
        )
    return "\n".join(lines) + "\n"


def main(n_programs: int) -> int:
    """Measure and print a table; 1 if one of our programs, all of them right, did not pass."""
    measures: tuple[Callable[[int, int], Timing], ...] = (measure_evalplus, measure_ours)
    measured = [measure(n_programs, workers) for workers in WORKERS for measure in measures]
    sys.stdout.write(to_table(measured))
    return int(any(t.n_passed < t.n_programs for t in measured if t.who == "codepref"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=600)
    sys.exit(main(parser.parse_args().programs))
