"""An engine that answers by a function of what it is asked, in place of a model's."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from codepref.sampling.engine import Request, Sample, SamplingParams
from tests.selfalign.selfalign_config import sample

ENGINE: dict[str, object] = {
    "backend": "transformers",
    "device": "cpu",
    "dtype": "float32",
    "max_model_len": 4096,
    "max_batch": 4,
    "max_prefill_tokens": 4096,
    "eager": True,
    "cpu_cache_gib": 1,
    "gpu_memory": 0.5,
    "max_lora_rank": 8,
}


class FakeEngines:
    """Stands for LazyEngines, for what it opens and for the engine that this gives.

    Attributes:
        opened: how often a stage has made it.
        asked: all requests, in order, each with its params.
    """

    backend = "transformers"
    dtype = "float32"
    name = "fake 1"

    def __init__(self, answer: Callable[[Request, SamplingParams], str]) -> None:
        self.answer = answer
        self.opened = 0
        self.asked: list[tuple[Request, SamplingParams]] = []

    def __call__(self, config: object) -> "FakeEngines":
        del config
        self.opened += 1
        return self

    def __enter__(self) -> "FakeEngines":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, start: object) -> "FakeEngines":
        del start
        return self

    def load_adapter(self, adapter: Path | None) -> None:
        assert adapter is None

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        for request in requests:
            self.asked.append((request, params))
            yield request.key, sample(self.answer(request, params))
