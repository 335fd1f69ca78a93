"""Stages as commands."""

from pathlib import Path

import pytest

from codepref.command import run_stage
from codepref.errors import ConfigError, DataError, MissingError, SandboxError


def test_flags_are_the_parameters_of_main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = {}

    def main(out_file: Path, seed: int) -> None:
        seen.update(out_file=out_file, seed=seed)

    monkeypatch.setattr("sys.argv", ["stage", "--out-file", str(tmp_path), "--seed", "3"])
    with pytest.raises(SystemExit) as end:
        run_stage(main)
    assert end.value.code == 0
    assert seen == {"out_file": tmp_path, "seed": 3}


@pytest.mark.parametrize(
    ("error", "code"), [(DataError, 1), (ConfigError, 2), (MissingError, 3), (SandboxError, 3)]
)
def test_an_error_is_one_line_and_its_exit_code(
    error: type[Exception],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def main() -> None:
        raise error("data/x.parquet: what was found")

    monkeypatch.setattr("sys.argv", ["stage"])
    with pytest.raises(SystemExit) as end:
        run_stage(main)
    assert end.value.code == code
    assert capsys.readouterr().err.splitlines()[-1] == "error: data/x.parquet: what was found"


def test_an_unknown_flag_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def main() -> None:
        """Do nothing."""

    monkeypatch.setattr("sys.argv", ["stage", "--nonsense"])
    with pytest.raises(SystemExit) as end:
        run_stage(main)
    assert end.value.code == 2
