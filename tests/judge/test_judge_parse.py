import pytest

from codepref.judge.parse import Read, read_rating


@pytest.mark.parametrize(
    ("answer", "rating"),
    [
        ("Rationale: fine.\nRating: 7", 7),
        ("Rationale: fine.\n**Rating:** 7/10", 7),
        ("Rating: [3]", 3),
        ("rating : 10", 10),
        ("## Rating\n\n8", 8),
        ("Rating: <a whole number from 1 to 10>\nRationale: ok\nRating: 2/10", 2),
        ("Rating: 5\nRating: 6", 6),
    ],
)
def test_the_last_line_of_the_form_is_the_rating(answer: str, rating: int) -> None:
    assert read_rating(answer) == Read("rated", rating)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("", "unparsable"),
        ("The rating that I would give is high: 9", "unparsable"),
        ("Rating: high", "unparsable"),
        ("Rating: 7.5", "unparsable"),
        ("Rating: 0", "out_of_range"),
        ("Rating: 11/10", "out_of_range"),
        ("Rating: -3", "out_of_range"),
        ("I'm sorry, I cannot grade this.", "refused"),
        ("As an AI I have no opinion.", "refused"),
    ],
)
def test_what_gives_no_rating_has_a_status(answer: str, status: str) -> None:
    assert read_rating(answer) == Read(status, None)  # type: ignore[arg-type]


def test_a_rating_counts_even_beside_an_apology() -> None:
    assert read_rating("I'm sorry to say it is poor.\nRating: 2").rating == 2
