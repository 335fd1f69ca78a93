"""Programs that are nearly right: canonical solutions with one thing changed."""

import ast
import copy
import random
from collections.abc import Iterator

MAX_MUTANTS = 4
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Div,
    ast.Div: ast.FloorDiv,
    ast.Mod: ast.FloorDiv,
}
WRAPPED = """{code}
_right = {name}
def {name}(*arguments):
    value = _right(*arguments)
    return {change}
"""
CHANGES = (
    *("None", "not value", "float(value)", "value + 1e-7", "value + 1e-3", "bool(value)"),
    *("[item + 1e-7 for item in value]", "[float(item) for item in value]", "list(value)"),
    *("tuple(value)", "set(value)", "list(reversed(value))", "str(value)", "[value]"),
    "type('L', (), {'__eq__': lambda s, o: True})()",  # an object that equals everything
    "value if arguments else value",
)


def wrapped(code: str, name: str) -> list[str]:
    """Programs that change what the right one returns."""
    return [WRAPPED.format(code=code, name=name, change=change) for change in CHANGES]


def mutants(code: str, name: str) -> list[str]:
    """Programs in which one operator, comparison or number inside a function is another."""
    places = sum(1 for _ in _places(ast.parse(code)))
    drawn = random.Random(f"mutants/{name}").sample(range(places), min(places, MAX_MUTANTS))
    return [_mutant(code, place) for place in sorted(drawn)]


def _mutant(code: str, place: int) -> str:
    tree = copy.deepcopy(ast.parse(code))
    for index, node in enumerate(_places(tree)):
        if index == place:
            _change(node)
            break
    return ast.unparse(tree)


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                known = (
                    (isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS)
                    or (isinstance(node, ast.BinOp) and type(node.op) in OPERATORS)
                    or (isinstance(node, ast.Constant) and type(node.value) is int)
                )
                if known:
                    yield node


def _change(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = COMPARISONS[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp):
        node.op = OPERATORS[type(node.op)]()
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value += 1
