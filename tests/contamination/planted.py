"""Real benchmark tasks, and ways to hide one in the data."""

import ast
import os
from pathlib import Path

import pytest

from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import parse_tasks
from codepref.contamination.matcher import Matcher
from tests.contamination.bounds import CONFIG

MADE = Task(
    task_id="HumanEval/7",
    benchmark="humaneval",
    text="Given a row of black and white stones, count how many must be flipped over.",
    prompt_code="",
    entry_point="count_flips",
    canonical_solution='''def count_flips(stones):
    """Count the flips."""
    flips = 0
    for place, stone in enumerate(stones[1:]):
        if stone != stones[place] and place % 2 == 0:
            flips += len(stones) - place
    return flips
''',
    test="",
    base_inputs='[["black white white"], [[10, 0, 0, 1, 1, 0, 1, 10]], [[0]]]',
    plus_inputs='[["white white black white"]]',
    atol=0.0,
)


def benchmark_tasks(benchmark: Benchmark, file: str) -> list[Task]:
    """Read a released file; skip the test where this machine has none."""
    path = found_file(file)
    return parse_tasks(path.read_bytes(), benchmark, file)


def found_file(name: str) -> Path:
    """Find a file below CODEPREF_BENCHMARKS; skip the test where there is none."""
    folder = os.environ.get("CODEPREF_BENCHMARKS")
    found = sorted(Path(folder).rglob(name)) if folder else []
    if not found:
        pytest.skip(f"no {name} in a folder named by CODEPREF_BENCHMARKS")
    return found[0]


def methods(matcher: Matcher, code: str, *, removed: bool = True) -> dict[str, set[str]]:
    """Give the task ids that each method meets in a piece of code, those that remove it alone."""
    met: dict[str, set[str]] = {}
    for match in matcher.code(code):
        if matcher.removes(match) or not removed:
            met.setdefault(match.method, set()).add(matcher.tasks[match.task].task_id)
    return met


def made_matcher(*tasks: Task) -> Matcher:
    """Index the made task, or those given, by the bounds of params.yaml."""
    return Matcher(tasks or [MADE], CONFIG)


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.names:
            node.id = f"{node.id}_other"
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.generic_visit(node)
        if node.arg in self.names:
            node.arg = f"{node.arg}_other"
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name in self.names:
            node.name = f"{node.name}_other"
        return node


def renamed(program: str) -> str:
    """Rename what a program binds, and print it anew."""
    tree = ast.parse(program)
    bound = {
        *(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)),
        *(n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)),
        *(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)),
    }
    return ast.unparse(_Renamer(bound).visit(tree))


class _Translator(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            return ast.copy_location(ast.Constant(f"{node.value} übersetzt"), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node


def translated(program: str) -> str:
    """Put other words into every string."""
    return ast.unparse(_Translator().visit(ast.parse(program)))


def without_docstrings(program: str) -> str:
    """Take every docstring away."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def in_a_class(program: str) -> str:
    """Make a program the inside of a class, between other code."""
    inner = "\n".join(f"    {line}" if line.strip() else "" for line in program.splitlines())
    return f"import sys\n\n\nclass Solution:\n    limit = 3\n{inner}\n\n\nprint(sys.path)\n"
