"""Stage check_contamination on files: planted copies in each table, what is removed, same bytes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Task
from codepref.contamination import search
from codepref.contamination.counts import read_hits, touched_tasks
from codepref.contamination.rows import Hit, removed_by
from codepref.errors import DataError
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from stages import check_contamination as stage
from tests.contamination.bounds import PARAMS
from tests.contamination.planted import MADE, renamed
from tests.lineage.fake_study import INSTRUCTION, SEED
from tests.lineage.fake_study import response as fake_response

SOLUTION = MADE.canonical_solution


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with params and one made task."""
    monkeypatch.chdir(tmp_path)
    params = YAML(typ="safe").load(PARAMS)
    params["grid"]["searched"] = ["humaneval"]
    YAML(typ="safe").dump(params, Path("params.yaml"))
    write_table(Path("benchmarks/humaneval.parquet"), [MADE], Task)


def instruction(name: str, **changes: Any) -> Instruction:
    values = {"instruction_id": name, "seed_id": None, **changes}
    return INSTRUCTION.model_copy(update=values)


def response(name: str, of: str, **changes: Any) -> Response:
    return fake_response("m", 0).model_copy(
        update={"response_id": name, "instruction_id": of, "tests": None, **changes}
    )


def run(
    *,
    seeds: Sequence[Seed] = (),
    instructions: Sequence[Instruction] = (),
    responses: Sequence[Response] = (),
) -> list[Hit]:
    write_table(Path("seeds.parquet"), seeds, Seed)
    write_table(Path("instructions.parquet"), instructions, Instruction)
    write_table(Path("responses.parquet"), responses, Response)
    stage.main(
        benchmarks=Path("benchmarks"),
        seeds=Path("seeds.parquet"),
        instructions=Path("instructions.parquet"),
        responses=Path("responses.parquet"),
        contamination=Path("contamination/m.parquet"),
        metrics=Path("metrics.json"),
    )
    return read_table(Path("contamination/m.parquet"), Hit)


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return found


def test_a_copy_in_a_response_is_shown_beside_its_task_and_removed() -> None:
    rows = [
        response("copy", "i", solution=renamed(SOLUTION), completion="as I said:"),
        response("own", "i", solution="def f(x):\n    return x\n"),
    ]
    (hit,) = run(instructions=[instruction("i")], responses=rows)
    assert (hit.kind, hit.row_id, hit.instruction_id) == ("response", "copy", "i")
    assert (hit.benchmark, hit.task_id, hit.method) == ("humaneval", "HumanEval/7", "ast")
    assert (hit.score, hit.removes) == (1.0, True)
    assert hit.row_text.startswith("def count_flips_other(stones_other):")
    assert hit.task_text.startswith("def count_flips(stones):")
    counts = metrics()
    assert counts["rows"] == {"seed": 0, "instruction": 1, "response": 2}
    assert counts["removed"] == {"seed": 0, "instruction": 0, "response": 1}
    assert counts["hits"]["response"]["humaneval"] == {
        "task_id": 0,
        "ngram": 0,
        "minhash": 0,
        "ast": 1,
        "test_inputs": 0,
    }
    assert counts["tasks"] == {"humaneval": {"n_tasks": 1, "hit": 1, "touched": 1}}


def test_a_text_in_an_instruction_removes_all_responses_to_it() -> None:
    rows = [response("a", "copied"), response("b", "copied"), response("c", "other")]
    asked = [instruction("copied", text=f"Please: {MADE.text}"), instruction("other")]
    hits = run(instructions=asked, responses=rows)
    assert {(hit.kind, hit.row_id, hit.method) for hit in hits} == {
        ("instruction", "copied", "ngram"),
        ("instruction", "copied", "minhash"),
    }
    assert metrics()["removed"] == {"seed": 0, "instruction": 1, "response": 2}
    assert metrics()["tasks"]["humaneval"]["touched"] == 0


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"problem_id": "humaneval/007"}, "task_id"),
        ({"reference": renamed(SOLUTION)}, "ast"),
        (
            {
                "tests": [
                    "assert f('black white white') == 1",
                    "assert f([10, 0, 0, 1, 1, 0, 1, 10]) == 2",
                ]
            },
            "test_inputs",
        ),
    ],
)
def test_an_instruction_is_searched_by(changes: dict[str, Any], method: str) -> None:
    (hit,) = run(instructions=[instruction("i", **changes)])
    assert (hit.method, hit.removes, hit.instruction_id) == (method, True, "i")


def test_of_two_texts_of_a_row_the_higher_score_counts() -> None:
    some = " ".join(MADE.text.split()[:11])
    rest = "and whatever else there is to say about rivers, boats, ropes, knots and the weather"
    asked = [
        instruction("a", text=f"{some} {rest}", reference=f'"{MADE.text}"'),
        instruction("b", text=MADE.text, reference=f'"{some} {rest}"'),
    ]
    hits = [hit for hit in run(instructions=asked) if hit.method == "ngram"]
    assert [(hit.row_id, hit.score) for hit in sorted(hits, key=lambda hit: hit.row_id)] == [
        ("a", 1.0),
        ("b", 1.0),
    ]


def test_a_responses_own_tests_are_searched() -> None:
    tests = "assert f('black white white') == 1\nassert f('white white black white') == 2"
    (hit,) = run(instructions=[instruction("i")], responses=[response("r", "i", tests=tests)])
    assert (hit.kind, hit.method) == ("response", "test_inputs")


def test_a_seed_stands_for_each_instruction_written_from_it() -> None:
    seed = SEED.model_copy(update={"seed_id": "s", "code": SOLUTION})
    unused = SEED.model_copy(update={"seed_id": "unused", "code": renamed(SOLUTION)})
    asked = [instruction("a", seed_id="s"), instruction("b", seed_id="s"), instruction("c")]
    hits = run(seeds=[seed, unused], instructions=asked)
    by_tree = {(hit.row_id, hit.instruction_id) for hit in hits if hit.method == "ast"}
    assert by_tree == {("s", "a"), ("s", "b"), ("unused", None)}
    assert removed_by(hits).instructions == {"a", "b"}
    assert metrics()["removed"] == {"seed": 2, "instruction": 2, "response": 0}


def test_many_rows_of_one_text_have_a_hit_each_and_the_bytes_are_the_same_again() -> None:
    rows = [response(f"r{i}", "i", solution=SOLUTION) for i in range(5)]
    hits = run(instructions=[instruction("i")], responses=rows)
    assert {hit.row_id for hit in hits} == {f"r{i}" for i in range(5)}
    first = Path("contamination/m.parquet").read_bytes(), Path("metrics.json").read_bytes()
    run(instructions=[instruction("i")], responses=rows[::-1])
    assert first == (
        Path("contamination/m.parquet").read_bytes(),
        Path("metrics.json").read_bytes(),
    )


@pytest.mark.slow
def test_two_processes_find_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        response(f"r{i}", "i", solution=renamed(SOLUTION).replace("% 2", f"% {i}"))
        for i in range(40)
    ]
    alone = run(instructions=[instruction("i")], responses=rows)
    assert len(alone) == 40
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "TEXTS_AT_ONCE", 3)
    assert run(instructions=[instruction("i")], responses=rows) == alone


def test_nothing_at_all_is_counted_with_zeros() -> None:
    assert run() == []
    assert metrics()["removed"] == {"seed": 0, "instruction": 0, "response": 0}


def test_a_table_of_other_rows_is_named() -> None:
    write_table(Path("seeds.parquet"), [], Seed)
    write_table(Path("instructions.parquet"), [], Instruction)
    write_table(Path("responses.parquet"), [], Task)
    with pytest.raises(
        DataError, match=r"responses\.parquet: holds rows of Task, expected Response"
    ):
        stage.main(
            Path("benchmarks"),
            Path("seeds.parquet"),
            Path("instructions.parquet"),
            Path("responses.parquet"),
            Path("out.parquet"),
            Path("metrics.json"),
        )
    assert not Path("out.parquet").exists()


def hit(task: str, *, kind: str, row: str, of: str | None, removes: bool = False) -> Hit:
    return Hit.model_validate(
        {
            "hit_id": f"{task} {kind} {row}",
            "kind": kind,
            "row_id": row,
            "instruction_id": of,
            "benchmark": "humaneval",
            "task_id": task,
            "method": "ngram",
            "score": 0.5,
            "removes": removes,
            "row_text": "",
            "task_text": "",
        }
    )


def test_a_task_is_touched_unless_all_that_meets_it_is_out_of_training_by_instruction() -> None:
    hits = [
        hit("1", kind="response", row="r1", of="a"),
        hit("2", kind="response", row="r2", of="a", removes=True),
        hit("3", kind="instruction", row="b", of="b", removes=True),
        hit("3", kind="response", row="r3", of="b"),
        hit("4", kind="seed", row="s", of=None, removes=True),
        hit("5", kind="seed", row="s", of="c"),
    ]
    assert touched_tasks(hits) == {"humaneval": {"1", "2", "5"}}


def test_hits_are_read_of_every_generator_and_a_missing_table_is_named() -> None:
    write_table(Path("c/a.parquet"), [hit("1", kind="instruction", row="i", of="i")], Hit)
    write_table(Path("c/b.parquet"), [hit("1", kind="instruction", row="i", of="i")], Hit)
    Path("c/stale.parquet").write_text("not looked at")
    assert len(read_hits(Path("c"), ["a", "b"])) == 1
    with pytest.raises(DataError, match=r"c/other\.parquet: no such file"):
        read_hits(Path("c"), ["a", "other"])
