"""Rules that turn a function away, one at a time, on its syntax tree and tokens."""

import re
from collections.abc import Callable

from codepref.seeds.config import GatherSeedsConfig
from codepref.seeds.functions import Function

Rule = Callable[[Function, GatherSeedsConfig], str | None]


def first_failure(function: Function, config: GatherSeedsConfig) -> tuple[str, str] | None:
    """Name the first rule that turns a function away, and say why; None if none does."""
    for name, rule in RULES.items():
        if getattr(config.rules, name):
            detail = rule(function, config)
            if detail is not None:
                return name, detail
    return None


def _no_docstring(function: Function, _: GatherSeedsConfig) -> str | None:
    return None if function.docstring.strip() else "no docstring"


def _no_return_value(function: Function, _: GatherSeedsConfig) -> str | None:
    return None if function.returns_value() else "no return with a value"


def _async_function(function: Function, _: GatherSeedsConfig) -> str | None:
    return "async def" if type(function.node).__name__ == "AsyncFunctionDef" else None


def _private_name(function: Function, _: GatherSeedsConfig) -> str | None:
    return function.name if function.name.startswith("_") else None


def _test_function(function: Function, _: GatherSeedsConfig) -> str | None:
    return function.name if re.match(r"(?i)tests?(_|$)", function.name) else None


def _too_long(function: Function, config: GatherSeedsConfig) -> str | None:
    if function.n_lines > config.max_lines:
        return f"{function.n_lines} lines, limit {config.max_lines}"
    return None


def _zero_arguments(function: Function, _: GatherSeedsConfig) -> str | None:
    return None if function.n_arguments() else "no arguments"


def _not_ascii(function: Function, _: GatherSeedsConfig) -> str | None:
    odd = [letter for letter in function.text if not letter.isascii()]
    return f"has {odd[0]!a}" if odd else None


def _todo_comment(function: Function, config: GatherSeedsConfig) -> str | None:
    words = set(config.todo_words)
    for comment in function.comments():
        if words & set(re.findall(r"\w+", comment.lower())):
            return comment
    return None


def _todo_docstring(function: Function, config: GatherSeedsConfig) -> str | None:
    found = set(config.todo_words) & set(re.findall(r"\w+", function.docstring.lower()))
    return ", ".join(sorted(found)) or None


def _excluded_import(function: Function, config: GatherSeedsConfig) -> str | None:
    found = sorted(set(function.modules) & set(config.excluded_imports))
    return ", ".join(found) if found else None


def _undefined_name(function: Function, _: GatherSeedsConfig) -> str | None:
    return ", ".join(function.undefined) or None


RULES: dict[str, Rule] = {
    "no_docstring": _no_docstring,
    "no_return_value": _no_return_value,
    "async_function": _async_function,
    "private_name": _private_name,
    "test_function": _test_function,
    "too_long": _too_long,
    "zero_arguments": _zero_arguments,
    "not_ascii": _not_ascii,
    "todo_comment": _todo_comment,
    "todo_docstring": _todo_docstring,
    "excluded_import": _excluded_import,
    "undefined_name": _undefined_name,
}
