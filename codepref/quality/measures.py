"""Measures of one program by its syntax tree, and by radon."""

import ast
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from radon.complexity import cc_visit
from radon.metrics import mi_visit
from radon.raw import analyze

from codepref.syntax import PARSE_ERRORS, FunctionNode, functions

NO_BRANCH = 1  # complexity of a program without functions
MeasureT = TypeVar("MeasureT", int, float)


def source_lines(code: str) -> int | None:
    """Count lines of source, without blank lines and comments; None where radon cannot."""
    return _measured(lambda: int(analyze(code).sloc))


def largest_complexity(code: str) -> int | None:
    """Give the largest cyclomatic complexity of a function or method, 1 where there is none.

    None where radon cannot read the program.
    """
    return _measured(
        lambda: max((int(block.complexity) for block in cc_visit(code)), default=NO_BRANCH)
    )


def maintainability(code: str) -> float | None:
    """Give the maintainability index, in [0, 100]: docstrings count as comments.

    None where radon cannot read the program.
    """
    return _measured(lambda: float(mi_visit(code, multi=True)))


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
    for node in functions(tree):
        parameters = list(_parameters(node))[id(node) in methods :]
        found += [item.annotation is not None for item in parameters]
        found.append(node.returns is not None)
    return _share(found)


def _measured(measure: Callable[[], MeasureT]) -> MeasureT | None:
    """Give what radon finds; it cannot read every program that Python can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that a later Python will refuse
        try:
            return measure()
        except PARSE_ERRORS:
            return None


def _parameters(node: FunctionNode) -> Iterator[ast.arg]:
    arguments = node.args
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (item for item in (arguments.vararg, arguments.kwarg) if item is not None)


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
