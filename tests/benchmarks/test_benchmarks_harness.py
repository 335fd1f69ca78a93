"""Fingerprints: equal where two scores can be compared, and only there."""

from typing import Any, Literal

import pytest

from codepref.benchmarks.config import SampleBenchmarkConfig, ScoreBenchmarkConfig
from codepref.benchmarks.harness import Circumstances
from codepref.benchmarks.rows import Result
from tests.benchmarks.made_config import CIRCUMSTANCES, SAMPLING, SCORING
from tests.benchmarks.made_results import result

RESULTS = [result("a", "passed"), result("b", "failed")]
Part = Literal["source", "sampling", "scoring"]


def fingerprint(circumstances: Circumstances = CIRCUMSTANCES, *results: Result) -> object:
    return circumstances.harness(results or RESULTS)["fingerprint"]


def changed(part: Part, **changes: Any) -> Circumstances:
    if part == "source":
        return CIRCUMSTANCES._replace(source={**CIRCUMSTANCES.source, **changes})
    if part == "sampling":
        sampling = SampleBenchmarkConfig.model_validate(SAMPLING.model_dump() | changes)
        return CIRCUMSTANCES._replace(sampling=sampling)
    scoring = ScoreBenchmarkConfig.model_validate(SCORING.model_dump() | changes)
    return CIRCUMSTANCES._replace(scoring=scoring)


def test_the_same_circumstances_have_one_fingerprint_whatever_the_verdicts() -> None:
    others = [result("b", "passed", variant="dpo-0"), result("a", "timeout", variant="dpo-0")]
    assert fingerprint() == fingerprint(CIRCUMSTANCES, *others)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("source", {"release": "2"}),
        ("source", {"source": "other"}),
        ("source", {"source_sha256": "1" * 64}),
        ("scoring", {"rules": "evalplus_0.3.1"}),
        ("scoring", {"cpu_limit_s": 2}),
        ("scoring", {"plus_cpu_limit_s": 2}),
        ("scoring", {"memory_limit_mib": 512}),
        ("sampling", {"wordings": {"terse": None}}),
        ("sampling", {"temperature": 0.5}),
        ("sampling", {"n": 2, "temperature": 0.5}),
        ("sampling", {"top_p": 0.95}),
        ("sampling", {"max_new_tokens": 9}),
        ("sampling", {"benchmarks": {"humaneval": {"max_new_tokens": 9}}}),
    ],
)
def test_what_a_score_depends_on_changes_its_fingerprint(
    part: Part, changes: dict[str, Any]
) -> None:
    if "wordings" in changes:
        rows = [row.model_copy(update={"wording": "terse"}) for row in RESULTS]
        assert fingerprint(changed(part, **changes), *rows) != fingerprint()
    else:
        assert fingerprint(changed(part, **changes)) != fingerprint()


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("scoring", {"workers": 2}),
        ("scoring", {"resamples": 9, "resampling_seed": 3}),
        ("scoring", {"k": [1, 10], "confidence": 0.9}),
        ("sampling", {"wordings": {"complete": None, "evalplus": 20}}),
        ("sampling", {"benchmarks": {"mbpp": {"max_new_tokens": 9}}}),
    ],
)
def test_what_a_score_does_not_depend_on_leaves_its_fingerprint(
    part: Part, changes: dict[str, Any]
) -> None:
    assert fingerprint(changed(part, **changes)) == fingerprint()


def test_other_tasks_have_another_fingerprint() -> None:
    assert fingerprint(CIRCUMSTANCES, RESULTS[0]) != fingerprint()
    assert fingerprint(CIRCUMSTANCES, *RESULTS, result("c", "passed")) != fingerprint()


def test_tasks_in_other_wordings_do_not_count() -> None:
    more = result("c", "passed", wording="evalplus")
    assert fingerprint(CIRCUMSTANCES, *RESULTS, more) == fingerprint()
    assert CIRCUMSTANCES.harness([*RESULTS, more])["n_tasks"] == 2


@pytest.mark.parametrize("change", [{"isolation": "landlock"}, {"environment_digest": "other"}])
def test_other_walls_or_another_interpreter_have_another_fingerprint(
    change: dict[str, str],
) -> None:
    rows = [row.model_copy(update=change) for row in RESULTS]
    assert fingerprint(CIRCUMSTANCES, *rows) != fingerprint()
