"""The fast loader agrees with the YAML 1.2 parser of DVC."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from codepref.errors import DataError
from codepref.lineage.fastyaml import read_yaml

ROOT = Path(__file__).parents[2]
PLAIN = ["5e-05", "1e3", "0.1", "1.", ".5", "-3", "+4", "012", "no", "on", "yes", "true", "False"]
OTHER = ["null", "~", "", "2020-01-01", "1_000", "0x1f", ".inf", "'5'", "1:30", "a: b"]


@pytest.mark.parametrize("text", [*PLAIN, *OTHER])
def test_a_scalar_is_what_yaml_1_2_says(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"x: {text}\n" if ": " not in text else f"x: {{{text}}}\n")
    expected = {"0x1f": "0x1f", "1_000": "1_000", "2020-01-01": "2020-01-01", "012": 12}
    if text in expected:  # ruamel reads further forms there; DVC writes such strings in quotes
        assert read_yaml(path) == {"x": expected[text]}
    else:
        assert repr(read_yaml(path)) == repr(dict(YAML(typ="safe").load(path)))


def test_what_ruamel_writes_is_read_alike(tmp_path: Path) -> None:
    value = {"a": ["no", "5e-05", 5e-05, None, True, "2020-01-01", "0x1f", "1_000", "012", ""]}
    path = tmp_path / "x.yaml"
    YAML().dump(value, path)
    assert read_yaml(path) == value


def test_the_params_of_this_repository_are_read_alike() -> None:
    path = ROOT / "params.yaml"
    assert read_yaml(path) == YAML(typ="safe").load(path)


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "5\n"])
def test_what_is_no_mapping_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text(text)
    with pytest.raises(DataError, match=r"dvc\.lock: (not YAML|expected a mapping)"):
        read_yaml(path)


def test_an_absent_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file.*dvc repro"):
        read_yaml(tmp_path / "dvc.lock")
