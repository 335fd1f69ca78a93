"""EvoEval's new tasks: difficult, creative, subtle, combine and tool_use (arXiv 2403.19114)."""

import ast
import json
from typing import Any

from codepref.benchmarks.formats.lines import (
    Format,
    Line,
    function_text,
    require_id,
    require_texts,
)
from codepref.benchmarks.rows import Task


def _evoeval(line: Line) -> Task:
    prompt = line.fields["prompt"]
    inputs = [_input(text) for text in require_texts(line.fields["inputs"], "inputs")]
    return Task(
        task_id=require_id(line.fields["task_id"], "EvoEval"),
        benchmark=line.benchmark,
        text=function_text(prompt),
        prompt_code=prompt,
        entry_point=line.fields["entry_point"],
        canonical_solution=f"{prompt}\n{line.fields['canonical_solution']}",
        test="",
        base_inputs=json.dumps(inputs),
        plus_inputs="",
        atol=0.0,
    )


def _tool_use(line: Line) -> Task:
    require_texts([line.fields["helpers"]], "helpers")
    return _evoeval(line)


def _input(text: str) -> list[Any] | str:
    """Give an argument list, or its text where JSON would lose something: a tuple, a set, a key.

    Some texts are no literals, such as "[i for i in range(9)], 2".
    """
    try:
        arguments = list(ast.literal_eval(f"[{text}]"))
        same = json.loads(json.dumps(arguments)) == arguments
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return text
    return arguments if same else text


EVOEVAL = Format(_evoeval, refused=frozenset(("helpers",)))
TOOL_USE = Format(_tool_use)
