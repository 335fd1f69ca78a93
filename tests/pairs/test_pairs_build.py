"""Executed responses to pairs."""

from collections import Counter
from typing import NamedTuple

import pytest
from pydantic import ValidationError

from codepref.contamination.rows import removed_by
from codepref.execution.rows import Verdict
from codepref.pairs.build import PairBuilder
from codepref.pairs.eligibility import EligibilityConfig, Executed
from codepref.pairs.rewards import REWARDS, Reward
from codepref.pairs.rows import LabelledResponse, Pair, Policy
from codepref.pairs.split import SplitConfig, split_of
from codepref.pairs.summary import Lengths, summarise_pairs
from codepref.records import Json
from tests.alignment.cells import execution, join, response
from tests.pairs.executed_items import ELIGIBILITY, config, executed, judged

NOTHING = removed_by([])
ALL_TRAIN = SplitConfig(held_out=0.0, seed=0)


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
    items = judged(answers, "passed", "failed")
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
    items = judged(answers, "passed", "failed")
    assert len(build(items)) == 1
    assert build(items, constraints=constraints) == []
    dropped = counts(items, "instructions_dropped", constraints=constraints)
    assert {name for name, n in dropped.items() if n} == {rule}


def test_a_combination_that_breaks_a_constraint_makes_room_for_the_next() -> None:
    answers = [response(1, k, f"x = {k}", n_tokens=n) for k, n in enumerate((10, 11, 30))]
    items = judged(answers, "passed", "failed", "failed")
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


def test_instructions_are_counted_by_how_many_of_their_samples_passed() -> None:
    found = build_all(executed(1, "passed", "failed"), executed(2, "failed", "failed")).counts
    assert found["instructions_by_n_passed"] == {"0": 1, "1": 1, "2": 0}
