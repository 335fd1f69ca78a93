"""Rows of the response tables."""

from typing import Literal

from codepref.records import Record

FinishReason = Literal["stop", "length"]


class Response(Record):
    """One answer to one instruction, sampled here or released by others.

    Of a released one the prompt is the instruction's text, the template "released", the engine its
    source, a token a word or sign, and the seed 0.

    Attributes:
        response_id: content id of instruction_id, generator_digest, sample_index and completion.
        sample_index: position among the samples of this instruction, from 0.
        prompt: text given to the model, rendered by the start's template, few-shot examples
            included; training renders its own from the instruction.
        completion: text the model returned, unedited, with the closing fence where it wrote one.
        solution: self-contained program made from prompt and completion.
        tests: tests the model wrote itself; None where the instruction has tests.
        finish_reason: "stop", or "length" where the token limit cut it off.
        n_tokens: tokens in the completion.
        logprob_sum: sum of the completion's token log-probabilities, nats; None if the engine
            gives none.
        generator_digest: digest of the checkpoint that wrote it.
        engine: engine and version, such as "vllm 0.32.0".
        seed: of this row alone.
    """

    response_id: str
    instruction_id: str
    sample_index: int
    prompt: str
    completion: str
    solution: str
    tests: str | None
    finish_reason: FinishReason
    n_tokens: int
    logprob_sum: float | None
    generator_digest: str
    template: str
    engine: str
    temperature: float
    top_p: float
    max_new_tokens: int
    seed: int
