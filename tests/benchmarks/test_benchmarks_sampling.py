from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Benchmark, Completion, Task
from codepref.benchmarks.sampling import Question, answer, ask, choose_tasks, count_completions
from codepref.benchmarks.variants import Variant
from codepref.checkpoints.manifest import Manifest, Start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.errors import ConfigError
from codepref.ledger import Ledger
from codepref.sampling.config import Backend
from codepref.sampling.engine import Engine, Request, Sample, SamplingParams
from tests.benchmarks.made_config import SAMPLING
from tests.benchmarks.made_tasks import checked_task
from tests.tiny_model import make_tiny_model

FIRST = checked_task(
    prompt="def f(x):\n    'x'\n", body="    return 1\n", test="", task_id="HumanEval/0"
)
SECOND = checked_task(
    prompt="def f(y):\n    'y'\n", body="    return 1\n", test="", task_id="HumanEval/1"
)
FIRST_PLUS = FIRST.model_copy(update={"benchmark": "humaneval_plus"})
BASELINE = Variant("baseline", None, "start")
START = Start(
    manifest=Manifest(
        model="tiny",
        start="pretrained",
        template="plain",
        kind="local",
        source="here",
        revision=None,
        licence="none",
        parameters=1,
        files={},
        digest="start",
        parent_digest=None,
    ),
    weights=Path("nowhere"),
)


class KilledError(Exception):
    """Stands for what ends a run."""


class FakeEngine:
    """Answers every prompt with the adapter's name, and remembers what it was asked."""

    name = "fake 1"

    def __init__(self, breaks_after: int | None = None) -> None:
        self.adapter: Path | None = None
        self.asked: list[Request] = []
        self.params: list[SamplingParams] = []
        self.breaks_after = breaks_after

    def load_adapter(self, adapter: Path | None) -> None:
        self.adapter = adapter

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        self.params.append(params)
        for request in requests:
            if len(self.asked) == self.breaks_after:
                raise KilledError
            self.asked.append(request)
            name = self.adapter.name if self.adapter else "start"
            yield (
                request.key,
                Sample(
                    completion=f"\ndef f(x):\n    return '{name}'\n```",
                    finish_reason="stop",
                    n_tokens=3,
                    logprob_sum=None,
                    engine=self.name,
                ),
            )

    def close(self) -> None:
        pass


class FakeEngines:
    backend: Backend = "transformers"
    dtype = "float32"

    def __init__(self, breaks_after: int | None = None) -> None:
        self.engine = FakeEngine(breaks_after)
        self.started = 0

    def get(self, start: Start) -> Engine:  # noqa: ARG002
        self.started += 1
        return self.engine


def changed(**params: Any) -> SampleBenchmarkConfig:
    return SampleBenchmarkConfig.model_validate(SAMPLING.model_dump() | params)


def numbered(count: int, benchmark: Benchmark = "humaneval") -> list[Task]:
    """Tasks of different prompts."""
    return [
        FIRST.model_copy(
            update={
                "task_id": f"HumanEval/{number}",
                "benchmark": benchmark,
                "text": f"{benchmark} {number}",
            }
        )
        for number in range(count)
    ]


def places(questions: list[Question]) -> list[tuple[str, str, str, int]]:
    return [
        (q.wording, q.task.benchmark, q.task.task_id.split("/")[1], q.request.sample_index)
        for q in questions
    ]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(load_tokenizer(make_tiny_model(tmp_path_factory.mktemp("tiny"))), "plain")


def rows_of(
    questions: list[Question],
    renderer: Renderer,
    engines: FakeEngines,
    ledger: Ledger,
    variant: Variant = BASELINE,
) -> list[Completion]:
    return answer(
        questions, variant, renderer=renderer, start=START, engines=engines, ledger=ledger
    )


def answered(
    tasks: list[Task],
    renderer: Renderer,
    engines: FakeEngines,
    ledger: Ledger,
    variant: Variant = BASELINE,
) -> list[str]:
    questions = ask(tasks, renderer, SAMPLING)
    return [row.solution for row in rows_of(questions, renderer, engines, ledger, variant)]


def test_tasks_that_share_a_prompt_share_a_sample(renderer: Renderer, tmp_path: Path) -> None:
    engines = FakeEngines()
    found = answered(
        [FIRST, SECOND, FIRST_PLUS], renderer, engines, Ledger(tmp_path / "samples.sqlite")
    )
    assert len(engines.engine.asked) == 2
    assert len(found) == 3


def test_no_engine_is_started_where_the_ledger_knows_all(
    renderer: Renderer, tmp_path: Path
) -> None:
    ledger, engines = Ledger(tmp_path / "samples.sqlite"), FakeEngines()
    first = answered([FIRST], renderer, engines, ledger)
    assert answered([FIRST], renderer, engines, ledger) == first
    assert engines.started == 1


def test_each_variant_is_answered_by_its_own_adapter(renderer: Renderer, tmp_path: Path) -> None:
    ledger, engines = Ledger(tmp_path / "samples.sqlite"), FakeEngines()
    aligned = Variant("dpo-0", tmp_path / "dpo-0", "start and adapter")
    assert "'start'" in answered([FIRST], renderer, engines, ledger)[0]
    assert "'dpo-0'" in answered([FIRST], renderer, engines, ledger, aligned)[0]


def test_every_variant_is_asked_with_the_same_seeds(renderer: Renderer) -> None:
    drawn = changed(n=2, temperature=0.8)
    first, again = ask([FIRST, SECOND], renderer, drawn), ask([SECOND, FIRST], renderer, drawn)
    assert {q.request.seed for q in first} == {q.request.seed for q in again}
    assert len({q.request.seed for q in first}) == 4


def test_several_greedy_samples_are_refused() -> None:
    with pytest.raises(ValidationError, match="n is 3 at temperature 0"):
        changed(n=3)


def test_completions_are_counted_by_benchmark_and_variant(
    renderer: Renderer, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "samples.sqlite")
    rows = rows_of(ask([FIRST, SECOND], renderer, SAMPLING), renderer, FakeEngines(), ledger)
    cut = rows[0].model_copy(update={"finish_reason": "length", "completion": " "})
    assert count_completions([cut, rows[1]]) == {
        "humaneval": {
            "baseline": {
                "n_tasks": 2,
                "n_samples": 2,
                "n_truncated": 1,
                "n_empty": 1,
                "n_tokens": 6,
                "n_by_wording": {"complete": 2},
                "policy_digest": "start",
            }
        }
    }


def test_the_main_wording_puts_all_tasks_and_others_the_first_of_each_benchmark(
    renderer: Renderer,
) -> None:
    config = changed(wordings={"request": None, "terse": 1, "evalplus": None})
    asked = places(ask([*numbered(2), *numbered(2, "mbpp")], renderer, config))
    both = [("humaneval", "0"), ("humaneval", "1"), ("mbpp", "0"), ("mbpp", "1")]
    assert asked == [
        *(("request", *place, 0) for place in both),
        ("terse", "humaneval", "0", 0),
        ("terse", "mbpp", "0", 0),
        *(("evalplus", *place, 0) for place in both),
    ]


def test_judged_tasks_are_put_in_the_main_wording_only(renderer: Renderer) -> None:
    config = changed(wordings={"terse": None, "request": None})
    judged = [
        task.model_copy(update={"dimension": "style"})
        for task in numbered(2, "starter_instructions")
    ]
    assert {(q.wording, q.task.benchmark) for q in ask([FIRST, *judged], renderer, config)} == {
        ("terse", "humaneval"),
        ("request", "humaneval"),
        ("terse", "starter_instructions"),
    }


def test_a_benchmark_may_be_drawn_in_its_own_way(renderer: Renderer) -> None:
    config = changed(benchmarks={"mbpp": {"n": 3, "temperature": 1.0}}, max_new_tokens=7)
    drawn = ask([*numbered(1), *numbered(1, "mbpp")], renderer, config)
    assert [
        (q.task.benchmark, q.request.sample_index, q.params.temperature, q.params.max_new_tokens)
        for q in drawn
    ] == [("humaneval", 0, 0.0, 7), *(("mbpp", index, 1.0, 7) for index in range(3))]


def test_a_draw_of_one_benchmark_that_makes_no_sense_is_named() -> None:
    with pytest.raises(
        ValidationError, match=r"(?s)benchmarks\.evalperf: .*n is 100 at temperature 0"
    ):
        changed(benchmarks={"evalperf": {"n": 100}})
    with pytest.raises(ValidationError, match=r"(?s)benchmarks\.mbpp: .*top_p"):
        changed(benchmarks={"mbpp": {"top_p": 1.5}})


def test_a_study_without_a_wording_is_refused() -> None:
    with pytest.raises(ValidationError, match="wordings"):
        changed(wordings={})


def test_tasks_are_chosen_by_id_in_order_of_number(renderer: Renderer) -> None:
    config = changed(tasks={"humaneval": ["HumanEval/10", "HumanEval/2", "HumanEval/7"]}, limit=2)
    chosen = choose_tasks(numbered(12), "humaneval", config)
    assert [task.task_id for task in chosen] == ["HumanEval/2", "HumanEval/7"]
    assert len(choose_tasks(numbered(12, "mbpp"), "mbpp", config)) == 2
    assert places(ask(chosen, renderer, config)) == [
        ("complete", "humaneval", "2", 0),
        ("complete", "humaneval", "7", 0),
    ]


@pytest.mark.parametrize(
    ("named", "found"),
    [(["HumanEval/1", "HumanEval/9", "Mbpp/1"], "got HumanEval/9, Mbpp/1"), ([], "got none")],
)
def test_ids_that_the_benchmark_does_not_have_are_named(named: list[str], found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_tasks(numbered(3), "humaneval", changed(tasks={"humaneval": named}))
    message = str(caught.value)
    assert message.startswith("sample_benchmark.tasks.humaneval: expected ids of its 3 tasks")
    assert message.endswith(found)


def test_a_prompt_of_two_benchmarks_is_drawn_once_for_each_sample(
    renderer: Renderer, tmp_path: Path
) -> None:
    questions = ask([FIRST, FIRST_PLUS], renderer, changed(n=3, temperature=0.5))
    engines = FakeEngines()
    rows = rows_of(questions, renderer, engines, Ledger(tmp_path / "samples.sqlite"))
    assert [request.sample_index for request in engines.engine.asked] == [0, 1, 2]
    assert len({row.completion_id for row in rows}) == len(rows) == 6


def test_a_prompt_that_two_benchmarks_draw_otherwise_is_drawn_for_each(
    renderer: Renderer, tmp_path: Path
) -> None:
    config = changed(benchmarks={"humaneval_plus": {"max_new_tokens": 99}})
    engines = FakeEngines()
    questions = ask([FIRST, FIRST_PLUS], renderer, config)
    rows = rows_of(questions, renderer, engines, Ledger(tmp_path / "samples.sqlite"))
    assert [params.max_new_tokens for params in engines.engine.params] == [8, 99]
    assert [row.benchmark for row in rows] == ["humaneval", "humaneval_plus"]


def test_each_wording_gives_a_completion_of_its_own(renderer: Renderer, tmp_path: Path) -> None:
    config = changed(wordings={"complete": None, "evalplus": None})
    ledger = Ledger(tmp_path / "samples.sqlite")
    rows = rows_of(ask([FIRST], renderer, config), renderer, FakeEngines(), ledger)
    assert [row.wording for row in rows] == ["complete", "evalplus"]
    assert len({row.completion_id for row in rows}) == 2
    counts = count_completions(rows)["humaneval"]["baseline"]  # type: ignore[index, call-overload]
    assert counts["n_by_wording"] == {"complete": 1, "evalplus": 1}  # type: ignore[index, call-overload]


def test_a_killed_run_goes_on_with_the_completions_that_are_missing(
    renderer: Renderer, tmp_path: Path
) -> None:
    questions = ask([FIRST, SECOND], renderer, changed(n=3, temperature=0.5))
    ledger, killed, again = (
        Ledger(tmp_path / "l.sqlite"),
        FakeEngines(breaks_after=4),
        FakeEngines(),
    )
    with pytest.raises(KilledError):
        rows_of(questions, renderer, killed, ledger)
    assert len(rows_of(questions, renderer, again, ledger)) == 6
    asked = [request.key for request in killed.engine.asked + again.engine.asked]
    assert asked == [question.request.key for question in questions]
