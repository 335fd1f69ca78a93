"""Who judges: known by name and conditions, and opened only where something is left to ask."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import NamedTuple

from codepref.checkpoints.manifest import Start
from codepref.judge.config import JudgeCompletionsConfig, RemoteJudge
from codepref.judge.endpoint import Endpoint
from codepref.judge.server import serve
from codepref.records import Json
from codepref.sampling.config import EngineConfig


class JudgeSource(NamedTuple):
    """A judge that can be opened.

    Attributes:
        name: stands in the ratings.
        place: URL, or "local <digest of the weights>".
        conditions: what decides a judgement beside name and prompt.
        open: gives it for a while.
    """

    name: str
    place: str
    conditions: Json
    open: Callable[[], AbstractContextManager[Endpoint]]


def remote_judge(judge: RemoteJudge, config: JudgeCompletionsConfig) -> JudgeSource:
    """A judge behind a URL."""
    return JudgeSource(
        name=judge.model,
        place=judge.url,
        conditions=_conditions(judge.url, config),
        open=lambda: closing(Endpoint(judge, config, proxies=True)),
    )


def local_judge(start: Start, engine: EngineConfig, config: JudgeCompletionsConfig) -> JudgeSource:
    """A start that a server is made of."""
    place = f"local {start.manifest.digest}"
    longer = engine.model_copy(update={"max_model_len": config.max_model_len})
    return JudgeSource(
        name=config.start,
        place=place,
        conditions=_conditions(place, config),
        open=partial(_open_local, start, longer, config),
    )


@contextmanager
def _open_local(
    start: Start, engine: EngineConfig, config: JudgeCompletionsConfig
) -> Iterator[Endpoint]:
    with (
        serve(start, engine, config.startup_timeout_s) as place,
        closing(Endpoint(place, config, proxies=False)) as judge,
    ):
        yield judge


def _conditions(place: str, config: JudgeCompletionsConfig) -> Json:
    return {
        "place": place,
        "temperature": config.temperature,
        "max_new_tokens": config.max_new_tokens,
        "seed": config.seed if config.temperature else None,
    }
