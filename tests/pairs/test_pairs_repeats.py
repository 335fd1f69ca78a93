"""Pairs that repeat those of another instruction."""

from codepref.pairs.config import NearDuplicatesConfig
from codepref.pairs.repeats import drop_near_duplicates
from tests.alignment.cells import pair

TEXT = "Write a function that returns the sum of all even numbers in a list of integers"
TEXTS = {
    "instruction0": TEXT,
    "instruction1": f"{TEXT}, please",
    "instruction2": "Reverse the words of a sentence and keep the punctuation where it was before",
}
LONG = "\ndef add(numbers):\n    total = 0\n    for one in numbers:\n        total += one\n"
CHOSEN = [f"{LONG}    return total\n```", f"{LONG}    return total  # sum\n```", "\nx\n```"]
PAIRS = [pair(i, chosen=CHOSEN[i]) for i in range(3)]


def config(*compared: str) -> NearDuplicatesConfig:
    names = ("instruction", "chosen", "program")
    return NearDuplicatesConfig(jaccard=0.7, **{name: name in compared for name in names})


def ids(found: list[object]) -> list[str]:
    return [one.pair_id for one in found]  # type: ignore[attr-defined]


def test_the_smallest_id_of_a_cluster_stays() -> None:
    found = drop_near_duplicates(PAIRS[::-1], TEXTS, config("instruction"))
    assert ids(found.pairs) == ["pair2", "pair0"]  # type: ignore[arg-type]
    assert found.dropped == {"instruction": 1, "chosen": 0, "program": 0}


def test_the_chosen_answers_are_compared_too() -> None:
    found = drop_near_duplicates(PAIRS, TEXTS, config("program"))
    assert ids(found.pairs) == ["pair0", "pair2"]  # type: ignore[arg-type]
    assert found.dropped["program"] == 1


def test_nothing_is_compared_where_nothing_is_asked() -> None:
    assert drop_near_duplicates(PAIRS, TEXTS, config()).pairs == PAIRS


def test_two_pairs_of_one_instruction_are_no_repeats_and_go_together() -> None:
    twin = pair(1, pair_id="pair1b")
    found = drop_near_duplicates([*PAIRS, twin], TEXTS, config("instruction"))
    assert ids(found.pairs) == ["pair0", "pair2"]  # type: ignore[arg-type]
    assert found.dropped["instruction"] == 2
    alone = drop_near_duplicates([PAIRS[1], twin], TEXTS, config("instruction", "program"))
    assert len(alone.pairs) == 2
