"""Texts: exact runs of words both ways round, rewritten texts, boilerplate."""

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.benchmarks.rows import Task
from codepref.contamination.matches import Match
from codepref.contamination.texts import runs, words
from tests.contamination.bounds import CONFIG
from tests.contamination.planted import MADE, benchmark_tasks, found_file, made_matcher

MATCHER = made_matcher()
TEXT = MADE.text  # 15 words: 6 runs of 10
OTHER = "Some quite unrelated sentence about rivers, boats, ropes, knots and weather follows here."


def by(method: str, text: str) -> list[Match]:
    return [match for match in MATCHER.texts([text])[0] if match.method == method]


def test_a_task_copied_into_a_long_text_scores_one_and_is_shown() -> None:
    (match,) = by("ngram", f"{OTHER * 9} {TEXT.upper()} {OTHER * 9}")
    assert match.score == 1.0
    assert MATCHER.removes(match)
    assert TEXT.upper()[:-1] in match.row_text
    assert match.row_text.startswith("...")
    assert match.task_text == TEXT


def test_a_text_that_is_part_of_a_long_task_scores_one() -> None:
    long = MADE.model_copy(update={"text": f"{OTHER} {TEXT} {OTHER}"})
    (match,) = [m for m in made_matcher(long).texts([TEXT])[0] if m.method == "ngram"]
    assert match.score == 1.0


def test_the_score_is_the_share_of_the_tasks_runs() -> None:
    # 11 of 15 words in a row are 2 of 6 runs; the words after them share none.
    some = " ".join(TEXT.split()[:11])
    (match,) = by("ngram", f"{some} {OTHER}")
    assert match.score == pytest.approx(2 / 6)


def test_punctuation_case_and_line_breaks_do_not_hide_a_run() -> None:
    text = re.sub(r"[ ,.]+", "\n -- ", TEXT)
    assert [match.score for match in by("ngram", text)] == [1.0]


def test_fewer_words_than_a_run_are_none() -> None:
    assert by("ngram", " ".join(TEXT.split()[:9])) == []


def test_what_several_tasks_of_a_benchmark_share_is_boilerplate() -> None:
    wrapper = "Please write one function in Python that solves the following problem for us:"
    tasks = [
        MADE.model_copy(
            update={"task_id": f"HumanEval/{i}", "text": f"{wrapper} {word} {word * 2}."}
        )
        for i, word in enumerate("abcdefgh")
    ]
    row = f"{wrapper} {OTHER}"
    assert made_matcher(*tasks).texts([row]) == [[]]
    assert [m.method for m in made_matcher(*tasks[:2]).texts([row])[0]] != []


def test_a_rewritten_text_is_near() -> None:
    rewritten = "Of black and white stones in a row, count how many must be flipped over."
    (match,) = by("minhash", rewritten)
    # 3 words in a row: 13 of the task's, 13 of the row's, 8 of them common.
    assert match.score == pytest.approx(8 / (13 + 13 - 8))
    assert MATCHER.removes(match)
    assert by("ngram", rewritten) == []


def test_an_unrelated_text_is_not_near() -> None:
    assert MATCHER.texts([OTHER, "", "one two three"]) == [[], [], []]


def test_runs_are_every_words_in_a_row() -> None:
    assert runs(words("One, two THREE_3 four"), 3) == {"one two three_3", "two three_3 four"}


@pytest.mark.parametrize(
    ("family", "n", "removed"), [("subtle", 100, 97), ("concise", 164, 97), ("difficult", 100, 41)]
)
def test_rewrites_by_evoeval_meet_their_humaneval_tasks(family: str, n: int, removed: int) -> None:
    """As many as the bounds of params.yaml were chosen by; no outcome of another source."""
    tasks = benchmark_tasks("humaneval_plus", "HumanEvalPlus.jsonl.gz")
    lines = gzip.decompress(found_file(f"EvoEval_{family}.jsonl.gz").read_bytes()).splitlines()
    prompts = [json.loads(line)["prompt"] for line in lines]
    matcher = made_matcher(*tasks)
    found = matcher.texts(prompts)
    assert len(prompts) == n
    assert sum(any(map(matcher.removes, matches)) for matches in found) == removed


def test_a_rewrite_by_evoeval_meets_the_task_it_was_made_from() -> None:
    tasks = benchmark_tasks("humaneval_plus", "HumanEvalPlus.jsonl.gz")
    line = gzip.decompress(found_file("EvoEval_subtle.jsonl.gz").read_bytes()).splitlines()[0]
    prompt = json.loads(line)["prompt"]
    parent = next(task for task in tasks if task.task_id == "HumanEval/0")
    assert prompt.strip() not in parent.prompt_code
    matcher = made_matcher(*tasks)
    near = [m for m in matcher.texts([prompt])[0] if m.method == "minhash" and matcher.removes(m)]
    assert {matcher.tasks[match.task].task_id for match in near} == {"HumanEval/0"}


def test_tasks_without_texts_index_nothing() -> None:
    empty = {"text": "", "canonical_solution": "", "base_inputs": "", "plus_inputs": ""}
    matcher = made_matcher(Task.model_validate(MADE.model_dump() | empty))
    assert matcher.code(TEXT) == []
    assert CONFIG.workers >= 1


@given(st.text(st.characters(max_codepoint=127)))
def test_words_of_ascii_are_those_of_the_expression(text: str) -> None:
    assert words(text) == re.findall(r"\w+", text.lower())


def test_words_of_other_letters_are_kept_whole() -> None:
    assert words("Größe_1 = naïve") == ["größe_1", "naïve"]
