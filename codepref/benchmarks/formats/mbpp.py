"""MBPP as Google released it, and MBPP+."""

import ast
import textwrap
from collections.abc import Sequence

from codepref.benchmarks.formats.lines import (
    Format,
    Line,
    json_inputs,
    require_id,
    require_python,
    require_texts,
)
from codepref.benchmarks.rows import Task


def _mbpp(line: Line) -> Task:
    """Read a task; its asserts come after its setup, and both after the program."""
    fields = line.fields
    tests = require_texts(fields["test_list"], "test_list")
    code = fields["code"].replace("\r\n", "\n")
    name = _called(code, tests)
    # Four tasks ask for a function of the name `check`.
    checks = [f"{name} = candidate", fields["test_setup_code"].replace("\r\n", "\n"), *tests]
    return Task(
        task_id=f"Mbpp/{int(fields['task_id'])}",
        benchmark=line.benchmark,
        text="\n".join([fields["text"].strip(), *tests]),
        prompt_code="",
        entry_point=name,
        canonical_solution=code,
        test="def check(candidate):\n" + textwrap.indent("\n".join(checks), "    "),
        base_inputs="",
        plus_inputs="",
        atol=0.0,
    )


def _called(code: str, tests: Sequence[str]) -> str:
    """Name the function or class of the code that its tests use first."""
    defined = {
        node.name
        for node in require_python(code, "code").body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    for node in ast.walk(require_python("\n".join(tests), "test_list")):
        if isinstance(node, ast.Name) and node.id in defined:
            return node.id
    raise ValueError(f"test_list calls none of {', '.join(sorted(defined)) or 'no function'}")


def _mbpp_plus(line: Line) -> Task:
    fields = line.fields
    return Task(
        task_id=require_id(fields["task_id"], "Mbpp"),
        benchmark=line.benchmark,
        text=fields["prompt"].strip().removeprefix('"""').removesuffix('"""').strip(),
        prompt_code="",
        entry_point=fields["entry_point"],
        canonical_solution=fields["canonical_solution"],
        test="",
        base_inputs=json_inputs(fields["base_input"]),
        plus_inputs=json_inputs(fields["plus_input"]),
        atol=float(fields["atol"]),
    )


MBPP = Format(_mbpp)
MBPP_PLUS = Format(_mbpp_plus)
