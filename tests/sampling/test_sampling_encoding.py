import pytest

from codepref.sampling.encoding import cut_at_stop


@pytest.mark.parametrize(
    ("text", "stop", "cut"),
    [
        ("a\n```b", ["\n```"], "a\n```"),
        ("a\n```b\n```", ["\n```"], "a\n```"),
        ("ab###\n```", ["\n```", "###"], "ab###"),
        ("a\n``", ["\n```"], None),
        ("a\n```", [], None),
    ],
)
def test_text_is_cut_behind_the_first_stop_string(
    text: str, stop: list[str], cut: str | None
) -> None:
    assert cut_at_stop(text, stop) == cut
