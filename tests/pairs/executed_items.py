"""Settings of build_pairs, and executed responses to build from."""

from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import EligibilityConfig, Executed
from codepref.sampling.rows import Response
from tests.alignment.cells import execution, join, response

ELIGIBILITY = EligibilityConfig(max_completion_tokens=None, placeholders=False)


def config(**changes: object) -> BuildPairsConfig:
    values: dict[str, object] = {
        "policy": "random_one",
        "k": 1,
        "reward": "passed",
        "seed": 0,
        "rejected_verdicts": ["failed", "error", "syntax_error"],
        "constraints": {"min_edit_distance": 0.0, "max_length_ratio": None},
        "near_duplicates": {
            "jaccard": 0.7,
            "instruction": False,
            "chosen": False,
            "program": False,
        },
    }
    return BuildPairsConfig.model_validate({**values, **changes})


def executed(i: int, *verdicts: str) -> list[Executed]:
    """Responses to instruction i, all different programs."""
    return judged([response(i, k, f"x = {k}") for k in range(len(verdicts))], *verdicts)


def judged(answers: list[Response], *verdicts: str) -> list[Executed]:
    return [join(a, execution(a, v)) for a, v in zip(answers, verdicts, strict=True)]
