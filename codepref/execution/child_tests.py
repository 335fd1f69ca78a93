"""Turn test text into units that run one by one. Runs inside the sandbox."""

from __future__ import annotations

import _ast
from collections.abc import Callable
from types import CodeType
from typing import Any

from codepref.execution.child_asserts import rewrite
from codepref.execution.child_flags import nodes
from codepref.execution.child_values import is_class

LABEL_CHARS = 160
MAX_CUTS = 50
SPOILERS: dict[type, Callable[[Any], Any]] = {  # far from what a program's state may lead to
    bool: lambda value: not value,
    int: lambda value: value * 7919 + 104729,
    float: lambda value: value * 7919.0 + 104729.5,
    str: lambda value: f"{value} spoiled",
    bytes: lambda value: value + b" spoiled",
}
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
    """Split a test text into its top-level statements.

    What does not parse, or not compile, is left out with all that follows it: an unfinished end.
    """
    tree = _parse_longest(text)
    uncalled = _uncalled_tests(tree)
    lines = text.split("\n")
    units = []
    for statement in tree.body:
        label = lines[statement.lineno - 1].strip()[:LABEL_CHARS]
        code = _compiled([statement], count, compare)
        if code is None:
            break
        units.append(Unit(label, code))
    return Block(units, uncalled)


def _compiled(statements: list[Any], count: str, compare: str) -> CodeType | None:
    """Compile statements with their asserts rewritten; None if that cannot be done."""
    module = _ast.Module(statements, [])
    try:
        rewrite(module, count, compare)
        return compile(module, "<tests>", "exec", dont_inherit=True)
    except UNPARSABLE:
        return None


def whole(text: str, count: str, compare: str) -> Unit:
    """Make one unit of a test text."""
    tree = parse(text, "<tests>")
    rewrite(tree, count, compare)
    label = text.strip().split("\n")[0][:LABEL_CHARS]
    return Unit(label, compile(tree, "<tests>", "exec", dont_inherit=True))


def spoiled(text: str, count: str, compare: str) -> CodeType | None:
    """Make a copy of the first test that compares with a constant, with another constant.

    A program that answers by itself fails it; one that reads what is expected passes.
    """
    tree = _parse_longest(text)
    uncalled = _uncalled_tests(tree)
    for statement in tree.body:
        if isinstance(statement, _ast.Assert) and _spoil(statement.test):
            return _compiled([statement], count, compare)
        if isinstance(statement, _ast.FunctionDef) and statement.name in uncalled:
            asserts = [node for node in nodes(statement) if isinstance(node, _ast.Assert)]
            if any(_spoil(node.test) for node in asserts):
                call = parse(f"{statement.name}()", "<tests>").body
                return _compiled([statement, *call], count, compare)
    return None


def _spoil(test: Any) -> bool:
    """Change the constant of `x == constant`; False if the test is nothing of the kind."""
    if not isinstance(test, _ast.Compare) or not isinstance(test.ops[0], _ast.Eq):
        return False
    constant: Any = test.comparators[0]
    known = isinstance(constant, _ast.Constant) and type(constant.value) in SPOILERS
    if known:
        constant.value = SPOILERS[type(constant.value)](constant.value)
    return known


def names_of(code: CodeType) -> set[str]:
    """Names, attributes among them, that code and the functions in it look up."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*[names_of(one) for one in inner])


def stub(tree: _ast.Module, kind: str) -> None:
    """Let every function and plain method of a program do nothing.

    Args:
        tree: is changed.
        kind: "none" to return None at once, "raise" to raise at once, "" to leave all as it is.
    """
    bodies = {"none": "return None", "raise": "raise NotImplementedError"}
    if not kind:
        return
    for node in tree.body:
        if isinstance(node, _ast.ClassDef):
            for member in node.body:
                if not getattr(member, "name", "__").startswith("__"):
                    _replace_body(member, bodies[kind])
        else:
            _replace_body(node, bodies[kind])


def stub_values(names: dict[str, Any], kind: str) -> None:
    """Replace what can be called in a namespace and is no class: lambdas, imports, objects.

    Args:
        names: is changed.
        kind: as in `stub`.
    """

    def nothing(*arguments: object, **named: object) -> None:  # noqa: ARG001
        if kind == "raise":
            raise NotImplementedError

    for name, value in names.items():
        if not name.startswith("_") and callable(value) and not is_class(value):
            names[name] = nothing


def _replace_body(node: Any, statement: str) -> None:
    if isinstance(node, (_ast.FunctionDef, _ast.AsyncFunctionDef)):
        made: Any = parse(f"def f():\n    {statement}\n", "<stub>").body[0]
        node.body = made.body


def _parse_longest(text: str) -> _ast.Module:
    """Parse up to the statement that does not parse: tests cut off at a limit are common."""
    lines = text.split("\n")
    for _ in range(MAX_CUTS):
        try:
            return parse("\n".join(lines), "<tests>")
        except SyntaxError as error:
            cut = min((error.lineno or len(lines)) - 1, len(lines) - 1)
            del lines[max(cut, 0) :]
        except UNPARSABLE:
            break
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
    used = {node.id for node in nodes(tree) if isinstance(node, _ast.Name)}
    return [name for name in defined if name not in used]
