"""Rolling hashes find what a search of every place does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.contamination.windows import Patterns, Windows, hash_of, pack

TOKENS = st.lists(st.integers(1, 3), max_size=40)


def holds(document: list[int], pattern: list[int]) -> bool:
    size = len(pattern)
    return any(document[i : i + size] == pattern for i in range(len(document) - size + 1))


@settings(deadline=None)
@given(st.lists(TOKENS, max_size=6), st.lists(TOKENS.filter(bool), max_size=6))
def test_a_document_that_holds_a_pattern_is_a_candidate_for_it(
    documents: list[list[int]], patterns: list[list[int]]
) -> None:
    found = Patterns(patterns).candidates(pack(documents))
    for place, document in enumerate(documents):
        for index, pattern in enumerate(patterns):
            if holds(document, pattern):
                assert index in found[place]


@given(st.lists(TOKENS, max_size=6), st.lists(st.integers(1, 3), min_size=3, max_size=3))
def test_windows_of_one_width_are_found_where_they_are_and_nowhere_else(
    documents: list[list[int]], pattern: list[int]
) -> None:
    found = Windows([hash_of(pattern)], 3).find(pack(documents))
    wanted = [
        place
        for place, document in enumerate(documents)
        for i in range(len(document) - 2)
        if document[i : i + 3] == pattern
    ]
    assert found.document.tolist() == wanted
