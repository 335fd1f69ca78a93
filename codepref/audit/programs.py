"""Checks that read the programs of both sides of each pair, streamed."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from codepref.audit.config import AuditPairsConfig
from codepref.audit.leakage import LOOK_UP, Answer, answered, answers_of, holds_test
from codepref.audit.rows import Check, Finding, pair_finding, rate_check
from codepref.audit.sides import SIDES, pair_findings
from codepref.database import Database
from codepref.pairs.programs import normal_form, same_program
from codepref.records import content_id
from codepref.syntax import PARSE_ERRORS, parse

PROGRAMS = f"""{SIDES}
SELECT pair_id, split, chosen_program, rejected_program, tests FROM sides ORDER BY pair_id
"""
NOT_CODE = re.compile(
    r"(?i:\b[rbuf]{1,2})?(?:'''[\s\S]*?'''|\"\"\"[\s\S]*?\"\"\"|'(?:\\.|[^'\\\n])*'"
    r'|"(?:\\.|[^"\\\n])*")|#[^\n]*'
)

WORDS = re.compile(r"\b[^\W\d]\w*|\.?\d(?:[\w.]|(?<=[eE])[+-])*")


class SeenPrograms(NamedTuple):
    """Checks of one pass over the pairs, and the distance of each pair's programs."""

    checks: list[Check]
    distances: NDArray[np.float64]


def check_programs(db: Database, config: AuditPairsConfig) -> SeenPrograms:
    """Compare both sides with each other, with their tests, and with the other split's."""
    found: dict[str, list[Finding]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    distances: list[float] = []
    keys: dict[str, set[int]] = {"train": set(), "held_out": set()}
    for row in _rows(db):
        left, right = row["chosen_program"], row["rejected_program"]
        sides = [names_key(left), names_key(right)]
        keys[row["split"]].update(sides)
        distances.append(Levenshtein.normalized_distance(left, right))
        for name, detail in _faults(row, distances[-1], sides, config):
            counts[name] += 1
            if len(found[name]) < config.examples:
                found[name].append(pair_finding(name, row["pair_id"], detail, left, right))
    bounds, total = config.bounds, len(distances)
    checks = [
        rate_check(name, counts[name], total, bound, found[name])
        for name, bound in (
            ("near_identical", bounds.near_identical),
            ("identical_form", bounds.identical_form),
            ("tests_in_solution", bounds.tests_in_solution),
            ("answers_in_solution", bounds.answers_in_solution),
        )
    ]
    shared = keys["train"] & keys["held_out"]
    return SeenPrograms([*checks, _across_splits(db, shared, total, config)], np.array(distances))


def names_key(program: str) -> int:
    """Hash the names, keywords and numbers of a program in order, without strings and comments.

    Programs of one normal form have one key, but for names that Python itself normalises, so only
    those that share it need be parsed.
    """
    words = WORDS.findall(NOT_CODE.sub(" ", program))
    return hash(tuple(_number(word) if word[0] in ".0123456789" else word for word in words))


@lru_cache(maxsize=4096)
def _number(text: str) -> str:
    """Write a number as its value: 0x10, 1_6 and 16 are one."""
    try:
        return repr(ast.literal_eval(text))
    except PARSE_ERRORS:
        return text


def form_size(program: str) -> int:
    """Count the nodes of a program's syntax tree; 0 where it does not parse."""
    tree = parse(program)
    return 0 if tree is None else sum(1 for _ in ast.walk(tree))


def _faults(
    row: dict[str, Any], distance: float, keys: list[int], config: AuditPairsConfig
) -> Iterator[tuple[str, str]]:
    left, right = row["chosen_program"], row["rejected_program"]
    if distance < config.near_identical_distance:
        yield "near_identical", f"edit distance {distance:.3f}"
    if keys[0] == keys[1] and same_program(left, right):
        yield "identical_form", "the same but for layout and comments"
    tests = tuple(row["tests"] or ())
    held = [(side, holds_test(program, tests)) for side, program in _named(row)]
    if named := [f"{side}: {test}" for side, test in held if test is not None]:
        yield "tests_in_solution", "; ".join(named)
    answers = _answers(tests) if LOOK_UP.search(left) or LOOK_UP.search(right) else ()
    needed = max(config.min_answers, config.answers_share * len(tests))
    numbers = [(side, answered(program, answers)) for side, program in _named(row)]
    if named := [f"{side}: {n} of {len(tests)} tests" for side, n in numbers if n >= needed]:
        yield "answers_in_solution", "; ".join(named)


def _named(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [("chosen", row["chosen_program"]), ("rejected", row["rejected_program"])]


@lru_cache(maxsize=1024)
def _answers(tests: tuple[str, ...]) -> tuple[Answer, ...]:
    return tuple(answers_of(tests))


def _across_splits(db: Database, shared: set[int], total: int, config: AuditPairsConfig) -> Check:
    """Find programs of one normal form on sides of both splits, among those of the shared keys."""
    splits: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = _rows(db) if shared else iter(())
    for row in rows:
        for _, program in _named(row):
            if names_key(program) in shared and form_size(program) >= config.min_program_nodes:
                splits[content_id(normal_form(program))][row["split"]].add(row["pair_id"])
    twins = {
        pair_id: min(other)
        for by_split in splits.values()
        if len(by_split) > 1
        for split, ids in by_split.items()
        for pair_id in ids
        for other in [by_split["held_out" if split == "train" else "train"]]
    }
    examples = pair_findings(
        db,
        "duplicate_across_splits",
        {
            pair_id: f"a program also in {twins[pair_id]}"
            for pair_id in sorted(twins)[: config.examples]
        },
    )
    bound = config.bounds.duplicate_across_splits
    return rate_check("duplicate_across_splits", len(twins), total, bound, examples)


def _rows(db: Database) -> Iterator[dict[str, Any]]:
    for batch in db.batches(PROGRAMS):
        yield from batch.to_pylist()
