"""The command `codepref profile`, and how a profile changes params.yaml."""

import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from codepref.cli import main
from codepref.errors import ConfigError
from codepref.profiles import apply_profile

BASE = """\
# Every knob.

grid:  # axes
  models: [small]  # one fits here
  off_policy:
    old: {model: small}
  seeds: [0]  # one

fetch_benchmarks:
  one: {file: one.gz}

train:
  rate: 1e-4  # for a small model
  lora: {r: 16, alpha: 32}  # ours
  limit: null  # or a number
  device: auto  # cuda where there is one
"""
PROFILE = """\
# A large study.
# Two lines.

grid:
  models: [large, larger]  # theirs
  off_policy: {}

fetch_benchmarks:
  two: {file: two.gz}

train:
  rate: 5e-6
  lora: {r: 64}
  limit: 3
"""
APPLIED = """\
# Profile big, written by `codepref profile big`.
# A large study.
# Two lines.

grid:  # axes
  models: [large, larger] # theirs
  off_policy: {}
  seeds: [0]  # one

fetch_benchmarks:
  one: {file: one.gz}
  two: {file: two.gz}

train:
  rate: 5e-6
  lora: {r: 64, alpha: 32}  # ours
  limit: 3
  device: auto  # cuda where there is one
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed params.yaml with one profile."""
    (tmp_path / "params").mkdir()
    (tmp_path / "params.yaml").write_text(BASE)
    (tmp_path / "params/big.yaml").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    git("config", "user.name", "tests")
    git("config", "user.email", "tests@example.invalid")
    git("add", "-A")
    git("commit", "-qm", "study")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def test_what_a_profile_names_changes_and_the_rest_stays_with_its_comments() -> None:
    """A comment on the old value goes with it."""
    assert apply_profile(BASE, PROFILE, "big") == APPLIED


def test_what_is_written_is_read_as_the_profile_says() -> None:
    read = YAML(typ="safe").load(APPLIED)
    assert read["train"] == {
        "rate": 5e-6,
        "lora": {"r": 64, "alpha": 32},
        "limit": 3,
        "device": "auto",
    }
    assert read["grid"]["off_policy"] == {}


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            "train: {rat: 1}",
            r"params/big.yaml: train.rat: no such key in params.yaml; .* rate, lora",
        ),
        ("trian: {rate: 1}", "trian: no such key"),
        ("train: {lora: {rank: 1}}", "train.lora.rank: no such key"),
        ("train: 3", "train: expected a mapping, found 3"),
        ("- train", "params/big.yaml: expected a mapping of sections"),
        ("train: {rate: 1", "params/big.yaml: not YAML"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused_with_the_place(profile: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        apply_profile(BASE, profile, "big")


def test_the_command_writes_params_yaml(study: Path) -> None:
    assert main(["profile", "big"]) == 0
    assert (study / "params.yaml").read_text() == APPLIED


def test_an_edited_params_yaml_is_kept_unless_forced(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = BASE.replace("seeds: [0]", "seeds: [0, 1]")
    (study / "params.yaml").write_text(edited)
    assert main(["profile", "big"]) == 2
    assert "params.yaml differs from the last commit" in capsys.readouterr().err
    assert (study / "params.yaml").read_text() == edited
    assert main(["profile", "big", "--force"]) == 0
    assert (study / "params.yaml").read_text() == APPLIED.replace("seeds: [0]", "seeds: [0, 1]")


def test_a_profile_is_no_base_for_another_one(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "big"]) == 0
    git("commit", "-qam", "big")
    assert main(["profile", "big"]) == 2
    assert "params.yaml is profile big already; take the study's own" in capsys.readouterr().err
    assert (study / "params.yaml").read_text() == APPLIED


@pytest.mark.usefixtures("study")
def test_an_unknown_profile_is_named_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["profile", "bigg"]) == 2
    assert "no profile 'bigg': params/ has big" in capsys.readouterr().err
