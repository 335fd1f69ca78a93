"""Our sandbox with all its walls, and EvalPlus without any, on the same programs in one run.

First trivial programs a second, with one and with two workers. Then, for each benchmark named (its
file must be found, see `codepref doctor`), all canonical solutions on base and plus inputs, two
workers: the pass that finds out what is expected, and the pass that checks. Ours is checked several
times, at last also beside two busy loops. Run with nothing else on the machine:

    python -m bench.execution --programs 600 --benchmarks humaneval_plus mbpp_plus
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.expected import call_canonicals
from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.benchmarks.rows import Benchmark, Completion, Task
from codepref.benchmarks.scoring import make_runs, score_completions
from codepref.benchmarks.tasks import parse_tasks
from codepref.config import load_section
from codepref.execution.jobs import Job
from codepref.execution.pool import open_pool, run_jobs
from codepref.execution.values import pack
from codepref.ledger import Ledger

INPUTS = [[1, 2], [0, 0], [-3, 3]]
WORKERS = (1, 2)
EVALPLUS_NAMES = {"humaneval_plus": "humaneval", "mbpp_plus": "mbpp"}
BUSY = "while True: pass"


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


def score_ours(benchmark: Benchmark, tasks: Sequence[Task], label: str) -> list[Timing]:
    """Time the reference pass and the checking pass, with an empty ledger."""
    config = scoring_config(2)
    answers = [canonical(task) for task in tasks]
    with TemporaryDirectory() as folder, open_pool(config) as pool:
        ledger = Ledger(Path(folder) / "executions.sqlite")
        runs = make_runs(config, pool, ledger)
        began = time.perf_counter()
        call_canonicals(tasks, runs.plus)
        known = time.perf_counter()
        scored = score_completions(tasks, answers, runs)
        ended = time.perf_counter()
        ledger.close()
    passed = [row.task_id for row in scored.results if row.verdict == "passed"]
    for row in scored.results:
        if row.verdict != "passed":
            sys.stderr.write(f"{label}: {row.task_id}: {row.verdict} {row.failure}\n")
    seconds = (known - began, ended - known)
    return _timings("codepref", benchmark, seconds, (len(passed), len(tasks)), label)


def canonical(task: Task) -> Completion:
    """Give the canonical solution as an answer."""
    return Completion(
        completion_id=task.task_id,
        variant="canonical",
        benchmark=task.benchmark,
        task_id=task.task_id,
        sample_index=0,
        prompt="",
        completion="",
        solution=task.canonical_solution,
        finish_reason="stop",
        n_tokens=0,
        policy_digest="",
        engine="",
        seed=0,
    )


def score_evalplus(benchmark: Benchmark, file: Path, tasks: Sequence[Task]) -> list[Timing]:
    """Time `evalplus.evaluate` with two workers: as it comes, then with expected values cached."""
    name = EVALPLUS_NAMES[benchmark]
    with TemporaryDirectory() as folder:
        samples = Path(folder) / "samples.jsonl"
        lines = [
            json.dumps({"task_id": t.task_id, "solution": t.canonical_solution}) for t in tasks
        ]
        samples.write_text("\n".join(lines) + "\n")
        environment = {
            **os.environ,
            f"{name.upper()}_OVERRIDE_PATH": str(file),
            "XDG_CACHE_HOME": folder,
            "EVALPLUS_MAX_MEMORY_BYTES": "-1",
        }
        command = [sys.executable, "-m", "evalplus.evaluate", "--dataset", name]
        command += ["--samples", str(samples), "--parallel", "2"]
        results = samples.with_name("samples_eval_results.json")
        seconds, passed = [], 0
        for _ in range(2):
            results.unlink(missing_ok=True)
            began = time.perf_counter()
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run(command, env=environment, check=True, **quiet)
            seconds.append(time.perf_counter() - began)
            passed = count_passed(results)
    both, check = seconds
    return _timings("evalplus", benchmark, (both - check, check), (passed, len(tasks)), "")


def _timings(
    who: str,
    benchmark: Benchmark,
    seconds: tuple[float, float],
    passed_of: tuple[int, int],
    label: str,
) -> list[Timing]:
    """Expected values, the check with those cached, and the sum."""
    n_passed, n_tasks = passed_of
    expected, check = seconds
    return [
        Timing(who, f"{benchmark}, check{label}", check, n_tasks, n_passed),
        Timing(who, f"{benchmark}, expected values{label}", expected, n_tasks, n_tasks),
        Timing(who, f"{benchmark}, both{label}", expected + check, n_tasks, n_passed),
    ]


def count_passed(results: Path) -> int:
    """Count the tasks whose sample EvalPlus passed on base and plus inputs."""
    found = json.loads(results.read_text())["eval"].values()
    return sum(s[0]["base_status"] == s[0]["plus_status"] == "pass" for s in found)


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep cores busy with other work."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def to_table(timings: Sequence[Timing]) -> str:
    """Lay timings out; the ratio is our seconds to EvalPlus' for the same work, quiet as it was."""
    lines = ["| work | who | s | programs/s | passed | ratio of time |", "|" + " --- |" * 6]
    peers = {t.what: t.seconds for t in timings if t.who == "evalplus"}
    for t in timings:
        what = t.what.partition(" (")[0]
        fair = what in peers and "busy" not in t.what  # EvalPlus was timed on quiet cores alone
        ratio = f"{t.seconds / peers[what]:.2f}" if fair else "-"
        lines.append(
            f"| {t.what} | {t.who} | {t.seconds:.1f} | {t.n_programs / t.seconds:.0f} "
            f"| {t.n_passed} of {t.n_programs} | {ratio} |"
        )
    return "\n".join(lines) + "\n"


def show(measured: list[Timing], timings: Sequence[Timing]) -> None:
    """Keep what was measured, and say it at once: the whole takes long."""
    measured += timings
    for timing in timings:
        sys.stderr.write(f"{timing.who}: {timing.what}: {timing.seconds:.1f} s\n")


def main(n_programs: int, benchmarks: Sequence[Benchmark], rounds: int) -> int:
    """Measure and print a table; 1 if one of our programs, all of them right, did not pass."""
    measured: list[Timing] = []
    measures: tuple[Callable[[int, int], Timing], ...] = (measure_evalplus, measure_ours)
    for workers in WORKERS:
        show(measured, [measure(n_programs, workers) for measure in measures])
    for benchmark in benchmarks:
        file = find_benchmark_file(load_section(f"fetch_benchmarks.{benchmark}", BenchmarkFile))
        tasks = parse_tasks(file.read_bytes(), benchmark, str(file))
        show(measured, score_evalplus(benchmark, file, tasks))
        show(measured, score_ours(benchmark, tasks, ""))
        for number in range(2, rounds + 1):
            show(measured, score_ours(benchmark, tasks, f" (round {number})")[:1])
        with busy_loops(2):
            for number in range(1, rounds + 1):
                show(measured, score_ours(benchmark, tasks, f" (busy, round {number})")[:1])
    sys.stdout.write(to_table(measured))
    return int(any(t.n_passed < t.n_programs for t in measured if t.who == "codepref"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=600)
    parser.add_argument("--benchmarks", nargs="*", default=[], choices=sorted(EVALPLUS_NAMES))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    sys.exit(main(arguments.programs, arguments.benchmarks, arguments.rounds))
