"""An OpenAI-compatible endpoint: one judgement a call. The only importer of openai."""

import os
from typing import NamedTuple

from codepref.errors import MissingError
from codepref.judge.config import JudgeCompletionsConfig, RemoteJudge
from codepref.judge.prompts import SYSTEM

MAX_REASON = 200  # characters of an error that is shown
CHECK = "check url, model and api_key_variable in judge_completions of params.yaml"


class Reply(NamedTuple):
    """What came back: a text, or why there is none.

    Attributes:
        is_down: there is none because the endpoint fails, and not because of this one request,
            such as a prompt that is too long.
    """

    text: str | None
    reason: str
    is_down: bool = False


class Endpoint:
    """A judge behind a URL. A request that fails for good gives no text and says why."""

    def __init__(
        self, place: RemoteJudge, config: JudgeCompletionsConfig, *, proxies: bool
    ) -> None:
        from openai import DefaultHttpxClient, OpenAI  # a second, and only if someone is to judge

        self._model = place.model
        self._config = config
        self._client = OpenAI(
            base_url=place.url,
            api_key=_key(place.api_key_variable),
            timeout=config.timeout_s,
            max_retries=config.retries,
            http_client=DefaultHttpxClient(trust_env=proxies),
        )

    def ask(self, prompt: str, pass_index: int) -> Reply:
        """Ask for one judgement; a judge that draws has a seed for each pass.

        Raises:
            MissingError: the endpoint refuses the key or does not know the model.
        """
        import openai

        try:
            found = self._client.chat.completions.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": prompt},
                ],
                temperature=self._config.temperature,
                max_tokens=self._config.max_new_tokens,
                seed=self._config.seed + pass_index if self._config.temperature else openai.omit,
            )
        except (
            openai.AuthenticationError,
            openai.PermissionDeniedError,
            openai.NotFoundError,
        ) as error:
            raise MissingError(f"{self._client.base_url}: {_short(error)}; {CHECK}") from error
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            return Reply(None, f"{type(error).__name__}: {_short(error)}")
        except (openai.OpenAIError, ValueError) as error:  # ValueError: a body that is no JSON
            return Reply(None, f"{type(error).__name__}: {_short(error)}", is_down=True)
        return _read(found)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def _read(found: object) -> Reply:
    """Take the text out of a reply, which the client does not hold to its own schema."""
    choices = getattr(found, "choices", None) or []
    text = getattr(getattr(choices[0], "message", None), "content", None) if choices else None
    return Reply(text, "") if isinstance(text, str) else Reply(None, "a reply without text")


def _key(variable: str | None) -> str:
    if variable is None:
        return "none"  # the client insists on one
    key = os.environ.get(variable)
    if not key:
        raise MissingError(
            f"{variable} is not set; params judge_completions.api_key_variable names it as the "
            "endpoint's key"
        )
    return key


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:MAX_REASON]
