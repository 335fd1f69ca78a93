"""Two variants side by side: which scores, how they are paired, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest

from codepref.cli import main
from codepref.comparing.compare import compare_names
from codepref.comparing.rows import BenchmarkComparison, Compared
from codepref.errors import ConfigError, DataError
from codepref.statistics.paired import Discordant, exact_p
from tests.comparing.conftest import Revisions

OLD, NEW = "m-pretrained/baseline", "m-pretrained/dpo-0"
pytestmark = pytest.mark.usefixtures("study")


def compare(first: str, second: str, *benchmarks: str, allow: bool = False) -> Compared:
    return compare_names(first, second, benchmarks, allow_other_harness=allow)


def only(first: str, second: str, benchmark: str = "humaneval") -> BenchmarkComparison:
    (found,) = compare(first, second, benchmark).comparisons
    return found


def test_two_variants_of_the_workspace_are_paired_by_task() -> None:
    found = only(OLD, NEW)
    assert [scores.mean for scores in found.scores] == [0.0, 7 / 8]
    assert [scores.n_tasks for scores in found.scores] == [8, 8]
    assert (found.won, found.lost, found.n_unpaired) == (7, 0, 0)
    assert found.paired.difference == 7 / 8
    assert found.paired.low is not None and 0 < found.paired.low < 7 / 8
    assert found.p == found.p_permutation == exact_p(Discordant(0, 7))
    assert found.p_wilcoxon is None
    assert {scores.harness for scores in found.scores} == {"f10"}


def test_the_difference_is_second_minus_first() -> None:
    found = only(NEW, OLD)
    assert (found.paired.difference, found.won, found.lost) == (-7 / 8, 0, 7)


def test_tasks_that_training_met_are_left_out_of_the_clean_difference() -> None:
    clean = only(OLD, NEW).clean
    assert clean is not None
    # Of tasks 1 to 6 all were won; 0 was won and 7 was not.
    assert (clean.difference, clean.n_tasks) == (1.0, 6)


def test_a_revision_that_was_not_searched_has_no_clean_difference() -> None:
    assert only(f"v1:{NEW}", NEW).clean is None


def test_a_variant_of_a_revision_is_read_as_it_was_there() -> None:
    found = only(f"v1:{NEW}", NEW)
    assert [scores.mean for scores in found.scores] == [0.0, 7 / 8]
    assert found.first.label == f"v1:{NEW}"
    assert found.second.label == f"workspace:{NEW}"


def test_two_starts_are_compared_as_well() -> None:
    found = only("m-finetuned/dpo-0", NEW)
    assert (found.won, found.lost) == (6, 0)


def test_graded_benchmarks_have_wilcoxons_p_and_the_ratings_of_the_judge_that_counts() -> None:
    found = only(OLD, NEW, "starter_instructions")
    # Ninths: -3, 2, 2, 9, 9, of ranks 3, 1.5, 1.5, 4.5, 4.5. The sum reaches as far where signs of
    # none, 3, one 1.5 or both are turned, and likewise on the other side; by size not with both.
    assert found.paired.difference == pytest.approx(19 / 9 / 5)
    assert (found.p_wilcoxon, found.p_permutation) == (10 / 32, 8 / 32)
    assert found.p == 2 * (1 + 5) / 32
    assert found.p_holm == found.p_wilcoxon
    assert [scores.n_scores for scores in found.scores] == [5, 5]
    speed = only(OLD, NEW, "evalperf")
    assert (speed.paired.first, speed.paired.second) == (0.25, 0.5)


def test_holm_is_over_all_that_is_shown() -> None:
    found = compare(OLD, NEW).comparisons
    assert [one.benchmark for one in found] == ["evalperf", "humaneval", "starter_instructions"]
    assert [one.p_holm for one in found] == pytest.approx([0.5, 3 * 2 / 2**7, 0.5])
    assert only(OLD, NEW).p_holm == 2 / 2**7


def test_revisions_compare_every_variant_that_both_have() -> None:
    found = compare("v1", "workspace")
    assert [one.first.cell for one in found.comparisons] == [
        "m-finetuned/baseline",
        "m-finetuned/dpo-0",
        "m-pretrained/baseline",
        "m-pretrained/dpo-0",
    ]
    assert [one.won for one in found.comparisons] == [0, 1, 0, 7]
    assert f"evalperf: only workspace:{NEW} has scores" in found.left_out


def test_a_run_is_the_variant_whose_results_it_holds(study: Revisions) -> None:
    by_name = only(f"v1:{NEW}", "run:m-pretrained-dpo-0")
    assert by_name.second.label == f"workspace:{NEW}"
    by_id = only(f"run:{study.runs['m-pretrained-dpo-0']}", NEW)
    assert [scores.mean for scores in by_id.scores] == [0.0, 7 / 8]
    assert by_id.first.cell == NEW and by_id.first.revision != "workspace"


def test_a_run_whose_results_no_commit_has_asks_for_the_revision(
    study: Revisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codepref.comparing.names.first_commit_with", lambda *_: None)
    with pytest.raises(ConfigError, match=f"name the revision that has them: <revision>:{NEW}"):
        compare(f"run:{study.runs['m-pretrained-dpo-0']}", NEW)


def test_without_a_store_there_is_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///nowhere.db")
    with pytest.raises(ConfigError, match=r"there is no MLflow store at .*nowhere\.db"):
        compare("run:m-pretrained-dpo-0", NEW)


def test_scores_of_another_harness_are_refused_and_each_field_is_named() -> None:
    with pytest.raises(DataError, match="humaneval: cpu_limit_s is 20 and 10; score both alike"):
        compare(f"other:{NEW}", NEW)


def test_scores_of_another_harness_are_compared_where_that_is_allowed_and_it_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (found,) = compare(f"other:{NEW}", NEW, allow=True).comparisons
    assert found.other_harness == ["cpu_limit_s is 20 and 10"]
    assert found.paired.difference == 7 / 8
    assert main(["compare", f"other:{NEW}", NEW, "--allow-other-harness"]) == 0
    assert "OTHER HARNESS: cpu_limit_s is 20 and 10" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["m-pretrained/dpo-1", NEW], 2, "no variant m-pretrained/dpo-1; there are m-pretrained/b"),
        (["v1:m-other/dpo-0", NEW], 2, "no start m-other was scored; there are m-finetuned, m-pre"),
        (["m-pretraind/dpo-0", NEW], 2, "the workspace has starts m-finetuned, m-pretrained"),
        (["m-x/dpo-0", "v1"], 2, "m-x/dpo-0: neither a variant of the workspace, whose starts are"),
        (["nowhere", "v1"], 2, "nowhere: no such revision; expected one of git"),
        (["v1", NEW], 2, "name <start>/<variant> on both sides, or on neither"),
        (["v1:dpo-0", NEW], 2, "'v1:dpo-0': expected"),
        (["run:nothing", NEW], 2, "no such run; there are m-finetuned-baseline"),
        ([OLD, NEW, "--benchmark", "mbpp"], 2, "no benchmark mbpp with scores on both sides"),
        (["other", "v1"], 1, "cpu_limit_s is 20 and 10"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_command_writes_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", OLD, NEW]) == 0
    text = capsys.readouterr().out
    assert f"humaneval: workspace:{OLD} -> workspace:{NEW}" in text
    assert f"workspace:{NEW}: 87.5 % of 8 tasks (8 scores), harness f10" in text
    assert "won 7, lost 0; p exact McNemar 0.0156, permutation 0.0156, Holm 0.0469" in text
    assert "on tasks that training did not meet: +100.0 [+100.0, +100.0] (95 %) over 6" in text
    assert main(["compare", OLD, NEW, "--benchmark", "humaneval", "--json"]) == 0
    found = Compared.model_validate(json.loads(capsys.readouterr().out))
    assert [one.benchmark for one in found.comparisons] == ["humaneval"]


def test_metrics_that_are_not_those_of_the_lock_are_not_read(
    study: Revisions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "study"
    shutil.copytree(study.root, root, symlinks=True)
    monkeypatch.chdir(root)
    Path("metrics/score_benchmark/m-pretrained.json").write_text("{}")
    with pytest.raises(DataError, match=r"m-pretrained\.json: not what dvc\.lock has"):
        compare(OLD, NEW)


def test_outside_a_study_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="run from the root"):
        compare("v1", "v2")
