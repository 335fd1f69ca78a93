"""Tables against tasks: each distinct text once, in batches, in as many processes as asked."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import Literal, NamedTuple

from codepref.benchmarks.rows import Task
from codepref.contamination.config import CheckContaminationConfig
from codepref.contamination.matcher import Matcher
from codepref.contamination.matches import Match
from codepref.contamination.rows import Hit, Kind, Removed
from codepref.database import Database
from codepref.records import content_id
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction

Part = Literal["texts", "programs", "tests"]
COLUMNS: dict[str, Part] = {"completion": "texts", "solution": "programs", "tests": "tests"}
TEXTS_AT_ONCE = 2_000
SMALL = 20_000  # responses that one process searches sooner than two start


class Owner(NamedTuple):
    """A row that has a text, and the instruction it stands by; None for a seed that led to none."""

    kind: Kind
    row_id: str
    instruction_id: str | None


class Batch(NamedTuple):
    """Texts that are searched in one way, and the rows that have each."""

    part: Part
    texts: list[str]
    owners: list[list[Owner]]


def row_batches(seeds: Iterable[Seed], instructions: Sequence[Instruction]) -> Iterator[Batch]:
    """Give the texts of seeds and instructions; a seed stands for what was written from it."""
    written: dict[str | None, list[str]] = {}  # ids of instructions by seed
    for row in instructions:
        written.setdefault(row.seed_id, []).append(row.instruction_id)
    code = [(seed.code, _seed_owners(seed, written.get(seed.seed_id, []))) for seed in seeds]
    asked = [(row.text, [_owner(row)]) for row in instructions]
    solved = [(row.reference, [_owner(row)]) for row in instructions if row.reference]
    tested = [("\n".join(row.tests), [_owner(row)]) for row in instructions if row.tests]
    parts: dict[Part, list[tuple[str, list[Owner]]]] = {
        "texts": [*code, *asked, *solved],
        "programs": [*code, *solved],
        "tests": tested,
    }
    for part, rows in parts.items():
        yield from _cut(part, [text for text, _ in rows], [owners for _, owners in rows])


def response_batches(database: Database) -> Iterator[Batch]:
    """Give the distinct texts of the view `responses`: completions, programs, own tests."""
    for column, part in COLUMNS.items():
        grouped = database.batches(
            f"SELECT {column}, list([response_id, instruction_id]) FROM responses "
            f"WHERE {column} IS NOT NULL AND {column} <> '' GROUP BY {column}"
        )
        for batch in grouped:
            texts, named = (values.to_pylist() for values in batch.columns)
            owners = [[Owner("response", *names) for names in rows] for rows in named]
            yield from _cut(part, texts, owners)


def problem_hits(instructions: Iterable[Instruction], matcher: Matcher) -> Iterator[Hit]:
    """Give the hits by the problem's own id."""
    for row in instructions:
        for match in matcher.problem(row.problem_id or "", row.text):
            yield _hit(_owner(row), match, matcher)


def search(batches: Iterable[Batch], matcher: Matcher, n_responses: int) -> Iterator[Hit]:
    """Give a hit for each row, task and method, in no fixed order; a row may have one twice."""
    workers = 1 if n_responses <= SMALL else matcher.config.workers
    for batch, found in _matched(batches, matcher, workers):
        for owners, matches in zip(batch.owners, found, strict=True):
            for owner in owners:
                yield from (_hit(owner, match, matcher) for match in matches)


def best_hits(hits: Iterable[Hit]) -> list[Hit]:
    """Keep the highest score of each row, task and method, in order of id."""
    best: dict[str, Hit] = {}
    for hit in hits:
        known = best.get(hit.hit_id)
        if known is None or _rank(hit) > _rank(known):
            best[hit.hit_id] = hit
    return [best[name] for name in sorted(best)]


def count_removed(database: Database, removed: Removed) -> int:
    """Count the responses of the view `responses` that no training may read."""
    ((n,),) = database.rows(
        "SELECT count(*) FROM responses WHERE response_id IN (SELECT unnest($1::VARCHAR[])) "
        "OR instruction_id IN (SELECT unnest($2::VARCHAR[]))",
        [sorted(removed.responses), sorted(removed.instructions)],
    )
    return int(n)


def _matched(
    batches: Iterable[Batch], matcher: Matcher, workers: int
) -> Iterator[tuple[Batch, list[list[Match]]]]:
    """Search batches in order; no more than two for each process are in memory."""
    if workers == 1:
        yield from ((batch, _search(matcher, batch.part, batch.texts)) for batch in batches)
        return
    waiting: deque[tuple[Batch, Future[list[list[Match]]]]] = deque()
    with ExitStack() as stack:
        pool = stack.enter_context(
            ProcessPoolExecutor(
                workers, get_context("spawn"), _start, (matcher.tasks, matcher.config)
            )
        )
        for batch in batches:
            waiting.append((batch, pool.submit(_search_there, batch.part, batch.texts)))
            if len(waiting) > 2 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()


def _cut(part: Part, texts: list[str], owners: list[list[Owner]]) -> Iterator[Batch]:
    for first in range(0, len(texts), TEXTS_AT_ONCE):
        last = first + TEXTS_AT_ONCE
        yield Batch(part, texts[first:last], owners[first:last])


_MATCHER: list[Matcher] = []  # of a worker process


def _start(tasks: Sequence[Task], config: CheckContaminationConfig) -> None:
    _MATCHER[:] = [Matcher(tasks, config)]


def _search_there(part: Part, texts: Sequence[str]) -> list[list[Match]]:
    return _search(_MATCHER[0], part, texts)


def _search(matcher: Matcher, part: Part, texts: Sequence[str]) -> list[list[Match]]:
    if part == "texts":
        return matcher.texts(texts)
    return matcher.programs(texts) if part == "programs" else matcher.tests(texts)


def _seed_owners(seed: Seed, instructions: Sequence[str]) -> list[Owner]:
    if not instructions:
        return [Owner("seed", seed.seed_id, None)]
    return [Owner("seed", seed.seed_id, name) for name in instructions]


def _owner(row: Instruction) -> Owner:
    return Owner("instruction", row.instruction_id, row.instruction_id)


def _hit(owner: Owner, match: Match, matcher: Matcher) -> Hit:
    task = matcher.tasks[match.task]
    return Hit(
        hit_id=content_id(*owner, task.benchmark, task.task_id, match.method),
        kind=owner.kind,
        row_id=owner.row_id,
        instruction_id=owner.instruction_id,
        benchmark=task.benchmark,
        task_id=task.task_id,
        method=match.method,
        score=round(match.score, 6),
        removes=matcher.removes(match),
        row_text=match.row_text,
        task_text=match.task_text,
    )


def _rank(hit: Hit) -> tuple[float, str, str]:
    return hit.score, hit.row_text, hit.task_text
