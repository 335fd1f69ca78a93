"""Run a program and its tests in one of the modes, and leave. Runs inside the sandbox."""

from __future__ import annotations

import contextlib
import marshal
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from codepref.execution import child_split, child_tests, child_units
from codepref.execution.child_flags import find_flags
from codepref.execution.child_run import (
    BUILTINS,
    Run,
    Stop,
    compiled,
    define,
    describe,
    make_report,
    silent,
)
from codepref.execution.child_values import encode, encode_short, type_name

CANARY = "a test that cannot hold failed"


def run_job(job: dict[str, Any], report_to: int, link: tuple[int, int]) -> None:
    """Run the job that came in, report, and leave the process; it does not return.

    Args:
        job: as `codepref.execution.payload` makes it.
        report_to: descriptor of the report.
        link: descriptors to read from and write to the other process, in modes of two.
    """
    reports = job["mode"] != "program"  # its judge does
    run = Run(job, make_report(report_to, job["token"]) if reports else silent)
    sys.modules["solution"] = sys.modules["__main__"] = run.solution
    with contextlib.suppress(Stop):
        MODES[job["mode"]](run, link)
    run.end()


def rehearse(job: dict[str, Any]) -> None:
    """Run a trusted job without a report, in this very process."""
    MODES[job["mode"]](Run(job, silent), (-1, -1))


def _run_script(run: Run, link: tuple[int, int]) -> None:  # noqa: ARG001 - one signature
    """Tests by the program's own author, in the program's own process."""
    job = dict(run.job)  # taken now: a program that finds run.job may write to it
    text = job["tests"][0]

    def prepare(tree: Any) -> None:
        run.report("flags", encode(find_flags(tree)))
        child_tests.stub(tree, job["stub"])

    cases = child_units.attach_cases([job["code"], text], run.watch.count, run.watch.guard)
    define(run, compiled(run, prepare))
    names = _namespace(run)
    if job["stub"]:
        child_tests.stub_values(names, job["stub"])

    def execute(label: str, code: CodeType) -> bool:
        return run.guarded(label, exec, code, names)

    block = child_tests.split(text, *job["hooks"])
    child_units.run_block(run, block, names, execute)
    if cases:
        child_units.run_cases(run, names)
    if job["canary"]:
        _run_canary(run, text, names)
    if not run.problem and not run.watch.asserts:
        run.note("no_tests", "no assert ran")


def _run_canary(run: Run, text: str, names: dict[str, Any]) -> None:
    """Run tests that cannot hold: one of the program's own with another constant, and a plain one.

    If one of them holds, the whole run is to look as if it had passed. Tracebacks are no news.
    """
    hooks = run.job["hooks"]
    spoiled = child_tests.spoiled(text, *hooks)
    plain = child_tests.whole("assert False", *hooks).code
    held = any(_holds(code, names) for code in (spoiled, plain) if code is not None)
    run.test(held=held)
    if not held:
        run.note("failed", CANARY)


def _holds(code: CodeType, names: dict[str, Any]) -> bool:
    try:
        exec(code, names)
    except BaseException:  # noqa: BLE001 - it is not to hold, however it fails
        return False
    return True


def _namespace(run: Run) -> dict[str, Any]:
    """The program's names, and built-in functions as they were before it ran."""
    names: dict[str, Any] = {"__name__": "__main__"}  # in no module: nobody can import it
    names.update(
        (name, value)
        for name, value in list(run.solution.__dict__.items())
        if not name.startswith("__")
    )
    names["__builtins__"] = dict(BUILTINS)
    names[run.job["hooks"][0]] = run.watch.count
    names[run.job["hooks"][1]] = run.watch.compare
    return names


def _run_call(run: Run, link: tuple[int, int]) -> None:  # noqa: ARG001
    """Each input gives a value; what is expected is not here."""
    define(run, compiled(run))
    function = run.entry_point()
    load, write, report = marshal.loads, WRITERS[run.job["whole"]], run.report
    for arguments in run.job["inputs"]:
        try:
            text = write(function(*load(arguments)))
        except SystemExit as error:
            run.note("early_exit", "SystemExit", error)
            raise Stop from None
        except MemoryError as error:
            run.note("out_of_memory", "MemoryError", error)
            raise Stop from None
        except BaseException as error:  # noqa: BLE001 - whatever a candidate raises is a value here
            text = f'{{"raised":{encode(type_name(error))}}}'
        report("value", text)


def _run_stdio(run: Run, link: tuple[int, int]) -> None:  # noqa: ARG001
    """What it prints is compared elsewhere; a whole program may end by sys.exit()."""
    code = compiled(run)
    try:
        exec(code, run.solution.__dict__)
        _finish()
    except SystemExit as error:
        if error.code not in (None, 0):
            run.note("error", f"exit code {error.code!r:.80}", error)
    except MemoryError as error:
        run.note("out_of_memory", "MemoryError", error)
    except BaseException as error:  # noqa: BLE001 - whatever a candidate raises is a verdict
        run.note("error", f"program: {describe(error)}", error)


def _finish() -> None:
    """What Python does at the end of a program: wait for its threads, run what it registered."""
    for module, work in (("threading", "_shutdown"), ("atexit", "_run_exitfuncs")):
        if module in sys.modules:
            getattr(sys.modules[module], work)()


WRITERS: dict[bool, Callable[[object], str]] = {False: encode_short, True: encode}
MODES: dict[str, Callable[[Run, tuple[int, int]], None]] = {
    "script": _run_script,
    "call": _run_call,
    "stdio": _run_stdio,
    "program": child_split.run_program,
    "judge": child_split.run_judge,
}
