"""EvalPerf (arXiv 2408.06450): solutions of growing speed to tasks of HumanEval+ and MBPP+."""

import json

from codepref.benchmarks.formats.lines import Format, Line, require_id, require_texts
from codepref.benchmarks.rows import Task


def _evalperf(line: Line) -> Task:
    """Read a task; for the search for contamination all its references are one program.

    What the model is asked is not in the file: it is the text of HumanEval+ or MBPP+.
    """
    fields = line.fields
    references = require_texts(fields["reference"], "reference")
    if len(fields["scores"]) != len(references):
        raise ValueError(f"{len(references)} references, but {len(fields['scores'])} scores")
    inputs = json.loads(fields["pe_input"])
    if not isinstance(inputs, list) or not all(isinstance(item, list) for item in inputs):
        raise ValueError("pe_input: expected JSON of a list of argument lists")
    return Task(
        task_id=require_id(fields["task_id"], "HumanEval", "Mbpp"),
        benchmark=line.benchmark,
        text="",
        prompt_code="",
        entry_point=fields["entry_point"],
        canonical_solution="\n\n".join(references),
        test="",
        base_inputs="",
        plus_inputs="",
        atol=0.0,
        performance_inputs=json.dumps(inputs),
        references=list(references),
        reference_scores=[float(score) for score in fields["scores"]],
    )


EVALPERF = Format(_evalperf)
