"""Whether a program holds the tests it is judged by. Pure functions."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from codepref.execution.cases import read_cases
from codepref.syntax import PARSE_ERRORS, parse

LOOK_UP = re.compile(r"\b(?:if|match)\b|\{")  # a program without any looks nothing up


class Answer(NamedTuple):
    """Inputs of a test and the output that is right, each as `ast.dump` writes the literal.

    words: what any program with these literals has among its words; there may be more.
    """

    inputs: tuple[str, ...]
    output: str
    words: frozenset[str]


def holds_test(program: str, tests: Sequence[str]) -> str | None:
    """Give the first given test that stands in the program, spaces aside; None if none does."""
    squeezed = "".join(program.split())
    return next((test for test in tests if _squeezed_in(test, squeezed)), None)


def answers_of(tests: Sequence[str]) -> list[Answer]:
    """Give what `assert f(literals) == literal` and cases of programs say, others nothing."""
    cases = read_cases(tests)
    if cases is not None:
        return [
            _answer([ast.Constant(case.stdin.strip())], ast.Constant(case.stdout.strip()))
            for case in cases
        ]
    return [found for test in tests for found in _answers_in(test)]


def answered(program: str, answers: Sequence[Answer]) -> int:
    """Count the tests that the program answers by looking their inputs up.

    A test is so answered where a branch compares with all of its inputs and returns, prints or
    assigns its output as a literal, or where a dictionary maps the one to the other.
    """
    words = set(re.findall(r"\w+", program))
    possible = {answer for answer in answers if answer.words <= words}
    if not possible:  # nearly always, so few programs are parsed
        return 0
    tree = parse(program)
    if tree is None:
        return 0
    looked_up = [found for node in ast.walk(tree) for found in _lookups(node)]
    return sum(
        any(set(answer.inputs) <= keys and answer.output in values for keys, values in looked_up)
        for answer in possible
    )


def _squeezed_in(test: str, program: str) -> bool:
    squeezed = "".join(test.split())
    return squeezed.startswith("assert") and squeezed in program


def _answer(inputs: Sequence[ast.expr], output: ast.expr) -> Answer:
    words = {word for node in (*inputs, output) for word in _words(node)}
    return Answer(tuple(map(ast.dump, inputs)), ast.dump(output), frozenset(words))


def _words(literal: ast.expr) -> Iterator[str]:
    for node in ast.walk(literal):
        match node:
            case ast.Constant(value=str(text)) if text.isprintable() and "\\" not in text:
                yield from re.findall(r"\w+", text)
            case ast.Constant(value=int(number)):
                yield str(number)


def _answers_in(test: str) -> Iterator[Answer]:
    tree = parse(test)
    for node in tree.body if tree is not None else ():
        match node:
            case ast.Assert(
                test=ast.Compare(
                    left=ast.Call(args=[_, *_] as inputs, keywords=[]),
                    ops=[ast.Eq()],
                    comparators=[output],
                )
            ) if _is_literal(output) and all(map(_is_literal, inputs)):
                yield _answer(inputs, output)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (*PARSE_ERRORS, TypeError):
        return False
    return True


def _lookups(node: ast.AST) -> Iterator[tuple[set[str], set[str]]]:
    match node:
        case ast.If(test=test, body=body):
            yield _dumps([test]), _outputs(body)
        case ast.IfExp(test=test, body=result):
            yield _dumps([test]), _dumps([result])
        case ast.match_case(pattern=pattern, body=body):
            yield _dumps([pattern]), _outputs(body)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield _dumps([key]), _dumps([value])


def _outputs(body: Sequence[ast.stmt]) -> set[str]:
    """Give the literals that a branch itself gives, not those of branches within it."""
    flat = [node for node in body if isinstance(node, ast.Return | ast.Assign | ast.Expr)]
    return _dumps(flat)


def _dumps(nodes: Sequence[ast.AST]) -> set[str]:
    return {
        ast.dump(inner) for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.expr)
    }
