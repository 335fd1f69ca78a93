"""The seam between stages and generation engines, and sampling that never repeats work."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import Field, TypeAdapter

from codepref.checkpoints.manifest import Start
from codepref.ledger import Ledger
from codepref.progress import track
from codepref.records import Json, digest
from codepref.sampling.config import Backend
from codepref.sampling.rows import FinishReason
from codepref.schema import Strict


class SamplingParams(Strict):
    """How tokens are drawn. Generation ends after the first stop string, or at the model's EOS."""

    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_new_tokens: int = Field(ge=1)
    stop: list[str]


class Request(Strict):
    """One completion to draw.

    Attributes:
        key: id of the row, unique among the requests.
        prompt: rendered text.
        seed: of this row alone.
    """

    key: str
    prompt: str
    sample_index: int
    seed: int


class Sample(Strict):
    """One completion drawn.

    Attributes:
        completion: text, a stop string included, special tokens left out.
        finish_reason: "stop", or "length" where max_new_tokens cut it off.
        n_tokens: tokens drawn, an end token included.
        logprob_sum: sum of their log-probabilities under the model at temperature 1, nats.
        engine: name and version.
    """

    completion: str
    finish_reason: FinishReason
    n_tokens: int
    logprob_sum: float | None
    engine: str


class Engine(Protocol):
    """A running model that completes prompts."""

    name: str

    def load_adapter(self, adapter: Path | None) -> None:
        """Serve the start with this adapter from now on, or without any."""

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        """Give each request's key and sample as soon as it is finished.

        Raises:
            DataError: a prompt leaves no room for max_new_tokens; nothing was sampled.
        """

    def close(self) -> None:
        """Free memory."""


class EngineSource(Protocol):
    """Starts an engine when it is first needed."""

    backend: Backend
    dtype: str

    def get(self, start: Start) -> Engine:
        """Give the engine of a start, started now if it was not."""


def sample_through_ledger(  # noqa: PLR0913  what is drawn, from whom, with what, kept where
    requests: Sequence[Request],
    params: SamplingParams,
    *,
    model_digest: str,
    start: Start,
    adapter: Path | None,
    engines: EngineSource,
    ledger: Ledger,
) -> dict[str, Sample]:
    """Give a sample for each request; only those the ledger lacks are drawn.

    Each sample is in the ledger as soon as it is drawn, so a killed run loses those in flight.

    Args:
        requests: with unique keys; a key is not part of a sample's identity.
        params: the same for all requests.
        model_digest: identity of the weights, adapter included.
        start: the weights.
        adapter: folder of a PEFT adapter on the start, or None.
        engines: asked for an engine only if a sample is missing.
        ledger: samples by content.

    Returns:
        Samples by request key, in order of requests.

    Raises:
        DataError: a prompt is too long.
    """
    conditions: list[Json] = [model_digest, params.model_dump(), engines.backend, engines.dtype]
    keys = {r.key: digest([*conditions, r.prompt, r.seed, r.sample_index]) for r in requests}
    known = TypeAdapter(dict[str, Sample]).validate_python(ledger.get(keys.values()))
    missing = [request for request in requests if keys[request.key] not in known]
    if missing:
        engine = engines.get(start)
        engine.load_adapter(adapter)
        drawn = engine.sample(missing, params)
        for key, sample in track(drawn, total=len(missing), what=f"sampling ({engine.name})"):
            ledger.put(keys[key], sample.model_dump())
            known[keys[key]] = sample
    return {request.key: known[keys[request.key]] for request in requests}


def row_seed(seed: int, *parts: str | int) -> int:
    """Seed of one row, in [0, 2**48): a hash of the stage's seed and what names the row."""
    return int(digest([seed, *parts])[:12], 16)
