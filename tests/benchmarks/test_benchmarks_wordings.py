"""How tasks are put to a model, and what program a completion stands for."""

import gzip
import json
from typing import Any, get_args

import pytest

from codepref.benchmarks.rows import Benchmark, Dimension, Judged, Task, Wording
from codepref.benchmarks.tasks import parse_tasks
from codepref.benchmarks.wordings import (
    EVALPLUS_ANSWER,
    EVALPLUS_REQUEST,
    PRINCIPLES,
    put,
    solve,
)
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from tests.benchmarks.made_lines import CODAL_BENCH, HUMANEVAL, MBPP_PLUS, jsonl
from tests.contamination.planted import found_file
from tests.tiny_model import make_tiny_model

PROMPT = HUMANEVAL["prompt"]
(TASK,) = parse_tasks(jsonl(HUMANEVAL), "humaneval", "file")
(MBPP,) = parse_tasks(jsonl(MBPP_PLUS), "mbpp_plus", "file")
(JUDGED,) = parse_tasks(jsonl(CODAL_BENCH), "codal_bench", "file")
USER, ASSISTANT = "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"  # of the tiny model


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(load_tokenizer(make_tiny_model(tmp_path_factory.mktemp("tiny"))), "plain")


@pytest.fixture(scope="module")
def chat(plain: Renderer) -> Renderer:
    return Renderer(plain.tokenizer, "chat")


def test_complete_asks_for_the_function_and_opens_a_fence(plain: Renderer, chat: Renderer) -> None:
    words = TASK.text.strip()
    found = put(TASK, "complete", plain)
    assert found.text.endswith(f"\n\nTask: {words}\n```python")
    assert found.stop == ["\n```"]
    assert put(TASK, "complete", chat).text == f"{USER}{words}{ASSISTANT}```python"


def test_terse_gives_the_code_alone(chat: Renderer) -> None:
    shown = f"```python\n{PROMPT.strip()}\n```"
    assert put(TASK, "terse", chat) == (f"{USER}{shown}{ASSISTANT}```python", ["\n```"])


def test_request_asks_in_a_sentence_before_the_code(plain: Renderer, chat: Renderer) -> None:
    shown = f"\n\n```python\n{PROMPT.strip()}\n```"
    for renderer, end in ((plain, "\n```python"), (chat, f"{ASSISTANT}```python")):
        found = put(TASK, "request", renderer).text
        assert found.endswith(f"solves the problem below.{shown}{end}")


def test_a_task_without_code_is_put_by_its_text(chat: Renderer) -> None:
    for wording in ("terse", "request"):
        found = put(MBPP, wording, chat).text
        assert found.endswith(f"{MBPP.text}{ASSISTANT}```python")
        assert found.count("```") == 1


def test_every_wording_is_another_prompt(plain: Renderer, chat: Renderer) -> None:
    for renderer in (plain, chat):
        prompts = {put(TASK, wording, renderer).text for wording in get_args(Wording)}
        assert len(prompts) == len(get_args(Wording)) == 4


def test_a_base_model_is_given_evalplus_prompt_to_go_on_with(plain: Renderer) -> None:
    found = put(TASK, "evalplus", plain)
    assert found.text == f"{PROMPT.strip()}\n"
    assert {"\ndef ", "\nclass ", "\nif __name__", "\nprint("} <= set(found.stop)
    assert put(MBPP, "evalplus", plain).text == MBPP_PLUS["prompt"].strip() + "\n"


def test_mbpp_ends_at_its_own_stop_strings(plain: Renderer) -> None:
    assert {'\n"""', "\nassert"} <= set(put(MBPP, "evalplus", plain).stop)
    assert "\ndef " not in put(MBPP, "evalplus", plain).stop  # the function is yet to come


@pytest.mark.parametrize("dataset", ["humaneval", "mbpp"])
def test_stop_strings_are_evalplus_own_less_special_tokens(dataset: str, plain: Renderer) -> None:
    utility = pytest.importorskip("evalplus.provider.utility")
    task = TASK if dataset == "humaneval" else MBPP
    wanted = [*utility.EOS, *utility.extra_eos_for_direct_completion(dataset)]
    special = {"<|endoftext|>", "<|endofmask|>", "</s>"}
    assert set(put(task, "evalplus", plain).stop) == set(wanted) - special


@pytest.mark.parametrize(
    ("benchmark", "file"),
    [("humaneval_plus", "HumanEvalPlus.jsonl.gz"), ("mbpp_plus", "MbppPlus.jsonl.gz")],
)
def test_all_prompts_of_evalplus_are_its_own(
    benchmark: Benchmark, file: str, plain: Renderer, chat: Renderer
) -> None:
    """As evalplus.codegen makes them, for a base model and for a chat."""
    utility = pytest.importorskip("evalplus.provider.utility")
    content = found_file(file).read_bytes()
    tasks = parse_tasks(content, benchmark, file)
    rows = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    for task, row in zip(tasks, rows, strict=True):
        prompt = row["prompt"].strip() + "\n"
        assert put(task, "evalplus", plain).text == prompt
        assert put(task, "evalplus", chat).text == utility.make_raw_chat_prompt(
            prompt,
            EVALPLUS_REQUEST.partition("\n")[0],
            EVALPLUS_ANSWER.partition("\n")[0],
            chat.tokenizer,
        )


def test_a_chat_prompt_begins_the_answer_as_evalplus_does(chat: Renderer) -> None:
    found = put(TASK, "evalplus", chat)
    assert found.text.startswith(f"{USER}Please provide a self-contained Python script that solves")
    assert found.text.endswith("passes corresponding tests:\n```python\n")
    assert "\n```\n" in found.stop
    assert "\ndef " not in found.stop


def run(program: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(program, names)
    return names


def test_a_direct_completion_goes_on_with_the_prompt(plain: Renderer) -> None:
    program = solve(TASK, "evalplus", plain, "    y = x + 1\n    return y\n")
    assert run(program)["f"](1) == 2


@pytest.mark.parametrize("stop", ["\nif __name__ == 0:", "\ndef g():", "\nclass A:", "\nassert f("])
def test_a_direct_completion_ends_at_the_first_stop_string(stop: str, plain: Renderer) -> None:
    program = solve(TASK, "evalplus", plain, f"    return x\n{stop} not( python\nprint(1)")
    assert program.endswith("return x\n")


def test_a_direct_completion_for_mbpp_is_the_whole_program(plain: Renderer) -> None:
    program = solve(
        MBPP, "evalplus", plain, "def g(x):\n    return x\ndef f(x):\n    return g(x)\n"
    )
    assert run(program)["f"](3) == 3


def test_tabs_become_four_spaces(plain: Renderer, chat: Renderer) -> None:
    assert "\n    return x" in solve(TASK, "evalplus", plain, "\treturn x")
    assert "\n        return x" in solve(TASK, "evalplus", chat, "def f(x):\n\tif x:\n\t\treturn x")


def test_an_answer_of_a_chat_ends_with_its_fence(chat: Renderer) -> None:
    answer = "def f(x):\n    return x\n```\nprint(no python"
    assert solve(TASK, "evalplus", chat, answer) == "def f(x):\n    return x\n"


@pytest.mark.parametrize("wording", [name for name in get_args(Wording) if name != "evalplus"])
def test_other_completions_continue_the_opened_fence(wording: Wording, plain: Renderer) -> None:
    found = solve(TASK, wording, plain, "\ndef f(x):\n\treturn x\n```\nSo it is.")
    assert found == "def f(x):\n\treturn x\n"


@pytest.mark.parametrize("wording", get_args(Wording))
def test_a_judged_task_is_asked_openly_whatever_the_wording(
    wording: Wording, plain: Renderer, chat: Renderer
) -> None:
    for renderer in (plain, chat):
        found = put(JUDGED, wording, renderer)
        assert found == put(JUDGED, "complete", renderer)
        assert (found.stop, "```" in found.text) == ([], False)
    assert solve(JUDGED, wording, plain, "def f(): ...") == ""


@pytest.mark.parametrize("dimension", get_args(Dimension))
def test_each_dimension_has_a_principle_of_its_own(dimension: Dimension, chat: Renderer) -> None:
    task = JUDGED.model_copy(update={"dimension": dimension})
    assert put(task, "complete", chat).text == (
        f"{USER}{PRINCIPLES[dimension]}\n\n{JUDGED.text}{ASSISTANT}"
    )
    assert len(set(PRINCIPLES.values())) == len(get_args(Dimension))


def test_every_judged_benchmark_is_asked_openly(plain: Renderer) -> None:
    for benchmark in get_args(Judged):
        task: Task = JUDGED.model_copy(update={"benchmark": benchmark})
        assert put(task, "evalplus", plain).text.endswith("\nAnswer:\n")
