from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Task
from codepref.benchmarks.sampling import answer, ask, count_completions
from codepref.benchmarks.variants import Variant
from codepref.checkpoints.manifest import Manifest, Start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.errors import ConfigError
from codepref.ledger import Ledger
from codepref.sampling.config import Backend
from codepref.sampling.engine import Engine, Request, Sample, SamplingParams
from tests.benchmarks.made_tasks import checked_task
from tests.tiny_model import make_tiny_model

CONFIG = SampleBenchmarkConfig(
    limit=None, n=1, temperature=0.0, top_p=1.0, max_new_tokens=8, seed=0
)
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


class FakeEngine:
    """Answers every prompt with the adapter's name, and remembers what it was asked."""

    name = "fake 1"

    def __init__(self) -> None:
        self.adapter: Path | None = None
        self.asked: list[Request] = []

    def load_adapter(self, adapter: Path | None) -> None:
        self.adapter = adapter

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        assert params.stop == ["\n```"]
        for request in requests:
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

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.started = 0

    def get(self, start: Start) -> Engine:  # noqa: ARG002
        self.started += 1
        return self.engine


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(load_tokenizer(make_tiny_model(tmp_path_factory.mktemp("tiny"))), "plain")


def answered(
    tasks: list[Task],
    renderer: Renderer,
    engines: FakeEngines,
    ledger: Ledger,
    variant: Variant = BASELINE,
) -> list[str]:
    rows = answer(
        ask(tasks, renderer, CONFIG), variant, CONFIG, start=START, engines=engines, ledger=ledger
    )
    return [row.solution for row in rows]


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
    drawn = CONFIG.model_copy(update={"n": 2, "temperature": 0.8})
    first, again = ask([FIRST, SECOND], renderer, drawn), ask([SECOND, FIRST], renderer, drawn)
    assert {q.request.seed for q in first} == {q.request.seed for q in again}
    assert len({q.request.seed for q in first}) == 4


def test_several_greedy_samples_are_refused(renderer: Renderer) -> None:
    with pytest.raises(ConfigError, match="n is 3 at temperature 0"):
        ask([FIRST], renderer, CONFIG.model_copy(update={"n": 3}))


def test_completions_are_counted_by_benchmark_and_variant(
    renderer: Renderer, tmp_path: Path
) -> None:
    rows = answer(
        ask([FIRST, SECOND], renderer, CONFIG),
        BASELINE,
        CONFIG,
        start=START,
        engines=FakeEngines(),
        ledger=Ledger(tmp_path / "samples.sqlite"),
    )
    cut = rows[0].model_copy(update={"finish_reason": "length", "completion": " "})
    assert count_completions([cut, rows[1]]) == {
        "humaneval": {
            "baseline": {
                "n_tasks": 2,
                "n_samples": 2,
                "n_truncated": 1,
                "n_empty": 1,
                "n_tokens": 6,
                "policy_digest": "start",
            }
        }
    }
