"""An OpenAI-compatible endpoint: one judgement a call. The only importer of openai."""

import os
from typing import NamedTuple, Protocol

from codepref.errors import MissingError
from codepref.judge.config import JudgeConfig
from codepref.judge.prompts import SYSTEM

MAX_REASON = 200  # characters of an error that is shown


class Reply(NamedTuple):
    """What came back: a text, or why there is none."""

    text: str | None
    reason: str


class Judge(Protocol):
    """Whoever answers a grading prompt."""

    name: str

    def ask(self, prompt: str, pass_index: int) -> Reply:
        """Give the judge's words; a pass has a seed of its own."""


class Endpoint:
    """A judge behind a URL. A request that fails for good gives no text and says why."""

    def __init__(self, url: str, config: JudgeConfig) -> None:
        from openai import OpenAI  # a second, and only where there is something to judge

        self.name = config.model
        self._config = config
        self._client = OpenAI(
            base_url=url,
            api_key=_key(config.api_key_variable),
            timeout=config.timeout_s,
            max_retries=config.retries,
        )

    def ask(self, prompt: str, pass_index: int) -> Reply:
        """Ask for one judgement.

        Raises:
            MissingError: the endpoint refuses the key or does not know the model.
        """
        import openai

        try:
            found = self._client.chat.completions.create(
                model=self.name,
                messages=[
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": prompt},
                ],
                temperature=self._config.temperature,
                max_tokens=self._config.max_new_tokens,
                seed=self._config.seed + pass_index,
            )
        except (openai.AuthenticationError, openai.NotFoundError) as error:
            raise MissingError(
                f"{self._client.base_url}: {_short(error)}; check judge_benchmark.model and "
                "api_key_variable in params.yaml"
            ) from error
        except openai.OpenAIError as error:
            return Reply(None, f"{type(error).__name__}: {_short(error)}")
        choices = found.choices or []
        text = choices[0].message.content if choices else None
        return Reply(text, "" if text is not None else "a reply without text")


def _key(variable: str | None) -> str:
    if variable is None:
        return "none"  # the client insists on one
    key = os.environ.get(variable)
    if not key:
        raise MissingError(
            f"{variable} is not set; params judge_benchmark.api_key_variable names it as the "
            "endpoint's key"
        )
    return key


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:MAX_REASON]
