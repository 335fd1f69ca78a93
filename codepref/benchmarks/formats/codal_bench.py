"""CODAL-Bench (arXiv 2403.09032): instructions, each judged by one of five preferences."""

import re
from collections.abc import Iterator

from codepref.benchmarks.formats.lines import Format, Line, require_texts
from codepref.benchmarks.rows import Dimension, Task
from codepref.syntax import parse

FENCED = re.compile(r"```[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
DIMENSIONS: dict[str, Dimension] = {
    "instruction-following": "instruction_following",
    "readability": "readability",
    "complexity": "complexity",
    "style": "style",
    "explanation": "explanation",
}
REFERENCE = "_response"  # ends the name of each field with the answer of a reference model


def _codal_bench(line: Line) -> Task:
    """Read an instruction; the file has no ids, so its place in the file is its id.

    Its canonical solution is the Python of the reference answers, "" where they have none.
    """
    fields = line.fields
    if fields["preference"] not in DIMENSIONS:
        raise ValueError(f"preference {fields['preference']!r}, expected {', '.join(DIMENSIONS)}")
    answers = [fields[name] for name in sorted(fields) if name.endswith(REFERENCE)]
    (instruction,) = require_texts([fields["instruction"]], "instruction")
    programs = [
        program
        for answer in require_texts(answers, f"fields that end with {REFERENCE}")
        for program in _programs(answer)
    ]
    return Task(
        task_id=f"CODAL/{line.number - 1}",
        benchmark=line.benchmark,
        text=instruction,
        prompt_code="",
        entry_point="",
        canonical_solution="\n\n".join(dict.fromkeys(programs)),
        test="",
        base_inputs="",
        plus_inputs="",
        atol=0.0,
        dimension=DIMENSIONS[fields["preference"]],
        reference_answer=answers[-1],
    )


def _programs(answer: str) -> Iterator[str]:
    programs = FENCED.findall(answer) or [answer]
    yield from (program for program in programs if parse(program) is not None)


CODAL_BENCH = Format(_codal_bench)
