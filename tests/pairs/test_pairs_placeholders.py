"""Answers that leave the work to the reader."""

import pytest

from codepref.pairs.placeholders import has_placeholder


@pytest.mark.parametrize(
    "program",
    [
        "def f(a):\n    # TODO: write it\n    return a",
        "def f(a):\n    # Your code here\n    return None",
        "def f(a):\n    # implement this\n    return a",
        "def f(a):\n    pass",
        'def f(a):\n    """Add."""\n    ...',
        "def f(a):\n    raise NotImplementedError",
        "class A:\n    def f(self):\n        raise NotImplementedError('later')",
        "def f(a:\n    # TODO\n",
    ],
)
def test_unfinished_work_is_seen(program: str) -> None:
    assert has_placeholder(program)


@pytest.mark.parametrize(
    "program",
    [
        "def add(todos, item):\n    todos.append(item)  # keeps the list of todo items\n",
        'def f():\n    return "TODO: buy milk, your code here"',
        "def f(a):\n    if a:\n        pass\n    return a",
        "class Stop(Exception):\n    pass",
        "def f(a):\n    return a[..., 0]",
        "class A:\n    def __init__(self):\n        pass\n    def f(self):\n        return 1",
        "class A:\n    def f(self):\n        raise NotImplementedError\n"
        "class B(A):\n    def f(self):\n        return 1",
        "def f(a):\n    if a:\n        raise NotImplementedError\n    return 1",
        "def implement(code):\n    return code  # gives the code",
        "def f(:",
        "",
    ],
)
def test_finished_work_with_such_words_is_not(program: str) -> None:
    assert not has_placeholder(program)
