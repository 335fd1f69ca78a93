"""What a run's end means."""

import json
import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace

from codepref.errors import SandboxError
from codepref.execution.child_modes import CANARY
from codepref.execution.child_program import FILE_SIZE_BYTES
from codepref.execution.config import ExecutionConfig
from codepref.execution.frames import Process, Reply
from codepref.execution.jobs import Job
from codepref.execution.rows import UNSETTLED, Verdict
from codepref.execution.scratch import FOLDER_PREFIX
from codepref.execution.walls import PYTHON_HOME, python_home
from codepref.execution.zygote import Ended

STDERR_CHARS = 600
FAILURE_CHARS = 2000
MAX_PAYLOAD_CHARS = 65_536
MICROSECONDS = 1e6
KIB_PER_MIB = 1024
DIFFERS = "differs from run to run"
NOT_ALL_HELD = "it ended as passed, and not all tests had held"
CANARY_PASSED = "a test that cannot hold passed"
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
    (re.compile(re.escape(python_home()) + r"(?=/)"), PYTHON_HOME),
    (re.compile(rf"(?:/[\w.-]{{1,64}}){{0,3}}/{FOLDER_PREFIX}[\w-]+|/tmp(?=/)"), "/tmp"),
    (re.compile(r"/tmp/[^\s'\",:;)]+"), "/tmp/..."),
    (re.compile(r"\b\d{12,}\b"), "..."),  # thread numbers, clocks
)


@dataclass(frozen=True)
class Finding:
    """A verdict with what it rests on.

    Attributes:
        wall_s, cpu_s, memory_mib: of the program's own process; they differ from run to run.
    """

    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    stderr_tail: str
    flags: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory_mib: float = 0.0

    def agrees_with(self, other: "Finding") -> bool:
        """Say whether both runs would give one label."""
        mine = (self.verdict, self.tests_passed, self.tests_total, self.values)
        return mine == (other.verdict, other.tests_passed, other.tests_total, other.values)

    def is_unsettled(self) -> bool:
        """Say whether the machine, not the program, may have decided."""
        return self.verdict in UNSETTLED

    def without_what_differs(self, other: "Finding") -> "Finding":
        """Give this finding with texts only that two runs agree on."""
        return replace(
            self,
            failure=self.failure if self.failure == other.failure else DIFFERS,
            stderr_tail=self.stderr_tail if self.stderr_tail == other.stderr_tail else DIFFERS,
        )

    def without_canary(self) -> "Finding":
        """Give what the run would be without its last test, which cannot hold.

        If that is all that failed, the tests before it passed. If it passed, somebody cheats.
        """
        if self.verdict == "failed" and self.failure == CANARY:
            return replace(self, verdict="passed", failure="", tests_total=self.tests_total - 1)
        if self.verdict == "passed":
            return replace(self, verdict="tampered", failure=CANARY_PASSED)
        return self


def judge(ended: Ended, token: str, job: Job, config: ExecutionConfig) -> Finding:
    """Turn how a run ended into a verdict; exit code 0 alone is never a pass.

    Args:
        ended: what the zygote brought back.
        token: that every honest line of the report begins with.
        job: what was run.
        config: its limits.
    """
    records = read_report(ended.report, token)
    verdict, failure = _verdict(ended, records, job, config)
    tests = [payload for kind, payload in records if kind == "test"]
    values = tuple(payload for kind, payload in records if kind == "value")
    passed, total = tests.count("1"), len(tests)
    stderr = ended.stderr.decode("utf-8", errors="replace")
    if job.mode == "call":
        passed = sum(not value.startswith('{"raised"') for value in values)
        total = len(job.inputs)
    elif job.mode == "stdio":
        passed, total = int(verdict == "passed"), 1
        values = (ended.stdout.decode("utf-8", errors="replace"),) if passed else ()
    elif not job.self_written:
        total = len(job.tests)
    return Finding(
        verdict=verdict,
        tests_passed=passed,
        tests_total=total,
        failure=mask(failure),
        stderr_tail=mask(stderr[-2 * STDERR_CHARS :])[-STDERR_CHARS:],
        flags=_flags(records) if job.mode == "script" else (),
        values=values,
        wall_s=ended.reply.wall_us / MICROSECONDS,
        cpu_s=ended.reply.program.cpu_us / MICROSECONDS,
        memory_mib=ended.reply.program.peak_kib / KIB_PER_MIB,
    )


def read_report(report: bytes, token: str) -> list[tuple[str, str]]:
    """Give kind and payload of every whole line that carries the token, in order."""
    prefix = f"{token} ".encode("ascii")
    whole = report.split(b"\n")[:-1]  # a killed program leaves its last line unfinished
    lines = [line[len(prefix) :] for line in whole if line.startswith(prefix)]
    parts = [line.decode("ascii", errors="replace").partition(" ") for line in lines]
    return [(kind, payload) for kind, _, payload in parts]


def broken(error: SandboxError) -> Finding:
    """Give the finding of a run whose harness failed."""
    return Finding("infra_error", 0, 0, mask(str(error)), "")


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


def vacuous(finding: Finding, what: str) -> Finding:
    """Give the finding of tests that pass without a solution, too."""
    return replace(finding, verdict="vacuous", failure=f"the tests pass when every function {what}")


def unsplittable(finding: Finding) -> Finding:
    """Give the finding of tests that a program fails only where it is not in their process."""
    told = f"passes in one process with its tests, and not in two: {finding.failure}"
    return replace(finding, verdict="no_tests", failure=told)


def mask(text: str) -> str:
    """Hide what differs between two runs or two machines, and make the rest valid Unicode."""
    text = text.encode("utf-8", errors="backslashreplace").decode("utf-8")
    for pattern, shown in MASKS:
        text = pattern.sub(shown, text)
    return text


def _verdict(
    ended: Ended, records: Sequence[tuple[str, str]], job: Job, config: ExecutionConfig
) -> tuple[Verdict, str]:
    kinds = [kind for kind, _ in records]
    reply = ended.reply
    if reply.killed:
        return KILLED[reply.killed]
    if len(ended.report) >= FILE_SIZE_BYTES:
        return "output_limit", "too many or too large values"
    if not reply.ready:
        tail = ended.stderr.decode("utf-8", errors="replace").strip()[-STDERR_CHARS:]
        return "infra_error", f"the harness did not start (status {reply.judge.status}): {tail}"
    if "gone" in kinds:
        return _ended_early(reply.program, config)
    if os.WIFSIGNALED(reply.judge.status) or "end" not in kinds:
        return _without_end(reply, job, config)
    if reply.judge.status != 0 or kinds.count("end") > 1:
        return "tampered", "the harness was interfered with"
    verdict, failure = _reported(records[kinds.index("end")][1])
    if verdict == "passed" and job.mode in ("split", "script") and not _all_held(records, job):
        return "tampered", NOT_ALL_HELD
    return verdict, failure


def _all_held(records: Sequence[tuple[str, str]], job: Job) -> bool:
    held = [payload == "1" for kind, payload in records if kind == "test"]
    return all(held) and len(held) >= (1 if job.self_written else len(job.tests))


def _without_end(reply: Reply, job: Job, config: ExecutionConfig) -> tuple[Verdict, str]:
    """Judge a run whose report has no end, or whose process was killed after it."""
    if job.mode == "stdio" and reply.program.status == 0:
        return "passed", ""  # a whole program may leave as it likes: its output is all that counts
    verdict, failure = _ended_early(reply.judge, config)
    if job.mode == "split" and verdict != "timeout":  # no program can do this to its judge
        return "infra_error", f"the judge: {failure}"
    return verdict, failure


def _reported(payload: str) -> tuple[Verdict, str]:
    match _strings(payload):
        case [verdict, failure] if verdict in REPORTED:
            return verdict, " ".join(failure[:FAILURE_CHARS].split())
    return "tampered", "the harness's report was interfered with"


def _ended_early(process: Process, config: ExecutionConfig) -> tuple[Verdict, str]:
    if not os.WIFSIGNALED(process.status):
        code = os.waitstatus_to_exitcode(process.status)
        return "early_exit", f"the process ended with exit code {code} before its tests"
    number = os.WTERMSIG(process.status)
    used_up = process.cpu_us > config.cpu_limit_s * MICROSECONDS  # the kernel's last word
    if number == signal.SIGXCPU or (number == signal.SIGKILL and used_up):
        return "timeout", f"CPU time limit of {config.cpu_limit_s} s"
    if number == signal.SIGKILL and 2 * process.peak_kib > config.memory_limit_mib * KIB_PER_MIB:
        return "out_of_memory", "the kernel ended the process"
    return "crashed", f"the process was killed by signal {number}"


def _flags(records: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What the harness saw in the program's text before it ran it: the first such line."""
    told = next((payload for kind, payload in records if kind == "flags"), "[]")
    return tuple(_strings(told) or ["a list of flags that cannot be read"] * (told != "[]"))


def _strings(payload: str) -> list[str] | None:
    """Read a list of texts that the harness, or somebody else, wrote; None if it is none."""
    if len(payload) > MAX_PAYLOAD_CHARS:
        return None
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return None
    return [mask(item) for item in found]


KILLED: dict[str, tuple[Verdict, str]] = {
    "wall": ("wall_timeout", "wall time limit"),
    "output": ("output_limit", "too much output"),
    "scratch": ("output_limit", "too much written to scratch"),
}
