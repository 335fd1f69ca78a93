"""Synthetic responses to pairs by our stages, and the same work by pandas and datasketch.

Ours is each stage as DVC runs it, in a process of its own, at a tenth of the size and at the whole:
rows a second that stay the same say that cost is linear; HumanEval's tasks are those of
data/benchmarks, as `dvc repro fetch_benchmarks` makes them. The peer joins, labels, draws one pair
of each instruction and drops near-duplicate instructions by MinHash, all in memory, on a part of
the rows. Run with nothing else on the machine:

    python -m bench.pairs --responses 1000000 --peer 100000
"""

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.processes import run_measured
from codepref.config import PARAMS
from codepref.execution.rows import Agreement, Execution, Verdict
from codepref.records import content_id
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table

ROOT = Path(__file__).parents[1]
SAMPLES = 10  # responses to an instruction
VERDICTS: list[Verdict] = ["passed"] * 3 + ["failed"] * 4 + ["error", "syntax_error", "timeout"]
VERBS = ["add", "count", "drop", "find", "join", "keep", "list", "merge", "order", "pick", "sort"]
NOUNS = ["bytes", "cells", "days", "edges", "files", "grids", "items", "keys", "lines", "words"]
WORDS = VERBS + NOUNS
TABLES = "--instructions i --responses r"
STAGES = {
    "check_contamination": f"{TABLES} --benchmarks {{benchmarks}} --seeds s --contamination c",
    "build_pairs": f"{TABLES} --executions e --agreements a --contamination c --pairs p --labels l",
    "audit_pairs": (
        f"{TABLES} --executions e --contamination c --pairs p --labels l --audits f --passed g"
    ),
}


class Timing(NamedTuple):
    """One run: what ran, on how many responses, seconds and the largest memory of its process."""

    what: str
    n_responses: int
    seconds: float
    peak_gib: float


def instructions(n: int) -> Iterator[Instruction]:
    """Give n instructions of some 40 words, one in twenty nearly a copy of the one before."""
    text = ""
    for number in range(n):
        rng = random.Random(f"instruction/{number}")
        if number % 20 != 19:
            text = " ".join(rng.choices(WORDS, k=40)) + f" {number}"
        else:
            text += " please"
        yield Instruction(
            instruction_id=content_id(number),
            origin="generated",
            seed_id=content_id("seed", number),
            problem_id=None,
            category="function",
            difficulty="easy",
            language="Python",
            concepts=["iteration"],
            text=text,
            entry_point=None,
            test_setup="",
            tests=[],
            reference=None,
            source="synthetic",
            licence="Apache-2.0",
            generator_digest="0",
            prompt_sha256="0",
        )


def program(rng: random.Random) -> str:
    """Give a function of about ten lines that no other draw gives."""
    verb, noun = rng.choice(VERBS), rng.choice(NOUNS)
    lines = [f"def {verb}_{noun}(values, limit={rng.randrange(10**6)}):", "    found = []"]
    for _ in range(rng.randrange(2, 6)):
        step = rng.choice(["+", "-", "*", "//", "%"])
        lines.append(f"    for value in values[{rng.randrange(9)}:]:")
        lines.append(f"        if value {step} {rng.randrange(1, 99)} > limit:")
        lines.append(f"            found.append({rng.choice(NOUNS)!r})")
    return "\n".join([*lines, "    return sorted(found)", ""])


def responses(asked: int, samples: int) -> Iterator[tuple[Response, Execution]]:
    """Give so many answers to each instruction with a mix of verdicts."""
    for number in range(asked):
        rng = random.Random(f"responses/{number}")
        for index in range(samples):
            code, name = program(rng), content_id(number, index)
            verdict = rng.choice(VERDICTS)
            passed = 3 if verdict == "passed" else rng.randrange(3)
            yield (
                Response(
                    response_id=name,
                    instruction_id=content_id(number),
                    sample_index=index,
                    prompt=f"Task: number {number}\n```python",
                    completion=f"\n{code.rstrip()}\n```",
                    solution=code,
                    tests=None,
                    finish_reason="stop" if rng.random() < 0.95 else "length",
                    n_tokens=len(code) // 4,
                    logprob_sum=None,
                    generator_digest="0",
                    template="plain",
                    engine="none",
                    temperature=0.7,
                    top_p=1.0,
                    max_new_tokens=512,
                    seed=0,
                ),
                Execution(
                    execution_id=content_id("execution", name),
                    response_id=name,
                    tests_id="0",
                    verdict=verdict,
                    tests_passed=passed,
                    tests_total=3,
                    failure="" if verdict == "passed" else f"{verdict}: assert {rng.random():.3f}",
                    stderr_tail="",
                    flags=[],
                    mode="script",
                    isolation="bubblewrap",
                    cpu_limit_s=10,
                    memory_limit_mib=4096,
                    environment_digest="0",
                ),
            )


def make_tables(folder: Path, n_responses: int) -> None:
    """Write what the stages read."""
    asked = n_responses // SAMPLES
    (folder / "params.yaml").write_text((ROOT / PARAMS).read_text())
    write_table(folder / "i", instructions(asked), Instruction)
    write_table(folder / "r", (response for response, _ in responses(asked, SAMPLES)), Response)
    write_table(folder / "e", (execution for _, execution in responses(asked, SAMPLES)), Execution)
    write_table(folder / "a", [], Agreement)
    write_table(folder / "s", [], Seed)


def time_command(what: str, command: list[str], folder: Path, n_responses: int) -> Timing:
    """Run one command to its end."""
    cost = run_measured(command, environment={"PYTHONPATH": str(ROOT)}, folder=folder)
    return Timing(what, n_responses, cost.wall_s, cost.peak_gib)


def time_stages(folder: Path, n_responses: int) -> list[Timing]:
    """Run our stages one after the other."""
    make_tables(folder, n_responses)
    benchmarks = ROOT / "data/benchmarks"
    found = []
    for name, flags in STAGES.items():
        words = f"-m stages.{name} {flags} --metrics {name}.json".format(benchmarks=benchmarks)
        found.append(time_command(name, [sys.executable, *words.split()], folder, n_responses))
    return found


def time_peer(folder: Path, n_responses: int) -> Timing:
    """Run pandas and datasketch on the same tables."""
    make_tables(folder, n_responses)
    command = [sys.executable, "-m", "bench.pairs_peer", str(folder)]
    return time_command("pandas and datasketch", command, folder, n_responses)


def show(timing: Timing) -> None:
    """Write one line."""
    rate = timing.n_responses / timing.seconds
    sys.stdout.write(
        f"{timing.what:24} {timing.n_responses:9} responses {timing.seconds:8.1f} s "
        f"{rate:9.0f} rows/s  peak {timing.peak_gib:.2f} GiB\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Measure, and print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--peer", type=int, default=100_000, help="responses for the peer")
    options = parser.parse_args()
    rates = {}
    runs = [("ours", n) for n in (options.responses // 10, options.responses)]
    for who, size in [*runs, ("peer", options.peer)]:
        with TemporaryDirectory(prefix="codepref-") as scratch:
            folder = Path(scratch)
            timings = time_stages(folder, size) if who == "ours" else [time_peer(folder, size)]
            for timing in timings:
                show(timing)
            whole = sum(timing.seconds for timing in timings)
            rates[who] = size / whole
            sys.stdout.write(f"{who}: {size} responses in {whole:.1f} s\n")
    sys.stdout.write(f"ours / peer, rows a second: {rates['ours'] / rates['peer']:.1f}\n")


if __name__ == "__main__":
    main()
