from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from codepref.checkpoints.manifest import Manifest, Start
from codepref.ledger import Ledger
from codepref.sampling.config import Backend
from codepref.sampling.engine import (
    Request,
    Sample,
    SamplingParams,
    row_seed,
    sample_through_ledger,
)

START = Start(
    manifest=Manifest(
        model="tiny",
        start="pretrained",
        template="plain",
        kind="local",
        source="weights",
        revision=None,
        licence="MIT",
        parent_digest=None,
        files={},
        parameters=0,
        digest="d" * 64,
    ),
    weights=Path("weights"),
)
PARAMS = SamplingParams(temperature=0.8, top_p=1, max_new_tokens=8, stop=["\n```"])


class FakeEngines:
    """Echoes prompts, and keeps what it was asked for; fails at one key."""

    name = "fake 1"
    backend: Backend = "transformers"
    dtype = "float32"

    def __init__(self, fails_at: str | None = None) -> None:
        self.asked: list[str] = []
        self.adapters: list[Path | None] = []
        self.starts = 0
        self.fails_at = fails_at

    def get(self, start: Start) -> "FakeEngines":
        assert start == START
        self.starts += 1
        return self

    def load_adapter(self, adapter: Path | None) -> None:
        self.adapters.append(adapter)

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        for request in reversed(requests):
            if request.key == self.fails_at:
                raise KeyboardInterrupt
            self.asked.append(request.key)
            yield (
                request.key,
                Sample(
                    completion=f"{request.prompt} {request.seed}",
                    finish_reason="stop",
                    n_tokens=params.max_new_tokens,
                    logprob_sum=-1.0,
                    engine=self.name,
                ),
            )

    def close(self) -> None:
        pass


def _requests(n: int) -> list[Request]:
    return [Request(key=f"row{i}", prompt=f"p{i}", sample_index=0, seed=i) for i in range(n)]


def _sample(
    requests: list[Request],
    engines: FakeEngines,
    ledger: Ledger,
    params: SamplingParams = PARAMS,
    model_digest: str = "m",
) -> dict[str, Sample]:
    return sample_through_ledger(
        requests,
        params,
        model_digest=model_digest,
        start=START,
        adapter=None,
        engines=engines,
        ledger=ledger,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "samples.sqlite")
    yield ledger
    ledger.close()


def test_samples_come_in_the_order_of_the_requests(ledger: Ledger) -> None:
    samples = _sample(_requests(3), FakeEngines(), ledger)
    assert {key: s.completion for key, s in samples.items()} == {
        "row0": "p0 0",
        "row1": "p1 1",
        "row2": "p2 2",
    }
    assert list(samples) == ["row0", "row1", "row2"]


def test_what_is_known_is_not_sampled_again_and_no_engine_starts(ledger: Ledger) -> None:
    first = _sample(_requests(3), FakeEngines(), ledger)
    engines = FakeEngines()
    assert _sample(_requests(3), engines, ledger) == first
    assert engines.starts == 0


def test_a_killed_run_keeps_every_finished_row(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt):
        _sample(_requests(4), FakeEngines(fails_at="row1"), ledger)
    engines = FakeEngines()
    _sample(_requests(4), engines, ledger)
    assert engines.asked == ["row1", "row0"]


def test_an_added_instruction_samples_its_own_rows_alone(ledger: Ledger) -> None:
    _sample(_requests(2), FakeEngines(), ledger)
    engines = FakeEngines()
    _sample(_requests(3), engines, ledger)
    assert engines.asked == ["row2"]


@pytest.mark.parametrize(
    "changed",
    [
        {"params": PARAMS.model_copy(update={"temperature": 0.5})},
        {"params": PARAMS.model_copy(update={"stop": []})},
        {"model_digest": "another"},
    ],
)
def test_other_weights_or_settings_are_other_samples(
    ledger: Ledger, changed: dict[str, object]
) -> None:
    _sample(_requests(1), FakeEngines(), ledger)
    engines = FakeEngines()
    _sample(_requests(1), engines, ledger, **changed)  # type: ignore[arg-type]
    assert engines.asked == ["row0"]


def test_another_seed_is_another_sample(ledger: Ledger) -> None:
    _sample(_requests(1), FakeEngines(), ledger)
    engines = FakeEngines()
    reseeded = [request.model_copy(update={"seed": 7}) for request in _requests(1)]
    assert _sample(reseeded, engines, ledger)["row0"].completion == "p0 7"


def test_the_adapter_is_loaded_before_sampling(ledger: Ledger) -> None:
    engines = FakeEngines()
    sample_through_ledger(
        _requests(1),
        PARAMS,
        model_digest="m+a",
        start=START,
        adapter=Path("adapter"),
        engines=engines,
        ledger=ledger,
    )
    assert engines.adapters == [Path("adapter")]


def test_row_seeds_differ_by_every_part_and_fit_a_generator() -> None:
    seeds = {row_seed(s, i, j) for s in range(3) for i in ("a", "b") for j in range(4)}
    assert len(seeds) == 24
    assert all(0 <= seed < 2**48 for seed in seeds)
    assert row_seed(1, "a", 0) == row_seed(1, "a", 0)
