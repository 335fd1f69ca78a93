"""Overlap of a function with the tasks of a benchmark, by text and by syntax tree."""

import ast
import re
from collections.abc import Iterable

from codepref.benchmarks.rows import Task
from codepref.records import digest
from codepref.seeds.functions import FunctionNode, parse


class BenchmarkIndex:
    """What the tasks say: runs of words, and functions stripped of names and docstrings."""

    def __init__(self, tasks: Iterable[Task], words: int) -> None:
        self._words = words
        self._runs: dict[str, str] = {}
        self._shapes: dict[str, str] = {}
        for task in sorted(tasks, key=lambda task: task.task_id):
            for text in (task.text, task.prompt_code, task.canonical_solution):
                for run in _runs(text, words):
                    self._runs.setdefault(run, task.task_id)
            for shape in _shapes_of(task.canonical_solution):
                self._shapes.setdefault(shape, task.task_id)

    def overlap(self, node: FunctionNode, text: str) -> str | None:
        """Say which task a function repeats and how; None if it repeats none."""
        task_id = self._shapes.get(shape_of(node))
        if task_id is not None:
            return f"{task_id}: the same function but for names"
        for run in _runs(text, self._words):
            if run in self._runs:
                return f"{self._runs[run]}: {run!r}"
        return None


def shape_of(node: FunctionNode) -> str:
    """Digest of a function that ignores its docstring, annotations, decorators and local names."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    arguments = [item for item in ast.walk(node.args) if isinstance(item, ast.arg)]
    local = {item.arg for item in arguments} | {
        item.id
        for statement in body
        for item in ast.walk(statement)
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    }
    names = {node.name: "f"}
    tokens = [str(len(arguments))]
    for statement in body:
        for item in ast.walk(statement):
            tokens.append(_token(item, local, names))
    return digest(tokens)


def _token(item: ast.AST, local: set[str], names: dict[str, str]) -> str:
    """One node as text; a local name becomes its rank of first use."""
    kind = type(item).__name__
    if isinstance(item, ast.Name):
        known = item.id in local or item.id in names
        name = names.setdefault(item.id, f"v{len(names)}") if known else item.id
        return f"{kind} {name}"
    if isinstance(item, ast.Constant):
        return f"{kind} {item.value!r}"
    if isinstance(item, ast.Attribute):
        return f"{kind} {item.attr}"
    if isinstance(item, ast.keyword):
        return f"{kind} {item.arg}"
    sizes = [len(value) if isinstance(value, list) else 1 for _, value in ast.iter_fields(item)]
    filled = [name for name, value in ast.iter_fields(item) if value]
    return f"{kind} {sizes} {filled}"


def _shapes_of(program: str) -> Iterable[str]:
    try:
        tree = parse(program)
    except SyntaxError:
        return []
    return [shape_of(node) for node in ast.walk(tree) if isinstance(node, FunctionNode)]


def _runs(text: str, words: int) -> Iterable[str]:
    found = re.findall(r"\w+", text.lower())
    return (" ".join(found[first : first + words]) for first in range(len(found) - words + 1))
