"""Responses joined with their executions and their siblings' tests."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.execution.rows import Agreement, Execution
from codepref.pairs.eligibility import Executed
from codepref.pairs.executed import read_executed
from codepref.sampling.rows import Response
from codepref.tables import write_table
from tests.alignment.cells import execution, join, response

ANSWERS = [response(i, k, f"x = {k}") for i in range(3) for k in range(4)]


def agreement(of: Response, tests_id: str, verdict: str) -> Agreement:
    return Agreement.model_validate(
        {
            "agreement_id": f"{of.response_id} {tests_id}",
            "response_id": of.response_id,
            "tests_id": tests_id,
            "verdict": verdict,
            "tests_passed": 1,
            "tests_total": 1,
            "failure": "",
        }
    )


def read(
    answers: Sequence[Response],
    executions: Sequence[Execution],
    agreements: Sequence[Agreement] | None = None,
) -> list[list[Executed]]:
    write_table(Path("r.parquet"), answers, Response)
    write_table(Path("e.parquet"), executions, Execution)
    if agreements is not None:
        write_table(Path("a.parquet"), agreements, Agreement)
    siblings = None if agreements is None else Path("a.parquet")
    return list(read_executed(Path("r.parquet"), Path("e.parquet"), siblings))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_each_instruction_has_its_responses_in_order_whole() -> None:
    executions = [execution(a, "failed", flags=["exec"]) for a in ANSWERS]
    found = read(ANSWERS[::-1], executions)
    assert found == [
        [
            join(a, e)._replace(agreed=[])
            for a, e in list(zip(ANSWERS, executions, strict=True))[4 * i : 4 * i + 4]
        ]
        for i in range(3)
    ]


def test_siblings_tests_that_passed_are_listed_and_all_that_ran_counted() -> None:
    first, second = ANSWERS[:2]
    runs = [agreement(first, "t2", "passed"), agreement(first, "t1", "passed")]
    runs.append(agreement(first, "t3", "failed"))
    (items,) = read([first, second], [execution(a, "passed") for a in (first, second)], runs)
    assert [(item.agreed, item.n_siblings) for item in items] == [(["t1", "t2"], 3), ([], 0)]


def test_a_response_without_execution_is_named_with_both_files() -> None:
    some = [execution(a, "passed") for a in ANSWERS[1:]]
    with pytest.raises(DataError, match=r"r\.parquet: 1 responses \(response0\.0\) without .*e\."):
        read(ANSWERS, some)


def test_an_execution_without_response_is_named() -> None:
    with pytest.raises(DataError, match=r"e\.parquet: 1 responses \(response0\.0\) that r\.parq"):
        read(ANSWERS[1:], [execution(a, "passed") for a in ANSWERS])


def test_a_response_executed_twice_is_named() -> None:
    rows = [execution(a, "passed") for a in ANSWERS]
    again = rows[3].model_copy(update={"execution_id": "another"})
    with pytest.raises(DataError, match=r"e\.parquet: response response0\.3 was executed twice"):
        read(ANSWERS, [*rows, again])


def test_a_siblings_test_of_an_unknown_response_is_named() -> None:
    stray = agreement(response(9, 9, ""), "t", "passed")
    with pytest.raises(DataError, match=r"a\.parquet: 1 responses \(response9\.9\) that r\.parq"):
        read(ANSWERS, [execution(a, "passed") for a in ANSWERS], [stray])


def test_mixed_prompts_of_one_instruction_are_refused() -> None:
    answers = [response(1, 0, "x = 0"), response(1, 1, "x = 1", prompt="another")]
    with pytest.raises(DataError, match="instruction instruction1 have 2 different prompts"):
        read(answers, [execution(a, "passed") for a in answers])


def test_no_responses_are_no_groups() -> None:
    assert read([], []) == []
