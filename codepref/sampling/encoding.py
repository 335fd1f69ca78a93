"""Token ids of requests, with room for what is to be drawn."""

from collections.abc import Sequence

from codepref.checkpoints.prompts import Renderer
from codepref.errors import DataError
from codepref.sampling.engine import Request, SamplingParams

KEYS_SHOWN = 5


def encode_requests(
    requests: Sequence[Request], params: SamplingParams, renderer: Renderer, max_model_len: int
) -> dict[str, list[int]]:
    """Give each request's prompt as token ids, by key.

    Raises:
        DataError: prompts leave no room for max_new_tokens; the count and first keys are named.
    """
    by_prompt = {prompt: renderer.encode_prompt(prompt) for prompt in {r.prompt for r in requests}}
    encoded = {request.key: by_prompt[request.prompt] for request in requests}
    room = max_model_len - params.max_new_tokens
    too_long = {key: len(ids) for key, ids in encoded.items() if len(ids) > room}
    if too_long:
        shown = ", ".join(f"{key} ({n} tokens)" for key, n in list(too_long.items())[:KEYS_SHOWN])
        raise DataError(
            f"{len(too_long)} of {len(encoded)} prompts are longer than {room} tokens "
            f"(engine.max_model_len {max_model_len} less max_new_tokens {params.max_new_tokens}): "
            f"{shown}; raise engine.max_model_len or leave these rows out"
        )
    return encoded


def cut_at_stop(text: str, stop: Sequence[str]) -> str | None:
    """Give the text up to the end of the first stop string in it, or None where there is none."""
    ends = [(text.find(word), len(word)) for word in stop if word in text]
    if not ends:
        return None
    start, length = min(ends)
    return text[: start + length]
