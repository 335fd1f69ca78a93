"""Contamination in the report: counts, hits side by side, and scores on clean tasks."""

from pathlib import Path

import pytest

from codepref.contamination.rows import Hit
from codepref.files import read_json, write_json
from codepref.report.contamination import SHOWN, hit_cells
from codepref.report.numbers import read_study
from codepref.report.render import make_page, render_html, render_markdown
from codepref.report.tables import Table
from tests.contamination.hits import HIT
from tests.report.fake_metrics import NO_HITS, make_grid, write_metrics


@pytest.fixture(autouse=True)
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with the metrics of a finished study."""
    write_metrics(tmp_path, make_grid())
    monkeypatch.chdir(tmp_path)


def hit(score: float, *, removes: bool = False, row_text: str = "a row") -> Hit:
    return HIT.model_copy(
        update={
            "hit_id": f"h{score}{removes}",
            "kind": "response",
            "task_id": "HumanEval/7",
            "method": "ast",
            "score": score,
            "removes": removes,
            "row_text": row_text,
            "task_text": "def f(s):\n    return s < 'a'",
        }
    )


def table(title: str) -> Table:
    page = make_page(read_study(Path("metrics"), make_grid()))
    return next(table for table in page.tables if table.title == title)


def test_each_score_stands_beside_that_over_clean_tasks() -> None:
    found = table("Scores on all and on clean tasks")
    assert [row[2:4] for row in found.rows[:2]] == [
        ["pretrained", "baseline"],
        ["pretrained", "dpo-0"],
    ]
    assert found.rows[0][4:9] == ["6.7 %", "60", "6.0 %", "2.0 to 20.0", "50"]
    assert found.rows[0][9:] == ["-"] * 4
    assert found.rows[1][9:] == ["+3.3", "+2.0", "-4.0 to +8.0", "0.625"]


def test_hits_are_counted_by_generator_kind_and_method() -> None:
    row = table("Contamination").rows[1]
    assert row == [
        "m-finetuned",
        "humaneval",
        "40, 75, 480",
        "0, 2, 6",
        "task_id 0, ngram 0, minhash 3, ast 5, test_inputs 0",
        "0, 1, 12",
        "4, 3, 164",
    ]


def test_a_benchmark_that_is_searched_and_not_scored_has_its_counts_and_no_scores() -> None:
    for key in ("m-pretrained", "m-finetuned"):
        path = Path(f"metrics/check_contamination/{key}.json")
        counts = read_json(path)
        for kind in ("seed", "instruction", "response"):
            counts["hits"][kind]["mbpp"] = {**NO_HITS, "ngram": 1}  # type: ignore[index,call-overload]
        counts["tasks"]["mbpp"] = {"n_tasks": 500, "hit": 3, "touched": 2}  # type: ignore[index]
        write_json(path, counts)
    write_json(Path("metrics/fetch_benchmarks/mbpp.json"), {"n_tasks": 500})
    grid = make_grid().model_copy(update={"searched": ["humaneval", "mbpp"]})
    page = make_page(read_study(Path("metrics"), grid))
    rows = next(table for table in page.tables if table.title == "Contamination").rows
    assert [(row[0], row[1], row[-1]) for row in rows[2:]] == [
        ("m-finetuned", "humaneval", "4, 3, 164"),
        ("m-finetuned", "mbpp", "3, 2, 500"),
    ]
    assert [benchmark.name for benchmark in page.benchmarks] == ["humaneval"]


def test_a_hit_that_removes_a_row_comes_first_and_then_the_highest_score() -> None:
    cells = hit_cells([hit(0.5), hit(0.9), hit(0.3, removes=True)])
    assert [(row[3], row[4]) for row in cells] == [("0.30", "yes"), ("0.90", "no"), ("0.50", "no")]


def test_no_more_hits_are_shown_than_a_page_bears() -> None:
    assert len(hit_cells([hit(i / 1000) for i in range(300)])) == SHOWN


def test_html_shows_both_sides_as_text_and_markdown_counts_alone() -> None:
    page = make_page(
        read_study(Path("metrics"), make_grid(), hits=[hit(0.9, row_text="if a < b:\n  <b>")])
    )
    html = render_html(page)
    assert "<pre>if a &lt; b:\n  &lt;b&gt;</pre>" in html
    assert "return s &lt;" in html
    assert "if a < b" not in render_markdown(page)
    assert "Hits side by side" not in render_html(
        make_page(read_study(Path("metrics"), make_grid()))
    )
