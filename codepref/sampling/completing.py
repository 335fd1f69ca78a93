"""A start that completes prompts, for stages that ask it few questions and read the answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from codepref.checkpoints.manifest import Start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.ledger import Ledger
from codepref.sampling.engine import (
    EngineSource,
    Request,
    Sample,
    SamplingParams,
    sample_through_ledger,
)

Complete = Callable[[Sequence[Request], SamplingParams], Mapping[str, Sample]]
Fits = Callable[[str, int], bool]


@dataclass(frozen=True)
class Completer:
    """A model that completes prompts.

    Attributes:
        complete: samples one completion for each request, by key.
        fits: whether a prompt leaves room for that many tokens.
    """

    complete: Complete
    fits: Fits


def open_completer(
    start: Start, max_model_len: int, engines: EngineSource, ledger: Ledger
) -> Completer:
    """Give a start's completer; the engine starts with the first request the ledger lacks."""
    renderer = Renderer(load_tokenizer(start.weights), start.manifest.template)

    def complete(requests: Sequence[Request], params: SamplingParams) -> Mapping[str, Sample]:
        return sample_through_ledger(
            requests,
            params,
            model_digest=start.manifest.digest,
            start=start,
            adapter=None,
            engines=engines,
            ledger=ledger,
        )

    def fits(prompt: str, new_tokens: int) -> bool:
        return len(renderer.encode_prompt(prompt)) + new_tokens <= max_model_len

    return Completer(complete=complete, fits=fits)
