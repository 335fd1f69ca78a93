"""Completions to ratings: each judged so many times, none twice, none lost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import NamedTuple

from pydantic import TypeAdapter

from codepref.errors import MissingError
from codepref.judge.endpoint import Judge, Reply
from codepref.judge.parse import read_rating
from codepref.judge.prompts import HIGHEST, LOWEST, SYSTEM, Judgeable, grading_prompt
from codepref.judge.rows import Rating
from codepref.ledger import Ledger
from codepref.progress import track
from codepref.records import Json, content_id, digest


class Ask(NamedTuple):
    """One judgement to be made: of which completion, the how-manieth, with which prompt."""

    item: Judgeable
    pass_index: int
    prompt: str
    key: str


def judge_all(
    items: Sequence[Judgeable],
    judge: Judge,
    *,
    passes: int,
    conditions: Sequence[Json],
    ledger: Ledger,
    workers: int,
) -> list[Rating]:
    """Give passes ratings of each item, in order; what the ledger knows is not asked again.

    A judgement is in the ledger as soon as it comes. One that failed is not: it is a row of status
    "no_answer", and the next run asks again.

    Args:
        items: with unique completion ids.
        judge: who is asked.
        passes: for each item.
        conditions: what else decides a judgement, such as temperature.
        ledger: judgements by content.
        workers: requests at once.

    Raises:
        MissingError: every request failed, so the endpoint is at fault and nothing is rated.
    """
    asks = [_ask(item, i, judge.name, conditions) for item in items for i in range(passes)]
    texts = TypeAdapter(dict[str, str]).validate_python(ledger.get(ask.key for ask in asks))
    missing = [ask for ask in asks if ask.key not in texts]
    failed: dict[str, str] = {}
    for key, reply in track(_replies(missing, judge, workers), total=len(missing), what="judging"):
        if reply.text is None:
            failed[key] = reply.reason
        else:
            ledger.put(key, reply.text)
            texts[key] = reply.text
    if missing and len(failed) == len(missing):
        reason, _ = Counter(failed.values()).most_common(1)[0]
        raise MissingError(
            f"judge {judge.name}: none of {len(missing)} requests was answered ({reason}); see "
            "that the endpoint runs, then run again: what is judged already is kept"
        )
    return [_rating(ask, judge.name, texts.get(ask.key), failed.get(ask.key, "")) for ask in asks]


def _ask(item: Judgeable, pass_index: int, judge: str, conditions: Sequence[Json]) -> Ask:
    prompt = grading_prompt(item)
    key = digest(["judge", judge, SYSTEM, prompt, pass_index, list(conditions)])
    return Ask(item, pass_index, prompt, key)


def _replies(asks: Sequence[Ask], judge: Judge, workers: int) -> Iterable[tuple[str, Reply]]:
    with ThreadPoolExecutor(workers) as pool:
        waiting = {pool.submit(judge.ask, ask.prompt, ask.pass_index): ask.key for ask in asks}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _rating(ask: Ask, judge: str, text: str | None, reason: str) -> Rating:
    read = read_rating(text) if text is not None else None
    item, rating = ask.item, None if read is None else read.rating
    return Rating(
        rating_id=content_id(item.completion_id, judge, ask.pass_index),
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
