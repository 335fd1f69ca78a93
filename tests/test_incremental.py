"""What a change costs: only what is new is generated and executed, whatever DVC runs again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ruamel.yaml import YAML

from codepref.config import load_params
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.rows import Execution
from codepref.execution.verdicts import Finding
from codepref.sampling.engine import Request, SamplingParams
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.fewshots import FewShot, draw_shots
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from tests.calling import call_stage
from tests.fake_engine import FakeEngines
from tests.pipeline import ROOT
from tests.selfalign.selfalign_config import SHOTS, seed_named
from tests.tiny_start import make_tiny_start

KEY = "tiny-pretrained"
NAMES = [f"name{number}" for number in range(20)]
SHOTS_ASKED = {"concepts": 2, "instruction": 2, "response": 1}
TEN_SHOTS = [SHOTS[0].model_copy(update={"snippet": f"x = {i}"}) for i in range(10)]
FEWSHOTS = Path("codepref/selfalign/fewshots.yaml")


def step_of(params: SamplingParams) -> str:
    """What a request with these params is for."""
    if params.stop == ["\n"]:
        return "concepts"
    return {90: "instruction", 70: "tests"}.get(params.max_new_tokens, "solution")


def answer(request: Request, params: SamplingParams) -> str:
    """An answer that depends on the row alone."""
    key = request.key
    return {
        "concepts": " sorting, lists, loops\n",
        "instruction": f" Give {key} to {key}, {key} and {key} if {key} or {key} asks {key}.",
        "tests": f"\nassert f() == '{key}'\n```",
        "solution": f"\ndef f():\n    return '{key}'\n```",
    }[step_of(params)]


class CountingPool:
    """Stands for a pool: every program passes."""

    isolation = "none"
    at_once = 100
    ran: ClassVar[list[str]] = []

    def measure(
        self, jobs: Mapping[str, Job], config: ExecutionConfig
    ) -> Iterator[tuple[str, Finding]]:
        del config
        for key, job in jobs.items():
            CountingPool.ran.append(job.job_id)
            yield key, Finding("passed", 1, 1, "", "")


@contextmanager
def open_counting_pool(config: ExecutionConfig) -> Iterator[CountingPool]:
    """Stand for `open_pool`."""
    del config
    yield CountingPool()


class Pipeline:
    """A workspace of seeds, examples and params, and the three stages on them."""

    def __init__(self, root: Path, engines: FakeEngines) -> None:
        self.engines = engines
        self.params: dict[str, Any] = load_params(ROOT / "params.yaml")
        self.params["write_instructions"] |= {"origins": ["generated"], "generator": KEY}
        self.params["write_instructions"]["concepts"] |= {"shots": SHOTS_ASKED["concepts"]}
        self.params["write_instructions"]["instruction"] = {"shots": 2, "max_new_tokens": 90}
        self.params["sample_responses"] |= {"n": 2, "shots": 1, "max_new_test_tokens": 70}
        self.params["engine"] |= {"backend": "transformers", "max_model_len": 9000}
        make_tiny_start(root / "models/starts" / KEY)
        self.write_seeds(NAMES)
        self.write_shots(TEN_SHOTS)

    def write_seeds(self, names: Sequence[str]) -> None:
        """Give these seeds."""
        write_table(Path("data/judged_seeds.parquet"), [seed_named(name) for name in names], Seed)

    def write_shots(self, shots: Sequence[FewShot]) -> None:
        """Give these examples."""
        FEWSHOTS.parent.mkdir(parents=True, exist_ok=True)
        FEWSHOTS.write_text(json.dumps([shot.model_dump() for shot in shots]))

    def run(self) -> tuple[list[tuple[str, str]], list[str]]:
        """Run all three; give what was generated, by step and row, and what was executed."""
        YAML().dump(self.params, Path("params.yaml"))
        self.engines.asked, CountingPool.ran = [], []
        call_stage("write_instructions", self.params)
        call_stage("sample_responses", self.params, key=KEY)
        call_stage("execute_responses", self.params, key=KEY)
        asked = [(step_of(params), request.key) for request, params in self.engines.asked]
        return asked, CountingPool.ran


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A pipeline that has run once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    engines = FakeEngines(answer)
    monkeypatch.setattr("stages.write_instructions.LazyEngines", engines)
    monkeypatch.setattr("stages.sample_responses.LazyEngines", engines)
    monkeypatch.setattr("stages.execute_responses.open_pool", open_counting_pool)
    made = Pipeline(tmp_path, engines)
    generated, executed = made.run()
    n = len(NAMES)
    assert count(generated) == {"concepts": n, "instruction": n, "solution": 2 * n, "tests": 2 * n}
    assert len(executed) == 2 * n
    return made


def count(generated: Sequence[tuple[str, str]]) -> dict[str, int]:
    steps = [step for step, _ in generated]
    return {step: steps.count(step) for step in sorted(set(steps))}


def drawn(row_id: str, step: str, seed: int) -> list[FewShot]:
    return draw_shots(TEN_SHOTS, SHOTS_ASKED[step], seed=seed, row_id=row_id, step=step)


def responses() -> list[Response]:
    return read_table(Path(f"data/responses/{KEY}.parquet"), Response)


def test_the_same_again_generates_and_executes_nothing(pipeline: Pipeline) -> None:
    assert pipeline.run() == ([], [])


def test_one_more_seed_costs_its_own_rows_only(pipeline: Pipeline) -> None:
    """One list of concepts, one instruction, two answers with tests, two programs."""
    before = {row.response_id for row in responses()}
    pipeline.write_seeds([*NAMES, "new"])
    generated, executed = pipeline.run()
    assert count(generated) == {"concepts": 1, "instruction": 1, "solution": 2, "tests": 2}
    assert {key for step, key in generated if step == "concepts"} == {seed_named("new").seed_id}
    after = {row.response_id for row in responses()}
    assert before < after
    assert set(executed) == after - before


def test_one_more_sample_an_instruction_costs_the_new_samples_only(pipeline: Pipeline) -> None:
    before = {row.response_id for row in responses()}
    pipeline.params["sample_responses"]["n"] = 3
    generated, executed = pipeline.run()
    assert count(generated) == {"solution": len(NAMES), "tests": len(NAMES)}
    assert {key.rpartition("/")[2] for _, key in generated} == {"2"}
    assert set(executed) == {row.response_id for row in responses()} - before
    assert len(executed) == len(NAMES)


def test_a_changed_snippet_costs_the_concepts_that_were_drawn_from_it(pipeline: Pipeline) -> None:
    """No answer changes here, so that nothing below the concepts is asked again."""
    changed = TEN_SHOTS[3]
    pipeline.write_shots(
        [*TEN_SHOTS[:3], changed.model_copy(update={"snippet": "y"}), *TEN_SHOTS[4:]]
    )
    seed = pipeline.params["write_instructions"]["seed"]
    ids = [seed_named(name).seed_id for name in NAMES]
    wanted = {name for name in ids if changed in drawn(name, "concepts", seed)}
    assert 0 < len(wanted) < len(NAMES)
    generated, executed = pipeline.run()
    assert set(generated) == {("concepts", name) for name in wanted}
    assert executed == []


def test_changed_tests_of_an_example_cost_the_tests_that_saw_them(pipeline: Pipeline) -> None:
    """The answers saw no tests, so that they stay."""
    changed = TEN_SHOTS[5]
    other = changed.model_copy(update={"tests": ["assert f(2) == 2"]})
    pipeline.write_shots([*TEN_SHOTS[:5], other, *TEN_SHOTS[6:]])
    seed = pipeline.params["sample_responses"]["seed"]
    rows = read_table(Path("data/instructions.parquet"), Instruction)
    ids = [row.instruction_id for row in rows]
    wanted = {name for name in ids if changed in drawn(name, "response", seed)}
    assert 0 < len(wanted) < len(NAMES)
    generated, _ = pipeline.run()
    assert set(generated) == {("tests", f"{name}/{i}") for name in wanted for i in range(2)}


def test_a_changed_answer_of_an_example_costs_the_answers_that_saw_it(pipeline: Pipeline) -> None:
    changed = TEN_SHOTS[5]
    other = changed.model_copy(update={"response": "def f(x):\n    return 0 + x"})
    pipeline.write_shots([*TEN_SHOTS[:5], other, *TEN_SHOTS[6:]])
    seed = pipeline.params["sample_responses"]["seed"]
    rows = read_table(Path("data/instructions.parquet"), Instruction)
    ids = [row.instruction_id for row in rows]
    wanted = {name for name in ids if changed in drawn(name, "response", seed)}
    generated, executed = pipeline.run()
    assert count(generated) == {"solution": 2 * len(wanted), "tests": 2 * len(wanted)}
    assert {key.rpartition("/")[0] for _, key in generated} == wanted
    assert executed == []  # the fake gives the same answers, and equal programs run once


def test_one_more_response_executes_that_one_only(pipeline: Pipeline) -> None:
    rows = responses()
    new = rows[0].model_copy(update={"response_id": "new", "solution": "def f():\n    return 1\n"})
    write_table(Path(f"data/responses/{KEY}.parquet"), [*rows, new], Response)
    CountingPool.ran = []
    call_stage("execute_responses", pipeline.params, key=KEY)
    assert CountingPool.ran == ["new"]
    executions = read_table(Path(f"data/executions/{KEY}.parquet"), Execution)
    assert len(executions) == len(rows) + 1


def test_a_tenth_more_seeds_cost_at_most_15_percent_of_all(pipeline: Pipeline) -> None:
    n_generated, n_executed = len(pipeline.engines.asked), len(CountingPool.ran)
    pipeline.write_seeds([*NAMES, "new1", "new2"])
    generated, executed = pipeline.run()
    assert 0 < len(generated) <= 0.15 * n_generated
    assert 0 < len(executed) <= 0.15 * n_executed
