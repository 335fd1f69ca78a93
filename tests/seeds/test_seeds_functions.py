"""Functions found in a file, and what each needs."""

import pytest

from codepref.seeds.functions import Function, find_functions
from codepref.seeds.sources import SourceFile


def functions_of(text: str) -> list[Function]:
    return find_functions(SourceFile(text, "here 1", "a.py", "MIT", "0" * 64))


def only(text: str) -> Function:
    (function,) = functions_of(text)
    return function


def test_code_holds_the_imports_that_are_used_and_no_others() -> None:
    function = only(
        "import math\nimport json, re as regex\nfrom os.path import join as j, split\n\n"
        "def f(x):\n    return regex.sub('a', 'b', j(x, 'c'))\n"
    )
    assert function.code == (
        "from os.path import join as j\nimport re as regex\n\n\n"
        "def f(x):\n    return regex.sub('a', 'b', j(x, 'c'))\n"
    )
    assert function.modules == ["os", "re"]


def test_two_submodules_of_one_package_are_both_kept() -> None:
    function = only("import a.b\nimport a.c\ndef f(x):\n    return a.b.g(a.c.h(x))\n")
    assert [item.statement for item in function.needed] == ["import a.b", "import a.c"]


def test_an_import_inside_the_function_counts_as_its_module() -> None:
    function = only("def f(x):\n    import json.decoder\n    return json\n")
    assert function.modules == ["json"]
    assert function.needed == ()


def test_decorators_and_their_imports_belong_to_the_code() -> None:
    function = only("import functools\n\n@functools.cache\ndef f(x):\n    return x\n")
    assert function.code == "import functools\n\n\n@functools.cache\ndef f(x):\n    return x\n"


@pytest.mark.parametrize(
    ("text", "undefined"),
    [
        ("def f(x):\n    return len(x)\n", []),
        ("def f(n):\n    return n * f(n - 1)\n", []),
        ("LIMIT = 3\ndef f(x):\n    return x < LIMIT\n", ["LIMIT"]),
        ("def f(x=LIMIT):\n    return x\n", ["LIMIT"]),
        ("def f(x) -> Table:\n    return x\n", ["Table"]),
        ("def f(x):\n    global N\n    N = x\n    return x\n", ["N"]),
        ("def f(x):\n    def g(y):\n        return x + y + Z\n    return g(1)\n", ["Z"]),
        ("def f(x):\n    return [y for y in x if y]\n", []),
        ("from . import util\ndef f(x):\n    return util.g(x)\n", ["util"]),
    ],
)
def test_a_name_from_outside_that_no_import_gives_is_undefined(
    text: str, undefined: list[str]
) -> None:
    assert only(text).undefined == undefined


def test_a_return_of_a_nested_function_is_not_the_functions_own() -> None:
    assert not only("def f(x):\n    def g():\n        return 1\n    g()\n").returns_value()
    assert only("def f(x):\n    if x:\n        return 1\n").returns_value()
    assert not only("def f(x):\n    return\n").returns_value()


def test_comments_are_tokens_and_not_text_in_strings() -> None:
    function = only("def f(x):\n    y = '# TODO no'  # TODO yes\n    return y\n")
    assert function.comments() == ["# TODO yes"]


def test_every_kind_of_parameter_is_an_argument() -> None:
    assert only("def f(a, /, b, *c, d, **e):\n    return a\n").n_arguments() == 5
    assert only("def f() -> int:\n    return 1\n").n_arguments() == 0


def test_methods_and_nested_functions_are_no_candidates() -> None:
    text = "class A:\n    def m(self):\n        return 1\n\ndef f(x):\n    return x\n"
    assert [function.name for function in functions_of(text)] == ["f"]


def test_spaces_at_the_end_of_a_line_in_a_string_are_kept() -> None:
    text = 'def f(x):\n    return """a  \n"""'
    assert only(text + "\n").text == text


def test_a_long_chain_of_operators_is_read() -> None:
    assert only("def f(x):\n    return " + "x + " * 900 + "x\n").returns_value()


def test_a_form_feed_does_not_shift_the_lines() -> None:
    function = only("x = 1\n\x0c\ndef f(x):\n    return x\n")
    assert function.text == "def f(x):\n    return x"


@pytest.mark.parametrize("text", ["def f(:\n", "x = 'a\0b'\n", "def f(a, a):\n    return a\n"])
def test_a_file_that_would_not_compile_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        functions_of(text)


def test_an_escape_that_python_warns_of_is_read_in_silence() -> None:
    assert only("def f(x):\n    return '\\d'\n").name == "f"
