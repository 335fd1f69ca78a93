"""How a task is put to a model: named wordings, and the program that a completion stands for.

A wording changes the words around a problem and nothing else, so the spread of scores over
wordings is what a score owes to them.
"""

from collections.abc import Callable
from typing import NamedTuple, get_args

from codepref.benchmarks.rows import Dimension, Judged, Task, Wording
from codepref.benchmarks.solutions import make_solution
from codepref.checkpoints.fences import OPEN, STOP, extract_code
from codepref.checkpoints.prompts import Renderer

REQUEST = "Write a self-contained Python program that solves the problem below.\n\n{problem}"
# EvalPlus 0.3.1, evalplus/codegen.py: its scores are of these very words (Apache-2.0).
EVALPLUS_REQUEST = (
    "Please provide a self-contained Python script that solves the following problem in a markdown "
    "code block:\n```\n{prompt}\n```\n"
)
EVALPLUS_ANSWER = (
    "Below is a Python script with a self-contained function that solves the problem and passes "
    "corresponding tests:\n```python\n"
)
# EvalPlus 0.3.1, evalplus/provider/utility.py, less what is a special token of some tokenizer.
EVALPLUS_STOP = ["\nif __name__", "\ndef main(", "\nprint("]
EVALPLUS_STOP_FUNCTION = ["\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert "]
EVALPLUS_STOP_MBPP = ['\n"""', "\nassert"]
TAB = "    "  # EvalPlus puts four spaces for each tab
# What an answer to CODAL-Bench is asked to heed; own words for the principles of the data set.
PRINCIPLES: dict[Dimension, str] = {
    "instruction_following": "Do all that is asked, as it is asked, and say why where you cannot.",
    "explanation": "Say in words how the code works and why, so that a reader can follow.",
    "complexity": "Choose an algorithm and data structures that save time and memory.",
    "readability": "Write code with plain names and a clear layout that others understand at once.",
    "style": "Follow the conventions and idioms of the language, in parts that can be tested.",
}


class Prompted(NamedTuple):
    """A rendered prompt, and where the completion ends."""

    text: str
    stop: list[str]


def put(task: Task, wording: Wording, renderer: Renderer) -> Prompted:
    """Render a task for one start.

    Args:
        task: judged by a model, it is asked openly, whatever the wording.
        wording: of the request.
        renderer: of the start: plain completion or chat.
    """
    if task.benchmark in get_args(Judged):
        return Prompted(_open(renderer, _instruction(task)), [])
    if wording != "evalplus":
        return Prompted(renderer.prompt(WORDS[wording](task)), [STOP])
    if renderer.template == "plain":
        return Prompted(f"{_problem(task).strip()}\n", _evalplus_stop(task))
    asked = EVALPLUS_REQUEST.format(prompt=_problem(task).strip())
    return Prompted(f"{_chat(renderer, asked)}{EVALPLUS_ANSWER}", [*EVALPLUS_STOP, f"{STOP}\n"])


def solve(task: Task, wording: Wording, renderer: Renderer, completion: str) -> str:
    """Give the program of a completion; "" for a task that a model judges."""
    if task.benchmark in get_args(Judged):
        return ""
    if wording != "evalplus":
        return make_solution(task, completion)
    if renderer.template == "plain":
        start = f"{task.prompt_code.strip()}\n" if task.prompt_code else ""
        code = _before(completion, _evalplus_stop(task))
        return make_solution(task, f"{start}{code}".replace("\t", TAB))
    return make_solution(task, extract_code(_before(completion, EVALPLUS_STOP)).replace("\t", TAB))


def _complete(task: Task) -> str:
    return task.text


def _request(task: Task) -> str:
    return REQUEST.format(problem=_fenced(task))


def _terse(task: Task) -> str:
    return _fenced(task)


def _fenced(task: Task) -> str:
    return f"{OPEN}\n{task.prompt_code.strip()}{STOP}" if task.prompt_code else task.text


def _problem(task: Task) -> str:
    """Give the problem as released: code to go on with, or MBPP+'s docstring."""
    return task.prompt_code or f'"""\n{task.text}\n"""'


def _instruction(task: Task) -> str:
    principle = PRINCIPLES[task.dimension] if task.dimension else ""
    return f"{principle}\n\n{task.text}".strip()


def _open(renderer: Renderer, text: str) -> str:
    """Ask for an answer in words and code: no fence is opened."""
    return f"Task: {text}\nAnswer:\n" if renderer.template == "plain" else _chat(renderer, text)


def _chat(renderer: Renderer, text: str) -> str:
    chat = renderer.tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
    )
    return f"{chat}"


def _evalplus_stop(task: Task) -> list[str]:
    own = EVALPLUS_STOP_MBPP if task.is_mbpp else EVALPLUS_STOP_FUNCTION
    return [*EVALPLUS_STOP, *own]


def _before(text: str, stops: list[str]) -> str:
    """Give what comes before the first of the stops."""
    return text[: min([text.find(stop) for stop in stops if stop in text], default=len(text))]


WORDS: dict[Wording, Callable[[Task], str]] = {
    "complete": _complete,
    "request": _request,
    "terse": _terse,
}
