"""What is run, and what came of it."""

from typing import Literal

from codepref.execution.rows import Verdict
from codepref.schema import Strict

Mode = Literal["stdio", "call", "split", "script"]
Isolation = Literal["bubblewrap", "landlock", "none"]


class Job(Strict):
    """One program and its tests.

    Attributes:
        job_id: the caller's own, unique among the jobs of one call.
        mode: who decides, and where. "stdio": the program reads one input, the caller compares
            what it prints. "call": entry_point is called on each input, the caller compares the
            values. "split": tests that can be trusted run in another process than the program.
            "script": tests by the program's own author run in its process.
        code: a whole program; it may be anything, Python or not.
        setup: "split": code run before the tests, after the program; may be "".
        tests: "split": statements, each one test, or one text if self_written. "script": one text.
            Else empty.
        self_written: the tests are one text by a model: its top-level statements are the tests,
            and an unfinished end is left out.
        entry_point: function under test; "" if unknown, in "script" and "split" only.
        inputs: "call": the list of arguments of each call as `values.pack` writes it; every call
            gets fresh copies. "stdio": one text, UTF-8.
        whole: "call": values come whole, however large; else large ones come as a hash.
    """

    job_id: str
    mode: Mode
    code: str
    setup: str
    tests: list[str]
    self_written: bool
    entry_point: str
    inputs: list[bytes]
    whole: bool


class Usage(Strict):
    """What a program used; it differs from run to run and is in no table.

    Attributes:
        cpu_s: on a CPU, user and system.
        wall_s: from its start to its end.
        memory_mib: largest resident memory above an idle interpreter's.
    """

    cpu_s: float
    wall_s: float
    memory_mib: float


class Outcome(Strict):
    """What a job's tests said, and under which conditions.

    Attributes:
        verdict: for "call" and "stdio", "passed" says only that the program came to its end; calls
            that raised are among the values.
        tests_passed: tests that passed; for "call", calls that returned.
        tests_total: tests that the program has; for "call", inputs.
        failure: one line on what went wrong, addresses masked; "" if it passed.
        stderr_tail: end of the program's standard error, addresses masked.
        flags: "script": what in the program could reach into its tests; see child_flags.
        values: "call": one JSON text per call, for `values.decode`; shorter than the inputs if
            the program came to an early end. "stdio": what it printed.
        isolation: the walls around the program.
        environment_digest: digest of interpreter version, harness and walls.
    """

    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    stderr_tail: str
    flags: list[str]
    values: list[str]
    usage: Usage
    mode: Mode
    isolation: Isolation
    environment_digest: str
