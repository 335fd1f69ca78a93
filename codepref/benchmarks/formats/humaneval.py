"""HumanEval, HumanEval+, and EvoEval's rewritten prompts, which keep HumanEval+'s tests."""

from codepref.benchmarks.formats.lines import (
    Format,
    Line,
    function_text,
    json_inputs,
    require_id,
    require_python,
)
from codepref.benchmarks.rows import Task


def _with_check(line: Line) -> Task:
    return _task(line, test=line.fields["test"], base="", plus="", atol=0.0)


def _with_inputs(line: Line) -> Task:
    base, plus = json_inputs(line.fields["base_input"]), json_inputs(line.fields["plus_input"])
    return _task(line, test="", base=base, plus=plus, atol=float(line.fields["atol"]))


def _rewritten(line: Line) -> Task:
    function_text(line.fields["old_prompt"])  # what tells these files from HumanEval+'s
    return _with_inputs(line)


def _task(line: Line, *, test: str, base: str, plus: str, atol: float) -> Task:
    prompt = line.fields["prompt"]
    require_python(prompt, "prompt")
    return Task(
        task_id=require_id(line.fields["task_id"], "HumanEval"),
        benchmark=line.benchmark,
        text=function_text(prompt),
        prompt_code=prompt,
        entry_point=line.fields["entry_point"],
        canonical_solution=prompt + line.fields["canonical_solution"],
        test=test,
        base_inputs=base,
        plus_inputs=plus,
        atol=atol,
    )


HUMANEVAL = Format(_with_check, refused=frozenset(("base_input", "plus_input")))
HUMANEVAL_PLUS = Format(_with_inputs, refused=frozenset(("old_prompt", "new_prompts")))
REWRITTEN = Format(_rewritten)
