"""What a run's end means."""

import re
import signal
from dataclasses import dataclass, replace

from codepref.errors import SandboxError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.rows import Verdict
from codepref.execution.runner import Ended
from codepref.execution.values import decode

STDERR_CHARS = 600
WALL_LIMIT = "wall time limit"
DIFFERS = "differs from run to run"
VACUOUS = "vacuous tests: they pass when every function returns None"
SIGNAL_BASE = 128  # bubblewrap's own exit code for a signal, as a shell's
REPORTED: tuple[Verdict, ...] = (
    "passed",
    "failed",
    "error",
    "syntax_error",
    "out_of_memory",
    "early_exit",
    "tampered",
    "no_tests",
)
MASKS = (
    (re.compile(r"0x[0-9a-fA-F]{4,}"), "0x..."),
    (re.compile(r"/tmp/[^\s'\",:;)]+"), "/tmp/..."),
    (re.compile(r"\b\d{12,}\b"), "..."),  # thread numbers, clocks
)


@dataclass(frozen=True)
class Finding:
    """A verdict with what it rests on.

    Attributes:
        cpu_s, memory_mib: as the program's process saw them at its end; None if it did not get
            there. They differ from run to run, as wall_s does.
    """

    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    stderr_tail: str
    values: tuple[str, ...]
    wall_s: float
    cpu_s: float | None
    memory_mib: float | None

    def agrees_with(self, other: "Finding") -> bool:
        """Say whether both runs would give one label."""
        mine = (self.verdict, self.tests_passed, self.tests_total, self.values)
        return mine == (other.verdict, other.tests_passed, other.tests_total, other.values)

    def is_unsettled(self) -> bool:
        """Say whether the machine, not the program, may have decided."""
        return self.verdict == "infra_error" or self.failure == WALL_LIMIT

    def without_what_differs(self, other: "Finding") -> "Finding":
        """Give this finding with texts only that two runs agree on."""
        return replace(
            self,
            failure=self.failure if self.failure == other.failure else DIFFERS,
            stderr_tail=self.stderr_tail if self.stderr_tail == other.stderr_tail else DIFFERS,
        )

    def vacuous(self) -> "Finding":
        """Give this finding for tests that passed without a solution, too."""
        return replace(self, verdict="no_tests", failure=VACUOUS)


def judge(ended: Ended, job: Job, config: ExecutionConfig) -> Finding:
    """Turn how a run ended into a verdict; exit code 0 alone is never a pass."""
    tests = [payload for kind, payload in ended.records if kind == "test"]
    values = tuple(payload for kind, payload in ended.records if kind == "value")
    verdict, failure = _verdict(ended, config)
    cpu_s, memory_mib = _usage(ended)
    passed, total = tests.count("1"), len(tests)
    if job.mode == "call":
        passed = sum(not value.startswith('{"raised"') for value in values)
        total = len(job.inputs)
    elif not job.self_written:
        total = len(job.tests)
    return Finding(
        verdict=verdict,
        tests_passed=passed,
        tests_total=total,
        failure=mask(failure),
        stderr_tail=mask(ended.stderr.decode("utf-8", errors="replace"))[-STDERR_CHARS:],
        values=values,
        wall_s=ended.wall_s,
        cpu_s=cpu_s,
        memory_mib=memory_mib,
    )


def broken(error: SandboxError) -> Finding:
    """Give the finding of a run whose harness failed."""
    return Finding("infra_error", 0, 0, mask(str(error)), "", (), 0.0, None, None)


def flaky(first: Finding, again: Finding) -> Finding:
    """Give the finding of a program whose runs disagree."""
    told = [f"{run.verdict} ({run.tests_passed} of {run.tests_total})" for run in (first, again)]
    return replace(
        first.without_what_differs(again),
        verdict="flaky",
        tests_passed=min(first.tests_passed, again.tests_passed),
        failure=f"{told[0]}, then {told[1]}",
        values=(),
    )


def mask(text: str) -> str:
    """Hide what differs between two runs of one program, and make the rest valid Unicode."""
    text = text.encode("utf-8", errors="backslashreplace").decode("utf-8")
    for pattern, shown in MASKS:
        text = pattern.sub(shown, text)
    return text


def _verdict(ended: Ended, config: ExecutionConfig) -> tuple[Verdict, str]:
    reported = [payload for kind, payload in ended.records if kind == "end"]
    if ended.killed:
        return KILLED[ended.killed]
    if not any(kind == "ready" for kind, _ in ended.records):
        tail = ended.stderr.decode("utf-8", errors="replace").strip()[-STDERR_CHARS:]
        return "infra_error", f"the harness did not start (exit code {ended.exit_code}): {tail}"
    number = _signal_number(ended.exit_code)
    if number:
        return _killed_by(number, ended, config)
    if not reported:
        return "early_exit", f"the process ended with exit code {ended.exit_code} before its tests"
    if ended.exit_code != 0 or len(reported) > 1:
        return "tampered", "the harness was interfered with"
    return _reported(reported[0])


def _reported(payload: str) -> tuple[Verdict, str]:
    match decode(payload):
        case [str() as verdict, str() as failure, float(), float()] if verdict in REPORTED:
            return verdict, " ".join(failure.split())
    return "tampered", "the harness's report was interfered with"


def _usage(ended: Ended) -> tuple[float | None, float | None]:
    for kind, payload in ended.records:
        if kind == "end":
            match decode(payload):
                case [str(), str(), float() as cpu_s, float() as memory_mib]:
                    return cpu_s, memory_mib
    return None, None


def _signal_number(exit_code: int) -> int:
    if exit_code < 0:
        return -exit_code
    return exit_code - SIGNAL_BASE if exit_code > SIGNAL_BASE else 0


def _killed_by(number: int, ended: Ended, config: ExecutionConfig) -> tuple[Verdict, str]:
    spent = ended.wall_s >= config.cpu_limit_s  # the kernel's last word to one that ignores XCPU
    if number == signal.SIGXCPU or (number == signal.SIGKILL and spent):
        return "timeout", f"CPU time limit of {config.cpu_limit_s} s"
    return "error", f"the process was killed by signal {number}"


KILLED: dict[str, tuple[Verdict, str]] = {
    "wall": ("timeout", WALL_LIMIT),
    "output": ("output_limit", "too much output"),
    "report": ("output_limit", "too many or too large values"),
}
