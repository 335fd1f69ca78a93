"""The stage: what it leaves where the bounds hold, and where one does not."""

import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from codepref.audit.rows import Finding
from codepref.files import read_json
from codepref.tables import read_table
from tests.audit.audit_tables import CONFIG, Tables
from tests.pipeline import ROOT


def run(folder: Path, tables: Tables) -> subprocess.CompletedProcess[str]:
    paths = {**tables.write(folder), "contamination": folder / "contamination.parquet"}
    outs = {
        "audits": folder / "audits.parquet",
        "passed": folder / "passed.json",
        "metrics": folder / "metrics.json",
    }
    YAML().dump({"audit_pairs": CONFIG.model_dump()}, folder / "params.yaml")
    flags = [text for name, path in {**paths, **outs}.items() for text in (f"--{name}", str(path))]
    return subprocess.run(
        [sys.executable, "-m", "stages.audit_pairs", *flags],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def broken() -> Tables:
    tables = Tables(4)
    tables.rows["executions"]["er2"] |= {"verdict": "syntax_error", "failure": "SyntaxError: x"}
    return tables


def test_what_holds_passes_with_bytes_that_no_data_changes(tmp_path: Path) -> None:
    assert run(tmp_path, Tables(4)).returncode == 0
    before = (tmp_path / "passed.json").read_bytes()
    assert run(tmp_path, Tables(8)).returncode == 0
    assert (tmp_path / "passed.json").read_bytes() == before


def test_what_breaks_a_bound_passes_no_more_and_leaves_its_numbers(
    tmp_path: Path, broken: Tables
) -> None:
    run(tmp_path, Tables(4))
    done = run(tmp_path, broken)
    assert done.returncode == 1
    assert "syntax_only: 1 of 4" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "passed.json").exists()
    assert read_json(tmp_path / "metrics.json")["passed"] is False
    found = read_table(tmp_path / "audits.parquet", Finding)
    assert [f.pair_id for f in found if f.check == "syntax_only"] == ["p2"]


def test_the_same_tables_give_the_same_bytes(tmp_path: Path, broken: Tables) -> None:
    written = []
    for _ in range(2):
        run(tmp_path, broken)
        written.append([(tmp_path / n).read_bytes() for n in ("audits.parquet", "metrics.json")])
    assert written[0] == written[1]


def test_every_training_waits_for_the_audit_of_its_pairs() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    assert "data/audits/${item.model}-${item.start}.passed.json" in stages["align"]["deps"]
    others = stages["align_off_policy"]["do"]["deps"]
    assert "data/audits/${item.generator}.passed.json" in others
