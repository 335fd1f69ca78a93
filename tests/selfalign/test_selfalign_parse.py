"""Completions to concepts and instructions."""

import pytest

from codepref.selfalign.config import InstructionRules, WriteInstructionsConfig
from codepref.selfalign.parse import Copies, Unread, parse_concepts, parse_instruction
from codepref.selfalign.repeats import find_repeats
from tests.selfalign.selfalign_config import CONFIG

COPIES = Copies(
    ["Write a function that counts vowels in a word."], "# add every item of both lists", words=5
)
GOOD = "Write a function total(items) that adds up prices."


@pytest.mark.parametrize(
    ("completion", "concepts"),
    [
        (" loops, string  parsing, sets\n", ["loops", "string parsing", "sets"]),
        (" loops, Loops, sets.\nmore, words", ["loops", "sets"]),
        ("\n loops, `sets`, a b c d, 12, , lists, dicts\n", ["loops", "sets", "lists"]),
    ],
)
def test_concepts_are_stripped_without_repeats_and_limited(
    completion: str, concepts: list[str]
) -> None:
    assert parse_concepts(completion, finished=True, config=CONFIG) == concepts


@pytest.mark.parametrize("completion", [" loops\n", "\n", "a b c d e f, g h i j k\n"])
def test_too_few_concepts_are_unread(completion: str) -> None:
    read = parse_concepts(completion, finished=True, config=CONFIG)
    assert read == Unread(reason="too_few_concepts")


def test_a_list_that_the_token_limit_cut_is_unread() -> None:
    read = parse_concepts(" loops, sets, li", finished=False, config=CONFIG)
    assert read == Unread(reason="cut_off")
    assert parse_concepts(" loops, sets", finished=True, config=CONFIG) == ["loops", "sets"]


def read(
    completion: str, config: WriteInstructionsConfig = CONFIG, *, finished: bool = True
) -> str | Unread:
    return parse_instruction(completion, finished=finished, copies=COPIES, config=config)


def test_an_instruction_ends_before_the_next_example() -> None:
    assert read(f" {GOOD}\n\n## Example 4\nCategory: class") == GOOD
    assert read(f" {GOOD}\n\n## Example", finished=False) == GOOD


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("Add up prices.", "too_short"),
        ("word " * 30 + "end.", "too_long"),
        (f"{GOOD}\n```", "has_code"),
        (f"{GOOD}\ndef total(items):", "has_code"),
        ("Write a function total(items) that adds", "no_end"),
        ("Please write a function that counts vowels, then consonants.", "copied_example"),
        ("Take two and add every item of both, please.", "copied_snippet"),
    ],
)
def test_a_text_that_is_no_task_has_its_reason(completion: str, reason: str) -> None:
    unread = read(completion)
    assert isinstance(unread, Unread)
    assert unread.reason == reason


def test_a_text_that_the_token_limit_cut_is_unread() -> None:
    assert read(GOOD, finished=False) == Unread(reason="cut_off")


def test_the_word_import_inside_a_sentence_is_no_code() -> None:
    text = "Write a function that tells which import statements repeat."
    assert read(text) == text


@pytest.mark.parametrize("rule", InstructionRules.model_fields)
def test_a_rule_that_is_off_turns_no_text_away(rule: str) -> None:
    """Each reason but those of length of the reply is one rule's alone."""
    rules = CONFIG.rules.model_copy(update={rule: False})
    config = CONFIG.model_copy(update={"rules": rules})
    completions = {
        "too_short": "Sort it.",
        "too_long": "word " * 31 + "end.",
        "has_code": "Say what this does, please: (a)\nimport (re)",
        "no_end": "Write a function that sorts",
        "copied_example": "Please write a function that counts vowels, then consonants.",
        "copied_snippet": "Take two and add every item of both, please.",
    }
    for reason, completion in completions.items():
        found = read(completion, config)
        assert found == (
            completion if reason == rule else Unread.model_validate({"reason": reason})
        )


def test_white_space_alone_makes_no_second_instruction() -> None:
    texts = {"b": "Sort a list.", "a": "Sort  a\nlist.", "c": "Sort a tuple."}
    assert find_repeats(texts, CONFIG) == {"b": "whitespace_duplicate"}
    off = CONFIG.rules.model_copy(update={"whitespace_duplicate": False, "near_duplicate": False})
    assert find_repeats(texts, CONFIG.model_copy(update={"rules": off})) == {}


def test_a_near_repeat_of_an_exact_one_is_held_to_the_text_that_stays() -> None:
    near = "Write a function that sorts a list of numbers and gives the median of them"
    texts = {"a": near, "b": near.replace(" ", "  "), "c": f"{near} all"}
    assert find_repeats(texts, CONFIG) == {"b": "whitespace_duplicate", "c": "near_duplicate"}
