"""The whole study on a tiny model, through DVC itself.

Two clones must agree byte for byte: their dvc.lock files hold the hash of every output. Only the
transformers engine can promise that; vLLM's samples depend on what else is in its batch.
"""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.study import Study, make_half_taught_model, make_study

OFF_POLICY = "dpo-0-on-tiny-finetuned"
pytestmark = pytest.mark.slow


HANGS_ON_ALIGN = {
    *("align", "align_off_policy", "score_rewards", "sample_benchmark", "score_benchmark"),
    *("measure_performance", "judge_completions", "measure_quality"),
    *("compare_models", "render_report", "publish"),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_half_taught_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Study:
    """Give a finished and committed study."""
    made = make_study(tmp_path_factory.mktemp("study"), model)
    made.run("dvc", "repro")
    made.commit("finished")
    return made


@pytest.fixture
def fresh(tmp_path: Path, model: Path) -> Iterator[Study]:
    yield make_study(tmp_path / "fresh", model)


def lock(study: Study) -> object:
    return YAML(typ="safe").load(study.root / "dvc.lock")


def committed_lock(study: Study) -> object:
    """Give the lock of the finished study, whatever experiments left in the workspace since."""
    return YAML(typ="safe").load(study.run("git", "show", "HEAD:dvc.lock").stdout)


def runs(study: Study) -> list[tuple[str, str]]:
    """Give name and lineage of each published run."""
    with sqlite3.connect(study.root / "mlflow.db") as store:
        return store.execute(
            "SELECT runs.name, tags.value FROM runs JOIN tags USING (run_uuid)"
            " WHERE tags.key = 'lineage.sha256' AND runs.lifecycle_stage = 'active'"
        ).fetchall()


def numbers(study: Study, file: str) -> dict[str, Any]:
    """Read a file below metrics/."""
    found: dict[str, Any] = json.loads((study.root / "metrics" / file).read_text())
    return found


def test_every_stage_leaves_its_numbers(study: Study) -> None:
    pairs = numbers(study, "build_pairs/tiny-pretrained.json")
    assert pairs["n_pairs_by_split"]["train"] > 0
    scores = numbers(study, "score_benchmark/tiny-pretrained.json")
    scored = {"baseline", "dpo-0", "rft-0", OFF_POLICY}
    assert set(scores["humaneval"]) == scored | {"canonical", "harness"}
    rewards = numbers(study, "score_rewards/tiny-pretrained.json")
    assert set(rewards["variants"]) == {"dpo-0", "rft-0", OFF_POLICY}
    assert (study.root / "report/report.html").stat().st_size > 1000


def test_pairs_are_on_policy_where_the_start_itself_wrote_them(study: Study) -> None:
    own = numbers(study, "align/tiny-pretrained-dpo-0.json")
    others = numbers(study, f"align/tiny-pretrained-{OFF_POLICY}.json")
    assert own["n_on_policy"] == own["n_pairs"] > 0
    assert others["n_on_policy"] == 0 < others["n_pairs"]


def test_two_clones_agree_byte_for_byte(study: Study, fresh: Study) -> None:
    fresh.run("dvc", "repro")
    assert lock(fresh) == committed_lock(study)


def test_a_second_repro_does_nothing_and_says_so(study: Study) -> None:
    before = os.times()
    done = study.run("dvc", "repro")
    after = os.times()
    assert "up to date" in done.stdout
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    assert cpu_s < 10  # some 40 stages are hashed, none runs


def test_a_clone_without_data_is_known_to_be_up_to_date(study: Study, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", study.root, tmp_path / "clone"], check=True)
    done = Study(tmp_path / "clone").run("dvc", "repro", "--dry", "--allow-missing")
    assert "up to date" in done.stdout
    assert "Running stage" not in done.stdout


def test_one_run_a_leaf_is_published_and_none_twice(study: Study) -> None:
    known = runs(study)
    assert len(known) == len({lineage for _, lineage in known}) == 7
    study.run("dvc", "repro", "-s", "-f", "publish")
    assert runs(study) == known


def test_trace_prints_the_whole_chain(study: Study) -> None:
    number = "metrics/score_benchmark/tiny-pretrained.json:humaneval.dpo-0.pass_at_1"
    text = study.run("codepref", "trace", number).stdout
    for part in (
        "models/adapters/tiny-pretrained/dpo-0",
        "data/pairs/tiny-pretrained.parquet",
        "data/executions/tiny-pretrained.parquet",
        "data/responses/tiny-pretrained.parquet",
        "data/instructions.parquet",
        "data/seeds.parquet",
    ):
        assert part in text
    assert "STALE" not in text


def test_a_sweep_in_the_queue_publishes_each_leaf_once(study: Study) -> None:
    known = set(runs(study))
    study.run("dvc", "exp", "run", "-S", "align.dpo.beta=5e-2", timeout=1200)
    one = set(runs(study))
    assert len(one - known) == 3  # dpo from both starts, and on the other's pairs
    before, after = (made["stages"] for made in (committed_lock(study), lock(study)))  # type: ignore[index]
    changed = {name for name in after if after[name] != before.get(name)}
    assert {name.partition("@")[0] for name in changed} <= HANGS_ON_ALIGN
    assert not any("-rft-" in name for name in changed)
    assert "align@tiny-pretrained-dpo-0" in changed
    study.run("dvc", "exp", "run", "--queue", "-S", "align.dpo.beta=0.2,0.3")
    study.run("dvc", "queue", "start", "-j", "2")
    deadline = time.monotonic() + 1200
    while "Success" not in (status := study.run("dvc", "queue", "status").stdout) or any(
        word in status for word in ("Queued", "Running")
    ):
        assert "Failed" not in status, study.run("dvc", "queue", "logs", check=False).stdout
        assert time.monotonic() < deadline, status
        time.sleep(3)
    both = runs(study)
    assert len(set(both) - one) == 6
    assert len(both) == len({lineage for _, lineage in both})
    sweep = ["python", "-m", "codepref.cli", "sweep", "align.dpo.beta", "--format", "json"]
    swept = json.loads(study.run(*sweep).stdout)
    values = {(row["value"], row["start"], row["variant"]) for row in swept["rows"]}
    betas = ("0.05", "0.1", "0.2", "0.3")
    trained = [("finetuned", "dpo-0"), ("pretrained", "dpo-0"), ("pretrained", OFF_POLICY)]
    assert values == {(beta, *leaf) for beta in betas for leaf in trained}
    assert all(row["dvc"] and row["mlflow"] for row in swept["rows"]), swept
    assert swept["notes"] == []


@pytest.mark.parametrize(
    "stage", ["sample_responses@tiny-pretrained", "align@tiny-pretrained-dpo-0"]
)
def test_a_killed_stage_goes_on_where_it_was(stage: str, study: Study, fresh: Study) -> None:
    """kill -9 as soon as the stage has saved something; the outputs are the same in the end."""
    ledgers = fresh.root / ".codepref"
    saved = (ledgers / "samples.sqlite") if "sample" in stage else (ledgers / "training")
    upstream = stage if "sample" in stage else "score_reference@tiny-pretrained"
    if "align" in stage:
        fresh.run("dvc", "repro", upstream)
    process = subprocess.Popen(
        ["dvc", "repro", stage],
        cwd=fresh.root,
        env=fresh.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline and not saved.exists():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    fresh.run("dvc", "repro", stage)
    made = lock(fresh)["stages"][stage]["outs"]  # type: ignore[index]
    assert made == committed_lock(study)["stages"][stage]["outs"]  # type: ignore[index]


def test_zero_pairs_stop_the_training_with_what_to_do(fresh: Study) -> None:
    """At two tokens an answer nothing passes, so there is nothing to align on."""
    fresh.set_params(sample_responses__max_new_tokens=2)
    done = fresh.run("dvc", "repro", "align@tiny-pretrained-dpo-0", check=False)
    assert done.returncode != 0
    assert "no pair to train on: the table of pairs is empty" in done.stdout + done.stderr
    assert numbers(fresh, "build_pairs/tiny-pretrained.json")["n_pairs"] == 0
    assert numbers(fresh, "score_reference/tiny-pretrained.json")["n_pairs"] == 0


def test_an_unknown_param_stops_the_stage_with_its_name(fresh: Study) -> None:
    fresh.set_params(build_pairs__polcy="random_one")
    done = fresh.run(
        "python",
        "-m",
        "stages.build_pairs",
        *["--instructions", "x", "--responses", "x", "--executions", "x"],
        *["--agreements", "x", "--contamination", "x"],
        *["--pairs", "x", "--labels", "x", "--metrics", "x"],
        check=False,
    )
    assert done.returncode == 2
    assert "section 'build_pairs': polcy: Extra inputs" in done.stderr
