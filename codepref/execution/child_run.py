"""One program in progress: what it defines, what went wrong, what is reported. In the sandbox.

A report is lines of text, each with a token that no source text holds. Its reader is the driver.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from codepref.execution.child_asserts import Watch
from codepref.execution.child_tests import UNPARSABLE, parse
from codepref.execution.child_values import encode, type_name

MESSAGE_CHARS = 300
LABEL_CHARS = 160
HARNESS_FILES = ("<harness>",)
IN_PROCESS = ("script", "judge")  # modes whose tests run in this process
BUILTINS = dict(builtins.__dict__)  # made once, before the forks: a copy writes to every object
SMALL = bytes(range(256))  # numbers that Python keeps one object of each for
Report = Callable[[str, str], None]


class Stop(BaseException):
    """The verdict is known; nothing more is to be run."""


class Run:
    """One program in progress."""

    def __init__(self, job: dict[str, Any], report: Report) -> None:
        self.job = job
        self.report = report
        self.watch = Watch()
        self.problem = ""
        self.failure = ""
        self.solution = type(sys)(job["module"])
        vars(self.solution)["__builtins__"] = builtins
        # Taken now: a program may replace these names in their modules.
        self._leave, self._traceback = os._exit, sys.excepthook
        self._traced = (sys.gettrace, sys.getprofile)

    def note(self, verdict: str, failure: str, error: BaseException | None = None) -> None:
        """Keep the first problem, and show its traceback as Python would."""
        if not self.problem:
            self.problem, self.failure = verdict, failure
            if error is not None:
                self.show(error)

    def guarded(self, what: str, work: Callable[..., object], *arguments: object) -> bool:
        """Call code of others; False if it raised. A problem is noted.

        Raises:
            Stop: it asked for an early exit, or ran out of memory.
        """
        try:
            work(*arguments)
        except Stop:
            raise
        except SystemExit as error:
            self.note("early_exit", f"{what}: SystemExit", error)
            raise Stop from None
        except MemoryError as error:
            self.note("out_of_memory", f"{what}: MemoryError", error)
            raise Stop from None
        except BaseException as error:  # noqa: BLE001 - whatever a candidate raises is a verdict
            self.note(self._blame(what, error), f"{what}: {describe(error)}", error)
            return False
        return True

    @staticmethod
    def _blame(what: str, error: BaseException) -> str:
        """Name what an exception is: of tests that import what is not here, no verdict on it."""
        if what == "program":
            return "error"
        if isinstance(error, ModuleNotFoundError):
            trace, last = error.__traceback__, ""
            while trace:
                name = trace.tb_frame.f_code.co_filename
                last = last if name.startswith("<frozen") else name
                trace = trace.tb_next
            return "no_tests" if last == "<tests>" else "error"
        return "failed" if isinstance(error, AssertionError) else "error"

    def test(self, *, held: bool) -> None:
        """Report that one test is over."""
        self.report("test", "1" if held else "0")

    def entry_point(self) -> Callable[..., object]:
        """Give the function under test.

        Raises:
            Stop: the program does not define it.
        """
        name = self.job["entry_point"]
        function = self.solution.__dict__.get(name)
        if function is None:
            self.note("error", f"the program defines no {name}")
            raise Stop
        return function  # type: ignore[no-any-return]

    def end(self) -> None:
        """Report the verdict and leave at once, so that nothing can run afterwards."""
        flush()
        if self.job["mode"] in IN_PROCESS:
            tampered = self.watch.tampered or self._changes()
            if tampered:
                self.problem, self.failure = "tampered", tampered
        self.report("end", encode([self.problem or "passed", self.failure]))
        self._leave(0)

    def _changes(self) -> str:
        for name, value in BUILTINS.items():
            if builtins.__dict__.get(name) is not value:
                return f"builtins.{name} was replaced"
        if any(read() is not None for read in self._traced):
            return "a trace function was set"
        if bytes(range(256)) != SMALL:
            return "a number was changed"
        return ""

    def show(self, error: BaseException) -> None:
        """Print a traceback as Python would, without the harness's own frames."""
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename in HARNESS_FILES:
            trace = trace.tb_next
        try:
            self._traceback(type(error), error.with_traceback(trace), trace)
        except BaseException:  # noqa: BLE001 - a hostile stderr or __str__ must not hide the verdict
            return


def make_report(descriptor: int, token: str) -> Report:
    """Give a function that reports one line; each starts on a fresh line, with the token.

    Only the process that made it reports: one that the program forked ends there.
    """
    write, leave, identify = os.write, os._exit, os.getpid
    owner = identify()

    def report(kind: str, payload: str) -> None:
        if identify() != owner:
            leave(0)
        line = f"\n{token} {kind} {payload}\n".encode("ascii")
        while line:
            line = line[write(descriptor, line) :]

    return report


def silent(kind: str, payload: str) -> None:
    """Report nothing."""


def define(run: Run, code: CodeType | None) -> None:
    """Let a program define what it defines.

    Args:
        run: its text is compiled here if there is no code yet.
        code: its text, compiled.

    Raises:
        Stop: it does not parse, or raised.
    """
    if not run.guarded("program", exec, code or compiled(run), run.solution.__dict__):
        raise Stop


def compiled(run: Run, change: Callable[[Any], None] | None = None) -> CodeType:
    """Compile a program's text, changed as a tree first where that is asked.

    Raises:
        Stop: it does not parse.
    """
    text = run.job["code"].removeprefix("\ufeff")
    try:
        tree: Any = text
        if change is not None:
            tree = parse(text, "<solution>")
            change(tree)
        return compile(tree, "<solution>", "exec", dont_inherit=True)
    except UNPARSABLE as error:
        starved = type(error) is MemoryError and not error.args  # else the parser's stack is full
        run.note("out_of_memory" if starved else "syntax_error", describe(error), error)
        raise Stop from None


def describe(error: BaseException) -> str:
    """Say on one line what was raised, whatever its own methods do."""
    try:
        text = "".join([str(error)])  # an exact str, whatever __str__ gave
    except BaseException:  # noqa: BLE001 - __str__ is the candidate's code
        text = "its message cannot be shown"
    line = " ".join(text[: 2 * MESSAGE_CHARS].split())[:MESSAGE_CHARS]
    return f"{type_name(error)}: {line}" if line else type_name(error)


def first_line(text: str) -> str:
    """Give what names a test text."""
    return text.strip().split("\n")[0][:LABEL_CHARS]


def flush() -> None:
    """Write out what the program printed; it may have closed or replaced its streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001, S112 - a program may have closed or replaced them
            continue
