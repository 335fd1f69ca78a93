"""How many others agree with a response: by the tests that it and its siblings pass."""

from collections.abc import Sequence

from codepref.pairs.eligibility import Executed


def agreement_scores(items: Sequence[Executed]) -> dict[str, float]:
    """Score the responses to one instruction, by response_id.

    Responses that pass the same tests are a consensus; each scores its number of responses times
    its number of tests. Tests are the instruction's own, or those that the responses brought.
    Source: Chen et al. 2022, arXiv:2207.10397 (CodeT), dual execution agreement.
    """
    passed = {item.response_id: _passed_tests(item) for item in items}
    sizes: dict[frozenset[str], int] = {}
    for tests in passed.values():
        sizes[tests] = sizes.get(tests, 0) + 1
    return {name: float(sizes[tests] * len(tests)) for name, tests in passed.items()}


def _passed_tests(item: Executed) -> frozenset[str]:
    own = [item.tests_id] if item.verdict == "passed" else []
    return frozenset([*own, *item.agreed])
