"""Knobs of stage judge_completions."""

from typing import Self

from pydantic import Field, model_validator

from codepref.judge.prompts import ORDERS
from codepref.schema import Strict
from codepref.statistics.config import BootstrapConfig


class RemoteJudge(Strict):
    """A judge behind a URL.

    Attributes:
        url: base of an OpenAI-compatible endpoint, such as "http://host:8000/v1".
        model: name of the judge at the endpoint.
        api_key_variable: environment variable with the key; None for an endpoint without.
    """

    url: str
    model: str
    api_key_variable: str | None


class JudgeCompletionsConfig(BootstrapConfig):
    """Who judges, and how often.

    Attributes:
        url: as in RemoteJudge; None starts a vLLM server of `start` on this machine.
        model: as in RemoteJudge; None without a url: the judge is called as `start` is.
        api_key_variable: as in RemoteJudge.
        start: key of the start that a server is started of, if there is no url.
        max_model_len: of that server: tokens of prompt and judgement.
        startup_timeout_s: for that server to answer.
        second_judge: judges the same, for the agreement of two judges; None for none.
        passes: times each completion is judged, each with its criteria in another order;
            agreement needs at least 2.
        temperature: of the judge; 0 is greedy.
        max_new_tokens: a judgement cut off there may be unparsable.
        timeout_s: for one judgement.
        retries: after a failed request, waits growing from half a second.
        max_failures: requests in a row without an answer, after which no more are sent.
        workers: requests at once.
        seed: of the judge, if it draws, and of the bootstrap.
    """

    url: str | None
    model: str | None
    api_key_variable: str | None
    start: str
    max_model_len: int = Field(ge=1)
    startup_timeout_s: float = Field(gt=0)
    second_judge: RemoteJudge | None
    passes: int = Field(ge=1)
    temperature: float = Field(ge=0)
    max_new_tokens: int = Field(ge=16)
    timeout_s: float = Field(gt=0)
    retries: int = Field(ge=0)
    max_failures: int = Field(ge=1)
    workers: int = Field(ge=1)

    @property
    def remote(self) -> RemoteJudge | None:
        """The judge behind `url`; None where a server is started."""
        if self.url is None or self.model is None:
            return None
        return RemoteJudge(url=self.url, model=self.model, api_key_variable=self.api_key_variable)

    @property
    def name(self) -> str:
        """Name of the judge whose ratings count."""
        return self.model or self.start

    @model_validator(mode="after")
    def _a_url_has_a_model(self) -> Self:
        if (self.url is None) != (self.model is None):
            raise ValueError(
                f"url and model: expected both or neither, got {self.url} and {self.model}; "
                "without a url the judge is a server of `start`"
            )
        if self.url is None and self.api_key_variable is not None:
            raise ValueError("api_key_variable: a server of `start` has no key; use null")
        return self

    @model_validator(mode="after")
    def _judges_have_names_of_their_own(self) -> Self:
        if self.second_judge and self.second_judge.model == self.name:
            raise ValueError(
                f"second_judge.model: {self.name} is the first judge's name too; serve one of them "
                "under another name"
            )
        return self

    @model_validator(mode="after")
    def _greedy_passes_differ(self) -> Self:
        if self.temperature == 0 and self.passes > ORDERS:
            raise ValueError(
                f"passes is {self.passes} at temperature 0, and criteria have {ORDERS} orders: "
                f"later passes repeat the first; use at most {ORDERS}, or a temperature above 0"
            )
        return self
