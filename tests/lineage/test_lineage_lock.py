"""The graph of dvc.lock."""

from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.lineage.lock import Artifact, Entry, Lock, flatten, read_lock


def entry(stage: str, deps: list[str], outs: list[str]) -> Entry:
    def artifacts(paths: list[str]) -> list[Artifact]:
        return [Artifact(path=path, md5=f"md5 of {path}") for path in paths]

    return Entry(stage=stage, cmd="true", deps=artifacts(deps), outs=artifacts(outs), params={})


LOCK = Lock(
    {
        item.stage: item
        for item in (
            entry("score", ["completions"], ["results"]),
            entry("sample", ["adapters/m"], ["completions"]),
            entry("align@a", ["pairs", "start"], ["adapters/m/a"]),
            entry("align@b", ["pairs", "start"], ["adapters/m/b"]),
            entry("align@other", ["pairs"], ["adapters/mm/a"]),
            entry("pairs", ["start"], ["pairs"]),
            entry("fetch", ["code.py"], ["start"]),
        )
    }
)


def names(*entries: Entry) -> list[str]:
    return [item.stage for item in entries]


def test_a_folder_stands_on_every_stage_with_an_output_inside() -> None:
    assert LOCK.producers("adapters/m") == ["align@a", "align@b"]


def test_a_file_inside_an_output_folder_stands_on_its_maker() -> None:
    assert LOCK.producers("start/model.safetensors") == ["fetch"]


def test_ancestors_come_nearest_first() -> None:
    found = names(*LOCK.ancestors("score"))
    assert found == ["score", "sample", "align@a", "align@b", "pairs", "fetch"]


def test_a_sibling_is_left_out_and_shared_ancestors_stay() -> None:
    found = names(*LOCK.ancestors("score", without=["align@b"]))
    assert found == ["score", "sample", "align@a", "pairs", "fetch"]


def test_a_stage_that_never_ran_is_named_with_its_siblings() -> None:
    with pytest.raises(DataError, match="no stage align@c; it has align@a, align@b, align@other"):
        LOCK.entry("align@c")


def test_params_become_one_text_a_leaf() -> None:
    params = {"align.dpo": {"beta": 0.1, "lora": {"r": 16, "layers": ["q", "v"]}, "x": None}}
    assert flatten(params) == {
        "align.dpo.beta": "0.1",
        "align.dpo.lora.r": "16",
        "align.dpo.lora.layers": '["q", "v"]',
        "align.dpo.x": "null",
    }


def test_a_flag_gives_the_path_of_the_command() -> None:
    item = Entry(stage="s", cmd="python -m s --pairs a/b", deps=[], outs=[], params={})
    assert item.flag("pairs") == "a/b"
    with pytest.raises(DataError, match="s: no --start in"):
        item.flag("start")


def test_a_file_that_is_no_lock_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text("stages: {a: {outs: []}}")
    with pytest.raises(DataError, match="not a lock file of DVC"):
        read_lock(path)
