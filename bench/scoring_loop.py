"""Our scoring of the samples of one benchmark, in a process of its own.

Run by `bench.evaluation`. Without samples only what the canonical solutions return is found out.
Writes how many samples passed.

    python -m bench.scoring_loop humaneval_plus LEDGER.sqlite 2 PASSED.json --samples SAMPLES.jsonl
"""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import get_args

from bench.samples import Sample, as_completions, read_tasks_of
from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.expected import call_canonicals
from codepref.benchmarks.rows import Benchmark
from codepref.benchmarks.scoring import open_harness, score_completions
from codepref.config import load_section
from codepref.execution.pool import open_pool
from codepref.ledger import Ledger


def main(
    benchmark: Benchmark, ledger: Path, workers: int, passed: Path, samples: Path | None
) -> None:
    """Score by the params of score_benchmark, canonical solutions beside."""
    tasks = read_tasks_of(benchmark)
    config = load_section("score_benchmark", ScoreBenchmarkConfig)
    config = config.model_copy(update={"workers": workers})
    with (
        closing(Ledger(ledger)) as known,
        open_pool(config) as pool,
        open_harness(config, pool, known) as harness,
    ):
        if samples is None:
            call_canonicals(tasks, harness.together.plus)
            return
        rows = [Sample(**json.loads(line)) for line in samples.read_text().splitlines()]
        scored = score_completions(tasks, as_completions(tasks, rows), harness)
    for control in scored.controls:
        if control.judgement.verdict != "passed" or control.skipped:
            sys.stderr.write(f"{control.task_id}: {control.judgement}, {control.skipped}\n")
    passed.write_text(json.dumps(sum(row.verdict == "passed" for row in scored.results)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", choices=get_args(Benchmark))
    parser.add_argument("ledger", type=Path)
    parser.add_argument("workers", type=int)
    parser.add_argument("passed", type=Path)
    parser.add_argument("--samples", type=Path)
    given = parser.parse_args()
    main(given.benchmark, given.ledger, given.workers, given.passed, given.samples)
