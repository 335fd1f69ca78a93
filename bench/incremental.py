"""What a tenth more seeds costs: instructions, answers and executions, of all and of what is new.

The three stages run in a folder of their own, on the first seeds of a table, then on a tenth more
of them, then on the same again; the ledgers say what was asked of the engine and the sandbox.
Seconds hold the engine's start. Instructions are those made from seeds alone. Needs a start that
`dvc repro fetch_checkpoints` made, and a table of seeds. Run with nothing else on the machine:

    python -m bench.incremental models/starts/smollm2-pretrained data/seeds.parquet --seeds 20
"""

import argparse
import math
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import chdir, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ruamel.yaml import YAML

from codepref.config import PARAMS, load_params
from codepref.errors import DataError
from codepref.seeds.rows import Seed
from codepref.tables import read_table, write_table
from stages import execute_responses, sample_responses, write_instructions

SELFALIGN = Path(__file__).parents[1] / "codepref/selfalign"
FEWSHOTS, PROBLEMS = SELFALIGN / "fewshots.yaml", SELFALIGN / "problems.jsonl"
SEEDS, INSTRUCTIONS, RESPONSES, METRICS = (
    Path(name)
    for name in ("seeds.parquet", "instructions.parquet", "responses.parquet", "metrics.json")
)
SAMPLES, EXECUTIONS = Path(".codepref/samples.sqlite"), Path(".codepref/executions.sqlite")


class Cost(NamedTuple):
    """What a run of one stage, or of all, asked for: requests of the engine, programs."""

    requests: int
    tokens: int
    programs: int
    seconds: float

    def less(self, other: "Cost") -> "Cost":
        """Give what this has beyond another."""
        return Cost(
            self.requests - other.requests,
            self.tokens - other.tokens,
            self.programs - other.programs,
            self.seconds - other.seconds,
        )


def spent() -> Cost:
    """Give all that the ledgers of this folder hold, now."""
    requests, tokens = _query(SAMPLES, "count(*), sum(json_extract(value, '$.n_tokens'))")
    (programs,) = _query(EXECUTIONS, "count(*)")
    return Cost(requests, tokens, programs, time.perf_counter())


def measure(run: Callable[[], None]) -> Cost:
    """Give what a call adds to the ledgers, and its seconds."""
    before = spent()
    run()
    return spent().less(before)


def run_stages(start: Path, seeds: list[Seed]) -> list[Cost]:
    """Run the stages on seeds; give the cost of each, and of all."""
    write_table(SEEDS, seeds, Seed)
    runs: list[Callable[[], None]] = [
        lambda: write_instructions.main(
            SEEDS, start, FEWSHOTS, PROBLEMS, INSTRUCTIONS, Path("rejects.parquet"), METRICS
        ),
        lambda: sample_responses.main(start, INSTRUCTIONS, FEWSHOTS, RESPONSES, METRICS),
        lambda: execute_responses.main(
            INSTRUCTIONS, RESPONSES, Path("executions.parquet"), Path("agreed.parquet"), METRICS
        ),
    ]
    costs = [measure(run) for run in runs]
    return [*costs, Cost(*(sum(values) for values in zip(*costs, strict=True)))]


def write_params(backend: str) -> None:
    """Give this folder the study's params, with instructions made from seeds alone."""
    params = load_params(Path(__file__).parents[1] / PARAMS)
    params["write_instructions"]["origins"] = ["generated"]
    params["engine"]["backend"] = backend
    YAML(typ="safe").dump(params, PARAMS)


def to_table(runs: dict[str, list[Cost]]) -> str:
    """Lay the costs out; shares are of the first run's."""
    lines = [
        "| run | stage | requests | tokens | programs | seconds | share of requests, tokens, "
        "programs, seconds |",
        "|" + " --- |" * 7,
    ]
    first = next(iter(runs.values()))
    for name, costs in runs.items():
        for stage, cost, whole in zip(
            ("write", "sample", "execute", "all"), costs, first, strict=True
        ):
            shares = ", ".join(
                f"{its / all_of:.3f}" if all_of else "-"
                for its, all_of in zip(cost, whole, strict=True)
            )
            lines.append(
                f"| {name} | {stage} | {cost.requests} | {cost.tokens} | {cost.programs} "
                f"| {cost.seconds:.1f} | {shares} |"
            )
    return "\n".join(lines) + "\n"


def main(start: Path, table: Path, n_seeds: int, backend: str) -> None:
    """Run thrice and print a table.

    Raises:
        DataError: the table has too few seeds.
    """
    start, rows = start.resolve(), read_table(table, Seed)
    more = n_seeds + math.ceil(n_seeds / 10)
    if len(rows) < more:
        raise DataError(
            f"{table}: expected {more} seeds or more, found {len(rows)}; set gather_seeds.limit to "
            f"{more} or more and run `dvc repro gather_seeds`, or give a smaller --seeds"
        )
    with TemporaryDirectory() as folder, chdir(folder):
        write_params(backend)
        runs = {
            f"{n_seeds} seeds": run_stages(start, rows[:n_seeds]),
            f"{more} seeds": run_stages(start, rows[:more]),
            "the same again": run_stages(start, rows[:more]),
        }
    sys.stdout.write(to_table(runs))


def _query(ledger: Path, wanted: str) -> list[int]:
    if not ledger.is_file():
        return [0] * (wanted.count("sum") + wanted.count("count"))
    with closing(sqlite3.connect(ledger)) as connection:
        return [
            value or 0 for value in connection.execute(f"SELECT {wanted} FROM entries").fetchone()
        ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("start", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--backend", choices=("transformers", "vllm"), default="transformers")
    arguments = parser.parse_args()
    main(arguments.start, arguments.table, arguments.seeds, arguments.backend)
