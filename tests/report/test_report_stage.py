"""The stage: metrics and tables of a finished study to four files."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from codepref.audit.rows import Finding
from codepref.benchmarks.rows import Completion, Result
from codepref.contamination.rows import Hit
from codepref.errors import DataError
from codepref.tables import write_table
from stages.render_report import main
from tests.report.fake_answers import make_answers
from tests.report.fake_metrics import make_grid, write_metrics

FILES = ("report.md", "report.html", "completions.html", "scores.csv")


@pytest.fixture(autouse=True)
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with a finished study of two starts."""
    monkeypatch.chdir(tmp_path)
    grid = make_grid(benchmarks=["humaneval", "codal_bench"])
    write_metrics(tmp_path, grid)
    with Path("params.yaml").open("w") as stream:
        YAML().dump({"grid": grid.model_dump()}, stream)
    answers = make_answers(grid)
    for key in grid.generators:
        own = [answer for answer in answers if answer.start_key == key]
        # A judged benchmark has completions and no results.
        codal = own[0].completion.model_copy(
            update={"completion_id": f"{key} codal", "benchmark": "codal_bench"}
        )
        write_table(
            Path(f"data/completions/{key}.parquet"),
            [codal, *(answer.completion for answer in own)],
            Completion,
        )
        results = [answer.result for answer in own]
        write_table(Path(f"data/results/{key}.parquet"), results, Result)
        write_table(Path(f"data/audits/{key}.parquet"), [], Finding)
        write_table(Path(f"data/contamination/{key}.parquet"), [], Hit)


def run(out: str) -> dict[str, bytes]:
    """Run the stage and give what it wrote."""
    inputs = ("audits", "contamination", "completions", "results")
    names = ("markdown", "html", "answers", "scores")
    main(
        metrics=Path("metrics"),
        **{name: Path("data", name) for name in inputs},
        **{name: Path(out, file) for name, file in zip(names, FILES, strict=True)},
    )
    return {file: Path(out, file).read_bytes() for file in FILES}


def test_the_four_files_have_the_same_bytes_each_time() -> None:
    first = run("one")
    assert first == run("two")
    assert b'href="completions.html#m-pretrained/baseline/' in first["report.html"]
    assert b'id="m-pretrained/baseline/humaneval/HumanEval/2/' in first["completions.html"]
    assert b'href="report.html"' in first["completions.html"]


def test_a_table_that_is_not_there_is_named() -> None:
    Path("data/results/m-finetuned.parquet").unlink()
    with pytest.raises(DataError, match=r"results/m-finetuned\.parquet: no such file"):
        run("one")
