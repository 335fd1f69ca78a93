"""Executed responses to pairs."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from codepref.contamination.rows import Hit, Kind, removed_by
from codepref.errors import DataError
from codepref.execution.rows import Agreement, Execution, Verdict
from codepref.files import read_json
from codepref.pairs.build import PairBuilder
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import EligibilityConfig, Executed
from codepref.pairs.programs import same_program
from codepref.pairs.rewards import REWARDS, Reward
from codepref.pairs.rows import LabelledResponse, Pair, Policy
from codepref.pairs.split import SplitConfig, split_of
from codepref.pairs.summary import Lengths, summarise_pairs
from codepref.records import Json
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from stages.build_pairs import main
from tests.alignment.cells import execution, instruction, join, response

NOTHING = removed_by([])
ALL_TRAIN = SplitConfig(held_out=0.0, seed=0)
ELIGIBILITY = EligibilityConfig(max_completion_tokens=None, placeholders=False)


def config(**changes: object) -> BuildPairsConfig:
    values: dict[str, object] = {
        "policy": "random_one",
        "k": 1,
        "reward": "passed",
        "seed": 0,
        "rejected_verdicts": ["failed", "error", "syntax_error"],
        "constraints": {"min_edit_distance": 0.0, "max_length_ratio": None},
        "near_duplicates": {
            "jaccard": 0.7,
            "instruction": False,
            "chosen": False,
            "program": False,
        },
    }
    return BuildPairsConfig.model_validate({**values, **changes})


def executed(i: int, *verdicts: str) -> list[Executed]:
    """Responses to instruction i, all different programs."""
    return judged([response(i, k, f"x = {k}") for k in range(len(verdicts))], *verdicts)


def judged(answers: list[Response], *verdicts: str) -> list[Executed]:
    return [join(a, execution(a, v)) for a, v in zip(answers, verdicts, strict=True)]


class Everything(NamedTuple):
    """What came of several instructions."""

    pairs: list[Pair]
    labelled: list[LabelledResponse]
    counts: dict[str, Json]


def build_all(
    *groups: list[Executed],
    split: SplitConfig = ALL_TRAIN,
    eligibility: EligibilityConfig = ELIGIBILITY,
    **changes: object,
) -> Everything:
    builder = PairBuilder(config(**changes), eligibility, split, NOTHING)
    built = [builder.build(items) for items in groups]
    return Everything(
        [pair for one in built for pair in one.pairs],
        [row for one in built for row in one.labelled],
        builder.counts(),
    )


def build(items: list[Executed], **changes: object) -> list[Pair]:
    return build_all(items, **changes).pairs  # type: ignore[arg-type]


def counts(items: list[Executed], name: str, **changes: object) -> dict[str, int]:
    value = build_all(items, **changes).counts[name]  # type: ignore[arg-type]
    assert isinstance(value, dict)
    return value


def test_chosen_passed_and_rejected_failed() -> None:
    (pair,) = build(executed(1, "failed", "passed", "timeout"))
    assert (pair.chosen_response_id, pair.rejected_response_id) == ("response1.1", "response1.0")
    assert (pair.n_samples, pair.n_passed) == (3, 1)


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
    items = [join(same[0], execution(same[0], "passed"))]
    items.append(join(same[1], execution(same[1], "failed")))
    assert build(items) == []
    assert counts(items, "instructions_dropped")["identical_after_normalisation"] == 1


def test_cut_off_unclosed_and_long_responses_are_left_out_by_name() -> None:
    answers = [
        response(1, 0, "x = 0", finish_reason="length"),
        response(1, 1, "x = 1", completion="\nx = 1"),
        response(1, 2, "x = 2", n_tokens=99),
        response(1, 3, "x = 3"),
    ]
    items = [join(answer, execution(answer, "passed")) for answer in answers]
    short = EligibilityConfig(max_completion_tokens=50, placeholders=False)
    found = counts(items, "responses", eligibility=short)
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


def test_a_response_that_could_reach_into_its_tests_stands_on_neither_side() -> None:
    passed, failed = (response(1, k, f"x = {k}") for k in range(2))
    items = [
        join(passed, execution(passed, "passed", flags=["_getframe"])),
        join(failed, execution(failed, "failed", flags=["_getframe"])),
    ]
    assert build(items) == []
    found = counts(items, "responses")
    assert (found["flagged"], found["chosen"], found["rejected"]) == (2, 0, 0)


def test_pairs_do_not_depend_on_other_instructions() -> None:
    group = executed(2, "passed", "failed", "passed", "failed", "passed", "error")
    together = build_all(executed(1, "passed", "failed"), group).pairs
    assert [p for p in together if p.instruction_id == "instruction2"] == build(group)


def test_a_program_that_lacks_a_module_says_nothing_of_its_logic() -> None:
    items = executed(1, "passed", "error")
    failure = "program: ModuleNotFoundError: No module named 'numpy'"
    items[1] = items[1]._replace(failure=failure)
    assert build(items) == []
    assert counts(items, "responses")["import_missing"] == 1


def test_an_answer_that_leaves_work_to_the_reader_is_left_out_on_both_sides() -> None:
    answers = [response(1, 0, "x = 0  # TODO"), response(1, 1, "def f():\n    pass")]
    items = [join(a, execution(a, v)) for a, v in zip(answers, ("passed", "failed"), strict=True)]
    assert counts(items, "responses")["placeholder"] == 2
    kept = EligibilityConfig(max_completion_tokens=None, placeholders=True)
    assert len(build(items, eligibility=kept)) == 1


def test_a_pair_says_why_it_was_picked() -> None:
    answers = [response(1, k, f"x = {k}" * (k + 1), n_tokens=10 * (k + 1)) for k in range(3)]
    executions = [
        execution(answers[0], "passed", tests_passed=3, tests_total=3),
        execution(answers[1], "failed", tests_passed=1, tests_total=3),
        execution(answers[2], "syntax_error", tests_passed=0, tests_total=0),
    ]
    items = [join(a, e) for a, e in zip(answers, executions, strict=True)]
    (pair,) = build(items, policy="length_matched")
    told = "3 of 3 tests passed against 1 of 3 tests passed; the closest in length of"
    assert pair.reason == f"{told} 2 combinations"
    assert (pair.chosen_verdict, pair.rejected_verdict) == ("passed", "failed")
    assert pair.length_ratio == 2.0
    assert pair.edit_distance == pytest.approx(6 / 10)  # "x = 0" to "x = 1x = 1"


@pytest.mark.parametrize(
    ("constraints", "rule"),
    [
        ({"min_edit_distance": 0.5, "max_length_ratio": None}, "too_similar"),
        ({"min_edit_distance": 0.0, "max_length_ratio": 1.5}, "unequal_length"),
    ],
)
def test_a_constraint_that_leaves_no_combination_is_named(
    constraints: dict[str, object], rule: str
) -> None:
    answers = [response(1, k, f"x = {k}", n_tokens=10 * (k + 1)) for k in range(2)]
    items = [join(a, execution(a, v)) for a, v in zip(answers, ("passed", "failed"), strict=True)]
    assert len(build(items)) == 1
    assert build(items, constraints=constraints) == []
    dropped = counts(items, "instructions_dropped", constraints=constraints)
    assert {name for name, n in dropped.items() if n} == {rule}


def test_a_combination_that_breaks_a_constraint_makes_room_for_the_next() -> None:
    answers = [response(1, k, f"x = {k}", n_tokens=n) for k, n in enumerate((10, 11, 30))]
    verdicts = ("passed", "failed", "failed")
    items = [join(a, execution(a, v)) for a, v in zip(answers, verdicts, strict=True)]
    bound = {"min_edit_distance": 0.0, "max_length_ratio": 2.0}
    drawn = {build(items, seed=s, constraints=bound)[0].rejected_response_id for s in range(9)}
    assert drawn == {"response1.1"}


def test_another_seed_draws_another_pair() -> None:
    items = executed(2, *["passed", "failed"] * 8)
    assert len({build(items, seed=seed)[0].pair_id for seed in range(5)}) > 1


def graded(policy: Policy, reward: Reward) -> Pair:
    """Build the pair of one pass and of fails on 1, 2 and 3 of 4 tests."""
    answers = [response(1, k, f"x = {k}") for k in range(4)]
    verdicts: list[tuple[Verdict, int]] = [("passed", 4), ("failed", 3), ("failed", 1)]
    verdicts.append(("failed", 2))
    items = [
        join(a, execution(a, v, tests_passed=n, tests_total=4))
        for a, (v, n) in zip(answers, verdicts, strict=True)
    ]
    return build(items, policy=policy, reward=reward)[0]


def test_best_worst_rejects_the_response_that_passes_fewest_tests() -> None:
    pair = graded("best_worst", "fraction_of_tests")
    assert pair.rejected_response_id == "response1.2"
    assert (pair.chosen_reward, pair.rejected_reward) == (1.0, 0.25)
    assert pair.rewards == [0.25, 0.5, 0.75, 1.0]


def test_with_a_reward_for_passing_alone_best_worst_is_random_one() -> None:
    """Every failing response is worth 0, so all are worst, and both draw by the same seed."""
    best, random = graded("best_worst", "passed"), graded("random_one", "passed")
    assert best.rejected_response_id == random.rejected_response_id
    assert best.rewards == random.rewards == [0.0, 0.0, 0.0, 1.0]


def test_a_pair_knows_the_rewards_of_responses_that_may_not_stand_in_one() -> None:
    """best-of-n draws from all samples, so its target needs them: here a timeout."""
    (pair,) = build(executed(1, "failed", "passed", "timeout"))
    assert pair.rewards == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("verdict", "n_passed", "n_tests", "worth"),
    [
        ("passed", 4, 4, 1.0),
        ("failed", 1, 4, 0.25),
        ("failed", 0, 4, 0.0),
        ("failed", 4, 4, 0.75),  # all held and the program failed after them
        ("passed", 0, 0, 1.0),
        ("error", 0, 0, 0.0),
    ],
)
def test_the_fraction_of_tests_is_1_only_where_the_program_passed(
    verdict: str, n_passed: int, n_tests: int, worth: float
) -> None:
    answer = response(1, 0, "x = 1")
    counted = execution(answer, verdict, tests_passed=n_passed, tests_total=n_tests)
    item = join(answer, counted)
    assert REWARDS["fraction_of_tests"](item) == worth
    assert REWARDS["passed"](item) == float(verdict == "passed")


def test_labels_are_all_responses_that_may_stand_in_a_pair() -> None:
    """Also those of an instruction that gives no pair."""
    items = [executed(1, "passed", "failed", "timeout", "error"), executed(2, "passed")]
    labelled = build_all(*items).labelled
    assert [(row.response_id, row.label, row.verdict) for row in labelled] == [
        ("response1.0", "chosen", "passed"),
        ("response1.1", "rejected", "failed"),
        ("response1.3", "rejected", "error"),
        ("response2.0", "chosen", "passed"),
    ]


def test_pairs_and_labels_of_one_instruction_have_one_split() -> None:
    items = [executed(i, "passed", "failed", "failed") for i in range(40)]
    split = SplitConfig(held_out=0.5, seed=0)
    built = build_all(*items, split=split)
    expected = {f"instruction{i}": split_of(f"instruction{i}", split) for i in range(40)}
    assert set(expected.values()) == {"train", "held_out"}
    for row in (*built.pairs, *built.labelled):
        assert row.split == expected[row.instruction_id]
    lengths = {pair.pair_id: Lengths(1, 1) for pair in built.pairs}
    by_split = Counter(expected[pair.instruction_id] for pair in built.pairs)
    assert summarise_pairs(built.pairs, lengths)["n_pairs_by_split"] == dict(by_split)


def test_about_the_given_part_of_instructions_is_held_out() -> None:
    """Of 10,000 with chance 0.2 the number held out is 2,000 with standard deviation 40."""
    split = SplitConfig(held_out=0.2, seed=0)
    held_out = sum(split_of(str(i), split) == "held_out" for i in range(10_000))
    assert abs(held_out - 2000) < 4 * 40


def test_a_larger_part_holds_out_the_same_instructions_and_more() -> None:
    def held_out(part: float, seed: int = 0) -> set[int]:
        split = SplitConfig(held_out=part, seed=seed)
        return {i for i in range(200) if split_of(str(i), split) == "held_out"}

    assert held_out(0.0) == set()
    assert held_out(0.1) < held_out(0.3)
    assert held_out(0.3, seed=1) != held_out(0.3)


@pytest.mark.parametrize("part", [-0.1, 1.0])
def test_a_split_that_leaves_nothing_to_train_on_is_refused(part: float) -> None:
    with pytest.raises(ValidationError, match="held_out"):
        SplitConfig(held_out=part, seed=0)


def test_instructions_are_counted_by_how_many_of_their_samples_passed() -> None:
    found = build_all(executed(1, "passed", "failed"), executed(2, "failed", "failed")).counts
    assert found["instructions_by_n_passed"] == {"0": 1, "1": 1, "2": 0}


def test_a_program_that_does_not_parse_is_compared_by_its_lines() -> None:
    assert same_program("def f(:  \n", "def f(:")
    assert not same_program("def f(:", "def g(:")
    assert not same_program("def f(:", "def f(): ...")


def test_programs_are_compared_by_what_they_do_not_how_they_are_written() -> None:
    one = "def f(a):\n    # adds\n    return (a + 1.0)\n"
    assert same_program(one, "def f( a ):\n\n    return a+1.0")
    assert not same_program(one, one.replace("1.0", "1"))
    assert not same_program(one, one.replace("return (a + 1.0)", "return (a + 1.0), 2"))
    assert not same_program("x = [1, 2]", "x = [1]")
    assert same_program("", "# nothing")


@pytest.mark.parametrize("name", ["True", "1", "1.0", "1j", "'1'", "b'1'", "..."])
def test_equal_constants_of_other_types_are_other_programs(name: str) -> None:
    others = {"True", "1", "1.0", "1j", "'1'", "b'1'", "..."} - {name}
    assert not any(same_program(f"x = {name}", f"x = {other}") for other in others)


OUTPUTS = ("pairs.parquet", "labels.parquet", "metrics.json")


def number(item: Executed) -> int:
    return int(item.instruction_id.removeprefix("instruction"))


def run_stage_on(
    items: list[Executed],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    hits: Sequence[Hit] = (),
    **changes: object,
) -> None:
    monkeypatch.chdir(folder)
    sections = {
        "build_pairs": config(**changes).model_dump(),
        "eligibility": ELIGIBILITY.model_dump(),
        "split": {"held_out": 0.5, "seed": 0},
    }
    YAML().dump(sections, Path("params.yaml"))
    answers = [response(number(item), item.sample_index, item.solution) for item in items]
    ran = [execution(a, item.verdict) for a, item in zip(answers, items, strict=True)]
    write_table(Path("responses.parquet"), answers, Response)
    write_table(Path("executions.parquet"), ran, Execution)
    write_table(Path("contamination.parquet"), hits, Hit)
    write_table(Path("agreements.parquet"), [], Agreement)
    asked = sorted({number(item) for item in items})
    write_table(Path("instructions.parquet"), [instruction(i) for i in asked], Instruction)
    names = ("instructions", "responses", "executions", "agreements", "contamination")
    main(*(Path(f"{name}.parquet") for name in names), *map(Path, OUTPUTS))


def test_the_stage_writes_the_same_bytes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = executed(1, "passed", "failed") + executed(2, "failed", "passed")
    run_stage_on(items, tmp_path, monkeypatch)
    first = [Path(name).read_bytes() for name in OUTPUTS]
    run_stage_on(items[::-1], tmp_path, monkeypatch)
    assert [Path(name).read_bytes() for name in OUTPUTS] == first


def hit(kind: Kind, row_id: str, *, instruction_id: str | None, removes: bool) -> Hit:
    return Hit(
        hit_id=f"{kind} {row_id}",
        kind=kind,
        row_id=row_id,
        instruction_id=instruction_id,
        benchmark="humaneval",
        task_id="HumanEval/0",
        method="ngram",
        score=1.0,
        removes=removes,
        row_text="",
        task_text="",
    )


def test_what_meets_a_benchmark_is_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instruction 0 by its seed, one response of 1 by itself; 2 meets below the bound."""
    items = [item for i in range(4) for item in executed(i, "passed", "failed")]
    hits = [
        hit("seed", "seed0", instruction_id="instruction0", removes=True),
        hit("response", "response1.1", instruction_id="instruction1", removes=True),
        hit("instruction", "instruction2", instruction_id="instruction2", removes=False),
        hit("seed", "seed9", instruction_id=None, removes=True),
    ]
    run_stage_on(items, tmp_path, monkeypatch, hits)
    pairs = read_table(Path("pairs.parquet"), Pair)
    assert {pair.instruction_id for pair in pairs} == {"instruction2", "instruction3"}
    labelled = read_table(Path("labels.parquet"), LabelledResponse)
    assert "response1.0" in {row.response_id for row in labelled}
    assert len(labelled) == 5
    assert read_json(Path("metrics.json"))["responses"]["contaminated"] == 3


def test_no_pairs_is_an_empty_table_and_a_clear_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_stage_on(executed(1, "failed", "failed"), tmp_path, monkeypatch)
    assert read_table(Path("pairs.parquet"), Pair) == []
    assert len(read_table(Path("labels.parquet"), LabelledResponse)) == 2
    assert read_json(Path("metrics.json"))["n_pairs"] == 0
    assert "0 pairs" in caplog.text and "no_passing" in caplog.text


def test_a_repeat_of_another_instruction_gives_neither_pair_nor_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The passing answers of both are one text."""
    items = [item for i in (1, 2) for item in executed(i, "passed", "failed")]
    same = {"jaccard": 0.7, "instruction": False, "chosen": True, "program": False}
    run_stage_on(items, tmp_path, monkeypatch, near_duplicates=same)
    (pair,) = read_table(Path("pairs.parquet"), Pair)
    labelled = read_table(Path("labels.parquet"), LabelledResponse)
    assert {row.instruction_id for row in labelled} == {pair.instruction_id}
    assert len(labelled) == 2
    counted = read_json(Path("metrics.json"))
    assert counted["pairs_dropped"]["near_duplicate_chosen"] == 1
    assert counted["labels_dropped"] == {"near_duplicate": 2}


def test_an_answered_instruction_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_stage_on(executed(1, "passed", "failed"), tmp_path, monkeypatch)
    write_table(Path("instructions.parquet"), [], Instruction)
    names = ("instructions", "responses", "executions", "agreements", "contamination")
    told = r"instructions\.parquet: 1 instructions are answered and not there, first instruction1"
    for name in OUTPUTS:
        Path(name).unlink()
    with pytest.raises(DataError, match=told):
        main(*(Path(f"{name}.parquet") for name in names), *map(Path, OUTPUTS))
    assert not any(Path(name).exists() for name in OUTPUTS)


def test_no_responses_at_all_is_no_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_stage_on([], tmp_path, monkeypatch)
    assert read_json(Path("metrics.json"))["chosen_tokens"] is None
