"""Verdicts, and rows of the execution table."""

from typing import Literal

from codepref.records import Record

Verdict = Literal[
    "passed",
    "failed",
    "error",
    "syntax_error",
    "timeout",
    "wall_timeout",
    "out_of_memory",
    "output_limit",
    "crashed",
    "early_exit",
    "tampered",
    "vacuous",
    "no_tests",
    "flaky",
    "infra_error",
]
# What the machine, and not the program, may have decided.
UNSETTLED: tuple[Verdict, ...] = ("infra_error", "wall_timeout")
# What a response may be rejected for: the same in a second run, and not the machine's doing.
Rejectable = Literal["failed", "error", "syntax_error", "out_of_memory", "crashed", "early_exit"]


class Execution(Record):
    """What the tests said about one response.

    Time and memory used are kept in the execution ledger, not here: they differ from run to run.

    Attributes:
        execution_id: content id of response_id, tests_id and the conditions of the run.
        tests_id: digest of the tests that were run.
        tests_passed: tests that passed, 0 where none was reached.
        tests_total: tests that the program has.
        failure: one line on what went wrong, addresses masked; "" if it passed.
        stderr_tail: end of the program's standard error, addresses masked.
        flags: what in the program could reach into tests beside it; bars it from being chosen.
        mode: who decided, and where: "split", "stdio" or "script", see execution/jobs.py.
        isolation: the walls around the program, such as "bubblewrap".
        environment_digest: digest of interpreter version, harness and walls.
    """

    execution_id: str
    response_id: str
    tests_id: str
    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    stderr_tail: str
    flags: list[str]
    mode: str
    isolation: str
    cpu_limit_s: int
    memory_limit_mib: int
    environment_digest: str


class Agreement(Record):
    """What the tests of another response to the same instruction said about a response.

    Attributes:
        agreement_id: content id of response_id, tests_id and the conditions of the run.
        response_id: whose program ran.
        tests_id: digest of the tests, as in Execution: those of one or more siblings.
    """

    agreement_id: str
    response_id: str
    tests_id: str
    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
