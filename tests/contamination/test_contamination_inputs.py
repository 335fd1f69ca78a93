"""Inputs of tests, and the ids of problems."""

import json

from codepref.contamination.matches import Match
from tests.contamination.planted import MADE, made_matcher

MATCHER = made_matcher()


def met(*tests: str) -> list[Match]:
    return MATCHER.tests(["\n".join(tests)])[0]


BOTH = (
    "assert other( ( 10,0,0, 1, 1, 0, 1, 10 ) ) == 3",
    "assert other('white white black white') == 2",
)


def test_equal_inputs_are_found_whatever_the_name_the_spaces_and_the_brackets() -> None:
    (match,) = met(*BOTH)
    assert (match.score, match.method) == (1.0, "test_inputs")
    assert match.row_text == "other('white white black white')"
    assert match.task_text == "count_flips('white white black white')"


def test_the_score_is_the_share_of_the_rows_distinctive_inputs() -> None:
    others = ("assert other([77, 7, 7, 7, 7, 7, 7, 77]) == 1", "assert other([0]) == 0")
    (match,) = met(*BOTH, *others)
    assert match.score == 2 / 3  # [0] is in too many tests to count


def test_one_shared_input_may_be_chance() -> None:
    assert met(BOTH[0]) == []


def test_short_inputs_and_others_are_none() -> None:
    assert met("assert other([0]) == 1", "assert other([10, 0, 0, 1, 1, 0, 1, 12]) == 1") == []


def test_an_input_that_several_tasks_share_is_not_looked_at() -> None:
    tasks = [MADE.model_copy(update={"task_id": f"HumanEval/{i}"}) for i in range(3)]
    assert made_matcher(*tasks).tests(["\n".join(BOTH)]) == [[]]


def test_inputs_of_a_check_are_read_from_its_program() -> None:
    check = "\n".join(
        ["def check(candidate):", *(f"    {test.replace('other', 'candidate')}" for test in BOTH)]
    )
    task = MADE.model_copy(update={"test": check, "base_inputs": "", "plus_inputs": ""})
    (match,) = made_matcher(task).tests(["\n".join(BOTH)])[0]
    assert match.score == 1.0


def test_tests_that_are_no_python_or_no_calls_meet_nothing() -> None:
    case = json.dumps({"stdin": "white white black white", "stdout": "1"})
    assert MATCHER.tests(["white white black white (", case]) == [[], []]


def test_a_problem_is_the_task_of_its_id_whatever_its_text() -> None:
    mbpp = MADE.model_copy(update={"task_id": "Mbpp/601", "benchmark": "mbpp_plus"})
    matcher = made_matcher(MADE, mbpp)
    (match,) = matcher.problem("mbpp/601", "A text in other words.")
    assert (matcher.tasks[match.task].task_id, match.method, match.score) == (
        "Mbpp/601",
        "task_id",
        1.0,
    )
    assert matcher.removes(match)
    assert [matcher.problem(name, "") for name in ("mbpp/60", "starter/601", "")] == [[], [], []]
