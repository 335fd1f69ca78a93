"""Section judge_benchmark of params.yaml."""

from pydantic import Field

from codepref.schema import Strict


class JudgeConfig(Strict):
    """Who judges, and how often.

    Attributes:
        url: base of an OpenAI-compatible endpoint, such as "http://host:8000/v1"; None starts a
            vLLM server of `start` on this machine.
        model: name of the judge at the endpoint.
        api_key_variable: environment variable with the key; None for an endpoint without.
        start: key of the start that a server is started of, if there is no url.
        passes: times each completion is judged; agreement needs at least 2.
        temperature: of the judge; 0 is greedy.
        max_new_tokens: a judgement cut off there may be unparsable.
        timeout_s: for one judgement.
        retries: after a failed request, waits growing from half a second.
        workers: requests at once.
        confidence: of the intervals.
        resamples, seed: of their bootstrap.
    """

    url: str | None
    model: str
    api_key_variable: str | None
    start: str
    passes: int = Field(ge=1)
    temperature: float = Field(ge=0)
    max_new_tokens: int = Field(ge=16)
    timeout_s: float = Field(gt=0)
    retries: int = Field(ge=0)
    workers: int = Field(ge=1)
    confidence: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=1)
    seed: int = Field(ge=0)
