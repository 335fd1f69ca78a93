"""Python programs as syntax trees."""

import ast
import warnings
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
PARSE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse(program: str) -> ast.Module | None:
    """Parse Python; None where it is none, has a null byte or is nested too deeply."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that a later Python will refuse
        try:
            return ast.parse(program)
        except PARSE_ERRORS:
            return None


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    """Give every function, nested ones and methods included."""
    return (node for node in ast.walk(tree) if isinstance(node, FunctionNode))
