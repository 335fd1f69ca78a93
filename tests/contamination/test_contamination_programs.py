"""Functions of one form are found whatever hides them; the lexer in front loses none."""

import ast
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.contamination.programs import shape_of, skeleton
from tests.contamination.planted import (
    MADE,
    in_a_class,
    made_matcher,
    methods,
    renamed,
    translated,
    without_docstrings,
)

SOLUTION = MADE.canonical_solution
MATCHER = made_matcher()


def function(text: str) -> ast.FunctionDef:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize(
    "hide",
    [
        renamed,
        without_docstrings,
        in_a_class,
        lambda text: in_a_class(renamed(without_docstrings(text))),
        lambda text: text.replace("    ", "  ").replace(" % ", "%").replace("\n", "  # note\n"),
        lambda text: text.replace("flips += len", "flips += \\\n        len"),
        lambda text: text.replace("(stones):", "(stones: list[int], /) -> int:"),
        lambda text: "@staticmethod\n" + text,
        lambda text: text.replace("flips = 0", "flips: int = 0"),
        lambda text: text.replace("    flips = 0", '    "more"\n    flips = 0'),
        lambda text: text + "\n\ndef helper(x):\n    return x\n\n\nprint(count_flips([1]))\n",
        lambda text: text.replace("stone != stones[place]", "((stone) != (stones[place]))"),
    ],
)
def test_a_solution_is_found_under(hide) -> None:  # type: ignore[no-untyped-def]
    hidden = hide(SOLUTION)
    assert hidden != SOLUTION
    assert methods(MATCHER, hidden)["ast"] == {"HumanEval/7"}


def test_another_constant_is_found_and_costs_its_share_of_the_nodes() -> None:
    changed = SOLUTION.replace("% 2", "% 3")
    (match,) = [m for m in MATCHER.code(changed) if m.method == "ast"]
    nodes = shape_of(function(SOLUTION)).nodes
    assert match.score == pytest.approx(1 - 1 / nodes)
    assert match.row_text.startswith("def count_flips(stones):")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("!=", "=="),
        ("% 2", "// 2"),
        ("enumerate", "sorted"),
        ("flips += len", "flips -= len"),
        (" and ", " or "),
        ("return flips", "return stones"),
        ("% 2", "% 2.0"),
    ],
)
def test_a_function_that_does_something_else_is_not(old: str, new: str) -> None:
    changed = SOLUTION.replace(old, new)
    assert changed != SOLUTION
    assert shape_of(function(changed)).masked != shape_of(function(SOLUTION)).masked


def test_a_small_function_is_found_with_its_own_constants_alone() -> None:
    small = "def low(x):\n    return [y for y in x if y < 7]\n"
    task = MADE.model_copy(update={"canonical_solution": small})
    matcher = made_matcher(task)
    assert shape_of(function(small)).nodes < matcher.config.ast.min_nodes
    assert "ast" in methods(matcher, renamed(small))
    assert "ast" not in methods(matcher, small.replace("7", "8"), removed=False)


def test_a_trivial_function_is_no_overlap() -> None:
    trivial = "def add(a, b):\n    return a + b\n"
    matcher = made_matcher(MADE.model_copy(update={"canonical_solution": trivial}))
    assert methods(matcher, trivial, removed=False) == {}


def test_a_helper_that_the_prompt_has_whole_is_no_answer() -> None:
    task = MADE.model_copy(
        update={
            "prompt_code": SOLUTION,
            "canonical_solution": SOLUTION + "\n\ndef f(x):\n    return x",
        }
    )
    assert "ast" not in methods(made_matcher(task), renamed(SOLUTION), removed=False)


NAMES = st.sampled_from(["x", "y", "items", "total", "max", "list", "f", "if_", "orange"])
CONSTANTS = st.one_of(
    st.integers(0, 10**6),
    st.floats(0, 1e30, allow_nan=False),
    st.text(string.printable, max_size=8),
    st.binary(max_size=4),
    st.sampled_from([True, None]),
).map(repr)
EXPRESSIONS = st.recursive(
    st.one_of(NAMES, CONSTANTS),
    lambda inner: st.one_of(
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(
                [
                    "+",
                    "-",
                    "*",
                    "//",
                    "%",
                    "**",
                    "<<",
                    ">=",
                    "<",
                    "!=",
                    "and",
                    "or",
                    "in",
                    "not in",
                    "is not",
                    "|",
                    "&",
                ]
            ),
            inner,
        ),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
        st.builds("{}.append".format, NAMES),
        st.builds("len({})".format, inner),
        st.builds("sorted({}, key=lambda y: {})".format, inner, inner),
        st.builds("[{} for x in {} if {}]".format, inner, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("(total := {})".format, inner),
        st.builds('f"{{{}}}"'.format, NAMES),
        st.just("..."),
    ),
    max_leaves=6,
)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("{}: list[int] = {}".format, NAMES, EXPRESSIONS),
    st.builds("{} += {}".format, NAMES, EXPRESSIONS),
    st.builds("return {}".format, EXPRESSIONS),
    st.builds("assert {}".format, EXPRESSIONS),
    st.builds("raise ValueError({}) from {}".format, EXPRESSIONS, NAMES),
    st.builds("del {}".format, NAMES),
    st.sampled_from(["pass", "from math import sqrt as root", "import os.path", '"words"']),
)


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


BLOCKS = st.recursive(
    st.lists(SIMPLE, min_size=1, max_size=3),
    lambda inner: st.one_of(
        st.builds(
            lambda e, a, b: [f"if {e}:", *indented(a), "else:", *indented(b)],
            EXPRESSIONS,
            inner,
            inner,
        ),
        st.builds(
            lambda e, a, g, b: [f"if {e}:", *indented(a), f"elif {g}:", *indented(b)],
            EXPRESSIONS,
            inner,
            EXPRESSIONS,
            inner,
        ),
        st.builds(lambda n, e, a: [f"for {n} in {e}:", *indented(a)], NAMES, EXPRESSIONS, inner),
        st.builds(
            lambda a, b: ["try:", *indented(a), "except KeyError as y:", *indented(b)], inner, inner
        ),
        st.builds(lambda a: ["def inner(x: 'int', *y, z: list = 3) -> int:", *indented(a)], inner),
        st.builds(lambda a, b: [*a, *b], inner, inner),
    ),
    max_leaves=4,
)


def hidden_copies(body: list[str]) -> list[str]:
    """Copies of a function with this body that a syntax tree of one form has."""
    text = "\n".join(["def f(x, y):", *indented(body)])
    commented = "\n".join(
        f"{line}  # for if .name len(" if line else line for line in text.split("\n")
    )
    return [
        ast.unparse(ast.parse(text)),
        without_docstrings(text),
        in_a_class(text),
        translated(text),
        commented if ast.dump(ast.parse(text)) == ast.dump(parsed(commented)) else text,
        renamed(text),
        f"import os\n\n\ndef g():\n    return [1]\n\n\n{text}\n\nprint(f(1, 2))\n",
    ]


def parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # a comment inside a string of several lines
        return ast.Module([], [])


@settings(max_examples=300, deadline=None)
@given(BLOCKS)
def test_what_a_syntax_tree_finds_the_lexer_never_loses(body: list[str]) -> None:
    text = "\n".join(["def f(x, y):", '    """Words."""', *indented(body)])
    try:
        compile(text, "f", "exec")
    except SyntaxError:  # `return` beside names that are global, and the like
        return
    matcher = made_matcher(MADE.model_copy(update={"canonical_solution": text}))
    form = shape_of(function(text))
    if form.nodes < matcher.config.ast.min_nodes:
        return
    if len(skeleton("\n".join(body))) < matcher.config.ast.min_tokens:
        return
    for copy in hidden_copies(body):
        shapes = [
            shape_of(n).masked for n in ast.walk(ast.parse(copy)) if isinstance(n, ast.FunctionDef)
        ]
        if form.masked in shapes:
            assert "ast" in {match.method for match in matcher.code(copy)}, copy
