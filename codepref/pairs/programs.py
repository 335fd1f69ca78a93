"""Programs that are the same but for layout and comments."""

import ast
from collections.abc import Sequence

from codepref.pairs.eligibility import Executed
from codepref.syntax import parse


def same_program(one: str, other: str) -> bool:
    """Whether two programs differ in layout and comments only.

    A program that does not parse is its lines without trailing blanks.
    """
    trees = parse(one), parse(other)
    if trees[0] is None or trees[1] is None:
        return trees[0] is trees[1] and _lines(one) == _lines(other)
    return _equal(trees[0], trees[1])


def first_of_each_program(items: Sequence[Executed]) -> list[Executed]:
    """Keep the first of the responses whose programs are the same."""
    seen: dict[str, Executed] = {}
    for item in items:
        seen.setdefault(normal_form(item.solution), item)
    return list(seen.values())


def normal_form(program: str) -> str:
    """Give a text that is equal for the same programs, to find them among many."""
    tree = parse(program)
    return "\n".join(_lines(program)) if tree is None else ast.dump(tree)


def _lines(program: str) -> list[str]:
    return [line.rstrip() for line in program.strip().splitlines()]


def _equal(one: object, other: object) -> bool:
    """Compare two trees, and end at the first difference."""
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, ast.AST):
            waiting += [(getattr(left, f, None), getattr(right, f, None)) for f in left._fields]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            waiting += zip(left, right, strict=True)
        elif left != right and repr(left) != repr(right):  # nan is no other nan
            return False
    return True
