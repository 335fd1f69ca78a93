"""Tests against the inputs of tasks: which argument lists are the same."""

import ast
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from codepref.benchmarks.rows import Task
from codepref.contamination.config import InputsConfig
from codepref.contamination.matches import Match, excerpt
from codepref.contamination.texts import WORD
from codepref.contamination.windows import Patterns, pack
from codepref.syntax import parse

FIRST_WORDS = 16  # of an input that decide whether a test is parsed
TOO_LARGE = 20_000  # characters of an input; nobody writes one into a test


class InputIndex:
    """The distinctive inputs of all tasks."""

    def __init__(self, tasks: Sequence[Task], config: InputsConfig) -> None:
        self._config, self._tasks = config, tasks
        by_input: dict[str, set[int]] = {}
        for index, task in enumerate(tasks):
            for key in filter(self._is_distinctive, _keys(task)):
                by_input.setdefault(key, set()).add(index)
        self._by_input = {key: some for key, some in by_input.items() if not self._is_common(some)}
        starts = {tuple(WORD.findall(key)[:FIRST_WORDS]) for key in self._by_input}
        self._starts = [" ".join(("", *start, "")) for start in sorted(starts) if start]
        self._vocabulary: dict[str, int] = {}
        for start in self._starts:
            for word in start.split():
                self._vocabulary.setdefault(word, len(self._vocabulary) + 1)
        self._patterns = Patterns(
            [[self._vocabulary[word] for word in start.split()] for start in self._starts]
        )

    def matches(self, texts: Sequence[str]) -> list[list[Match]]:
        """Give for each text of tests the tasks whose inputs it has.

        The score is the share of the text's own distinctive inputs that the task has too.
        """
        number = self._vocabulary.get
        split = [WORD.findall(text) for text in texts]
        packed = pack([[number(word, 0) for word in some] for some in split])
        found: list[list[Match]] = [[] for _ in texts]
        for place, patterns in sorted(self._patterns.candidates(packed).items()):
            row = " ".join(("", *split[place], ""))
            if any(self._starts[index] in row for index in patterns):
                found[place] = self._verified(texts[place])
        return found

    def _verified(self, text: str) -> list[Match]:
        own = {key: source for key, source in _called(text) if self._is_distinctive(key)}
        shared: dict[int, list[str]] = {}
        for key in sorted(own):
            for task in self._by_input.get(key, ()):
                shared.setdefault(task, []).append(key)
        scores = {
            task: len(keys) / len(own)
            for task, keys in shared.items()
            if len(keys) >= self._config.min_inputs
        }
        return [
            Match(
                task,
                "test_inputs",
                score,
                excerpt(own[shared[task][0]]),
                excerpt(f"{self._tasks[task].entry_point}({shared[task][0][1:-1]})"),
            )
            for task, score in sorted(scores.items())
            if score >= self._config.reported
        ]

    def _is_distinctive(self, key: str) -> bool:
        n_chars = sum(map(len, WORD.findall(key))) if len(key) <= TOO_LARGE else 0
        return n_chars >= self._config.min_chars

    def _is_common(self, tasks: set[int]) -> bool:
        ids = {(self._tasks[index].benchmark, self._tasks[index].task_id) for index in tasks}
        counts = Counter(benchmark for benchmark, _ in ids)
        return max(counts.values()) >= self._config.max_tasks


def _keys(task: Task) -> Iterator[str]:
    inputs = [
        item
        for text in (task.base_inputs, task.plus_inputs, task.performance_inputs)
        for item in (json.loads(text) if text else [])
    ]
    yield from (_key(item) for item in inputs if isinstance(item, list))
    for text in inputs:
        if isinstance(text, str):
            yield from (key for key, _ in _called(f"f({text})"))
    yield from (key for key, _ in _called(task.test))


def _called(program: str) -> Iterator[tuple[str, str]]:
    """Give the argument lists of calls by name, in which all is literal, and the calls' sources."""
    tree = parse(program)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            try:
                values = [ast.literal_eval(item) for item in node.args]
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
            yield _key(values), ast.get_source_segment(program, node) or ""


def _key(arguments: list[Any]) -> str:
    """Write an argument list so that equal ones are one text; a tuple or set is a list."""
    return repr(_plain(arguments))


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {_as_key(name): _plain(item) for name, item in value.items()}
    return value


def _as_key(name: Any) -> Any:
    return str(name) if isinstance(name, (int, float)) else name  # as JSON has it
