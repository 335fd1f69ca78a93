"""Answers that leave the work to the reader: "your code here", `pass`, NotImplementedError.

SelfCodeAlign (arXiv:2410.24198) looks for such words anywhere in a text, and so turns a to-do list
away. Here a comment must say so, or the syntax tree.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

SUSPECT = ("#", "pass", "...", "NotImplementedError")  # without any of them there is nothing
UNFINISHED = re.compile(
    r"\b(?-i:TODO|FIXME)\b|\b(todo|fixme):|\b(your|the rest of( the)?) code\b|\bcode (goes )?here\b"
    r"|\b(implement|fill|write) (this|me|it|in|here|your)\b|\bnot (yet )?implemented\b",
    re.IGNORECASE,
)


def has_placeholder(program: str) -> bool:
    """Whether a comment, an empty function or NotImplementedError says that something is missing.

    Of a program that does not parse, the comments alone are looked at.
    """
    if not any(word in program for word in SUSPECT):
        return False
    if any(UNFINISHED.search(comment) for comment in _comments(program)):
        return True
    if not any(word in program for word in SUSPECT[1:]):
        return False
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_is_unfinished(node) for node in ast.walk(tree))


def _comments(program: str) -> Iterator[str]:
    if "#" not in program:
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(program).readline):
            if token.type == tokenize.COMMENT:
                yield token.string
    except (tokenize.TokenError, SyntaxError):  # what came before the fault was looked at
        return


def _is_unfinished(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        return all(_does_nothing(statement) for statement in body)
    if isinstance(node, ast.Raise) and node.exc is not None:
        called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(called, ast.Name) and called.id == "NotImplementedError"
    return False


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is ...
    )
