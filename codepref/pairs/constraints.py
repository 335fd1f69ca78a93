"""What the two sides of a pair must have between them, whatever the policy."""

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from codepref.pairs.policies import Draw
from codepref.pairs.programs import same_program
from codepref.schema import Strict

RULES = ("identical_after_normalisation", "too_similar", "unequal_length")


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
    if config.max_length_ratio is not None and length_ratio(draw) > config.max_length_ratio:
        return "unequal_length"
    if same_program(draw.chosen.solution, draw.rejected.solution):
        return "identical_after_normalisation"
    if edit_distance(draw) < config.min_edit_distance:
        return "too_similar"
    return None


def edit_distance(draw: Draw) -> float:
    """Levenshtein distance of the two programs over the length of the longer one, in [0, 1]."""
    return float(Levenshtein.normalized_distance(draw.chosen.solution, draw.rejected.solution))


def length_ratio(draw: Draw) -> float:
    """Tokens of the longer completion over those of the shorter one, at least 1."""
    short, long = sorted((draw.chosen.n_tokens, draw.rejected.n_tokens))
    return long / max(short, 1)
