"""Runs jobs of trusted programs in this process, for tests of what surrounds the sandbox."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codepref.benchmarks.judging import Run
from codepref.execution.child_values import encode, encode_short
from codepref.execution.jobs import Job, Outcome, Usage
from codepref.execution.rows import Verdict
from codepref.execution.values import unpack


class EarlyEnd(Exception):
    """Raised by a test's program to end its run as a time limit would."""


def run_trusted(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
    return ((job, _run(job)) for job in jobs)


def ends_with(verdict: Verdict, which: Callable[[Job], bool], run: Run = run_trusted) -> Run:
    """A run in which some jobs end so, without a value, and others as they do."""

    def some(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        for job in jobs:
            yield from [(job, outcome(verdict))] if which(job) else run([job])

    return some


def outcome(verdict: Verdict, values: Sequence[str] = (), failure: str = "") -> Outcome:
    return Outcome(
        verdict=verdict,
        tests_passed=int(verdict == "passed"),
        tests_total=1,
        failure=failure,
        stderr_tail="",
        flags=[],
        values=list(values),
        usage=Usage(cpu_s=0.0, wall_s=0.0, memory_mib=0.0),
        mode="call",
        isolation="none",
        environment_digest="fake",
    )


def _run(job: Job) -> Outcome:
    names: dict[str, Any] = {"EarlyEnd": EarlyEnd}
    try:
        exec(job.code, names)
        for text in job.tests:
            exec(text, names)
    except AssertionError:
        return outcome("failed")
    except Exception as error:  # noqa: BLE001
        return outcome("error", failure=type(error).__name__)
    write = encode if job.whole else encode_short
    return _call(names.get(job.entry_point), job.inputs, write)


def _call(
    function: Callable[..., object] | None,
    inputs: Sequence[bytes],
    write: Callable[[object], str],
) -> Outcome:
    if function is None:
        return outcome("error", failure="not defined")
    values = []
    for packed in inputs:
        try:
            values.append(write(function(*unpack(packed))))
        except EarlyEnd:
            return outcome("timeout", values)
        except Exception as error:  # noqa: BLE001
            values.append(f'{{"raised":"{type(error).__name__}"}}')
    return outcome("passed", values)
