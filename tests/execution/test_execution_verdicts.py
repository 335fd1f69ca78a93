"""Verdicts from how a run ended."""

from collections.abc import Callable

import pytest

from codepref.errors import SandboxError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.rows import Verdict
from codepref.execution.runner import Ended
from codepref.execution.verdicts import Finding, broken, flaky, judge, mask

READY = ("ready", "[]")
PASSED = ("end", '["passed","",0.01,9.5]')

MakeJob = Callable[..., Job]


def end(verdict: str) -> tuple[str, str]:
    return ("end", f'["{verdict}","why",0.01,9.5]')


@pytest.mark.parametrize(
    ("ended", "verdict"),
    [
        (Ended(records=[READY, PASSED]), "passed"),
        (Ended(records=[READY, end("failed")]), "failed"),
        (Ended(records=[READY]), "early_exit"),
        (Ended(records=[READY], exit_code=1), "early_exit"),
        (Ended(records=[]), "infra_error"),
        (Ended(records=[], exit_code=1, stderr=b"bwrap: no"), "infra_error"),
        (Ended(records=[READY, PASSED], exit_code=1), "tampered"),
        (Ended(records=[READY, PASSED, PASSED]), "tampered"),
        (Ended(records=[READY, end("perfect")]), "tampered"),
        (Ended(records=[READY, end("infra_error")]), "tampered"),
        (Ended(records=[READY, ("end", "{")]), "tampered"),
        (Ended(records=[READY, PASSED], exit_code=-11), "error"),
        (Ended(records=[READY], exit_code=128 + 11), "error"),
        (Ended(records=[READY], exit_code=128 + 24), "timeout"),
        (Ended(records=[READY], exit_code=128 + 9, wall_s=1.2), "timeout"),
        (Ended(records=[READY], exit_code=128 + 9, wall_s=0.2), "error"),
        (Ended(records=[READY], killed="wall"), "timeout"),
        (Ended(records=[READY, PASSED], killed="output"), "output_limit"),
        (Ended(records=[READY], killed="report"), "output_limit"),
    ],
)
def test_how_a_run_ended_decides(
    ended: Ended, verdict: Verdict, make_job: MakeJob, config: ExecutionConfig
) -> None:
    assert judge(ended, make_job(""), config).verdict == verdict


def test_tests_are_counted_from_the_report(make_job: MakeJob, config: ExecutionConfig) -> None:
    records = [READY, ("test", "1"), ("test", "0"), end("failed")]
    finding = judge(Ended(records=records), make_job("", tests=["a", "b", "c"]), config)
    assert (finding.tests_passed, finding.tests_total) == (1, 3)


def test_a_call_that_raised_is_no_passed_test(make_job: MakeJob, config: ExecutionConfig) -> None:
    records = [READY, ("value", "3"), ("value", '{"raised":"ValueError"}'), PASSED]
    job = make_job("", mode="call", tests=[], inputs=["[1]", "[2]"])
    finding = judge(Ended(records=records), job, config)
    assert (finding.tests_passed, finding.tests_total) == (1, 2)
    assert finding.values == ("3", '{"raised":"ValueError"}')


def test_what_differs_between_runs_is_masked() -> None:
    text = "<C object at 0x7f00aa> in /tmp/tmpab12/x.py by thread 140123456789012, \ud800"
    assert mask(text) == "<C object at 0x...> in /tmp/... by thread ..., \\ud800"


def finding(verdict: Verdict, **changes: object) -> Finding:
    values = {
        "tests_passed": 1,
        "tests_total": 2,
        "failure": "",
        "stderr_tail": "",
        "values": (),
        "wall_s": 0.1,
        "cpu_s": 0.1,
        "memory_mib": 9.0,
    }
    return Finding(verdict=verdict, **{**values, **changes})  # type: ignore[arg-type]


def test_runs_agree_if_label_and_counts_do() -> None:
    assert finding("passed").agrees_with(finding("passed", wall_s=9.0, stderr_tail="x"))
    assert not finding("passed").agrees_with(finding("failed"))
    assert not finding("failed").agrees_with(finding("failed", tests_passed=0))
    assert not finding("passed").agrees_with(finding("passed", values=("1",)))


def test_runs_that_disagree_are_flaky_and_say_how() -> None:
    both = flaky(finding("passed", tests_passed=2), finding("failed"))
    assert (both.verdict, both.tests_passed) == ("flaky", 1)
    assert both.failure == "passed (2 of 2), then failed (1 of 2)"


def test_a_harness_failure_is_not_the_programs() -> None:
    assert broken(SandboxError("no")).verdict == "infra_error"
