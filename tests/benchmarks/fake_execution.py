"""Runs jobs of trusted programs in this process, for tests of what surrounds the sandbox."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import Verdict
from codepref.execution.values import decode, encode


class EarlyEnd(Exception):
    """Raised by a test's program to end its run as a time limit would."""


def run_trusted(jobs: Sequence[Job]) -> Mapping[str, Outcome]:
    return {job.job_id: _run(job) for job in jobs}


def outcome(verdict: Verdict, values: Sequence[str] = (), failure: str = "") -> Outcome:
    return Outcome(
        verdict=verdict,
        tests_passed=int(verdict == "passed"),
        tests_total=1,
        failure=failure,
        stderr_tail="",
        values=list(values),
        mode="call",
        isolation="none",
        environment_digest="fake",
    )


def _run(job: Job) -> Outcome:
    names: dict[str, Any] = {"EarlyEnd": EarlyEnd}
    try:
        exec(job.code, names)
        if job.mode == "check":
            exec(job.tests[0], names)
            names["check"](names[job.entry_point])
    except AssertionError:
        return outcome("failed")
    except Exception as error:  # noqa: BLE001
        return outcome("error", failure=type(error).__name__)
    return _call(names.get(job.entry_point), job.inputs)


def _call(function: Callable[..., object] | None, inputs: Sequence[str]) -> Outcome:
    if function is None:
        return outcome("error", failure="not defined")
    values = []
    for text in inputs:
        arguments = decode(text)
        assert isinstance(arguments, list)
        try:
            values.append(encode(function(*copy.deepcopy(arguments))))
        except EarlyEnd:
            return outcome("timeout", values)
        except Exception as error:  # noqa: BLE001
            values.append(f'{{"raised": "{type(error).__name__}"}}')
    return outcome("passed", values)
