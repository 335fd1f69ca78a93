"""Each rule turns away what it names."""

import pytest

from codepref.seeds.config import Rules
from codepref.seeds.functions import find_functions
from codepref.seeds.rules import RULES, first_failure
from tests.seeds.seed_config import CONFIG, source_file, with_rules

DOC = '    """Give x."""\n'
CASES = {
    "no_docstring": "def f(x):\n    return x\n",
    "no_return_value": f"def f(x):\n{DOC}    print(x)\n",
    "async_function": f"async def f(x):\n{DOC}    return x\n",
    "private_name": f"def _f(x):\n{DOC}    return x\n",
    "test_function": f"def test_f(x):\n{DOC}    return x\n",
    "too_long": f"def f(x):\n{DOC}" + "    x += 1\n" * 4 + "    return x\n",
    "zero_arguments": f"def f() -> int:\n{DOC}    return 1\n",
    "not_ascii": f"def f(x):\n{DOC}    return x + 'é'\n",
    "todo_comment": f"def f(x):\n{DOC}    return x  # TODO: faster\n",
    "todo_docstring": 'def f(x):\n    """Give x. TODO: faster."""\n    return x\n',
    "excluded_import": f"import os.path\ndef f(x):\n{DOC}    return os.path.join(x, x)\n",
    "undefined_name": f"def f(x):\n{DOC}    return x + LIMIT\n",
}
GOOD = f"import re, osmnx\ndef f(x):\n{DOC}    return re.sub('todo', 'os', x)  # debug\n"


def failure_of(text: str, config=CONFIG):  # type: ignore[no-untyped-def]
    (function,) = find_functions(source_file(text))
    return first_failure(function, config)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_turns_away_what_it_names(rule: str) -> None:
    failure = failure_of(CASES[rule])
    assert failure is not None
    assert failure[0] == rule


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_off_turns_nothing_away(rule: str) -> None:
    assert failure_of(CASES[rule], with_rules(**{rule: False})) is None


def test_words_in_strings_names_and_other_words_trip_no_rule() -> None:
    assert failure_of(GOOD) is None


def test_every_rule_has_a_switch_in_the_same_order() -> None:
    of_sets = ["benchmark_overlap", "type_error", "near_duplicate"]
    assert [*RULES, *of_sets] == list(Rules.model_fields)
