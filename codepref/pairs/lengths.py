"""How long the two sides of the pairs are: a length gap is learnt before correctness is."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from codepref.pairs.rows import Pair
from codepref.records import Json


def describe_lengths(pairs: Sequence[Pair], n_tokens: Mapping[str, int]) -> dict[str, Json]:
    """Mean completion tokens of each side, and the fraction of pairs with the longer chosen.

    All are None where there are no pairs.

    Args:
        pairs: the pairs.
        n_tokens: tokens of each response, by response_id.
    """
    if not pairs:
        return {"chosen_tokens": None, "rejected_tokens": None, "chosen_longer": None}
    chosen = [n_tokens[pair.chosen_response_id] for pair in pairs]
    rejected = [n_tokens[pair.rejected_response_id] for pair in pairs]
    return {
        "chosen_tokens": fmean(chosen),
        "rejected_tokens": fmean(rejected),
        "chosen_longer": fmean(c > r for c, r in zip(chosen, rejected, strict=True)),
    }
