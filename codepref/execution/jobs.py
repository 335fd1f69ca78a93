"""What is run, and what came of it."""

from typing import Literal

from codepref.execution.rows import Verdict
from codepref.schema import Strict

Mode = Literal["script", "check", "call"]
Isolation = Literal["bubblewrap", "none"]


class Job(Strict):
    """One program and its tests.

    Attributes:
        job_id: the caller's own, unique among the jobs of one call.
        mode: "script" runs every test after the code. "check" calls the function `check` that the
            one test text defines. "call" only calls entry_point and gives its values back; the
            caller compares them, so what is expected never enters the sandbox.
        code: a whole program; it may be anything, Python or not.
        setup: code run after the program, with the tests' names; may be "".
        tests: "script": statements, each one test, or one text if self_written. "check": one
            text. "call": empty.
        self_written: the tests are one text by the author of the code: it is split into its
            top-level statements, and must not pass when all functions return None.
        entry_point: function under test; "" if unknown, in "script" only.
        inputs: "call": one JSON text per call, the list of arguments as `values.encode` writes
            it. Every call gets fresh copies.
    """

    job_id: str
    mode: Mode
    code: str
    setup: str
    tests: list[str]
    self_written: bool
    entry_point: str
    inputs: list[str]


class Outcome(Strict):
    """What a job's tests said, and under which conditions.

    Attributes:
        verdict: for "call", "passed" says only that every call came to an end; calls that raised
            are among the values.
        tests_passed: tests that passed; for "call", calls that returned.
        tests_total: tests that the program has; for "call", inputs.
        failure: one line on what went wrong, addresses masked; "" if it passed.
        stderr_tail: end of the program's standard error, addresses masked.
        values: "call": one JSON text per call, for `values.decode`; shorter than the inputs if
            the program came to an early end.
        isolation: the walls around the program.
        environment_digest: digest of interpreter version, harness and walls.
    """

    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    stderr_tail: str
    values: list[str]
    mode: Mode
    isolation: Isolation
    environment_digest: str
