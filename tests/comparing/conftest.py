"""A study at three revisions: v1, one scored by another harness, and the workspace."""

import subprocess
from pathlib import Path

import pytest

from codepref.benchmarks.rows import Result
from codepref.contamination.rows import Hit
from codepref.files import write_json
from codepref.judge.rows import Rating
from codepref.lineage.cells import published_runs
from codepref.performance.rows import Measurement
from codepref.records import Json
from codepref.tables import write_table
from stages.publish import main as publish
from tests.benchmarks.score_rows import measurement, rating
from tests.contamination.hits import HIT
from tests.lineage.fake_study import HARNESS, FakeStudy, inside, make_fake_study, result

STARTS = ("m-pretrained", "m-finetuned")
VARIANTS = ("baseline", "dpo-0")
N = 8
RATINGS = {"baseline": [5, 1, 1, 1, 1], "dpo-0": [2, 3, 3, 10, 10]}
MORE_STAGES = """\
  check_contamination:
    matrix: {generator: [m-pretrained, m-finetuned]}
    cmd: check --contamination data/contamination/${key}.parquet
    outs: ["data/contamination/${key}.parquet"]
  measure_performance:
    matrix: {start: [m-pretrained, m-finetuned]}
    cmd: >-
      measure --performance data/performance/${key}.parquet
      --metrics metrics/measure_performance/${key}.json
    outs: ["data/performance/${key}.parquet"]
    metrics: ["metrics/measure_performance/${key}.json": {cache: false}]
  judge_completions:
    cmd: judge --ratings data/ratings.parquet --metrics metrics/judge_completions.json
    outs: [data/ratings.parquet]
    metrics: [metrics/judge_completions.json: {cache: false}]
"""
Passed = dict[tuple[str, str], set[int]]
"""Numbers of the tasks that each start and variant passes; the others have none."""


class Revisions(FakeStudy):
    """The study, and ids of the runs that v1 published."""

    runs: dict[str, str]

    def score(self, passed: Passed, harness: dict[str, Json] = HARNESS) -> None:
        """Write results and their metrics."""
        for start in STARTS:
            known = {variant: passed.get((start, variant), set()) for variant in VARIANTS}
            rows = [
                _result(start, variant, i, "passed" if i in some else "failed")
                for variant, some in known.items()
                for i in range(N)
            ]
            right = _result(start, "baseline", 0, "passed").model_copy(
                update={"completion_id": "right", "benchmark": "evalperf"}
            )
            write_table(self.root / f"data/results/{start}.parquet", [*rows, right], Result)
            scores = {name: {"pass_at_1": len(some) / N} for name, some in known.items()}
            write_json(
                self.root / f"metrics/score_benchmark/{start}.json",
                {"humaneval": {**scores, "harness": harness}},
            )

    def search(self, touched: list[str]) -> None:
        """Write what training met."""
        for start in STARTS:
            hits = [
                HIT.model_copy(update={"hit_id": name, "task_id": name, "removes": False})
                for name in touched
            ]
            write_table(self.root / f"data/contamination/{start}.parquet", hits, Hit)

    def grade(self) -> None:
        """Write measurements of one start, and ratings of both by two judges."""
        for start in STARTS:
            rows = [
                measurement(variant, f"HumanEval/{i}", score)
                for i in range(3)
                for variant, score in (("baseline", 0.25), ("dpo-0", 0.5))
                if start == STARTS[0]
            ]
            write_table(self.root / f"data/performance/{start}.parquet", rows, Measurement)
            numbers: dict[str, Json] = {"evalperf": {"harness": {**HARNESS, "counter": "cpu_time"}}}
            write_json(
                self.root / f"metrics/measure_performance/{start}.json", numbers if rows else {}
            )
        ratings = [
            rating(start, variant, f"s/{i}", given)
            for start in STARTS
            for variant, some in RATINGS.items()
            for i, given in enumerate(some)
        ]
        others = [
            row.model_copy(
                update={"rating_id": f"{row.rating_id} 2", "judge": "second", "score": 0.0}
            )
            for row in ratings
        ]
        write_table(self.root / "data/ratings.parquet", [*ratings, *others], Rating)
        write_json(
            self.root / "metrics/judge_completions.json",
            {"harness": {"starter_instructions": {**HARNESS, "judge": "j"}}},
        )

    def tag(self, name: str) -> None:
        """Commit, and name the commit."""
        self.commit()
        subprocess.run(["git", "tag", name], cwd=self.root, check=True)


def _result(start: str, variant: str, number: int, verdict: str) -> Result:
    row = result(start, variant, f"HumanEval/{number}")
    return row.model_copy(update={"verdict": verdict, "score": float(verdict == "passed")})


@pytest.fixture(scope="session")
def revisions(tmp_path_factory: pytest.TempPathFactory) -> Revisions:
    root = tmp_path_factory.mktemp("revisions")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
            patch.delenv(name, raising=False)
        make_fake_study(root)
        study = Revisions(root)
        study.score({})
        study.tag("v1")
        with inside(root):
            publish(Path("metrics"), Path("report"))
            study.runs = {run.name: run.run_id for run in published_runs()}
        study.score({}, {**HARNESS, "cpu_limit_s": 20, "fingerprint": "f20"})
        study.tag("other")
        (root / "dvc.yaml").write_text((root / "dvc.yaml").read_text() + MORE_STAGES)
        study.score({(STARTS[0], "dpo-0"): set(range(7)), (STARTS[1], "dpo-0"): {0}})
        study.search(["HumanEval/0", "HumanEval/7"])
        study.grade()
        study.tag("v2")
        with inside(root):
            publish(Path("metrics"), Path("report"))
    return study


@pytest.fixture
def study(revisions: Revisions, monkeypatch: pytest.MonkeyPatch) -> Revisions:
    """Be in the study, which no test changes."""
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(revisions.root)
    return revisions
