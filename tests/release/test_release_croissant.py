"""The Croissant description: mlcroissant accepts it and reads the rows back through it."""

import hashlib
import json
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from codepref.cli import main
from tests.lineage.fake_study import FakeStudy
from tests.release.release_study import BASE, TUNED

pytestmark = pytest.mark.usefixtures("study")


@pytest.fixture
def folder(study: FakeStudy) -> Path:
    assert Path.cwd() == study.root
    assert main(["card", "--out", "out"]) == 0
    return Path("out")


@pytest.fixture
def description(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "croissant.json").read_text())
    return found


def open_croissant(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries below mlcroissant
        import mlcroissant

        return mlcroissant.Dataset(jsonld=folder / "croissant.json")


def test_mlcroissant_finds_no_error_in_it(folder: Path) -> None:
    issues = open_croissant(folder).metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # mlcroissant's use of pandas
def test_mlcroissant_reads_every_row_as_parquet_has_it(folder: Path) -> None:
    dataset = open_croissant(folder)
    for split in ("train", "held_out"):
        rows = pq.read_table(folder / f"data/m-pretrained/{split}.parquet").to_pylist()
        name = f"m-pretrained/{split}"
        found = [
            {key.removeprefix(f"{name}/"): plain(value) for key, value in record.items()}
            for record in dataset.records(record_set=name)
        ]
        assert found == rows


def plain(value: Any) -> Any:
    """Give text for bytes, a list for an array and None for what is not there."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        return value.tolist()
    return None if value != value else value


def test_it_states_croissant_1_1_and_synthetic_data(description: dict[str, Any]) -> None:
    assert "http://mlcommons.org/croissant/1.1" in description["conformsTo"]
    assert description["rai:hasSyntheticData"] is True


def test_each_file_has_its_sha256(folder: Path, description: dict[str, Any]) -> None:
    files = {item["contentUrl"]: item["sha256"] for item in description["distribution"]}
    assert files == {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("data/*/*.parquet")
    }


def test_provenance_leads_from_the_pairs_to_the_seeds(description: dict[str, Any]) -> None:
    """Each activity uses entities by md5, and those of the tables are dvc.lock's."""
    lock = YAML(typ="safe").load(Path("dvc.lock"))["stages"]
    used = {
        item["name"]: {(entity["name"], entity["identifier"]) for entity in item["prov:used"]}
        for item in description["prov:wasGeneratedBy"]
    }
    (seeds,) = [
        out for out in lock["judge_seeds"]["outs"] if out["path"].endswith("judged_seeds.parquet")
    ]
    assert (seeds["path"], seeds["md5"]) in used["write_instructions"]
    file = description["distribution"][0]
    assert file["prov:wasGeneratedBy"] == {"@id": "urn:codepref:stage:build_pairs@m-pretrained"}
    pairs = lock["build_pairs@m-pretrained"]["outs"][0]
    (derived,) = file["prov:wasDerivedFrom"]
    assert (derived["name"], derived["identifier"]) == (pairs["path"], pairs["md5"])


def test_pairs_are_attributed_to_the_checkpoints_that_wrote_them(
    description: dict[str, Any],
) -> None:
    agents = {item["name"]: item["identifier"] for item in description["prov:wasAttributedTo"]}
    assert agents == {"m-pretrained": BASE, "m-finetuned": TUNED}


def test_the_date_is_the_commits(description: dict[str, Any]) -> None:
    date = subprocess.check_output(["git", "log", "-1", "--format=%cs"], text=True).strip()
    assert description["datePublished"] == date
