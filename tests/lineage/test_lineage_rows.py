"""The rows behind a task: what tests, a clock and a judge said of each completion."""

from pathlib import Path

import pytest

from codepref.benchmarks.rows import Completion, Result, Task
from codepref.errors import DataError
from codepref.judge.rows import Rating
from codepref.lineage.lock import Entry, Lock
from codepref.lineage.rows import task_rows
from codepref.performance.rows import Measurement
from codepref.tables import write_table
from tests.benchmarks.made_tasks import checked_task, completion
from tests.benchmarks.score_rows import measurement, rating, result

TASK = checked_task(prompt="def f():\n", body="    return 1\n", test="", task_id="HumanEval/0")
ANSWER = completion(TASK, "def f(): pass")
OWN = {"completion_id": ANSWER.completion_id}
COMMANDS = {
    "fetch_benchmarks@humaneval": "fetch --tasks tasks.parquet",
    "score_benchmark@m-pretrained": "score --completions answers.parquet --results results.parquet",
}
GRADED = {
    "measure_performance@m-pretrained": "measure --performance speed.parquet",
    "judge_completions": "judge --ratings ratings.parquet",
}


def lock(commands: dict[str, str]) -> Lock:
    return Lock(
        {
            stage: Entry(stage=stage, cmd=cmd, deps=[], outs=[], params={})
            for stage, cmd in commands.items()
        }
    )


def parts(commands: dict[str, str]) -> list[str]:
    stages = ["score_benchmark@m-pretrained"]
    return [row.part for row in task_rows("HumanEval/0", stages, [], lock(commands))]


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(Path("tasks.parquet"), [TASK], Task)
    write_table(Path("answers.parquet"), [ANSWER], Completion)
    write_table(Path("results.parquet"), [], Result)
    write_table(Path("speed.parquet"), [], Measurement)
    first, second = (rating("m-pretrained", "baseline", "HumanEval/0", 5, i) for i in range(2))
    rated = [row.model_copy(update=OWN) for row in (first, second)]
    other = rating("m-pretrained", "baseline", "HumanEval/1", 9)
    write_table(Path("ratings.parquet"), [*rated, other], Rating)


@pytest.mark.usefixtures("tables")
def test_an_answer_that_only_a_judge_rates_comes_with_each_of_its_ratings() -> None:
    assert parts(COMMANDS | GRADED) == ["task", "completion", "rating", "rating"]


@pytest.mark.usefixtures("tables")
def test_an_answer_comes_with_its_result_and_how_fast_it_is() -> None:
    tested = result("baseline", "HumanEval/0", "passed").model_copy(update=OWN)
    write_table(Path("results.parquet"), [tested], Result)
    measured = measurement("baseline", "HumanEval/0", 0.5).model_copy(update=OWN)
    write_table(Path("speed.parquet"), [measured], Measurement)
    wanted = ["task", "completion", "result", "measurement", "rating", "rating"]
    assert parts(COMMANDS | GRADED) == wanted


@pytest.mark.usefixtures("tables")
def test_an_answer_that_nothing_scored_is_an_error_that_names_the_stage() -> None:
    with pytest.raises(DataError, match="dvc repro score_benchmark@m-pretrained"):
        parts(COMMANDS)
