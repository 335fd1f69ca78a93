"""The tables of scores: each cell is a number of metrics/, in the unit of its benchmark."""

from pathlib import Path
from typing import Any

import pytest

from codepref.errors import DataError
from codepref.files import read_json, write_json
from codepref.grid import Grid
from codepref.report.numbers import read_study
from codepref.report.render import limits, make_page, render_html, render_markdown
from codepref.report.results import result_tables
from codepref.report.tables import Table, readme_table, scores_csv
from tests.report.fake_metrics import GAINS, OFF_POLICY, make_grid, write_metrics

P1 = "P1's main table: what alignment adds on each pathway"
GAINED, GAP = "Do the two pathways gain alike?", "Gap of the baselines"
P2_FIRST = "P2's table 1: DPO against RFT on the very same pairs"
P2_SECOND = "P2's table 2: own answers against another's"
WORDING, OWED = "Prompt sensitivity", "What a score owes to"
SPEED, RATED, AGREED = (
    "EvalPerf: speed of passing programs",
    "Ratings by a judge",
    ("Agreement of judgements"),
)
QUALITY, MISSING = "Code quality", "Scores where a verdict is missing"
CONTROL, HARNESS = "Control: the canonical solutions", "Harness"
ALL = make_grid(benchmarks=["humaneval", "evalperf", "codal_bench"])


@pytest.fixture(autouse=True)
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with the metrics of a study with all kinds of benchmarks."""
    write_metrics(tmp_path, ALL)
    monkeypatch.chdir(tmp_path)


def tables(grid: Grid = ALL) -> dict[str, Table]:
    found = result_tables(read_study(Path("metrics"), grid))
    return {table.title: table for table in found if table.rows}


def lines(title: str, **wanted: str) -> list[dict[str, str]]:
    """Give the lines of a table by column, those with these cells."""
    table = tables()[title]
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [line for line in found if wanted.items() <= line.items()]


def change(file: str, *keys: str, value: Any) -> None:
    numbers: Any = read_json(Path("metrics") / file)
    part = numbers
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    write_json(Path("metrics") / file, numbers)


def test_the_main_table_has_a_line_for_each_aligned_variant_and_measure() -> None:
    measures = ["humaneval", "evalperf", "codal_bench"]
    measures += ["codal_bench: readability", "codal_bench: style"]
    variants = {"pretrained": ["dpo-0", "rft-0", OFF_POLICY], "finetuned": ["dpo-0", "rft-0"]}
    found = [(line["start"], line["benchmark"], line["method"]) for line in lines(P1)]
    assert len(found) == len(set(found))
    assert set(found) == {
        (start, measure, variant)
        for start, some in variants.items()
        for variant in some
        for measure in measures
    }


def test_a_gain_has_baseline_aligned_interval_and_mark_in_its_unit() -> None:
    """The comparison of every benchmark is +0.033 (-0.017 to +0.083), p 1 after Holm."""
    one = {"start": "pretrained", "method": "dpo-0"}
    (passed,) = lines(P1, benchmark="humaneval", **one)
    assert (passed["baseline"], passed["aligned"]) == (
        "6.7 % (3.3 to 15.0)",
        "8.3 % (5.0 to 16.7)",
    )
    assert (passed["gain"], passed["p after Holm"]) == ("+3.3 (-1.7 to +8.3) ≈", "1.000")
    (speed,) = lines(P1, benchmark="evalperf", **one)
    assert (speed["baseline"], speed["aligned"]) == ("50.0 (45.0 to 55.0)", "51.0 (46.0 to 56.0)")
    assert (speed["score"], speed["gain"]) == ("DPS", "+3.3 (-1.7 to +8.3) ≈")
    (rated,) = lines(P1, benchmark="codal_bench", **one)
    assert (rated["baseline"], rated["aligned"]) == (
        "4.00 (3.50 to 4.50)",
        "4.50 (4.00 to 5.00)",
    )
    assert (rated["score"], rated["gain"]) == ("rating", "+0.30 (-0.15 to +0.75) ≈")


def test_a_difference_beyond_noise_has_no_mark() -> None:
    keys = ("pathways", "m-pretrained", "dpo-0", "humaneval")
    for name, value in (("low", 0.01), ("p_holm", 0.04)):
        change("compare_models.json", *keys, name, value=value)
    (line,) = lines(P1, benchmark="humaneval", start="pretrained", method="dpo-0")
    assert line["gain"] == "+3.3 (+1.0 to +8.3)"


def test_n_is_that_of_the_comparison_where_there_is_one() -> None:
    """EvalPerf is compared on the tasks that both variants solve often enough."""
    keys = ("pathways", "m-pretrained", "dpo-0", "evalperf", "n_tasks")
    change("compare_models.json", *keys, value=11)
    (line,) = lines(P1, benchmark="evalperf", start="pretrained", method="dpo-0")
    assert line["n"] == "11"
    one = {"start": "pretrained", "method": "dpo-0"}
    (dimension,) = lines(P1, benchmark="codal_bench: readability", **one)
    assert dimension["n"] == "10"


def test_a_dimension_has_the_difference_of_its_means_and_no_interval() -> None:
    one = {"start": "finetuned", "method": "rft-0"}
    (line,) = lines(P1, benchmark="codal_bench: readability", **one)
    assert (line["aligned"], line["gain"]) == ("5.00 (3.50 to 4.50)", "+1.00")
    (nothing,) = lines(P1, benchmark="codal_bench: style", **one)
    assert (nothing["baseline"], nothing["aligned"], nothing["gain"]) == ("-", "-", "-")


def test_the_gap_of_the_baselines_is_finetuned_less_pretrained() -> None:
    change("score_benchmark/m-finetuned.json", "humaneval", "baseline", "pass_at_1", value=0.2)
    (line,) = lines(GAP, benchmark="humaneval")
    assert line["pretrained"] == "6.7 % (3.3 to 15.0)"
    assert line["finetuned less pretrained"] == "+13.3"


def test_differences_of_gains_are_marked_and_in_their_unit() -> None:
    (passed,) = lines(GAINED, method="dpo-0", benchmark="humaneval")
    assert passed["difference of gains"] == "+3.3 (-5.0 to +11.7) ≈"
    (rated,) = lines(GAINED, method="dpo-0", benchmark="codal_bench")
    assert rated["difference of gains"] == "+0.30 (-0.45 to +1.05) ≈"
    assert (rated["gain of pretrained"], rated["gain of finetuned"]) == ("+0.30", "+0.00")


def test_gains_over_models_stand_below_those_of_each() -> None:
    over = {"dpo-0": {"humaneval": GAINS, "evalperf": GAINS, "codal_bench": GAINS}}
    change("compare_models.json", "difference_of_gains_over_models", value=over)
    found = [line["model"] for line in lines(GAINED)]
    assert found == ["m"] * 6 + ["all"] * 3


def test_both_tables_of_p2_have_every_benchmark_with_intervals_and_marks() -> None:
    first = lines(P2_FIRST, start="pretrained")
    assert [line["benchmark"] for line in first] == ["humaneval", "evalperf", "codal_bench"]
    assert first[1]["baseline"] == "50.0 (45.0 to 55.0)"
    assert (first[1]["RFT"], first[1]["DPO"]) == ("52.0 (47.0 to 57.0)", "51.0 (46.0 to 56.0)")
    assert first[2]["DPO less RFT"] == "-0.50"
    second = lines(P2_SECOND)
    assert [line["benchmark"] for line in second] == [
        name for name in ("humaneval", "evalperf", "codal_bench") for _ in range(2)
    ]
    assert second[5]["difference to baseline"] == "+0.30 (-0.15 to +0.75) ≈"


def test_prompt_sensitivity_has_each_wording_and_their_range() -> None:
    (line,) = lines(WORDING, benchmark="humaneval", start="pretrained", variant="dpo-0")
    assert line["score by wording"] == (
        "complete 10.0 % (5.0 to 20.0); evalplus 25.0 % (10.0 to 40.0)"
    )
    assert (line["tasks"], line["range"]) == ("20", "15.0")


def test_one_wording_is_said_to_be_one() -> None:
    one = {"complete": {"n_tasks": 60, "pass_at_1": 0.1, "low": 0.05, "high": 0.2}}
    keys = ("humaneval", "dpo-0", "by_wording")
    change("score_benchmark/m-pretrained.json", *keys, value=one)
    (line,) = lines(WORDING, benchmark="humaneval", start="pretrained", variant="dpo-0")
    assert line["range"] == "one wording"


def test_speed_says_its_counter_and_that_it_stands_beside_no_leaderboard() -> None:
    (line,) = lines(SPEED, start="finetuned", variant="rft-0")
    assert (line["DPS"], line["normalised DPS"]) == ("52.0 (47.0 to 57.0)", "42.0")
    assert line["counter"] == "cpu_time"
    assert line["comparable with EvalPerf's leaderboard"] == "NO"


def test_it_is_said_among_the_limits_that_dps_is_not_comparable() -> None:
    said = "not comparable with EvalPerf's leaderboard"
    study = read_study(Path("metrics"), ALL)
    assert any(said in text for text in limits(study))
    assert "its DPS, in P1&#39;s main table" in render_html(make_page(study))
    for start in ("pretrained", "finetuned"):
        numbers: Any = read_json(Path(f"metrics/measure_performance/m-{start}.json"))
        for found in numbers["evalperf"].values():
            found["comparable_with_leaderboard"] = True
        write_json(Path(f"metrics/measure_performance/m-{start}.json"), numbers)
    assert not any(said in text for text in limits(read_study(Path("metrics"), ALL)))
    assert not any(said in text for text in limits(read_study(Path("metrics"), make_grid())))


def test_ratings_have_dimensions_lost_judgements_and_both_means() -> None:
    (line,) = lines(RATED, start="pretrained", variant="dpo-0")
    assert line["mean rating"] == "4.50 (4.00 to 5.00)"
    assert line["by dimension"] == "readability 4.50 (3.50 to 4.50), n 10; style -, n 0"
    assert line["by how they ended"] == "rated 18, refused 0, unparsable 2"
    assert (line["judgements"], line["mean if a lost one were 0"]) == ("20", "3.60")


def test_the_agreement_of_passes_has_its_kappa_and_interval_by_benchmark() -> None:
    found = lines(AGREED)
    assert [line["benchmark"] for line in found] == ["codal_bench", "overall"]
    assert found[0]["between"] == "passes 0 1"
    assert (found[0]["weighted kappa"], found[0]["interval"]) == ("0.625", "0.500 to 0.750")
    assert (found[0]["answers"], found[0]["without both"]) == ("40", "2")


def test_without_judged_benchmarks_and_evalperf_their_tables_are_not_there() -> None:
    small = make_grid()
    write_metrics(Path(), small)
    found = tables(small)
    assert not {SPEED, RATED, AGREED, "The judge"} & set(found)
    assert P1 in found and QUALITY in found


def test_code_quality_has_a_line_for_each_variant_with_means_and_losses() -> None:
    (line,) = lines(QUALITY, benchmark="humaneval", start="pretrained", variant="dpo-0")
    assert (line["lines"], line["documented"]) == ("7.2 (6.5 to 8.0)", "-")
    assert (line["answers"], line["without code, not Python"]) == ("60", "1, 2")
    assert len(lines(QUALITY)) == 3 * 7


def test_the_budget_has_each_source_in_the_unit_of_its_score() -> None:
    (passed,) = lines(OWED, benchmark="humaneval", start="m-pretrained", method="dpo")
    assert (passed["wording"], passed["task"]) == ("5.00 (n 2)", "2.50 (n 60)")
    assert passed["seed"] == "- (one seed)"
    (rated,) = lines(OWED, benchmark="codal_bench", start="m-pretrained", method="baseline")
    assert rated["wording"] == "0.45 (n 2)"


def test_the_control_and_the_harness_have_one_line_where_starts_agree() -> None:
    (control,) = lines(CONTROL, benchmark="humaneval")
    assert control["starts"] == "m-pretrained, m-finetuned"
    assert (control["passed"], control["failed"]) == ("60 of 60", "-")
    (harness,) = lines(HARNESS, benchmark="humaneval")
    assert (harness["sha256"], harness["fingerprint"]) == ("0123456789ab", "f00d")
    assert harness["CPU limit"] == "3 s, plus tests 8 s"
    assert harness["samples"] == "1 at temperature 0"


def test_a_control_that_failed_is_listed_for_its_start() -> None:
    file, keys = "score_benchmark/m-finetuned.json", ("humaneval", "canonical")
    for name, value in (
        ("n_passed", 59),
        ("failed", "HumanEval/32: failed"),
        ("judged_again", "HumanEval/32"),
        ("n_inputs_skipped", 1),
        ("inputs_skipped", "HumanEval/3 plus 7"),
    ):
        change(file, *keys, name, value=value)
    first, second = lines(CONTROL, benchmark="humaneval")
    assert (first["starts"], second["starts"]) == ("m-pretrained", "m-finetuned")
    assert second["passed"] == "59 of 60"
    assert (second["failed"], second["judged again"]) == ("HumanEval/32: failed", "HumanEval/32")
    assert second["inputs skipped"] == "1: HumanEval/3 plus 7"


def test_bounds_are_shown_for_a_score_that_lacks_a_verdict_and_no_other() -> None:
    assert MISSING not in tables()
    keys = ("humaneval", "dpo-0")
    for name, value in (("n_tasks", 59), ("lowest", 0.08), ("highest", 0.1)):
        change("score_benchmark/m-pretrained.json", *keys, name, value=value)
    (line,) = lines(MISSING)
    assert (line["start"], line["variant"]) == ("pretrained", "dpo-0")
    assert (line["tasks answered"], line["with a verdict"]) == ("60", "59")
    assert line["if the others failed, passed"] == "8.0 to 10.0"


def test_pass_at_1_is_of_program_benchmarks_alone() -> None:
    study = read_study(Path("metrics"), ALL)
    page = make_page(study)
    assert [one.name for one in page.benchmarks] == ["humaneval", "evalperf"]
    assert readme_table(study, "humaneval").count("\n") == 1 + 7
    assert "codal_bench" not in scores_csv(study)


def test_pass_at_1_on_evalperf_has_no_difference_for_that_is_of_another_score() -> None:
    study = read_study(Path("metrics"), ALL)
    (line,) = [row for row in readme_table(study, "evalperf").splitlines() if "| rft-0 |" in row][
        :1
    ]
    assert line.endswith("| 10.0 % | 6.7 to 18.3 | - | - | - | - |")


def test_both_pages_hold_every_table_of_a_study_with_all_kinds() -> None:
    page = make_page(read_study(Path("metrics"), ALL))
    markdown, html = render_markdown(page), render_html(page)
    for title in tables():
        assert f"## {title}\n" in markdown
        assert title.replace("'", "&#39;") in html


@pytest.mark.parametrize(
    ("file", "keys", "message"),
    [
        ("judge_completions.json", ("m-pretrained",), r"judge_completions\.json: no 'm-pretrained"),
        ("measure_performance/m-pretrained.json", ("evalperf", "dpo-0"), r"no 'evalperf\.dpo-0'"),
        ("measure_quality/m-finetuned.json", ("humaneval", "rft-0"), r"no 'humaneval\.rft-0'"),
        ("compare_models.json", ("variance",), "variance: Field required"),
        ("score_benchmark/m-finetuned.json", ("humaneval", "harness"), r"humaneval\.harness"),
    ],
)
def test_a_number_that_is_not_there_is_named(
    file: str, keys: tuple[str, ...], message: str
) -> None:
    numbers: Any = read_json(Path("metrics") / file)
    part = numbers
    for key in keys[:-1]:
        part = part[key]
    del part[keys[-1]]
    write_json(Path("metrics") / file, numbers)
    with pytest.raises(DataError, match=message):
        make_page(read_study(Path("metrics"), ALL))
