"""A finished study in a folder: its tables, metrics and dvc.lock, committed without running it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.repo import Repo

from codepref.benchmarks.rows import Completion, Result, Task
from codepref.execution.rows import Execution
from codepref.files import write_json
from codepref.pairs.rows import Pair
from codepref.records import Json
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from tests.lineage.fake_pipeline import PARAMS, PIPELINE

TASKS = ("HumanEval/0", "HumanEval/1")
OFF_POLICY = "dpo-0-on-m-finetuned"  # variant of m-pretrained
HARNESS: dict[str, Json] = {"wording": "complete", "cpu_limit_s": 10, "fingerprint": "f10"}
OFF_POLICY_CELL = """\
off_policy:
    others: {model: m, start: pretrained, method: dpo, seed: 0, generator: m-finetuned}
"""


class FakeStudy:
    """A folder with a finished study; change what you like, then commit it as if it had run."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self,
        methods: tuple[str, ...] = ("dpo",),
        *,
        off_policy: bool = False,
        text: str = "one",
    ) -> None:
        """Write params, pipeline, tables and metrics; `text` is in each adapter's bytes.

        Where there is an off-policy cell, the pretrained start is also trained on the pairs of the
        finetuned one.
        """
        params = PARAMS.replace("methods: [dpo]", f"methods: [{', '.join(methods)}]")
        if off_policy:
            params = params.replace("off_policy: {}\n", OFF_POLICY_CELL)
        (self.root / "params.yaml").write_text(params)
        own = [f"{method}-0" for method in methods]
        variants = {
            "m-pretrained": [*own, OFF_POLICY] if off_policy else own,
            "m-finetuned": own,
        }
        (self.root / "dvc.yaml").write_text(PIPELINE)
        (self.root / "code.py").write_text("pass\n")
        (self.root / "report").mkdir(exist_ok=True)
        (self.root / "report/report.html").write_text("<p>report</p>")
        self._shared_tables()
        for key, names in variants.items():
            self._start(key, names, text)
        write_json(
            self.root / "metrics/compare_models.json",
            {"pathways": {key: compared(names) for key, names in variants.items()}},
        )

    def commit(self) -> None:
        """Record everything in dvc.lock, and that in git."""
        with inside(self.root), Repo(str(self.root)) as repo:
            repo.commit(force=True)
        subprocess.run(["git", "add", "-A"], cwd=self.root, check=True)
        command = ["git", "commit", "-qm", "study", "--allow-empty"]
        subprocess.run(command, cwd=self.root, check=True)

    def _shared_tables(self) -> None:
        write_table(
            self.root / "data/benchmarks/humaneval.parquet", [task(name) for name in TASKS], Task
        )
        write_table(self.root / "data/seeds.parquet", [SEED], Seed)
        write_table(self.root / "data/judged_seeds.parquet", [SEED], Seed)
        write_table(self.root / "data/instructions.parquet", [INSTRUCTION], Instruction)

    def _start(self, key: str, trained: list[str], text: str) -> None:
        folder = self.root / "models/starts" / key
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_text(key)
        responses = [response(key, 0), response(key, 1)]
        write_table(self.root / f"data/responses/{key}.parquet", responses, Response)
        executions = [execution(key, 0, "passed"), execution(key, 1, "failed")]
        write_table(self.root / f"data/executions/{key}.parquet", executions, Execution)
        write_table(self.root / f"data/pairs/{key}.parquet", [pair(key)], Pair)
        variants = ["baseline", *trained]
        for variant in trained:
            adapter = self.root / "models/adapters" / key / variant
            adapter.mkdir(parents=True, exist_ok=True)
            (adapter / "adapter_model.safetensors").write_text(f"{key} {variant} {text}")
            write_json(self.root / f"metrics/align/{key}-{variant}.json", {"loss_last": 0.5})
        write_json(
            self.root / f"metrics/score_rewards/{key}.json",
            {"variants": {variant: {"auc": 0.75} for variant in trained}},
        )
        cells = [(variant, name) for variant in variants for name in TASKS]
        write_table(
            self.root / f"data/completions/{key}.parquet",
            [completion(key, *cell) for cell in cells],
            Completion,
        )
        write_table(
            self.root / f"data/results/{key}.parquet",
            [result(key, *cell) for cell in cells],
            Result,
        )
        write_json(
            self.root / f"metrics/score_benchmark/{key}.json",
            {
                "humaneval": {
                    **{variant: {"pass_at_1": 0.5, "n_tasks": 2} for variant in variants},
                    "harness": HARNESS,
                }
            },
        )
        write_json(
            self.root / f"metrics/measure_quality/{key}.json",
            {"humaneval": {variant: {"lines": 2.5, "lint": None} for variant in variants}},
        )


def make_fake_study(root: Path) -> FakeStudy:
    """Make and commit a study in an empty folder."""
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for name, value in (("user.name", "tests"), ("user.email", "tests@example.invalid")):
        subprocess.run(["git", "config", name, value], cwd=root, check=True)
    Repo.init(str(root)).close()
    (root / ".gitignore").write_text("/.codepref/\n/mlflow.db*\n")
    study = FakeStudy(root)
    study.write()
    study.commit()
    return study


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Be in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def compared(variants: list[str]) -> dict[str, dict[str, dict[str, float]]]:
    """Give the comparisons of one start."""
    return {
        variant: {"humaneval": {"difference": 0.0, "low": -0.5, "high": 0.5, "p": 1.0}}
        for variant in variants
    }


SEED = Seed(
    seed_id="5eed00",
    code="def double(x):\n    return 2 * x",
    name="double",
    docstring="Double it.",
    imports=[],
    source="python-stdlib 3.11.7",
    path="statistics.py",
    licence="PSF-2.0",
    source_sha256="ab",
)
INSTRUCTION = Instruction(
    instruction_id="1257",
    origin="generated",
    seed_id="5eed00",
    problem_id=None,
    category="function",
    difficulty="easy",
    language="python",
    concepts=["arithmetic"],
    text="Write double.",
    entry_point="double",
    test_setup="",
    tests=[],
    reference=None,
    source="python-stdlib 3.11.7",
    licence="PSF-2.0",
    generator_digest="d1",
    prompt_sha256="ef",
)


def task(task_id: str) -> Task:
    """Give a benchmark task."""
    return Task(
        task_id=task_id,
        benchmark="humaneval",
        text="Add.",
        prompt_code="def add(a, b):\n",
        entry_point="add",
        canonical_solution="def add(a, b):\n    return a + b",
        test="def check(candidate):\n    assert candidate(1, 2) == 3",
        base_inputs="",
        plus_inputs="",
        atol=0.0,
    )


def response(key: str, index: int) -> Response:
    """Give one of two answers to the instruction."""
    return Response(
        response_id=f"r{index}-{key}",
        instruction_id="1257",
        sample_index=index,
        prompt="Write double.",
        completion=f"answer {index} of {key}",
        solution="",
        tests="assert double(1) == 2",
        finish_reason="stop",
        n_tokens=3,
        logprob_sum=-1.0,
        generator_digest="d1",
        template="plain",
        engine="fake 1",
        temperature=0.8,
        top_p=1.0,
        max_new_tokens=8,
        seed=1,
    )


def execution(key: str, index: int, verdict: str) -> Execution:
    """Give what the tests said of an answer."""
    return Execution.model_validate(
        {
            "execution_id": f"e{index}-{key}",
            "response_id": f"r{index}-{key}",
            "tests_id": "t",
            "verdict": verdict,
            "tests_passed": 1 - index,
            "tests_total": 1,
            "failure": "",
            "stderr_tail": "",
            "flags": [],
            "mode": "script",
            "isolation": "bubblewrap",
            "cpu_limit_s": 4,
            "memory_limit_mib": 64,
            "environment_digest": "env",
        }
    )


def pair(key: str) -> Pair:
    """Give the one pair of a start."""
    return Pair(
        pair_id=f"{'a1' if 'pretrained' in key else 'a2'}c0ffee",
        instruction_id="1257",
        chosen_response_id=f"r0-{key}",
        rejected_response_id=f"r1-{key}",
        chosen_execution_id=f"e0-{key}",
        rejected_execution_id=f"e1-{key}",
        split="train",
        policy="random_one",
        reason="",
        chosen_verdict="passed",
        rejected_verdict="failed",
        chosen_agreement=None,
        rejected_agreement=None,
        edit_distance=0.5,
        length_ratio=1.0,
        generator_digest="d1",
        n_samples=2,
        n_passed=1,
        rewards=[0.0, 1.0],
        chosen_reward=1.0,
        rejected_reward=0.0,
        prompt="Write double.",
        chosen="answer 0",
        rejected="answer 1",
    )


def completion(key: str, variant: str, task_id: str) -> Completion:
    """Give one answer to a task."""
    return Completion(
        completion_id=f"{key}/{variant}/{task_id}",
        variant=variant,
        benchmark="humaneval",
        task_id=task_id,
        sample_index=0,
        wording="complete",
        prompt="Add.",
        completion=f"{variant} answers {task_id}",
        solution="",
        finish_reason="stop",
        n_tokens=2,
        policy_digest="d1",
        engine="fake 1",
        seed=1,
    )


def result(key: str, variant: str, task_id: str) -> Result:
    """Give the verdict on one answer."""
    return Result(
        completion_id=f"{key}/{variant}/{task_id}",
        variant=variant,
        benchmark="humaneval",
        task_id=task_id,
        sample_index=0,
        wording="complete",
        score=1.0,
        verdict="passed",
        tests_passed=1,
        tests_total=1,
        failure="",
        mode="check",
        isolation="bubblewrap",
        environment_digest="env",
    )
