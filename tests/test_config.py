"""params.yaml and its sections."""

from pathlib import Path

import pytest
from pydantic import Field

from codepref.config import load_section
from codepref.errors import ConfigError
from codepref.schema import Strict


class StageConfig(Strict):
    seed: int
    rate: float = Field(ge=0, le=1)


def params(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text)
    return path


def test_a_rate_as_dvc_writes_it_is_a_number(tmp_path: Path) -> None:
    """`dvc exp run -S stage.rate=5e-5` writes 5e-05, which YAML 1.1 reads as a string."""
    path = params(tmp_path, "stage: {seed: 1, rate: 5e-05}")
    assert load_section("stage", StageConfig, path).rate == 5e-5


def test_every_fault_of_a_section_is_named_at_once(tmp_path: Path) -> None:
    path = params(tmp_path, "stage: {sed: 1, rate: 1.5}")
    with pytest.raises(ConfigError, match=r"seed: Field required.*rate: .*less than.*sed: Extra"):
        load_section("stage", StageConfig, path)


def test_a_mistyped_value_is_refused(tmp_path: Path) -> None:
    path = params(tmp_path, "stage: {seed: '1', rate: 0.5}")
    with pytest.raises(ConfigError, match="seed: Input should be a valid integer"):
        load_section("stage", StageConfig, path)


def test_an_absent_section_says_what_there_is(tmp_path: Path) -> None:
    path = params(tmp_path, "align: {dpo: {beta: 0.1}}")
    with pytest.raises(ConfigError, match=r"no section 'align\.ppo'; align has \['dpo'\]"):
        load_section("align.ppo", StageConfig, path)


def test_a_file_that_is_no_yaml_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not YAML"):
        load_section("stage", StageConfig, params(tmp_path, "stage: {seed: 1"))


def test_an_absent_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run from the root of the repository"):
        load_section("stage", StageConfig, tmp_path / "params.yaml")
