"""Near-duplicates by exact Jaccard similarity of 5-word shingles."""

import random

from codepref.seeds.duplicates import near_duplicates, shingle, similarity

WORDS = [f"w{i}" for i in range(40)]


def test_shingles_are_five_words_in_a_row() -> None:
    assert shingle("A b, c d e f") == {"a b c d e", "b c d e f"}
    assert shingle("a b") == {"a b"}


def test_similarity_is_intersection_over_union() -> None:
    assert similarity({"a", "b", "c"}, {"b", "c", "d"}) == 0.5


def test_the_smallest_id_of_a_cluster_stays() -> None:
    base = " ".join(WORDS)
    texts = {
        "c": base,
        "b": f"{base} x",  # 36 of 37 shingles shared
        "a": " ".join(f"v{i}" for i in range(40)),
    }
    assert near_duplicates(texts, 0.5) == {"c": "b"}


def test_a_pair_below_the_threshold_stays_and_one_at_it_goes() -> None:
    left = " ".join(WORDS[:13])  # 9 shingles
    right = " ".join([*WORDS[3:13], "x", "y", "z"])  # 6 of its 9 shared: 6 / 12
    texts = {"a": left, "b": right}
    assert near_duplicates(texts, 0.5) == {"b": "a"}
    assert near_duplicates(texts, 0.51) == {}


def test_what_is_joined_to_a_member_is_joined_to_the_cluster() -> None:
    first, second = " ".join(WORDS[:20]), " ".join(WORDS[4:24])
    third = " ".join(WORDS[8:28])  # shares 8 of 24 with the first, 12 of 20 with the second
    assert near_duplicates({"a": first, "b": second, "c": third}, 0.5) == {"b": "a", "c": "a"}


def test_order_does_not_matter() -> None:
    rng = random.Random(0)
    texts = {str(i): " ".join(rng.choices(WORDS[:6], k=12)) for i in range(60)}
    shuffled = dict(sorted(texts.items(), key=lambda item: item[1]))
    assert near_duplicates(texts, 0.3) == near_duplicates(shuffled, 0.3)


def test_nothing_repeats_nothing() -> None:
    assert near_duplicates({}, 0.5) == {}
