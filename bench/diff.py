"""`codepref diff` of two versions of many pairs, with all the tables that explain them.

Two answers to each instruction, both executed, one pair; in the second version one pair in ten is
drawn the other way round by another seed, and one execution in twenty has another verdict. Run with
nothing else on the machine:

    python -m bench.diff --pairs 100000
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.repo import Repo

from bench.pairs import instructions, responses
from codepref.contamination.rows import Hit
from codepref.diff.compare import ALL_TABLES, compare_versions
from codepref.diff.text import diff_text
from codepref.execution.rows import Execution
from codepref.pairs.rows import Pair
from codepref.records import content_id
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table

PIPELINE = """\
stages:
  write_instructions:
    cmd: write --instructions i.parquet
    outs: [i.parquet]
  sample_responses:
    matrix: {generator: [m]}
    cmd: sample --responses r.parquet
    outs: [r.parquet]
  execute_responses:
    matrix: {generator: [m]}
    cmd: execute --executions e.parquet
    outs: [e.parquet]
  check_contamination:
    matrix: {generator: [m]}
    cmd: check --contamination c.parquet
    outs: [c.parquet]
  build_pairs:
    matrix: {generator: [m]}
    cmd: build --pairs p.parquet
    params: [seed]
    outs: [p.parquet]
"""
SAMPLES = 2


def executions(n: int, *, second: bool) -> Iterator[Execution]:
    """Give what was said of each answer; the second version differs in one of twenty."""
    for number, (_, execution) in enumerate(responses(n, SAMPLES)):
        flipped = second and number % 20 == 3
        yield execution.model_copy(update={"verdict": "flaky"}) if flipped else execution


def pairs(n: int, *, second: bool) -> Iterator[Pair]:
    """Give a pair of each instruction; the second version turns one of ten round."""
    for number in range(n):
        sides = [content_id(number, index) for index in range(SAMPLES)]
        turned = second and number % 10 == 0
        chosen, rejected = sides[::-1] if turned else sides
        yield Pair(
            pair_id=content_id(chosen, rejected),
            instruction_id=content_id(number),
            chosen_response_id=chosen,
            rejected_response_id=rejected,
            chosen_execution_id=content_id("execution", chosen),
            rejected_execution_id=content_id("execution", rejected),
            split="train",
            policy="random_one",
            reason="1 of 1 tests passed against 0 of 1 tests passed",
            chosen_verdict="passed",
            rejected_verdict="failed",
            chosen_agreement=None,
            rejected_agreement=None,
            edit_distance=0.5,
            length_ratio=1.0,
            generator_digest="0",
            n_samples=SAMPLES,
            n_passed=1,
            rewards=[0.0, 1.0],
            chosen_reward=1.0,
            rejected_reward=0.0,
            prompt=f"Task: number {number}",
            chosen="\nreturn 1\n```",
            rejected="\nreturn 2\n```",
        )


def commit(n: int, *, second: bool) -> None:
    """Write one version and record it."""
    Path("dvc.yaml").write_text(PIPELINE)
    Path("params.yaml").write_text(f"seed: {int(second)}\n")
    write_table(Path("i.parquet"), instructions(n), Instruction)
    write_table(Path("r.parquet"), (r for r, _ in responses(n, SAMPLES)), Response)
    write_table(Path("e.parquet"), executions(n, second=second), Execution)
    write_table(Path("c.parquet"), [], Hit)
    write_table(Path("p.parquet"), pairs(n, second=second), Pair)
    with Repo() as repo:
        repo.commit(force=True)
    for command in (["add", "-A"], ["commit", "-qm", "version"]):
        subprocess.run(["git", "-c", "user.name=b", "-c", "user.email=b@b", *command], check=True)


def main() -> None:
    """Make both versions, compare them, and print the time beside the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="codepref-") as scratch:
        os.chdir(scratch)
        subprocess.run(["git", "init", "-q"], check=True)
        Repo.init().close()
        commit(options.pairs, second=False)
        commit(options.pairs, second=True)
        started = time.perf_counter()
        found = compare_versions("HEAD~1", "HEAD", ALL_TABLES, 1)
        seconds = time.perf_counter() - started
        os.chdir("/")
    sys.stdout.write(f"{diff_text(found)}{options.pairs} pairs: {seconds:.1f} s\n")


if __name__ == "__main__":
    main()
