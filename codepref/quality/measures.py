"""Measures of one program by its syntax tree, and by radon."""

import ast
from collections.abc import Iterator, Sequence

from radon.complexity import cc_visit
from radon.metrics import mi_visit
from radon.raw import analyze

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def parse(code: str) -> ast.Module | None:
    """Give the syntax tree, None where the text is no program."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def source_lines(code: str) -> int:
    """Count lines of source, without blank lines and comments."""
    return int(analyze(code).sloc)


def largest_complexity(code: str) -> int:
    """Give the largest cyclomatic complexity of a function or method, 1 where there is none."""
    blocks = cc_visit(code)
    return max((int(block.complexity) for block in blocks), default=1)


def maintainability(code: str) -> float:
    """Give the maintainability index, in [0, 100]: docstrings count as comments."""
    return float(mi_visit(code, multi=True))


def documented_share(tree: ast.Module) -> float | None:
    """Give the share of public functions, methods and classes that have a docstring."""
    public = [
        node
        for node in ast.walk(tree)
        if isinstance(node, FunctionNode | ast.ClassDef) and not node.name.startswith("_")
    ]
    return _share([ast.get_docstring(node) is not None for node in public])


def annotated_share(tree: ast.Module) -> float | None:
    """Give the share of parameters and return values of all functions that have a type.

    A method's first parameter is left out.
    """
    methods = {
        id(item)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, FunctionNode)
    }
    found: list[bool] = []
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            parameters = list(_parameters(node))[id(node) in methods :]
            found += [item.annotation is not None for item in parameters]
            found.append(node.returns is not None)
    return _share(found)


def _parameters(node: FunctionNode) -> Iterator[ast.arg]:
    arguments = node.args
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (item for item in (arguments.vararg, arguments.kwarg) if item is not None)


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
