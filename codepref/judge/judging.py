"""Completions to ratings: each judged so many times, none twice, none lost."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import NamedTuple

from pydantic import TypeAdapter

from codepref.errors import MissingError
from codepref.judge.config import JudgeCompletionsConfig
from codepref.judge.endpoint import Endpoint, Reply
from codepref.judge.judges import JudgeSource
from codepref.judge.parse import read_rating
from codepref.judge.prompts import HIGHEST, LOWEST, SYSTEM, Judgeable, grading_prompt
from codepref.judge.rows import Rating
from codepref.ledger import Ledger
from codepref.progress import track
from codepref.records import content_id, digest


class Ask(NamedTuple):
    """One judgement to be made: of which completion, the how-manieth, with which prompt."""

    item: Judgeable
    pass_index: int
    prompt: str
    key: str


def judge_all(
    items: Sequence[Judgeable],
    judge: JudgeSource,
    ledger: Ledger,
    config: JudgeCompletionsConfig,
) -> list[Rating]:
    """Give ratings of each item by each pass, in order; what the ledger knows is not asked again.

    A judgement is in the ledger as soon as it comes. One that failed is not: it is a row of status
    "no_answer", and the next run asks again.

    Args:
        items: each completion of a start once.
        judge: who is asked; opened only if something is.
        ledger: judgements by content.
        config: passes, requests at once, and when to give up.

    Raises:
        MissingError: the endpoint is at fault: it refuses the key or model, does not answer so
            many requests in a row, or none at all. What came is kept.
    """
    asks = [_ask(item, i, judge) for item in items for i in range(config.passes)]
    texts = TypeAdapter(dict[str, str]).validate_python(ledger.get(ask.key for ask in asks))
    missing = {ask.key: ask for ask in asks if ask.key not in texts}  # equal prompts once
    failed: dict[str, str] = {}
    for key, reply in _judgements(list(missing.values()), judge, config):
        if reply.text is None:
            failed[key] = reply.reason
        else:
            ledger.put(key, reply.text)
            texts[key] = reply.text
    if asks and not texts:
        raise _gave_up(list(failed.values()), f"none of {len(failed)} requests")
    return [_rating(ask, judge.name, texts.get(ask.key), failed.get(ask.key, "")) for ask in asks]


def _ask(item: Judgeable, pass_index: int, judge: JudgeSource) -> Ask:
    prompt = grading_prompt(item, pass_index)
    key = digest(["judge", judge.name, judge.conditions, SYSTEM, prompt, pass_index])
    return Ask(item, pass_index, prompt, key)


def _judgements(
    asks: Sequence[Ask], judge: JudgeSource, config: JudgeCompletionsConfig
) -> Iterator[tuple[str, Reply]]:
    """Open the judge if there is something to ask, and give each reply as it comes."""
    if not asks:
        return
    reasons: list[str] = []
    with judge.open() as endpoint:
        replies = _replies(asks, endpoint, config)
        for key, reply in track(replies, total=len(asks), what=f"judging by {judge.name}"):
            reasons += [reply.reason] if reply.is_down else []
            yield key, reply
        if len(reasons) == len(asks):
            raise _gave_up(reasons, f"none of {len(asks)} requests")


def _replies(
    asks: Sequence[Ask], endpoint: Endpoint, config: JudgeCompletionsConfig
) -> Iterator[tuple[str, Reply]]:
    """Give each reply as it comes; after an error what is under way is still given."""
    in_a_row: list[str] = []
    stopped: MissingError | None = None
    pool = ThreadPoolExecutor(config.workers)
    waiting = {pool.submit(endpoint.ask, ask.prompt, ask.pass_index): ask.key for ask in asks}
    try:
        for done in as_completed(waiting):
            if done.cancelled():
                continue
            error = done.exception()
            if error is None:
                reply = done.result()
                in_a_row = [*in_a_row, reply.reason] if reply.is_down else []
                yield waiting[done], reply
            elif not isinstance(error, MissingError):
                raise error
            else:
                stopped = stopped or error
            if len(in_a_row) >= config.max_failures:
                stopped = stopped or _gave_up(in_a_row, f"none of {len(in_a_row)} in a row")
            if stopped:
                _cancel(waiting)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # whoever interrupts does not wait
    if stopped:
        raise stopped


def _cancel(waiting: Iterable[Future[Reply]]) -> None:
    """Send no more; as_completed gives what is cancelled too, as the pool comes to it."""
    for future in waiting:
        future.cancel()


def _gave_up(reasons: Sequence[str], which: str) -> MissingError:
    reason, _ = Counter(reasons).most_common(1)[0]
    return MissingError(
        f"the judge: {which} was answered ({reason}); see that the endpoint runs, then "
        "run again: what is judged already is kept"
    )


def _rating(ask: Ask, judge: str, text: str | None, reason: str) -> Rating:
    read = read_rating(text) if text is not None else None
    item, rating = ask.item, None if read is None else read.rating
    return Rating(
        rating_id=content_id(item.start, item.completion_id, judge, ask.pass_index),
        completion_id=item.completion_id,
        start=item.start,
        variant=item.variant,
        benchmark=item.benchmark,
        task_id=item.task_id,
        sample_index=item.sample_index,
        wording=item.wording,
        dimension=item.dimension,
        judge=judge,
        pass_index=ask.pass_index,
        status="no_answer" if read is None else read.status,
        rating=rating,
        score=None if rating is None else (rating - LOWEST) / (HIGHEST - LOWEST),
        answer=reason if text is None else text,
    )
