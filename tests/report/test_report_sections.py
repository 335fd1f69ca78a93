"""The tables on training, learnt rewards and P2's contrasts: each number is one of metrics/."""

from pathlib import Path
from typing import Any

import pytest

from codepref.audit.rows import pair_finding
from codepref.files import read_json, write_json
from codepref.grid import Grid
from codepref.report.numbers import read_study
from codepref.report.render import make_page, render_html, render_markdown
from codepref.report.tables import Table
from tests.report.fake_metrics import OFF_POLICY, make_grid, write_metrics

AUDIT = "Audit of the pairs"
ORIGINS = "P2's table 2: own answers against another's"
SAME = "P2's table 1: DPO against RFT on the very same pairs"
REWARD = "Learnt reward against execution"
TRAINING, MOVED = "Training", "How far each training moved from its start"


@pytest.fixture(autouse=True)
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with the metrics of a finished study."""
    write_metrics(tmp_path, make_grid())
    monkeypatch.chdir(tmp_path)


def tables(grid: Grid | None = None) -> dict[str, Table]:
    page = make_page(read_study(Path("metrics"), grid or make_grid()))
    return {table.title: table for table in page.tables}


def row(title: str, start: str, variant: str) -> dict[str, str]:
    """Give the first line of a variant, by column."""
    table = tables()[title]
    cells = next(cells for cells in table.rows if cells[1:3] == [start, variant])
    return dict(zip(table.columns, cells, strict=True))


def change(file: str, *keys: str, value: Any) -> None:
    numbers: Any = read_json(Path("metrics") / file)
    part = numbers
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    write_json(Path("metrics") / file, numbers)


def test_each_training_has_its_size_loss_and_warnings() -> None:
    found = row(TRAINING, "pretrained", "dpo-0")
    assert (found["pairs"], found["on-policy"], found["steps"]) == ("40", "100.0 %", "6")
    assert found["first, last loss"] == "0.6931, 0.51"
    assert found["prompt, answer tokens an epoch"] == "900, 1200"
    assert found["warnings"] == "chosen answers became less likely; 3 near-identical pairs"
    assert row(TRAINING, "pretrained", OFF_POLICY)["on-policy"] == "0.0 %"


def test_a_training_without_a_warning_has_none() -> None:
    file = "align/m-finetuned-rft-0.json"
    change(file, "chosen_likelihood_fell", value=False)
    change(file, "n_near_identical", value=0)
    assert row(TRAINING, "finetuned", "rft-0")["warnings"] == "-"


def test_each_training_moved_on_its_own_pairs_and_on_held_out_ones() -> None:
    lines = [line for line in tables()[MOVED].rows if line[1:3] == ["pretrained", "rft-0"]]
    assert [line[3:] for line in lines] == [
        ["training", "40", "-0.25", "-1.50", "+1.25", "95.0 %"],
        ["held-out", "10", "+0.50", "+0.75", "-0.25", "40.0 %"],
    ]


def test_without_held_out_pairs_the_line_has_dashes() -> None:
    names = ("chosen_log_ratio", "rejected_log_ratio", "margin", "accuracy")
    none = {"n_pairs": 0, **dict.fromkeys(names)}
    change("align/m-pretrained-dpo-0.json", "held_out", value=none)
    (_, line) = [line for line in tables()[MOVED].rows if line[1:3] == ["pretrained", "dpo-0"]]
    assert line[3:] == ["held-out", "0", "-", "-", "-", "-"]


def test_each_learnt_reward_has_its_auc_interval_and_counts() -> None:
    found = row(REWARD, "finetuned", "rft-0")
    assert (found["AUC"], found["interval"]) == ("0.688", "0.562 to 0.812")
    assert (found["prompts"], found["responses"]) == ("12", "96")
    assert (found["prompts with both"], found["comparisons"]) == ("9", "130")


def test_classes_stand_in_order_of_the_rule_s_reward() -> None:
    (chart, *others) = tables()[REWARD].charts
    names = ["passed", "failed", "error", "syntax_error"]
    positions = [chart.index(f'class="middle">{name}</text>') for name in names]
    assert positions == sorted(positions)
    assert "m-pretrained dpo-0" in chart and len(others) == 4
    assert "+1, n 28" in chart and "-1, n 0" in chart


def test_nothing_held_out_is_a_dash_and_no_chart() -> None:
    empty = {
        "n_prompts": 0,
        "n_responses": 0,
        "n_prompts_with_both": 0,
        "n_comparisons": 0,
        "auc": None,
        "low": None,
        "high": None,
        "log_ratio": {"passed": {"n": 0, "rule_reward": 1.0, "quartiles": []}},
    }
    for variant in ("dpo-0", "rft-0"):
        change("score_rewards/m-finetuned.json", "variants", variant, value=empty)
    found = row(REWARD, "finetuned", "dpo-0")
    assert (found["AUC"], found["interval"]) == ("-", "-")
    assert len(tables()[REWARD].charts) == 3


def test_an_off_policy_training_stands_below_the_on_policy_one() -> None:
    table = tables()[ORIGINS]
    own, other = (dict(zip(table.columns, line, strict=True)) for line in table.rows)
    assert (own["trained by"], own["on pairs of"]) == ("dpo-0", "m-pretrained")
    assert (other["trained by"], other["on pairs of"]) == ("dpo-0", "m-finetuned")
    assert (own["on-policy"], other["on-policy"]) == ("100.0 %", "0.0 %")
    assert own["baseline"] == other["baseline"] == "6.7 % (3.3 to 15.0)"
    assert (own["score"], other["score"]) == ("8.3 % (5.0 to 16.7)", "11.7 % (8.3 to 20.0)")
    assert other["difference to baseline"] == "+3.3 (-1.7 to +8.3) ≈"


def test_a_grid_without_off_policy_cells_has_no_such_table() -> None:
    own = make_grid().model_copy(update={"off_policy": {}})
    assert ORIGINS not in tables(own)


def test_an_off_policy_cell_whose_method_is_not_in_the_grid_stands_alone() -> None:
    one = make_grid(methods=["rft"])
    (line,) = tables(one)[ORIGINS].rows
    assert line[4] == "m-finetuned"


def test_rft_and_dpo_are_compared_on_the_same_pairs_and_steps() -> None:
    table = tables()[SAME]
    first = dict(zip(table.columns, table.rows[0], strict=True))
    assert len(table.rows) == 2  # one for each start; the off-policy training has no rft
    assert first["baseline"] == "6.7 % (3.3 to 15.0)"
    assert (first["RFT"], first["DPO"]) == ("10.0 % (6.7 to 18.3)", "8.3 % (5.0 to 16.7)")
    assert first["RFT to baseline"] == first["DPO to baseline"] == "+3.3 (-1.7 to +8.3) ≈"
    assert first["DPO less RFT"] == "-1.7"
    assert first["same pairs and steps"] == "pairs: yes (40, 40); steps: yes (6, 6)"


def test_other_pairs_or_steps_are_said_aloud() -> None:
    file = "align/m-pretrained-rft-0.json"
    change(file, "rows_digest", value="another")
    change(file, "n_steps", value=9)
    assert tables()[SAME].rows[0][-1] == "pairs: NO (40, 40); steps: NO (9, 6)"


def test_a_grid_of_one_method_has_no_contrast() -> None:
    assert SAME not in tables(make_grid(methods=["dpo"]))


def test_both_reports_have_every_table_and_what_is_said_of_it() -> None:
    page = make_page(read_study(Path("metrics"), make_grid()))
    markdown, html = render_markdown(page), render_html(page)
    for table in page.tables:
        assert f"## {table.title}\n" in markdown and table.note in markdown
        assert table.title.replace("'", "&#39;") in html
        assert all(chart in html for chart in table.charts)


def test_each_check_of_the_audit_has_its_value_and_bound_by_generator() -> None:
    table = tables()[AUDIT]
    assert list(table.columns) == ["check", "bound", "m-pretrained", "m-finetuned"]
    assert table.rows == [
        ["length_tokens", "0.7", *["0.458 (24.5 of 40)"] * 2],
        ["syntax_only", "0.5", *["0.750 (30 of 40), BROKEN"] * 2],
        ["vacuous_tests", "-", "-", "-"],
    ]


def test_examples_of_the_audit_stand_side_by_side_in_html_and_escaped() -> None:
    finding = pair_finding("near_identical", "a1b2c3d4e5f6", "distance 0.01", "a < b", "a <= b")
    html = render_html(make_page(read_study(Path("metrics"), make_grid(), [finding])))
    assert "<td>pair a1b2c3d4</td><td>distance 0.01</td>" in html
    assert "<td><pre>a &lt; b</pre></td><td><pre>a &lt;= b</pre></td>" in html
