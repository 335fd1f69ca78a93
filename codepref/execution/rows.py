"""Verdicts, and rows of the execution table."""

from typing import Literal

from codepref.records import Record

Verdict = Literal[
    "passed",
    "failed",
    "error",
    "syntax_error",
    "timeout",
    "out_of_memory",
    "output_limit",
    "early_exit",
    "tampered",
    "no_tests",
    "flaky",
    "infra_error",
]


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
        mode: how the verdict was reached, such as "script".
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
    mode: str
    isolation: str
    cpu_limit_s: int
    memory_limit_mib: int
    environment_digest: str
