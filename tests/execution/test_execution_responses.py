"""Responses against given and self-written tests, through the stage."""

import json
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.execution.responses import count_executions, make_jobs
from codepref.execution.rows import Execution
from codepref.execution.walls import Walls
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from stages.execute_responses import main

PARAMS = """
execute_responses:
  isolation: auto
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
]
RESPONSES = [
    response("good", "given", GOOD),
    response("bad", "given", "def add(a, b):\n    return a * b\n"),
    response("cut", "given", "def add(a, b):\n    retu"),
    response("tested", "own", GOOD, "assert add(1, 2) == 3"),
    response("untested", "own", GOOD),
]


def test_given_tests_come_before_a_responses_own() -> None:
    jobs = {job.job_id: job for job in make_jobs(RESPONSES, INSTRUCTIONS)}
    assert jobs["good"].tests == INSTRUCTIONS[0].tests
    assert not jobs["good"].self_written
    assert jobs["tested"].tests == ["assert add(1, 2) == 3"]
    assert jobs["tested"].self_written
    assert jobs["untested"].tests == [""]


def test_a_response_to_an_unknown_instruction_is_named() -> None:
    with pytest.raises(DataError, match=r"1 responses answer an instruction.* first stray"):
        make_jobs([response("stray", "gone", GOOD)], INSTRUCTIONS)


def test_no_responses_give_zero_counts_and_no_rate() -> None:
    counts = count_executions([], [], [])
    assert counts["n_responses"] == 0
    assert counts["pass_rate"] is None
    assert set(counts["verdicts"].values()) == {0}  # type: ignore[union-attr]


def run_stage_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("params.yaml").write_text(PARAMS)
    write_table(Path("instructions.parquet"), INSTRUCTIONS, Instruction)
    write_table(Path("responses.parquet"), RESPONSES, Response)
    main(
        Path("instructions.parquet"),
        Path("responses.parquet"),
        Path("executions.parquet"),
        Path("metrics.json"),
    )
    return Path("executions.parquet").read_bytes(), Path("metrics.json").read_bytes()


def test_the_stage_labels_every_response(
    tmp_path: Path,
    walls: Walls,  # noqa: ARG001 - skips where there is no isolation
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = run_stage_in(tmp_path / "first", monkeypatch)
    rows = {row.response_id: row for row in read_table(Path("executions.parquet"), Execution)}
    assert {name: row.verdict for name, row in rows.items()} == {
        "good": "passed",
        "bad": "failed",
        "cut": "error",
        "tested": "passed",
        "untested": "no_tests",
    }
    assert (rows["bad"].tests_passed, rows["bad"].tests_total) == (1, 2)
    assert rows["bad"].failure == "assert add(1, 2) == 3: AssertionError"
    assert {row.isolation for row in rows.values()} == {"bubblewrap"}
    metrics = json.loads(Path("metrics.json").read_text())
    assert metrics["verdicts"]["timeout"] == 0
    assert metrics["pass_rate"] == 0.4
    assert metrics["tests"]["given"]["n_responses"] == 3
    assert metrics["tests"]["self_written"]["verdicts"]["no_tests"] == 1
    assert (metrics["n_truncated"], metrics["n_truncated_passed"]) == (1, 0)
    assert metrics["n_run_twice"] == 4
    assert run_stage_in(tmp_path / "second", monkeypatch) == first
