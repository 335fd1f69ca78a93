import pytest

from codepref.checkpoints.fences import extract_code


@pytest.mark.parametrize(
    ("completion", "code"),
    [
        ("\nx = 1\n```", "x = 1\n"),
        ("\nx = 1\n```\nSome prose.\n```python\ny = 2\n```", "x = 1\n"),
        ("\nx = 1", "x = 1\n"),
        ("\n\n    return x\n\n\n```", "    return x\n"),
        ("\n  ```", ""),
        ("```", ""),
        ("", ""),
        ("\ns = '```'\n```", "s = '```'\n"),
    ],
)
def test_code_ends_before_the_first_line_that_starts_with_a_fence(
    completion: str, code: str
) -> None:
    assert extract_code(completion) == code
