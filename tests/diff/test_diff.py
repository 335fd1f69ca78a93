"""Two versions of a study: each change is counted once, by the earliest cause."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from codepref.cli import main
from codepref.diff.compare import ALL_TABLES, compare_versions
from codepref.diff.rows import Diff, TableDiff
from codepref.errors import ConfigError, MissingError
from codepref.statistics.paired import Discordant, exact_p
from tests.alignment.cells import execution, pair, response
from tests.contamination.hits import HIT
from tests.diff.world import TASKS, N, World, git, make_repository, make_world, path_of


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_repository()
        make_world().commit()
    return folder


@pytest.fixture
def world(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a study of one's own, one version committed, with the test inside its folder."""
    for name in ("DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "study"
    shutil.copytree(finished, root, symlinks=True)
    monkeypatch.chdir(root)
    return make_world()


def diff(old: str = "HEAD~1", new: str = "HEAD") -> Diff:
    return compare_versions(old, new, ALL_TABLES, 3)


def counts(found: Diff) -> dict[str, dict[str, int]]:
    return {table.table: table.counts for table in found.tables}


def table(found: Diff, name: str) -> TableDiff:
    return next(one for one in found.tables if one.table == name)


def test_the_same_version_twice_has_no_changes(world: World) -> None:
    world.commit()
    found = diff()
    assert (found.tables, found.params) == ([], [])
    assert len(found.unchanged) == len(ALL_TABLES)
    (score,) = found.scores
    assert (score.old, score.new, score.gained, score.lost, score.p) == (1.0, 1.0, [], [], 1.0)


def other_twin(world: World, i: int = 0) -> None:
    """Instruction i pairs its answers the other way round."""
    world.rows["pairs"][i] = pair(
        i,
        pair_id=f"twin{i}",
        chosen_response_id=f"response{i}.1",
        rejected_response_id=f"response{i}.0",
    )


def test_another_param_of_the_pairs_is_the_policy(world: World) -> None:
    other_twin(world)
    world.params["build_pairs"]["seed"] = 1
    world.commit()
    found = diff()
    assert counts(found) == {"pairs": {"other_twin policy": 1}}
    assert [(p.name, p.old, p.new) for p in found.params] == [("build_pairs.seed", "0", "1")]
    (change,) = table(found, "pairs").examples
    assert change.key == "pair0 -> twin0"
    assert change.old is not None and change.old.startswith("chosen response0.0")


def test_what_nothing_explains_is_said_to_be_unexplained(world: World) -> None:
    other_twin(world)
    world.commit()
    assert counts(diff()) == {"pairs": {"other_twin unexplained": 1}}


def test_a_flipped_verdict_has_the_cause_of_its_run(world: World) -> None:
    """Limits, tests, or the same run over again; the pair goes for the same reason."""
    changes: dict[int, dict[str, Any]] = {
        0: {"cpu_limit_s": 9, "verdict": "timeout"},
        2: {"tests_id": "others", "verdict": "failed"},
        4: {"verdict": "flaky"},
        6: {"cpu_limit_s": 9},
    }
    for place, values in changes.items():
        world.change("executions", place, execution_id=f"again{place}", **values)
    world.keep("pairs", lambda row: row.pair_id == "pair3")
    world.commit()
    found = counts(diff())
    flips = {f"verdict_flipped {cause}": 1 for cause in ("limits", "tests", "verdict")}
    assert found["executions"] == {**flips, "changed limits": 1}
    assert found["pairs"] == {f"removed {cause}": 1 for cause in ("limits", "tests", "verdict")}


def test_params_of_the_sandbox_are_limits_and_others_are_not(world: World) -> None:
    world.params["execute_responses"]["repeats"] = 2
    world.params["score_benchmark"]["confidence"] = 0.9
    world.change("executions", 4, verdict="flaky", execution_id="again")
    world.change("results", 0, verdict="failed")
    world.commit()
    found = counts(diff())
    assert found["executions"] == {"verdict_flipped limits": 1}
    assert found["results"] == {"verdict_flipped verdict": 1}
    world.params["score_benchmark"]["cpu_limit_s"] = 3
    world.change("results", 0, verdict="timeout")
    world.commit()
    assert counts(diff())["results"] == {"verdict_flipped limits": 1}


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        ({"generator_digest": "1"}, "generator"),
        ({"prompt": "another"}, "prompt"),
        ({"temperature": 1.0}, "sampling"),
    ],
)
def test_another_answer_is_told_by_who_wrote_it_and_how(
    world: World, values: dict[str, Any], cause: str
) -> None:
    fresh = response(0, 0, "x = 9", response_id="fresh", **values)
    world.rows["responses"][0] = fresh
    world.change("responses", 1, **values)
    world.rows["executions"][0] = execution(fresh, "passed")
    world.change("pairs", 0, pair_id="pair0b", chosen_response_id="fresh")
    world.commit()
    found = counts(diff())
    assert found["responses"] == {f"text_changed {cause}": 1}
    assert found["executions"] == {f"added {cause}": 1, f"removed {cause}": 1}
    assert found["pairs"] == {f"other_twin {cause}": 1}


def test_one_more_sample_is_sampling(world: World) -> None:
    more = response(1, 2, "x = 2")
    world.rows["responses"].append(more)
    world.rows["executions"].append(execution(more, "failed"))
    world.commit()
    found = counts(diff())
    assert found == {"responses": {"added sampling": 1}, "executions": {"added sampling": 1}}


def test_a_new_seed_is_the_cause_of_all_that_follows(world: World) -> None:
    for name in ("seeds", "instructions", "pairs"):
        del world.rows[name][-1]
    for name in ("responses", "executions"):
        del world.rows[name][-2:]
    world.commit()
    found = counts(diff(new="HEAD", old="HEAD~1"))
    assert found == {
        "seeds": {"removed seed": 1},
        "instructions": {"removed seed": 1},
        "responses": {"removed seed": 2},
        "executions": {"removed seed": 2},
        "pairs": {"removed seed": 1},
    }
    back = counts(diff("HEAD", "HEAD~1"))
    assert back["pairs"] == {"added seed": 1}


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        ({"generator_digest": "1"}, "generator"),
        ({"prompt_sha256": "other"}, "prompt"),
        ({}, "sampling"),
    ],
)
def test_another_instruction_from_the_same_seed(
    world: World, values: dict[str, Any], cause: str
) -> None:
    world.change("instructions", 0, instruction_id="fresh", text="Another task.", **values)
    world.commit()
    found = counts(diff())
    assert found["instructions"] == {f"added {cause}": 1, f"removed {cause}": 1}


@pytest.mark.parametrize(
    ("values", "cause"), [({"text": "Other words."}, "prompt"), ({"tests": ["assert x"]}, "tests")]
)
def test_another_problem_of_the_same_id_is_no_other_generator(
    world: World, values: dict[str, Any], cause: str
) -> None:
    """Beside problems there are instructions that a model wrote."""
    problem = {"origin": "problems", "seed_id": None, "problem_id": "set/1"}
    world.change("instructions", 0, **problem, generator_digest=None, prompt_sha256=None)
    world.commit()
    world.change("instructions", 0, instruction_id="fresh", **values)
    world.commit()
    found = counts(diff())
    assert found["instructions"] == {f"added {cause}": 1, f"removed {cause}": 1}


def test_a_contaminated_instruction_takes_its_pair(world: World) -> None:
    hit = HIT.model_copy(update={"row_id": "instruction2", "instruction_id": "instruction2"})
    world.rows["contamination"] = [hit]
    del world.rows["pairs"][2]
    world.commit()
    found = counts(diff())
    assert found == {
        "contamination": {"added contamination": 1},
        "pairs": {"removed contamination": 1},
    }


def test_scores_come_with_the_tasks_that_flipped(world: World) -> None:
    for place in (0, 1, 2):
        world.change("completions", place, policy_digest="d2", completion_id=f"c{place}")
        world.change("results", place, verdict="failed", completion_id=f"c{place}")
    world.change("results", 7, verdict="infra_error")
    world.commit()
    found = diff()
    (score,) = found.scores
    assert (score.n_tasks, score.old, score.new) == (7, 1.0, pytest.approx(4 / 7))
    assert score.lost == ["HumanEval/0", "HumanEval/1", "HumanEval/2"]
    assert score.p == exact_p(Discordant(3, 0))
    assert counts(found)["results"] == {
        "verdict_flipped model": 3,
        "verdict_flipped verdict": 1,
    }


def test_every_changed_row_has_one_cause(world: World) -> None:
    """Several things at once: the counts sum up to what differs."""
    other_twin(world, 1)
    world.params["build_pairs"]["seed"] = 3
    world.change("executions", 0, verdict="flaky", execution_id="again")
    del world.rows["pairs"][0]
    world.commit()
    found = diff()
    assert counts(found)["pairs"] == {"other_twin policy": 1, "removed verdict": 1}
    assert table(found, "pairs").n_changes == 2
    assert (table(found, "pairs").n_old, table(found, "pairs").n_new) == (N, N - 1)


def test_the_workspace_is_a_version(world: World) -> None:
    other_twin(world)
    world.commit()
    git("reset", "-q", "--soft", "HEAD~1")
    assert counts(compare_versions("HEAD", "workspace", ["pairs"], 3)) == {
        "pairs": {"other_twin unexplained": 1}
    }


def test_an_experiment_is_a_version(world: World) -> None:
    other_twin(world)
    commit = world.commit()
    git("update-ref", f"refs/exps/{git('rev-parse', 'HEAD~1')[:2]}/{'0' * 38}/bold-name", commit)
    base = git("rev-parse", "HEAD~1")
    git("update-ref", f"refs/exps/{base[:2]}/{base[2:]}/bold-name", commit)
    assert counts(diff("HEAD~1", "bold-name"))["pairs"] == {"other_twin unexplained": 1}


@pytest.mark.usefixtures("world")
def test_an_unknown_revision_is_named() -> None:
    with pytest.raises(ConfigError, match="nowhere: no such revision; expected one of git"):
        diff("nowhere", "HEAD")


@pytest.mark.usefixtures("world")
def test_a_revision_at_which_nothing_ran_is_named() -> None:
    git("checkout", "-q", "--orphan", "empty")
    git("rm", "-rqf", ".")
    git("commit", "-qm", "empty", "--allow-empty")
    with pytest.raises(ConfigError, match=r"empty: has no dvc\.lock"):
        diff("empty", "empty")


@pytest.mark.filterwarnings("ignore:_NoneStep")  # in DVC's own collecting of what to fetch
def test_a_table_that_is_nowhere_is_named(world: World) -> None:
    other_twin(world)
    world.commit()
    shutil.rmtree(".dvc/cache")
    with pytest.raises(MissingError, match=r"HEAD~1: data/pairs/m.parquet \(md5 .*dvc fetch"):
        compare_versions("HEAD~1", "HEAD", ["pairs"], 3)


def test_an_older_table_without_a_column_is_compared_by_the_others(world: World) -> None:
    other_twin(world)
    path = path_of("pairs")
    world.commit()
    pq.write_table(pq.read_table(path).drop_columns(["length_ratio"]), path)
    git("rm", "-q", "--cached", "dvc.lock")
    from dvc.repo import Repo

    with Repo() as repo:
        repo.commit(force=True)
    git("add", "-A")
    git("commit", "-qm", "older", "--allow-empty")
    found = table(diff("HEAD~2", "HEAD"), "pairs")
    assert found.lacking == ["length_ratio"]
    assert found.counts == {"other_twin unexplained": 1}


def test_the_command_writes_text_json_and_a_page(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    other_twin(world)
    world.params["build_pairs"]["seed"] = 1
    world.change("results", 0, verdict="failed")
    world.commit()
    assert main(["diff", "HEAD~1", "HEAD", "--html", "diff.html"]) == 0
    text = capsys.readouterr().out
    assert "build_pairs.seed: 0 -> 1" in text
    assert "1 other twin       cause: policy" in text
    assert "100.0 % -> 87.5 % of 8, gained 0, lost 1" in text
    page = Path("diff.html").read_text()
    assert "pair0 -&gt; twin0" in page and "HumanEval/0" in page
    assert main(["diff", "HEAD~1", "HEAD", "--json", "--table", "pairs"]) == 0
    found = Diff.model_validate(json.loads(capsys.readouterr().out))
    assert [one.table for one in found.tables] == ["pairs"]
    assert main(["diff", "HEAD~1", "--table", "pears"]) == 2
    assert "no table pears; there are seeds, " in capsys.readouterr().err


def test_each_wording_has_a_score_of_its_own(world: World) -> None:
    other = [
        row.model_copy(update={"completion_id": f"{row.completion_id}/terse", "wording": "terse"})
        for row in world.rows["results"]
    ]
    world.rows["results"] += other
    world.commit()
    world.change("results", len(TASKS), verdict="failed")
    world.commit()
    found = {score.wording: (score.old, score.new, score.lost) for score in diff().scores}
    assert found == {
        "complete": (1.0, 1.0, []),
        "terse": (1.0, pytest.approx(7 / 8), ["HumanEval/0"]),
    }
