"""The report: the numbers of the grid's cells, the same bytes each time, and what is missing."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.files import read_json, write_json
from codepref.grid import Grid
from codepref.report.numbers import Study, read_study
from codepref.report.render import limits, make_page, render_html, render_markdown
from codepref.report.tables import readme_table, scores_csv
from tests.report.fake_metrics import make_grid, write_metrics


@pytest.fixture
def grid() -> Grid:
    return make_grid()


@pytest.fixture(autouse=True)
def metrics(tmp_path: Path, grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with the metrics of a finished study."""
    write_metrics(tmp_path, grid)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def study(grid: Grid) -> Study:
    return read_study(Path("metrics"), grid)


def test_the_headline_has_a_line_for_each_cell_with_its_numbers(study: Study) -> None:
    lines = readme_table(study, "humaneval").splitlines()
    assert len(lines) == 2 + 7
    assert lines[2].startswith("| m | pretrained | baseline | 60 | 6.7 % | 3.3 to 15.0 | - |")
    assert lines[3] == (
        "| m | pretrained | dpo-0 | 60 | 8.3 % | 5.0 to 16.7 | +3.3 | -1.7 to +8.3 | 3, 1 | 0.500 |"
    )


def test_html_and_markdown_have_the_same_bytes_each_time(study: Study, grid: Grid) -> None:
    again = make_page(read_study(Path("metrics"), grid))
    assert render_html(make_page(study)) == render_html(again)
    assert render_markdown(make_page(study)) == render_markdown(again)


def test_html_needs_nothing_from_elsewhere(study: Study) -> None:
    html = render_html(make_page(study))
    assert not re.search(r"(src|href)=|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_every_chart_is_well_formed(study: Study) -> None:
    charts = re.findall(r"<svg.*?</svg>", render_html(make_page(study)), flags=re.DOTALL)
    # Slopes, verdicts twice, forests, shares of the funnel, rewards of each training.
    assert len(charts) == 2 + 1 + 1 + 2 + 12 + 5
    for chart in charts:
        ET.fromstring(chart)


def test_text_from_metrics_is_escaped(grid: Grid) -> None:
    path = Path("metrics/fetch_checkpoints/m-pretrained.json")
    write_json(path, {**read_json(path), "source": "<script>alert(1)</script>"})
    html = render_html(make_page(read_study(Path("metrics"), grid)))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_cell_outside_the_grid_is_not_shown() -> None:
    smaller = make_grid(methods=["dpo"])
    page = render_markdown(make_page(read_study(Path("metrics"), smaller)))
    assert "rft-0" not in page


def test_an_added_file_changes_nothing(study: Study, grid: Grid) -> None:
    before = render_html(make_page(study))
    write_json(Path("metrics/align/m-pretrained-old-0.json"), {"trained": True})
    assert render_html(make_page(read_study(Path("metrics"), grid))) == before


def test_each_number_has_its_trace_command_and_digests(study: Study) -> None:
    page = render_markdown(make_page(study))
    command = "codepref trace metrics/score_benchmark/m-pretrained.json:humaneval.dpo-0.pass_at_1"
    assert command in page
    assert "adapter `d4`" in page
    assert "pairs `d3`" in page


def test_every_reject_reason_is_shown_with_zeros(study: Study) -> None:
    page = render_markdown(make_page(study))
    assert "no_docstring 500, no_return 320, over_limit 40, untyped 0" in page
    assert "truncated 20, infra_error 0" in page


def test_a_stand_in_for_a_pretrained_start_is_named(study: Study) -> None:
    (stand_in, *_) = limits(study)
    assert "SmolLM2-135M-Instruct" in stand_in
    assert "no evidence" in stand_in


def test_one_seed_is_said_to_be_one(study: Study, tmp_path: Path) -> None:
    assert any("one seed" in sentence for sentence in limits(study))
    several = make_grid(seeds=[0, 1])
    metrics = write_metrics(tmp_path / "several", several)
    assert not any("one seed" in text for text in limits(read_study(metrics, several)))


def test_a_score_that_does_not_exist_is_a_dash_and_an_empty_cell(grid: Grid) -> None:
    path = Path("metrics/score_benchmark/m-pretrained.json")
    scores = read_json(path)
    scores["humaneval"]["dpo-0"].update(pass_at_1=None, low=None, high=None, n_tasks=0)  # type: ignore[index,union-attr,call-overload]
    write_json(path, scores)
    changed = read_study(Path("metrics"), grid)
    assert "| m | pretrained | dpo-0 | 0 | - | - |" in readme_table(changed, "humaneval")
    assert "m,pretrained,m-pretrained dpo-0,humaneval,,,\n" in scores_csv(changed)
    render_html(make_page(changed))


def test_scores_for_plots_have_one_row_a_cell(study: Study) -> None:
    lines = scores_csv(study).splitlines()
    assert lines[0] == "model,start,variant,benchmark,score,low,high"
    assert lines[1] == "m,pretrained,m-pretrained baseline,humaneval,0.066667,0.033333,0.150000"
    assert len(lines) == 1 + 7


def test_one_start_has_no_table_of_gains(tmp_path: Path) -> None:
    one = make_grid().model_copy(update={"starts": ["finetuned"], "off_policy": {}})
    metrics = write_metrics(tmp_path, one)
    assert "two pathways" not in render_markdown(make_page(read_study(metrics, one)))


@pytest.mark.parametrize(
    ("file", "keys", "message"),
    [
        (
            "score_benchmark/m-pretrained.json",
            ("humaneval", "dpo-0"),
            r"score_benchmark/m-pretrained\.json: no 'humaneval\.dpo-0': humaneval has baseline",
        ),
        (
            "score_benchmark/m-pretrained.json",
            ("humaneval", "dpo-0", "low"),
            r"m-pretrained\.json:humaneval\.dpo-0: low: Field required",
        ),
        ("gather_seeds.json", ("seeds",), r"gather_seeds\.json: seeds: Field required"),
        ("align/m-pretrained-dpo-0.json", ("n_steps",), "n_steps: Field required"),
        (
            "score_rewards/m-pretrained.json",
            ("variants", "dpo-0", "auc"),
            r"m-pretrained\.json:variants\.dpo-0: auc: Field required",
        ),
        ("compare_models.json", ("pathways",), "the file has difference_of_gains"),
    ],
)
def test_a_number_that_is_not_there_is_named(
    file: str, keys: tuple[str, ...], message: str, grid: Grid
) -> None:
    path = Path("metrics") / file
    numbers = read_json(path)
    part = numbers
    for key in keys[:-1]:
        part = part[key]  # type: ignore[assignment]
    del part[keys[-1]]
    write_json(path, numbers)
    with pytest.raises(DataError, match=message):
        make_page(read_study(Path("metrics"), grid))


def test_an_absent_file_is_named(grid: Grid) -> None:
    Path("metrics/align/m-finetuned-rft-0.json").unlink()
    with pytest.raises(DataError, match=r"m-finetuned-rft-0\.json: no such file"):
        read_study(Path("metrics"), grid)
