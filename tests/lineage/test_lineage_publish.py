"""Published runs: one for each leaf, none twice, keyed by all that they stand on."""

import sqlite3
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path

import pytest

from codepref.config import load_section
from codepref.grid import Grid
from codepref.lineage.ancestry import lineage_key
from codepref.lineage.leaf import leaves
from codepref.lineage.lock import read_lock
from codepref.lineage.numbers import leaf_numbers
from codepref.lineage.publish import flat_numbers
from codepref.lineage.published import find_runs, runs_behind
from codepref.lineage.trace import parse_target, trace
from codepref.lineage.tracking import LeafRun, open_store
from stages.publish import main
from tests.lineage.fake_study import OFF_POLICY, PARAMS, FakeStudy

pytestmark = pytest.mark.usefixtures("store")

NUMBER = "metrics/score_benchmark/m-pretrained.json:humaneval.dpo-0.pass_at_1"


def publish() -> None:
    main(Path("metrics"), Path("report"))


def keys() -> dict[str, str]:
    grid, lock = load_section("grid", Grid), read_lock()
    return {
        leaf.name: lineage_key(
            lock, leaf, grid.benchmarks, leaf_numbers(Path("metrics"), leaf, grid)
        )
        for leaf in leaves(grid)
    }


def query(store: Path, sql: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(store) as connection:
        return connection.execute(sql).fetchall()


def names(store: Path) -> list[str]:
    sql = "SELECT name FROM runs WHERE lifecycle_stage = 'active' AND status = 'FINISHED'"
    return sorted(name for (name,) in query(store, sql))


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_each_leaf_is_published_once(store: Path) -> None:
    publish()
    publish()
    assert names(store) == [
        "m-finetuned-baseline",
        "m-finetuned-dpo-0",
        "m-pretrained-baseline",
        "m-pretrained-dpo-0",
    ]


def test_a_run_holds_params_of_all_ancestors_md5s_and_metrics(store: Path) -> None:
    publish()
    (run_id,) = find_runs("variant", "dpo-0")[:1]
    params = dict(query(store, f"SELECT key, value FROM params WHERE run_uuid = '{run_id}'"))
    assert params["align.dpo.beta"] == "0.1"
    assert params["align.dpo.lr"] == "5e-05"
    assert params["gather_seeds.limit"] == "2"
    assert params["fetch_checkpoints.m-pretrained.template"] == "plain"
    assert "grid.methods" not in params
    tags = dict(query(store, f"SELECT key, value FROM tags WHERE run_uuid = '{run_id}'"))
    seeds = {out.path: out.md5 for out in read_lock().entry("gather_seeds").outs}
    assert tags["md5:data/seeds.parquet"] == seeds["data/seeds.parquet"]
    assert len(tags["git.commit"]) == 40
    metrics = dict(query(store, f"SELECT key, value FROM metrics WHERE run_uuid = '{run_id}'"))
    assert metrics["humaneval/pass_at_1"] == 0.5
    assert metrics["humaneval/against_baseline/p"] == 1.0
    assert metrics["humaneval/quality/lines"] == 2.5
    assert metrics["align/loss_last"] == 0.5
    datasets = dict(query(store, "SELECT name, digest FROM datasets"))
    assert datasets["data/seeds.parquet"] == seeds["data/seeds.parquet"]


def test_a_further_method_adds_its_own_runs_only(study: FakeStudy, store: Path) -> None:
    publish()
    before = keys()
    study.write(("dpo", "rft"))
    study.commit()
    assert changed(before, keys()) == set()
    publish()
    assert len(names(store)) == 6


def test_an_off_policy_cell_names_its_pairs_and_adds_its_own_run_only(
    study: FakeStudy, store: Path
) -> None:
    publish()
    before = keys()
    study.write(off_policy=True)
    study.commit()
    assert changed(before, keys()) == set()
    publish()
    assert len(names(store)) == 5
    (run_id,) = find_runs("variant", OFF_POLICY)
    tags = dict(query(store, f"SELECT key, value FROM tags WHERE run_uuid = '{run_id}'"))
    assert (tags["start"], tags["pairs"]) == ("pretrained", "m-finetuned")
    assert "md5:data/pairs/m-finetuned.parquet" in tags
    assert "md5:data/pairs/m-pretrained.parquet" not in tags


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.replace("beta: 0.1", "beta: 0.2"), {"dpo-0"}),
        (lambda text: text.replace("limit: 2}\nscore", "limit: 3}\nscore"), {"dpo-0", "baseline"}),
        (lambda text: text.replace("n: 2,", "n: 3,"), {"dpo-0"}),
    ],
)
def test_a_changed_param_changes_the_leaves_that_stand_on_it(
    change: Callable[[str], str], expected: set[str], study: FakeStudy
) -> None:
    before = keys()
    (study.root / "params.yaml").write_text(change(PARAMS))
    study.commit()
    pretrained = {name for name in changed(before, keys()) if "pretrained" in name}
    assert pretrained == {f"m-pretrained-{variant}" for variant in expected}


def test_new_adapter_bytes_change_the_key_of_that_leaf(study: FakeStudy) -> None:
    before = keys()
    study.write(text="two")
    study.commit()
    assert changed(before, keys()) == {"m-pretrained-dpo-0", "m-finetuned-dpo-0"}


def test_what_a_killed_publish_left_is_replaced() -> None:
    run = LeafRun(name="x", key="k", tags={}, params={}, metrics={}, datasets=[])
    opened = open_store()
    opened._client.create_run(opened._experiment_id, tags={"codepref.pending": "k"})
    assert opened.add_missing([run]) == [run]
    assert opened.find("codepref.pending", "k") == []
    assert len(opened.find("lineage.sha256", "k")) == 1


def publish_in(folder: str) -> None:
    import os

    os.chdir(folder)
    publish()


def test_two_workers_at_once_publish_each_leaf_once(study: FakeStudy, store: Path) -> None:
    context = get_context("spawn")
    workers = [context.Process(target=publish_in, args=(str(study.root),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(names(store)) == 4


def test_a_number_names_its_run() -> None:
    lock = read_lock()
    found = trace(parse_target(NUMBER), lock)
    assert runs_behind(found, lock) == []
    publish()
    (run_id,) = runs_behind(found, lock)
    assert run_id in find_runs("variant", "dpo-0")


def test_a_file_names_every_run_that_stands_on_it() -> None:
    publish()
    lock = read_lock()
    pairs = trace(parse_target("data/pairs/m-finetuned.parquet"), lock)
    assert set(runs_behind(pairs, lock)) == set(find_runs("start", "finetuned")) & set(
        find_runs("variant", "dpo-0")
    )
    seeds = trace(parse_target("data/seeds.parquet"), lock)
    assert len(runs_behind(seeds, lock)) == 3  # the finetuned baseline too: its SFT data


def test_without_a_store_there_is_no_run_and_none_is_made(store: Path) -> None:
    store.unlink()
    assert find_runs("variant", "dpo-0") == []
    assert not store.exists()


def test_texts_lists_and_booleans_are_no_metrics() -> None:
    numbers = {"a": {"b": 1, "c": "x", "d": [1.0], "e": None, "f": True}, "g": 0.5}
    assert flat_numbers(numbers) == {"a/b": 1.0, "g": 0.5}
