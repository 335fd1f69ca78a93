"""Rows of the three tables that hold scores."""

from typing import Any

from codepref.benchmarks.rows import Result
from codepref.judge.rows import Rating
from codepref.performance.rows import Measurement


def result(variant: str, task_id: str, verdict: str, benchmark: str = "humaneval") -> Result:
    """Give the verdict on one completion."""
    return Result.model_validate(
        {
            **_common(variant, task_id, benchmark),
            "score": None if verdict == "infra_error" else float(verdict == "passed"),
            "verdict": verdict,
            "tests_passed": 0,
            "tests_total": 1,
            "failure": "",
            "mode": "check",
            "isolation": "none",
            "environment_digest": "",
        }
    )


def measurement(variant: str, task_id: str, score: float) -> Measurement:
    """Give how fast one completion is."""
    return Measurement.model_validate(
        {
            **_common(variant, task_id, "evalperf"),
            "score": score,
            "status": "measured",
            "counter": "cpu_time",
            "cost": 1.0,
            "reference_costs": [2.0],
            "reference": 0,
            "dps": 100 * score,
            "dps_norm": 100 * score,
            "failure": "",
            "isolation": "none",
            "environment_digest": "",
        }
    )


def rating(start: str, variant: str, task_id: str, given: int, pass_index: int = 0) -> Rating:
    """Give what judge "j" said of one completion."""
    values = _common(variant, task_id, "starter_instructions")
    return Rating.model_validate(
        {
            **values,
            "rating_id": f"{start} {variant} {task_id} {pass_index}",
            "start": start,
            "dimension": "style",
            "judge": "j",
            "pass_index": pass_index,
            "status": "rated",
            "rating": given,
            "score": (given - 1) / 9,
            "answer": "",
        }
    )


def _common(variant: str, task_id: str, benchmark: str) -> dict[str, Any]:
    return {
        "completion_id": f"{benchmark} {variant} {task_id}",
        "variant": variant,
        "benchmark": benchmark,
        "task_id": task_id,
        "sample_index": 0,
        "wording": "complete",
    }
