"""Executed responses to pairs."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from codepref.errors import DataError
from codepref.execution.rows import Execution, Verdict
from codepref.files import read_json
from codepref.pairs.build import build_pairs
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import Executed, join_executions, normal_form
from codepref.pairs.rows import Pair, Policy
from codepref.sampling.rows import Response
from codepref.tables import read_table, write_table
from stages.build_pairs import main
from tests.alignment.cells import execution, response


def config(**changes: object) -> BuildPairsConfig:
    values: dict[str, object] = {
        "policy": "random_one",
        "seed": 0,
        "rejected_verdicts": ["failed", "error", "syntax_error"],
        "max_completion_tokens": None,
    }
    return BuildPairsConfig.model_validate({**values, **changes})


def executed(i: int, *verdicts: str) -> list[Executed]:
    """Responses to instruction i, all different programs."""
    answers = [response(i, k, f"x = {k}") for k in range(len(verdicts))]
    return [Executed(a, execution(a, v)) for a, v in zip(answers, verdicts, strict=True)]


def build(items: list[Executed], **changes: object) -> list[Pair]:
    return build_pairs(items, config(**changes), start_digest="0").pairs


def counts(items: list[Executed], name: str, **changes: object) -> dict[str, int]:
    value = build_pairs(items, config(**changes), start_digest="0").counts[name]
    assert isinstance(value, dict)
    return value


def test_chosen_passed_and_rejected_failed() -> None:
    (pair,) = build(executed(1, "failed", "passed", "timeout"))
    assert (pair.chosen_response_id, pair.rejected_response_id) == ("response1.1", "response1.0")
    assert (pair.n_samples, pair.n_passed) == (3, 1)


def test_a_pair_is_on_policy_where_the_start_to_be_trained_wrote_it() -> None:
    items = executed(1, "failed", "passed")
    assert build_pairs(items, config(), start_digest="0").pairs[0].on_policy
    assert not build_pairs(items, config(), start_digest="other").pairs[0].on_policy


@pytest.mark.parametrize(
    ("verdicts", "rule"),
    [(("failed", "timeout"), "no_passing"), (("passed", "infra_error"), "no_failing")],
)
def test_instructions_without_both_sides_are_counted(verdicts: tuple[str, ...], rule: str) -> None:
    items = executed(1, *verdicts)
    assert build(items) == []
    assert {name for name, n in counts(items, "instructions_dropped").items() if n} == {rule}


def test_programs_that_differ_in_layout_only_make_no_pair() -> None:
    same = [response(1, 0, "x = 1  # one"), response(1, 1, "x  =  1")]
    items = [Executed(same[0], execution(same[0], "passed"))]
    items.append(Executed(same[1], execution(same[1], "failed")))
    assert build(items) == []
    assert counts(items, "instructions_dropped")["identical_after_normalisation"] == 1


def test_cut_off_unclosed_and_long_responses_are_left_out_by_name() -> None:
    answers = [
        response(1, 0, "x = 0", finish_reason="length"),
        response(1, 1, "x = 1", completion="\nx = 1"),
        response(1, 2, "x = 2", n_tokens=99),
        response(1, 3, "x = 3"),
    ]
    items = [Executed(answer, execution(answer, "passed")) for answer in answers]
    found = counts(items, "responses", max_completion_tokens=50)
    assert {name: n for name, n in found.items() if n} == {
        "chosen": 1,
        "truncated": 1,
        "no_closing_fence": 1,
        "too_long": 1,
    }


def test_every_verdict_is_counted_zeros_too() -> None:
    found = counts(executed(1, "passed", "failed", "flaky"), "responses")
    assert found["flaky"] == 1 and found["tampered"] == 0 and found["out_of_memory"] == 0
    assert sum(found.values()) == 3


def test_crashes_are_rejected_only_where_the_params_say_so() -> None:
    items = executed(1, "passed", "crashed")
    assert build(items) == []
    assert len(build(items, rejected_verdicts=["crashed"])) == 1


@pytest.mark.parametrize("verdict", ["timeout", "wall_timeout", "flaky", "vacuous", "infra_error"])
def test_what_the_machine_or_the_tests_may_have_done_cannot_be_rejected_for(verdict: str) -> None:
    with pytest.raises(ValidationError, match="rejected_verdicts"):
        config(rejected_verdicts=[verdict])


def test_a_response_that_could_reach_into_its_tests_is_never_chosen() -> None:
    passed, failed = (response(1, k, f"x = {k}") for k in range(2))
    items = [
        Executed(passed, execution(passed, "passed", flags=["_getframe"])),
        Executed(failed, execution(failed, "failed", flags=["_getframe"])),
    ]
    assert build(items) == []
    found = counts(items, "responses")
    assert (found["flagged"], found["chosen"], found["rejected"]) == (1, 0, 1)


def test_pairs_depend_neither_on_order_nor_on_other_instructions() -> None:
    group = executed(2, "passed", "failed", "passed", "failed", "passed", "error")
    together = build([*executed(1, "passed", "failed"), *reversed(group)])
    assert [p for p in together if p.instruction_id == "instruction2"] == build(group)


def test_another_seed_draws_another_pair() -> None:
    items = executed(2, *["passed", "failed"] * 8)
    assert len({build(items, seed=seed)[0].pair_id for seed in range(5)}) > 1


def graded(policy: Policy) -> Pair:
    answers = [response(1, k, f"x = {k}") for k in range(4)]
    verdicts: list[tuple[Verdict, int]] = [("passed", 4), ("failed", 3), ("failed", 1)]
    verdicts.append(("failed", 2))
    items = [
        Executed(a, execution(a, v, tests_passed=n, tests_total=4))
        for a, (v, n) in zip(answers, verdicts, strict=True)
    ]
    return build(items, policy=policy)[0]


def test_best_worst_rejects_the_response_that_passes_fewest_tests() -> None:
    assert graded("best_worst").rejected_response_id == "response1.2"


def test_instructions_are_counted_by_how_many_of_their_samples_passed() -> None:
    items = executed(1, "passed", "failed") + executed(2, "failed", "failed")
    assert counts(items, "instructions_by_n_passed") == {"0": 1, "1": 1, "2": 0}


def test_a_response_without_execution_is_refused() -> None:
    answer = response(1, 0, "x = 1")
    with pytest.raises(DataError, match="1 responses without execution"):
        join_executions([answer], [])
    with pytest.raises(DataError, match="1 executions without response"):
        join_executions([], [execution(answer, "passed")])


def test_mixed_prompts_of_one_instruction_are_refused() -> None:
    answers = [response(1, 0, "x = 0"), response(1, 1, "x = 1", prompt="another")]
    items = [Executed(answer, execution(answer, "passed")) for answer in answers]
    with pytest.raises(DataError, match="2 different prompts or generators"):
        build(items)


def test_a_program_that_does_not_parse_is_compared_by_its_lines() -> None:
    assert normal_form("def f(:  \n") == normal_form("def f(:")
    assert normal_form("def f(:") != normal_form("def g(:")


def run_stage_on(items: list[Executed], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    YAML().dump({"build_pairs": config().model_dump()}, Path("params.yaml"))
    start = Path("start")
    start.mkdir(exist_ok=True)
    (start / "manifest.json").write_text(
        '{"model": "m", "start": "s", "template": "plain", "kind": "local", "source": "x", '
        '"revision": null, "licence": "MIT", "parameters": 1, "files": {}, "digest": "0", '
        '"parent_digest": null}'
    )
    write_table(Path("responses.parquet"), [item.response for item in items], Response)
    write_table(Path("executions.parquet"), [item.execution for item in items], Execution)
    files = ("responses.parquet", "executions.parquet", "pairs.parquet", "metrics.json")
    main(start, *map(Path, files))


def test_the_stage_writes_the_same_bytes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = executed(1, "passed", "failed") + executed(2, "failed", "passed")
    run_stage_on(items, tmp_path, monkeypatch)
    first = [Path(name).read_bytes() for name in ("pairs.parquet", "metrics.json")]
    run_stage_on(items[::-1], tmp_path, monkeypatch)
    assert [Path(name).read_bytes() for name in ("pairs.parquet", "metrics.json")] == first


def test_no_pairs_is_an_empty_table_and_a_clear_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_stage_on(executed(1, "failed", "failed"), tmp_path, monkeypatch)
    assert read_table(Path("pairs.parquet"), Pair) == []
    assert read_json(Path("metrics.json"))["n_pairs"] == 0
    assert "0 pairs" in caplog.text and "no_passing" in caplog.text


def test_no_responses_at_all_is_no_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_stage_on([], tmp_path, monkeypatch)
    assert read_json(Path("metrics.json"))["chosen_tokens"] is None
