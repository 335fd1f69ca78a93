"""What the two sides of a pair must have between them, whatever the policy."""

from functools import lru_cache

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from codepref.pairs.eligibility import normal_form
from codepref.pairs.policies import Draw
from codepref.schema import Strict

RULES = ("identical_after_normalisation", "too_similar", "unequal_length")

form_of = lru_cache(maxsize=4096)(normal_form)  # a response stands in many combinations


class ConstraintsConfig(Strict):
    """Bounds on what differs.

    Attributes:
        min_edit_distance: of the two programs, as `edit_distance` gives it.
        max_length_ratio: as `length_ratio` gives it; None for any.
    """

    min_edit_distance: float = Field(ge=0, le=1)
    max_length_ratio: float | None = Field(ge=1)


def broken_rule(draw: Draw, config: ConstraintsConfig) -> str | None:
    """Name the first rule that a combination breaks, None if it breaks none."""
    programs = (draw.chosen.response.solution, draw.rejected.response.solution)
    if config.max_length_ratio is not None and length_ratio(draw) > config.max_length_ratio:
        return "unequal_length"
    if form_of(programs[0]) == form_of(programs[1]):
        return "identical_after_normalisation"
    if edit_distance(draw) < config.min_edit_distance:
        return "too_similar"
    return None


def edit_distance(draw: Draw) -> float:
    """Levenshtein distance of the two programs over the length of the longer one, in [0, 1]."""
    return float(
        Levenshtein.normalized_distance(
            draw.chosen.response.solution, draw.rejected.response.solution
        )
    )


def length_ratio(draw: Draw) -> float:
    """Tokens of the longer completion over those of the shorter one, at least 1."""
    short, long = sorted((draw.chosen.response.n_tokens, draw.rejected.response.n_tokens))
    return long / max(short, 1)
