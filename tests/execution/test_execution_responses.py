"""Responses against given and self-written tests, through the stage."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.execution.cases import write_cases
from codepref.execution.responses import count_executions, make_work
from codepref.execution.rows import Agreement, Execution
from codepref.execution.walls import Walls
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from stages.execute_responses import main

PARAMS = """
execute_responses:
  isolation: auto
  pool: local
  workers: 2
  cpu_limit_s: 2
  memory_limit_mib: 256
  output_limit_kib: 64
  repeats: 2
"""


def instruction(name: str, tests: list[str]) -> Instruction:
    return Instruction(
        instruction_id=name,
        origin="problems" if tests else "generated",
        seed_id=None,
        problem_id=None,
        category="function",
        difficulty="easy",
        language="python",
        concepts=[],
        text="Add two numbers.",
        entry_point="add",
        test_setup="",
        tests=tests,
        reference=None,
        source="made",
        licence="Apache-2.0",
        generator_digest=None,
        prompt_sha256=None,
    )


def response(name: str, of: str, solution: str, tests: str | None = None) -> Response:
    return Response(
        response_id=name,
        instruction_id=of,
        sample_index=0,
        prompt="p",
        completion=solution,
        solution=solution,
        tests=tests,
        finish_reason="length" if name == "cut" else "stop",
        n_tokens=1,
        logprob_sum=None,
        generator_digest="d",
        template="plain",
        engine="made",
        temperature=0.8,
        top_p=1.0,
        max_new_tokens=1,
        seed=0,
    )


GOOD = "def add(a, b):\n    return a + b\n"
INSTRUCTIONS = [
    instruction("given", ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]),
    instruction("own", []),
    instruction("io", write_cases(["1 2\n", "0 0\n"], ["3\n", "0\n"])),
]
RESPONSES = [
    response("good", "given", GOOD),
    response("bad", "given", "def add(a, b):\n    return a * b\n"),
    response("cut", "given", "def add(a, b):\n    retu"),
    response("tested", "own", GOOD, "assert add(1, 2) == 3"),
    response("untested", "own", GOOD),
    response("untestable", "own", GOOD, "assert add(1, 2) != 5"),
    response(
        "searches", "own", "import gc\ndef add(a, b):\n    return 4\n", "assert add(2, 2) == 4"
    ),
    response("whole", "io", "print(sum(map(int, input().split())))\n"),
    response("half", "io", "print(3)\n"),
]


def test_given_tests_come_before_a_responses_own() -> None:
    work = {one.response.response_id: one for one in make_work(RESPONSES, INSTRUCTIONS)}
    (good,), (tested,), (untested,) = (work[n].jobs for n in ("good", "tested", "untested"))
    assert (good.tests, good.mode, good.self_written) == (INSTRUCTIONS[0].tests, "split", False)
    assert (tested.tests, tested.mode) == (["assert add(1, 2) == 3"], "script")
    assert tested.self_written
    assert untested.tests == [""]


def test_a_whole_program_has_a_run_for_each_case() -> None:
    tests = write_cases(["1 2\n", "0 0\n"], ["3\n", "0\n"])
    (one,) = make_work([response("r", "io", GOOD)], [instruction("io", tests)])
    assert [(job.mode, job.inputs, job.tests) for job in one.jobs] == [
        ("stdio", [b"1 2\n"], []),
        ("stdio", [b"0 0\n"], []),
    ]


def test_tests_of_which_one_is_no_case_are_statements() -> None:
    tests = [*write_cases(["1"], ["2"]), "assert add(1, 2) == 3"]
    (one,) = make_work([response("r", "io", GOOD)], [instruction("io", tests)])
    assert [job.mode for job in one.jobs] == ["split"]


def test_a_response_to_an_unknown_instruction_is_named() -> None:
    with pytest.raises(DataError, match=r"1 responses answer an instruction.* first stray"):
        make_work([response("stray", "gone", GOOD)], INSTRUCTIONS)


def test_no_responses_give_zero_counts_and_no_rate() -> None:
    counts = count_executions([], [])
    assert counts["n_responses"] == 0
    assert counts["pass_rate"] is None
    assert set(counts["verdicts"].values()) == {0}  # type: ignore[union-attr]


def run_stage_in(folder: Path, *, sibling_tests: bool) -> dict[str, bytes]:
    folder.mkdir()
    os.chdir(folder)
    Path("params.yaml").write_text(PARAMS + f"  sibling_tests: {str(sibling_tests).lower()}\n")
    write_table(Path("instructions.parquet"), INSTRUCTIONS, Instruction)
    write_table(Path("responses.parquet"), RESPONSES, Response)
    names = ("instructions", "responses", "executions", "agreements")
    main(*(Path(f"{name}.parquet") for name in names), Path("metrics.json"))
    made = ("executions.parquet", "agreements.parquet", "metrics.json")
    return {name: Path(name).read_bytes() for name in made}


@pytest.fixture
def elsewhere(tmp_path: Path, walls: Walls) -> Iterator[Path]:  # noqa: ARG001 - skips without walls
    here = Path.cwd()
    yield tmp_path
    os.chdir(here)


def test_the_stage_labels_every_response(elsewhere: Path, walls: Walls) -> None:
    first = run_stage_in(elsewhere / "first", sibling_tests=False)
    rows = {row.response_id: row for row in read_table(Path("executions.parquet"), Execution)}
    assert {name: (row.verdict, row.mode) for name, row in rows.items()} == {
        "good": ("passed", "split"),
        "bad": ("failed", "split"),
        "cut": ("error", "split"),
        "tested": ("passed", "script"),
        "untested": ("no_tests", "script"),
        "untestable": ("vacuous", "script"),
        "searches": ("passed", "script"),
        "whole": ("passed", "stdio"),
        "half": ("failed", "stdio"),
    }
    assert (rows["bad"].tests_passed, rows["bad"].tests_total) == (1, 2)
    assert rows["bad"].failure == "assert add(1, 2) == 3: AssertionError"
    assert (rows["half"].tests_passed, rows["half"].tests_total) == (1, 2)
    assert rows["half"].failure == r"expected '0\n', found '3\n'"
    assert {row.isolation for row in rows.values()} == {walls.isolation}
    assert {name for name, row in rows.items() if row.flags} == {"searches"}
    metrics = json.loads(Path("metrics.json").read_text())
    assert (metrics["verdicts"]["passed"], metrics["verdicts"]["timeout"]) == (4, 0)
    assert metrics["pass_rate"] == round(4 / 9, 6)
    assert metrics["modes"] == {"split": 3, "stdio": 2, "script": 4}
    assert metrics["tests"]["given"]["n_responses"] == 5
    assert metrics["tests"]["self_written"]["verdicts"]["vacuous"] == 1
    assert (metrics["n_truncated"], metrics["n_truncated_passed"]) == (1, 0)
    assert metrics["n_flagged"] == 1
    assert metrics["sibling_tests"] == {"n_runs": 0, "verdicts": {}}
    assert run_stage_in(elsewhere / "second", sibling_tests=False) == first


def test_responses_are_run_against_each_others_tests_where_params_say_so(elsewhere: Path) -> None:
    run_stage_in(elsewhere / "siblings", sibling_tests=True)
    rows = read_table(Path("agreements.parquet"), Agreement)
    own = {
        row.response_id: row.tests_id for row in read_table(Path("executions.parquet"), Execution)
    }
    authors = {tests_id: name for name, tests_id in own.items()}
    found = {(row.response_id, authors[row.tests_id]): row.verdict for row in rows}
    assert found == {
        (name, author): "failed" if (name, author) == ("searches", "tested") else "passed"
        for name in ("tested", "untested", "untestable", "searches")
        for author in ("tested", "untestable", "searches")
        if name != author
    }
