"""Why a pair is what it is, in words."""

from codepref.pairs.eligibility import Executed
from codepref.pairs.policies import Draw
from codepref.pairs.rows import Policy

WORDS: dict[Policy, str] = {
    "random_one": "drawn from",
    "best_worst": "the largest difference in reward of",
    "max_margin": "the widest gap in tests of",
    "length_matched": "the closest in length of",
    "k_per_prompt": "drawn from",
    "cross_test": "the largest difference in agreement of",
}


def reason(policy: Policy, draw: Draw, n_combinations: int) -> str:
    """Say what both sides passed, and what they were picked from."""
    what = "combination" if n_combinations == 1 else "combinations"
    return (
        f"{_tests(draw.chosen)} against {_tests(draw.rejected)}; "
        f"{WORDS[policy]} {n_combinations} {what}"
    )


def _tests(item: Executed) -> str:
    if not item.tests_total:
        return item.verdict
    return f"{item.tests_passed} of {item.tests_total} tests passed"
