"""Answers that leave the work to the reader: "your code here", `pass`, NotImplementedError.

SelfCodeAlign (arXiv:2410.24198) looks for such words anywhere in a text, and so turns a to-do list
away. Here a comment must say so, or the syntax tree.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from codepref.syntax import FunctionNode, parse

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
    tree = parse(program)
    if tree is None:
        return False
    functions = [node for node in tree.body if isinstance(node, FunctionNode)]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = [item for node in classes for item in node.body if isinstance(item, FunctionNode)]
    # One empty method, or a base that only others fill, is no unfinished program.
    return any(map(_is_unfinished, functions)) or (
        bool(methods) and all(map(_is_unfinished, methods))
    )


def _comments(program: str) -> Iterator[str]:
    if "#" not in program:
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(program).readline):
            if token.type == tokenize.COMMENT:
                yield token.string
    except (tokenize.TokenError, SyntaxError):  # what came before the fault was looked at
        return


def _is_unfinished(node: FunctionNode) -> bool:
    """Whether a function does nothing, or nothing but say that it is not implemented."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return all(_does_nothing(statement) or _refuses(statement) for statement in body)


def _refuses(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Raise) or statement.exc is None:
        return False
    called = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(called, ast.Name) and called.id == "NotImplementedError"


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is ...
    )
