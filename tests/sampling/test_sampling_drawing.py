import math

import pytest
import torch

from codepref.sampling.drawing import draw_tokens

LOGITS = torch.tensor([[0.5, 0.3, 0.2]]).log()


def _draw(uniform: float, temperature: float = 1.0, top_p: float = 1.0) -> int:
    draw = draw_tokens(LOGITS, torch.tensor([uniform]), temperature, top_p)
    return int(draw.tokens[0])


@pytest.mark.parametrize(
    ("uniform", "token"), [(0.0, 0), (0.49, 0), (0.51, 1), (0.79, 1), (0.81, 2), (0.999, 2)]
)
def test_a_token_is_where_the_cumulated_probability_passes_the_uniform(
    uniform: float, token: int
) -> None:
    assert _draw(uniform) == token


@pytest.mark.parametrize(("uniform", "token"), [(0.62, 0), (0.63, 1), (0.999, 1)])
def test_a_nucleus_of_0_7_keeps_the_first_two_tokens_renormalised(
    uniform: float, token: int
) -> None:
    """0.5 alone is less than 0.7, 0.5 + 0.3 is not: 0.5 / 0.8 = 0.625 is the first one's share."""
    assert _draw(uniform, top_p=0.7) == token


def test_a_nucleus_smaller_than_the_likeliest_token_keeps_it_alone() -> None:
    assert {_draw(u, top_p=0.45) for u in (0.0, 0.5, 0.999)} == {0}


@pytest.mark.parametrize(("uniform", "token"), [(0.65, 0), (0.67, 1), (0.89, 1), (0.9, 2)])
def test_a_temperature_of_one_half_squares_the_probabilities(uniform: float, token: int) -> None:
    """0.25, 0.09, 0.04 of 0.38: cumulated 0.658, 0.895, 1."""
    assert _draw(uniform, temperature=0.5) == token


def test_a_temperature_of_zero_takes_the_likeliest_token() -> None:
    assert {_draw(u, temperature=0) for u in (0.0, 0.999)} == {0}


def test_log_probabilities_are_the_models_own_whatever_the_temperature() -> None:
    draw = draw_tokens(LOGITS, torch.tensor([0.6]), temperature=0.5, top_p=0.8)
    assert draw.logps.item() == pytest.approx(math.log(0.5))


def test_a_row_draws_the_same_token_alone_and_among_others() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((32, 100), generator=generator)
    uniforms = torch.rand(32, generator=generator, dtype=torch.float64)
    together = draw_tokens(logits, uniforms, 0.8, 0.95).tokens
    alone = [
        draw_tokens(logits[i : i + 1], uniforms[i : i + 1], 0.8, 0.95).tokens for i in range(32)
    ]
    assert together.tolist() == torch.cat(alone).tolist()
