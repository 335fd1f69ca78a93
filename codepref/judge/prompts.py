"""What a judge is asked: reference-guided grading of a single answer, from 1 to 10.

The five dimensions and their criteria are those of CODAL-Bench (Weyssow et al. 2024,
arXiv:2403.09032, appendix); the wording is our own. One answer is shown at a time, so there is no
order of answers that could sway the judge. What has an order are the criteria: each pass begins
with the next of them. A judge that rates the answer gives passes the same rating; the agreement of
passes at temperature 0 is how little this order, which means nothing, moves it. Passes of one and
the same prompt would show no more than the numerical noise of the server.
"""

from typing import NamedTuple

from codepref.benchmarks.rows import Benchmark, Dimension, Wording
from codepref.records import digest
from codepref.schema import Strict

LOWEST, HIGHEST = 1, 10
ORDERS = 4  # of the criteria: as many as there are, each comes first once
SYSTEM = (
    "You grade answers to programming requests, fairly and by the criteria you are given. An "
    "answer of an expert is shown for comparison; an answer may be as good in another way. First "
    "write a short rationale, then grade the candidate on a whole-number scale from 1 (worst) to "
    "10 (best). Do not answer the request yourself."
)
LAYOUT = """\
# Grade: {title}

## Criteria
{criteria}

## Form of your reply
Rationale: <two or three sentences>
Rating: <a whole number from 1 to 10>

## Request
{instruction}

## Answer of an expert
{reference}

## Candidate
{answer}

## Your reply
"""


class Criteria(NamedTuple):
    """Name of a dimension and what is looked at in it."""

    title: str
    points: tuple[str, str, str, str]


CRITERIA: dict[Dimension, Criteria] = {
    "instruction_following": Criteria(
        "following the instruction",
        (
            "Precision: is everything done that was asked for, and nothing else?",
            "Justified deviation: where it departs from the request, does it say why?",
            "Alignment: do form, language, names and constraints agree with the request?",
            "Need: is each departure needed to fulfil the request at all?",
        ),
    ),
    "explanation": Criteria(
        "quality of the explanation",
        (
            "Clarity: is each step told in words that can be followed?",
            "Depth: does it tell why the code works, and not only what it does?",
            "Relevance: does it keep to what the reader needs for this request?",
            "Access: can a reader with the background of the request understand it?",
        ),
    ),
    "complexity": Criteria(
        "complexity and efficiency",
        (
            "Time: does the running time grow no faster than it has to?",
            "Resources: are memory and other resources used sparingly?",
            "Algorithm: do method and data structures suit the problem?",
            "Tuning: is avoidable work avoided where it matters?",
        ),
    ),
    "readability": Criteria(
        "readability",
        (
            "Clarity: do layout, names and structure show what the code does?",
            "Brevity: is it free of repetition and needless parts?",
            "Relevance: do comments say what the code cannot, and no more?",
            "Comprehension: can someone else pick it up and change it?",
        ),
    ),
    "style": Criteria(
        "coding style",
        (
            "Readability: are the conventions of the language for naming and layout kept?",
            "Upkeep: is it cut into parts that can be tested and changed alone?",
            "Economy: does the style avoid waste of computation?",
            "Idiom: are the constructs used that the language offers for the purpose?",
        ),
    ),
}


class Judgeable(Strict):
    """One completion and what it is graded by.

    Attributes:
        start: that the variant belongs to: "<model>-<start>".
        instruction: what was asked. reference: an expert's answer. answer: the candidate's text.
    """

    completion_id: str
    start: str
    variant: str
    benchmark: Benchmark
    task_id: str
    sample_index: int
    wording: Wording
    dimension: Dimension
    instruction: str
    reference: str
    answer: str


def grading_prompt(item: Judgeable, pass_index: int) -> str:
    """Ask for a rationale and a rating of one completion; a pass turns the criteria by one."""
    criteria = CRITERIA[item.dimension]
    first = pass_index % ORDERS
    points = (*criteria.points[first:], *criteria.points[:first])
    return LAYOUT.format(
        title=criteria.title,
        criteria="\n".join(f"- {point}" for point in points),
        instruction=item.instruction.strip(),
        reference=item.reference.strip(),
        answer=item.answer.strip() or "(empty)",
    )


def prompts_digest() -> str:
    """Digest of all words that a judge is asked in."""
    criteria = {str(name): [some.title, *some.points] for name, some in CRITERIA.items()}
    return digest([SYSTEM, LAYOUT, criteria])
