"""Verdicts from how a run ended."""

import signal
import time
from collections.abc import Callable

import pytest

from codepref.errors import SandboxError
from codepref.execution.child_modes import CANARY
from codepref.execution.child_program import FILE_SIZE_BYTES
from codepref.execution.config import ExecutionConfig
from codepref.execution.frames import Process, Reply
from codepref.execution.jobs import Job
from codepref.execution.rows import Verdict
from codepref.execution.verdicts import Finding, broken, flaky, judge, mask, vacuous
from codepref.execution.walls import python_home
from codepref.execution.zygote import Ended

PASSED, GONE = 'end ["passed",""]', "gone []"
CPU_US = 1_000_000  # the limit in these tests
KIB = 256 * 1024

MakeJob = Callable[..., Job]


def process(status: int = 0, *, cpu_us: int = 1000, peak_kib: int = 500) -> Process:
    return Process(status, cpu_us, peak_kib)


def exited(code: int) -> Process:
    return process(code << 8)


def killed(number: int, **used: int) -> Process:
    return process(number, **used)


def ended(*lines: str, main: Process | None = None, **changes: object) -> Ended:
    main = main or process()
    values = {
        "killed": "",
        "ready": True,
        "last": False,
        "program": main,
        "judge": main,
        "wall_us": 5,
    }
    told = {key: changes.pop(key) for key in list(changes) if key in values}
    reply = Reply(**{**values, **told}, sizes=(0, 0))  # type: ignore[arg-type]
    report = b"".join(f"\nt {line}\n".encode() for line in lines)
    texts = {"report": report, "stdout": b"", "stderr": b"", **changes}
    return Ended(reply, **texts)  # type: ignore[arg-type]


def end(verdict: str) -> str:
    return f'end ["{verdict}","why"]'


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (ended(PASSED), "passed"),
        (ended(end("failed")), "failed"),
        (ended(), "early_exit"),
        (ended(main=exited(1)), "early_exit"),
        (ended(PASSED, ready=False), "infra_error"),
        (ended(main=exited(70), stderr=b"no such module", ready=False), "infra_error"),
        (ended(PASSED, main=exited(1)), "tampered"),
        (ended(PASSED, PASSED), "tampered"),
        (ended(end("perfect")), "tampered"),
        (ended(end("infra_error")), "tampered"),
        (ended("end {"), "tampered"),
        (ended(PASSED, main=killed(signal.SIGSEGV)), "crashed"),
        (ended(main=killed(signal.SIGABRT)), "crashed"),
        (ended(main=killed(signal.SIGKILL)), "crashed"),
        (ended(main=killed(signal.SIGXCPU, cpu_us=CPU_US // 2)), "timeout"),
        (ended(main=killed(signal.SIGKILL, cpu_us=2 * CPU_US)), "timeout"),
        (ended(main=killed(signal.SIGKILL, peak_kib=KIB)), "out_of_memory"),
        (ended(killed="wall"), "wall_timeout"),
        (ended(PASSED, killed="output"), "output_limit"),
        (ended(PASSED, killed="scratch"), "output_limit"),
        (ended(PASSED, report=bytes(FILE_SIZE_BYTES)), "output_limit"),
        (ended(GONE, judge=exited(3), program=exited(0)), "early_exit"),
        (ended(GONE, judge=exited(3), program=killed(signal.SIGSEGV)), "crashed"),
        (
            ended(GONE, judge=exited(3), program=killed(signal.SIGXCPU, cpu_us=CPU_US)),
            "timeout",
        ),
        (ended(PASSED, program=killed(signal.SIGKILL)), "passed"),  # its judge was done
        (ended(judge=killed(signal.SIGXCPU, cpu_us=CPU_US)), "timeout"),
    ],
)
def test_how_a_run_ended_decides(
    run: Ended, verdict: Verdict, make_job: MakeJob, config: ExecutionConfig
) -> None:
    assert judge(run, "t", make_job("", mode="call", tests=[]), config).verdict == verdict


@pytest.mark.parametrize("how", [exited(70), exited(0), killed(signal.SIGSEGV)])
def test_a_judge_that_breaks_is_a_harness_failure(
    how: Process, make_job: MakeJob, config: ExecutionConfig
) -> None:
    run = ended(judge=how)
    assert judge(run, "t", make_job(""), config).verdict == "infra_error"


def test_lines_with_another_token_do_not_count(make_job: MakeJob, config: ExecutionConfig) -> None:
    job = make_job("", mode="call", tests=[])
    assert judge(ended(PASSED), "u", job, config).verdict == "early_exit"


def test_tests_are_counted_from_the_report(make_job: MakeJob, config: ExecutionConfig) -> None:
    run = ended("test 1", "test 0", end("failed"))
    finding = judge(run, "t", make_job("", tests=["a", "b", "c"]), config)
    assert (finding.tests_passed, finding.tests_total) == (1, 3)


def test_a_call_that_raised_is_no_passed_test(make_job: MakeJob, config: ExecutionConfig) -> None:
    run = ended("value 3", 'value {"raised":"ValueError"}', PASSED)
    job = make_job("", mode="call", tests=[], inputs=[b"1", b"2"])
    finding = judge(run, "t", job, config)
    assert (finding.tests_passed, finding.tests_total) == (1, 2)
    assert finding.values == ("3", '{"raised":"ValueError"}')


@pytest.mark.parametrize(("main", "verdict"), [(process(), "passed"), (exited(2), "early_exit")])
def test_a_whole_program_may_leave_as_it_likes_with_code_0(
    main: Process, verdict: str, make_job: MakeJob, config: ExecutionConfig
) -> None:
    job = make_job("", mode="stdio", tests=[], inputs=[b""])
    finding = judge(ended(main=main, stdout=b"3\n\xff"), "t", job, config)
    assert finding.verdict == verdict
    assert finding.values == (("3\n\ufffd",) if verdict == "passed" else ())


def test_flags_are_those_told_before_the_program_ran(
    make_job: MakeJob, config: ExecutionConfig
) -> None:
    run = ended('flags ["gc"]', "flags []", PASSED)
    assert judge(run, "t", make_job("", mode="script"), config).flags == ("gc",)
    assert judge(run, "t", make_job(""), config).flags == ()


@pytest.mark.parametrize("told", ["[", "{}", "[1]", "[" * 10**6, f'["{"x" * 10**6}"]'])
def test_flags_that_cannot_be_read_are_a_flag(
    told: str, make_job: MakeJob, config: ExecutionConfig
) -> None:
    job = make_job("", mode="script")
    assert len(judge(ended(f"flags {told}", PASSED), "t", job, config).flags) == 1


def test_what_is_told_of_a_program_can_be_written_to_a_table(
    make_job: MakeJob, config: ExecutionConfig
) -> None:
    run = ended('flags ["\\ud800"]', 'end ["error","\\udfff"]')
    finding = judge(run, "t", make_job("", mode="script"), config)
    assert (finding.flags, finding.failure) == (("\\ud800",), "\\udfff")


@pytest.mark.parametrize("tests", [[], ["test 0"], ["test 1"], ["test 1", "test 0"]])
def test_a_pass_without_all_tests_is_tampering(
    tests: list[str], make_job: MakeJob, config: ExecutionConfig
) -> None:
    job = make_job("", tests=["a", "b"])
    assert judge(ended(*tests, PASSED), "t", job, config).verdict == "tampered"


def test_what_differs_between_runs_and_machines_is_masked() -> None:
    text = (
        "<C object at 0x7f00aa> in /tmp/tmpab12/x.py by thread 140123456789012, \ud800, "
        f"{python_home()}/lib/x.py, /dev/shm/codepref-scratch-ab_12/y, /py/lib/z.py"
    )
    assert mask(text) == (
        "<C object at 0x...> in /tmp/... by thread ..., \\ud800, "
        "/py/lib/x.py, /tmp/..., /py/lib/z.py"
    )


@pytest.mark.parametrize("text", ["/" * 2**20, "1/2\n" * 2**18, "/a" * 2**19, "/tmp/" * 2**18])
def test_masking_costs_what_the_text_is_long(text: str) -> None:
    began = time.process_time()
    mask(text)
    assert time.process_time() - began < 10  # a pattern that looks back takes more than an hour


def finding(verdict: Verdict, **changes: object) -> Finding:
    values = {
        "tests_passed": 1,
        "tests_total": 2,
        "failure": "",
        "stderr_tail": "",
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


def test_a_run_whose_last_test_alone_failed_passed_without_it() -> None:
    run = finding("failed", failure=CANARY, tests_passed=2, tests_total=3).without_canary()
    assert (run.verdict, run.failure, run.tests_passed, run.tests_total) == ("passed", "", 2, 2)


def test_a_run_in_which_a_test_that_cannot_hold_passed_was_tampered_with() -> None:
    assert finding("passed").without_canary().verdict == "tampered"


@pytest.mark.parametrize("verdict", ["failed", "timeout", "early_exit"])
def test_a_run_that_ended_otherwise_stays_as_it_is(verdict: Verdict) -> None:
    assert finding(verdict).without_canary() == finding(verdict)


def test_vacuous_tests_keep_their_counts_and_say_why() -> None:
    found = vacuous(finding("passed"), "returns None")
    assert (found.verdict, found.tests_passed) == ("vacuous", 1)
    assert found.failure == "the tests pass when every function returns None"


def test_a_harness_failure_is_not_the_programs() -> None:
    assert broken(SandboxError("no")).verdict == "infra_error"
