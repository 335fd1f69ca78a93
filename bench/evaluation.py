r"""Scoring against EvalPlus' own `evaluate`, and generation against the engine's offline loop.

Scoring: canonical solutions and wrong programs of each benchmark named (its file must be found,
see `codepref doctor`), the same samples on both sides in one run, each side in processes of its
own. Ours: score_completions with all walls, canonical solutions judged beside, an empty ledger,
two workers. EvalPlus: `--parallel 2`, no memory limit, or it fails right programs. Both run once
with nothing known and once with what is expected known; the difference is what it takes to find
that out. A program that never ends costs ours the CPU limit of params and EvalPlus about a second
of wall time: `--endless` adds some. EvalPlus passes no answer to HumanEval/32.

Generation, where `--start` names a start that `dvc repro fetch_checkpoints` made: greedy answers to
the first tasks of the first benchmark; settings are those of `engine` and `sample_benchmark` in
params.yaml. Run with nothing else on the machine:

    python -m bench.evaluation --benchmarks humaneval_plus mbpp_plus
    python -m bench.evaluation --benchmarks humaneval_plus --no-scoring \
        --start models/starts/smollm2-pretrained --prompts 60 --backends vllm transformers
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, get_args

from bench.generation import Setting, Speed, answer_ours, generate_offline
from bench.processes import Cost, busy_loops, run_apart, run_measured
from bench.samples import Sample, benchmark_file, make_samples, read_tasks_of
from codepref.benchmarks.files import find_benchmark_file
from codepref.benchmarks.rows import Benchmark
from codepref.sampling.config import Backend

EVALPLUS_NAMES: dict[Benchmark, str] = {"humaneval_plus": "humaneval", "mbpp_plus": "mbpp"}
WORKERS = 2


class Timing(NamedTuple):
    """What it took one side to score the samples, and how many of them passed."""

    who: str
    what: str
    cost: Cost
    n_passed: int
    n_samples: int


def score_ours(benchmark: Benchmark, samples: Path, n_samples: int) -> list[Timing]:
    """Score with an empty ledger, and with one that knows what is expected."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        passed, given = folder / "passed.json", ["--samples", str(samples)]
        both = _run_loop(benchmark, folder / "empty.sqlite", passed, given)
        _run_loop(benchmark, folder / "expected.sqlite", passed, [])
        check = _run_loop(benchmark, folder / "expected.sqlite", passed, given)
        n_passed = json.loads(passed.read_text())
    return timings("codepref", benchmark, both, check, (n_passed, n_samples))


def _run_loop(benchmark: Benchmark, ledger: Path, passed: Path, given: Sequence[str]) -> Cost:
    words = [benchmark, str(ledger), str(WORKERS), str(passed), *given]
    return run_measured([sys.executable, "-m", "bench.scoring_loop", *words], environment={})


def score_evalplus(benchmark: Benchmark, samples: Path, n_samples: int) -> list[Timing]:
    """Run `evalplus.evaluate` as it comes, then with what is expected in its cache."""
    name = EVALPLUS_NAMES[benchmark]
    results = samples.with_name(f"{samples.stem}_eval_results.json")
    words = ["--dataset", name, "--samples", str(samples), "--parallel", str(WORKERS)]
    costs = []
    with TemporaryDirectory() as cache:
        environment = {
            f"{name.upper()}_OVERRIDE_PATH": str(find_benchmark_file(benchmark_file(benchmark))),
            "XDG_CACHE_HOME": cache,
            "EVALPLUS_MAX_MEMORY_BYTES": "-1",
        }
        for _ in range(2):
            results.unlink(missing_ok=True)
            command = [sys.executable, "-m", "evalplus.evaluate", *words]
            costs.append(run_measured(command, environment=environment, output=subprocess.DEVNULL))
    both, check = costs
    return timings("evalplus", benchmark, both, check, (count_passed(results), n_samples))


def timings(
    who: str, benchmark: Benchmark, both: Cost, check: Cost, passed_of: tuple[int, int]
) -> list[Timing]:
    """Tell apart what is expected from the check of the samples."""
    cpu_s = None if both.cpu_s is None or check.cpu_s is None else both.cpu_s - check.cpu_s
    expected = Cost(both.wall_s - check.wall_s, cpu_s, both.peak_gib)
    parts = {"check": check, "expected values": expected, "both": both}
    return [Timing(who, f"{benchmark}, {part}", cost, *passed_of) for part, cost in parts.items()]


def count_passed(results: Path) -> int:
    """Count the samples that EvalPlus passed on base and plus inputs."""
    found = json.loads(results.read_text())["eval"].values()
    return sum(s["base_status"] == s["plus_status"] == "pass" for some in found for s in some)


def score(
    benchmark: Benchmark, n_wrong: int, n_endless: int, *, busy: bool
) -> Iterator[list[Timing]]:
    """Score one benchmark's samples on both sides; ours once more beside two busy loops."""
    samples = make_samples(read_tasks_of(benchmark), n_wrong, n_endless)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "samples.jsonl"
        write_samples(file, samples)
        yield score_evalplus(benchmark, file, len(samples))
        yield score_ours(benchmark, file, len(samples))
        if busy:
            with busy_loops(WORKERS):
                found = score_ours(benchmark, file, len(samples))
            yield [timing._replace(what=f"{timing.what} (busy)") for timing in found]


def write_samples(file: Path, samples: Sequence[Sample]) -> None:
    """Write samples as EvalPlus reads them."""
    file.write_text("".join(f"{json.dumps(sample._asdict())}\n" for sample in samples))


def scoring_table(measured: Sequence[Timing]) -> str:
    """Lay costs out; a ratio is ours to EvalPlus' for the same work."""
    lines = [
        "| work | who | wall s | CPU s | peak GiB | passed | wall ratio | CPU ratio |",
        "|" + " --- |" * 8,
    ]
    peers = {timing.what: timing.cost for timing in measured if timing.who == "evalplus"}
    for timing in measured:
        cost, peer = timing.cost, peers.get(timing.what)
        wall, cpu = (peer.wall_s, peer.cpu_s) if peer else (None, None)
        lines.append(
            f"| {timing.what} | {timing.who} | {cost.wall_s:.1f} | {_ratio(cost.cpu_s, 1)} "
            f"| {cost.peak_gib:.2f} | {timing.n_passed} of {timing.n_samples} "
            f"| {_ratio(cost.wall_s, wall)} | {_ratio(cost.cpu_s, cpu)} |"
        )
    return "\n".join(lines) + "\n"


def _ratio(ours: float | None, theirs: float | None) -> str:
    return "-" if ours is None or not theirs else f"{ours / theirs:.2f}"


def generation_table(speeds: Sequence[tuple[Speed, Speed]]) -> str:
    """Lay speeds out; a ratio is our tokens a second to the offline loop's."""
    lines = ["| who | s | tokens | tokens/s | peak GiB | ratio |", "|" + " --- |" * 6]
    for offline, ours in speeds:
        base = offline.n_tokens / offline.seconds
        for speed in (offline, ours):
            rate = speed.n_tokens / speed.seconds
            lines.append(
                f"| {speed.who} | {speed.seconds:.1f} | {speed.n_tokens} | {rate:.0f} "
                f"| {speed.peak_gib:.2f} | {rate / base:.2f} |"
            )
    return "\n".join(lines) + "\n"


def main(given: argparse.Namespace) -> int:
    """Measure and print tables; 1 where we passed fewer samples than there are right ones."""
    measured: list[Timing] = []
    for benchmark in [] if given.no_scoring else given.benchmarks:
        for some in score(benchmark, given.wrong, given.endless, busy=given.busy):
            measured += some
            sys.stderr.write(scoring_table(some))  # at once: the whole takes long
    speeds = []
    for backend in given.backends if given.start else []:
        setting = Setting(
            backend, given.start, given.benchmarks[0], given.prompts, given.max_new_tokens
        )
        speeds.append((run_apart(generate_offline, setting), run_apart(answer_ours, setting)))
    sys.stdout.write(scoring_table(measured) if measured else "")
    sys.stdout.write(generation_table(speeds) if speeds else "")
    n_right = {name: len(read_tasks_of(name)) for name in given.benchmarks}
    ours = [timing for timing in measured if timing.who == "codepref"]
    return int(any(timing.n_passed < n_right[_benchmark_of(timing)] for timing in ours))


def _benchmark_of(timing: Timing) -> Benchmark:
    return next(name for name in EVALPLUS_NAMES if timing.what.startswith(f"{name},"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--benchmarks", nargs="+", required=True, choices=sorted(EVALPLUS_NAMES))
    parser.add_argument("--wrong", type=int, default=3, help="wrong programs for each task")
    parser.add_argument("--endless", type=int, default=0, help="programs that never end")
    parser.add_argument("--busy", action="store_true", help="ours beside two busy loops too")
    parser.add_argument("--no-scoring", action="store_true", help="generation alone")
    parser.add_argument("--start", type=Path, help="for generation")
    parser.add_argument("--prompts", type=int, default=60)
    parser.add_argument("--max-new-tokens", type=int, help="of params, where left out")
    parser.add_argument(
        "--backends", nargs="+", default=["transformers"], choices=get_args(Backend)
    )
    sys.exit(main(parser.parse_args()))
