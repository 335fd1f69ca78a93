"""A small study in git and DVC whose tables a test may change and commit again."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dvc.repo import Repo
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Completion, Result
from codepref.contamination.rows import Hit
from codepref.execution.rows import Execution
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.records import Record
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from tests.alignment.cells import execution, instruction, labelled, pair, response
from tests.lineage.fake_study import SEED, completion, result

PIPELINE = """\
stages:
  gather_seeds:
    cmd: gather --seeds data/seeds.parquet
    params: [gather_seeds]
    outs: [data/seeds.parquet]
  write_instructions:
    cmd: write --fewshots shots.yaml --instructions data/instructions.parquet
    deps: [data/seeds.parquet, shots.yaml]
    outs: [data/instructions.parquet]
  sample_responses:
    matrix: {start: [m]}
    cmd: sample --responses data/responses/${key}.parquet
    deps: [data/instructions.parquet]
    outs: ["data/responses/${key}.parquet"]
  execute_responses:
    matrix: {generator: [m]}
    cmd: execute --executions data/executions/${key}.parquet
    deps: ["data/responses/${key}.parquet"]
    params: [execute_responses]
    outs: ["data/executions/${key}.parquet"]
  check_contamination:
    matrix: {generator: [m]}
    cmd: check --contamination data/contamination/${key}.parquet
    deps: ["data/responses/${key}.parquet"]
    outs: ["data/contamination/${key}.parquet"]
  build_pairs:
    matrix: {generator: [m]}
    cmd: build --pairs data/pairs/${key}.parquet --labels data/labels/${key}.parquet
    deps: ["data/executions/${key}.parquet", "data/contamination/${key}.parquet"]
    params: [build_pairs]
    outs: ["data/pairs/${key}.parquet", "data/labels/${key}.parquet"]
  sample_benchmark:
    matrix: {start: [m]}
    cmd: sample --completions data/completions/${key}.parquet
    deps: ["data/pairs/${key}.parquet"]
    outs: ["data/completions/${key}.parquet"]
  score_benchmark:
    matrix: {start: [m]}
    cmd: score --results data/results/${key}.parquet
    deps: ["data/completions/${key}.parquet"]
    params: [score_benchmark]
    outs: ["data/results/${key}.parquet"]
"""
ROW_TYPES: dict[str, type[Record]] = {
    "seeds": Seed,
    "instructions": Instruction,
    "responses": Response,
    "executions": Execution,
    "contamination": Hit,
    "pairs": Pair,
    "labels": LabelledResponse,
    "completions": Completion,
    "results": Result,
}
N = 4  # instructions, each with two answers and a pair
TASKS = [f"HumanEval/{i}" for i in range(8)]


def path_of(table: str) -> Path:
    folder = Path("data")
    shared = table in ("seeds", "instructions")
    return folder / f"{table}.parquet" if shared else folder / table / "m.parquet"


@dataclass
class World:
    """Rows by table, and params."""

    rows: dict[str, list[Any]] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def change(self, table: str, i: int, **values: Any) -> None:
        """Change the i-th row of a table."""
        self.rows[table][i] = self.rows[table][i].model_copy(update=values)

    def keep(self, table: str, wanted: Callable[[Any], bool]) -> None:
        """Drop the other rows."""
        self.rows[table] = [row for row in self.rows[table] if wanted(row)]

    def commit(self) -> str:
        """Write all, record it in dvc.lock and git, and give the commit."""
        Path("dvc.yaml").write_text(PIPELINE)
        YAML().dump(self.params, Path("params.yaml"))
        if not Path("shots.yaml").exists():
            Path("shots.yaml").write_text("[]\n")
        for table, rows in self.rows.items():
            write_table(path_of(table), rows, ROW_TYPES[table])
        with Repo() as repo:
            repo.commit(force=True)
        git("add", "-A")
        git("commit", "-qm", "study", "--allow-empty")
        return git("rev-parse", "HEAD")


def git(*command: str) -> str:
    done = subprocess.run(["git", *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_repository() -> None:
    """Make a repository in the current folder."""
    git("init", "-q")
    git("config", "user.name", "tests")
    git("config", "user.email", "tests@example.invalid")
    Repo.init().close()


def make_world() -> World:
    """Give the rows of a study, nothing written yet."""
    answers = [response(i, k, f"x = {k}") for i in range(N) for k in range(2)]
    pairs = [
        pair(i, chosen_response_id=f"response{i}.0", rejected_response_id=f"response{i}.1")
        for i in range(N)
    ]
    rows: dict[str, list[Any]] = {
        "seeds": [SEED.model_copy(update={"seed_id": f"seed{i}"}) for i in range(N)],
        "instructions": [
            instruction(i).model_copy(
                update={
                    "origin": "generated",
                    "seed_id": f"seed{i}",
                    "problem_id": None,
                    "generator_digest": "0",
                    "prompt_sha256": f"p{i}",
                }
            )
            for i in range(N)
        ],
        "responses": answers,
        "executions": [execution(a, "failed" if a.sample_index else "passed") for a in answers],
        "contamination": [],
        "pairs": pairs,
        "labels": [labelled(p, side) for p in pairs for side in ("chosen", "rejected")],
        "completions": [completion("m", "dpo-0", name) for name in TASKS],
        "results": [result("m", "dpo-0", name) for name in TASKS],
    }
    params: dict[str, Any] = {
        "gather_seeds": {"limit": N},
        "execute_responses": {"repeats": 1},
        "build_pairs": {"seed": 0},
        "score_benchmark": {"cpu_limit_s": 10, "confidence": 0.95},
    }
    return World(rows, params)
