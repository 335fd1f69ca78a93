"""Run a program and its tests in one of the modes. Runs inside the sandbox."""

from __future__ import annotations

import builtins
import os
import resource
import sys

from codepref.execution import child_tests
from codepref.execution.child_asserts import Watch
from codepref.execution.child_values import encode, encode_short, type_name

TYPE_CHECKING = False  # typing itself is slow to import, and this runs once per program
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

MESSAGE_CHARS = 300
HARNESS_FILES = ("<harness>",)


class Stop(BaseException):
    """The verdict is known; nothing more is to be run."""


class Run:
    """One program in progress."""

    def __init__(self, job: dict[str, Any], send: Callable[[str, str], None]) -> None:
        self.job = job
        self.send = send
        self.watch = Watch()
        self.problem = ""
        self.failure = ""
        self.builtins = dict(builtins.__dict__)
        self.solution = type(sys)("solution")
        vars(self.solution)["__builtins__"] = builtins
        self.tests: dict[str, Any] = {"__name__": "__main__"}  # in no module: nobody can import it
        # Taken now: a program may replace these names in their modules.
        self._leave, self._traceback = os._exit, sys.excepthook
        self._traced = (sys.gettrace, sys.getprofile)

    def note(self, verdict: str, failure: str, error: BaseException | None = None) -> None:
        """Keep the first problem, and show its traceback as Python would."""
        if not self.problem:
            self.problem, self.failure = verdict, failure
            if error is not None:
                self._show(error)

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
            failed = isinstance(error, AssertionError) and what != "program"
            self.note("failed" if failed else "error", f"{what}: {_describe(error)}", error)
            return False
        return True

    def report(self, *, held: bool) -> None:
        """Report that one test is over."""
        self.send("test", "1" if held else "0")

    def end(self) -> None:
        """Report the verdict and leave at once, so that nothing can run afterwards."""
        _flush()
        tampered = self.watch.tampered or self._changes()
        if tampered:
            self.problem, self.failure = "tampered", tampered
        elif not self.problem and self.job["mode"] != "call" and not self.watch.asserts:
            self.problem, self.failure = "no_tests", "no assert ran"
        own = resource.getrusage(resource.RUSAGE_SELF)
        verdict = [self.problem or "passed", self.failure]
        self.send("end", encode([*verdict, own.ru_utime + own.ru_stime, own.ru_maxrss / 1024]))
        self._leave(0)

    def _changes(self) -> str:
        for name, value in self.builtins.items():
            if builtins.__dict__.get(name) is not value:
                return f"builtins.{name} was replaced"
        if any(read() is not None for read in self._traced):
            return "a trace function was set"
        return ""

    def _show(self, error: BaseException) -> None:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename in HARNESS_FILES:
            trace = trace.tb_next
        try:
            self._traceback(type(error), error.with_traceback(trace), trace)
        except BaseException:  # noqa: BLE001 - a hostile stderr or __str__ must not hide the verdict
            return


def run_program(run: Run) -> None:
    """Define what the program defines.

    Raises:
        Stop: it does not parse, or raised.
    """
    try:
        code = _compile_program(run.job)
    except child_tests.UNPARSABLE as error:
        starved = type(error) is MemoryError and not error.args  # else the parser's stack is full
        run.note("out_of_memory" if starved else "syntax_error", _describe(error), error)
        raise Stop from None
    if not run.guarded("program", exec, code, run.solution.__dict__):
        raise Stop
    _fill_tests(run)
    if run.job["setup"]:
        setup = compile(run.job["setup"], "<setup>", "exec", dont_inherit=True)
        if not run.guarded("setup", exec, setup, run.tests):
            raise Stop


def _compile_program(job: dict[str, Any]) -> CodeType:
    tree = child_tests.parse(job["code"].removeprefix("\ufeff"), "<solution>")
    if job["stub"]:
        child_tests.stub_functions(tree)
    return compile(tree, "<solution>", "exec", dont_inherit=True)


def _fill_tests(run: Run) -> None:
    """Give the tests the program's names, and built-in functions as they were before it ran."""
    for name, value in list(run.solution.__dict__.items()):
        hides = name in run.builtins and name != run.job["entry_point"]
        if not name.startswith("__") and (run.job["self_written"] or not hides):
            run.tests[name] = value
    run.tests["__builtins__"] = dict(run.builtins)
    run.tests[run.job["hooks"][0]] = run.watch.count
    run.tests[run.job["hooks"][1]] = run.watch.compare


def _run_script(run: Run) -> None:
    job = run.job
    if not job["self_written"]:
        run.send("total", str(len(job["tests"])))
        for text in job["tests"]:
            run.report(held=run.guarded(_first_line(text), _exec_test, run, text))
        return
    block = child_tests.split(job["tests"][0], *job["hooks"])
    for unit in block.units:
        seen = run.watch.asserts
        held = run.guarded(unit.label, exec, unit.code, run.tests)
        if not held or run.watch.asserts > seen:
            run.report(held=held)
    for name in block.uncalled:
        run.report(held=run.guarded(f"{name}()", run.tests.get(name, int)))


def _exec_test(run: Run, text: str) -> None:
    exec(child_tests.whole(text, *run.job["hooks"]).code, run.tests)


def _run_check(run: Run) -> None:
    run.send("total", "1")
    function = _entry_point(run)
    unit = child_tests.whole(run.job["tests"][0], *run.job["hooks"])
    held = run.guarded("test text", exec, unit.code, run.tests)
    check = run.tests.get("check")
    if check is None:
        run.note("no_tests", "the test text defines no function check")
    elif held:
        held = run.guarded("check", check, function)
        run.report(held=held)


def _run_call(run: Run) -> None:
    import marshal

    run.send("total", str(len(run.job["inputs"])))
    function = _entry_point(run)
    load, send = marshal.loads, run.send
    for arguments in run.job["inputs"]:
        try:
            text = encode_short(function(*load(arguments)))
        except SystemExit as error:
            run.note("early_exit", "SystemExit", error)
            raise Stop from None
        except MemoryError as error:
            run.note("out_of_memory", "MemoryError", error)
            raise Stop from None
        except BaseException as error:  # noqa: BLE001 - whatever a candidate raises is a value here
            text = f'{{"raised":{encode(type_name(error))}}}'
        send("value", text)


def _entry_point(run: Run) -> Callable[..., object]:
    name = run.job["entry_point"]
    function = run.solution.__dict__.get(name)
    if function is None:
        run.note("error", f"the program defines no {name}")
        raise Stop
    return function  # type: ignore[no-any-return]


def _describe(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - __str__ is the candidate's code
        text = "its message cannot be shown"
    line = " ".join(text[: 2 * MESSAGE_CHARS].split())[:MESSAGE_CHARS]
    return f"{type_name(error)}: {line}" if line else type_name(error)


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0][: child_tests.LABEL_CHARS]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001, S112 - a program may have closed or replaced them
            continue


MODES = {"script": _run_script, "check": _run_check, "call": _run_call}
