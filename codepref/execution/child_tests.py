"""Turn test text into units that run one by one. Runs inside the sandbox."""

from __future__ import annotations

import _ast

from codepref.execution.child_asserts import rewrite

TYPE_CHECKING = False  # typing itself is slow to import, and this runs once per program
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

LABEL_CHARS = 160
MAX_CUTS = 50
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


class Unit:
    """One test: code to run, and a line that names it."""

    def __init__(self, label: str, code: CodeType) -> None:
        self.label = label
        self.code = code


class Block:
    """A test text in units, with its functions `test...` that nothing in it calls."""

    def __init__(self, units: list[Unit], uncalled: list[str]) -> None:
        self.units = units
        self.uncalled = uncalled


def parse(text: str, filename: str) -> _ast.Module:
    """Parse a whole program."""
    tree: Any = compile(text, filename, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
    return tree  # type: ignore[no-any-return]


def split(text: str, count: str, compare: str) -> Block:
    """Split a test text into its top-level statements; an unfinished end is left out."""
    tree = _parse_longest(text)
    uncalled = _uncalled_tests(tree)
    lines = text.split("\n")
    units = []
    for statement in tree.body:
        label = lines[statement.lineno - 1].strip()[:LABEL_CHARS]
        module = _ast.Module([statement], [])
        rewrite(module, count, compare)
        units.append(Unit(label, compile(module, "<tests>", "exec", dont_inherit=True)))
    return Block(units, uncalled)


def whole(text: str, count: str, compare: str) -> Unit:
    """Make one unit of a test text."""
    tree = parse(text, "<tests>")
    rewrite(tree, count, compare)
    label = text.strip().split("\n")[0][:LABEL_CHARS]
    return Unit(label, compile(tree, "<tests>", "exec", dont_inherit=True))


def stub_functions(tree: _ast.Module) -> None:
    """Let every function and plain method of a program return None at once."""
    for node in tree.body:
        if isinstance(node, _ast.ClassDef):
            for member in node.body:
                if not getattr(member, "name", "__").startswith("__"):
                    _stub(member)
        else:
            _stub(node)


def _stub(node: Any) -> None:
    if isinstance(node, (_ast.FunctionDef, _ast.AsyncFunctionDef)):
        first = node.body[0]
        nothing = _ast.Return(None)
        for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            setattr(nothing, field, getattr(first, field))
        node.body = [nothing]


def _parse_longest(text: str) -> _ast.Module:
    """Parse up to the statement that does not parse: tests cut off at a limit are common."""
    lines = text.split("\n")
    for _ in range(MAX_CUTS):
        try:
            return parse("\n".join(lines), "<tests>")
        except SyntaxError as error:
            cut = min((error.lineno or len(lines)) - 1, len(lines) - 1)
            del lines[max(cut, 0) :]
    return _ast.Module([], [])


def _uncalled_tests(tree: _ast.Module) -> list[str]:
    defined = [
        node.name
        for node in tree.body
        if isinstance(node, _ast.FunctionDef)
        and node.name.startswith("test")
        and len(node.args.args) == len(node.args.defaults)
        and not node.args.posonlyargs
    ]
    used = {node.id for node in _walk(tree) if isinstance(node, _ast.Name)}
    return [name for name in defined if name not in used]


def _walk(tree: Any) -> list[Any]:
    waiting, seen = [tree], []
    while waiting:
        node = waiting.pop()
        seen.append(node)
        for field in node._fields:
            value = getattr(node, field, None)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, _ast.AST):
                    waiting.append(item)
    return seen
