"""A program in one process, its tests in another. Runs inside the sandbox.

What is expected stands in the tests, so it is never in the program's process, nor is the report.
The tests see the program's functions and classes as handles, and its plain values as copies.
"""

from __future__ import annotations

import os
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from codepref.execution import child_tests, child_units
from codepref.execution.child_handles import Handle, unwrap
from codepref.execution.child_link import Gone, Interfered, Link, Ref
from codepref.execution.child_run import BUILTINS, Run, Stop, compiled, define, describe, first_line

GONE = 3  # exit code of a judge whose program ended before its tests did
# What tests use that want the program in their own process, where it is not.
NEEDS_ONE_PROCESS = frozenset(
    [
        "stdout",
        "stderr",
        "redirect_stdout",
        "redirect_stderr",
        "capsys",
        "mock",
        "patch",
        "monkeypatch",
        "asyncio",
        "inspect",
        "getsource",
        "__globals__",
        "__code__",
    ]
)
ONLY_CALLED = (type, FunctionType, BuiltinFunctionType, MethodType)
# What a program may say of itself before its tests run; anything else is for others to say.
TOLD = ("error", "syntax_error", "out_of_memory", "early_exit")


class Namespace:
    """The program's names, as one object that a judge can ask."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names


def run_program(run: Run, descriptors: tuple[int, int]) -> None:
    """Define what the program defines, then do what the judge asks for, until it hangs up.

    Raises:
        Stop: the judge knows why.
    """
    link = Link(descriptors, lambda *asked: True, _inert, unwrap, run.show)  # noqa: ARG005
    try:
        _serve(run, link)
    except (Gone, Interfered):
        raise Stop from None


def _serve(run: Run, link: Link) -> None:
    try:
        define(run, compiled(run))
    except Stop:
        link.send("problem", run.problem, run.failure)
        raise
    link.send("names", Namespace(vars(run.solution)))
    while True:
        match link.receive():
            case ["ask", str() as operation, target, list() as given, dict() as named]:
                link.answer(operation, target, given, named)
            case _:
                raise Stop


def run_judge(run: Run, descriptors: tuple[int, int]) -> None:
    """Run tests on the program at the other end of the link.

    Raises:
        Stop: the verdict is known before all tests have run.
    """
    link = Link(descriptors, _may_ask, Handle, unwrap)
    try:
        _Judge(run, link).run_tests()
    except (Gone, Interfered) as error:
        link.broken = link.broken or error
    finally:
        if isinstance(link.broken, Gone):
            run.report("gone", "[]")
            os._exit(GONE)
        run.watch.tampered = link.tampered or str(link.broken or "")


class _Judge:
    """The tests' side."""

    def __init__(self, run: Run, link: Link) -> None:
        self.run = run
        self.link = link
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": dict(BUILTINS)}
        self.given: dict[str, Any] = {}
        self.hook = run.job["hooks"][0]
        self.names[self.hook] = run.watch.count

    def run_tests(self) -> None:
        job = self.run.job
        if not self._meet_program():
            return
        self._offer_module()
        texts = [job["setup"], *job["tests"]]
        cases = child_units.attach_cases(texts, self.run.watch.count, _as_they_are)
        if job["setup"] and not self._execute("setup", self._compiled(job["setup"])):
            return
        if job["self_written"]:
            block = child_tests.split(job["tests"][0], self.hook, "")
            child_units.run_block(self.run, block, self.names, self._execute)
        else:
            for text in job["tests"]:
                self.run.test(held=self._execute(first_line(text), self._compiled(text)))
        if cases:
            child_units.run_cases(self.run, self.names)
        if not self.run.problem and not self.run.watch.asserts:
            self.run.note("no_tests", "no assert ran")

    def _meet_program(self) -> bool:
        """Wait until the program has defined what it defines; False if it cannot.

        Raises:
            Gone, Interfered: it does not say so.
        """
        match self.link.receive():
            case ["problem", str() as verdict, str() as failure] if verdict in TOLD:
                self.run.note(verdict, failure)
                return False
            case ["names", Handle() as program]:
                self.program = program
                return True
        raise Interfered("no greeting")

    def _compiled(self, text: str) -> CodeType:
        """Compile a text of the tests.

        Raises:
            Stop: it does not parse, which is not the program's doing.
        """
        try:
            return child_tests.whole(text, self.hook, "").code
        except child_tests.UNPARSABLE as error:
            self.run.note("no_tests", f"the tests do not parse: {describe(error)}", error)
            raise Stop from None

    def _execute(self, label: str, code: CodeType) -> bool:
        """Run code of the tests with the program's names as they are now.

        Raises:
            Stop: it wants the program in its own process.
        """
        used = child_tests.names_of(code)
        for name in sorted(used & NEEDS_ONE_PROCESS):
            self.run.note("no_tests", f"{label}: {name} wants program and tests in one process")
            raise Stop
        self._bring(used)
        return self.run.guarded(label, exec, code, self.names)

    def _ask_names(self, *names: str) -> dict[str, Any]:
        """Take the program's values of some names.

        Raises:
            Interfered: it gives others, or something else.
        """
        try:
            found = self.link.ask("names", self.program, *names)
        except (Gone, Interfered):
            raise
        except BaseException as error:
            raise Interfered(f"names: {describe(error)}") from error
        if type(found) is not dict or not found.keys() <= set(names):
            raise Interfered("names that were not asked for")
        return found

    def _bring(self, used: set[str]) -> None:
        """Take the program's values of names that the tests have not given a value of their own."""
        entry_point = self.run.job["entry_point"]
        wanted = [
            name
            for name in sorted(used)
            if self.names.get(name) is self.given.get(name)
            and not name.startswith("__")
            and (name == entry_point or name not in BUILTINS)
        ]
        found = self._ask_names(*wanted) if wanted else {}
        self.given.update(found)
        self.names.update(found)

    def _offer_module(self) -> None:
        """Let tests import the program by name."""
        module = ModuleType("solution")
        module.__getattr__ = self._attribute  # type: ignore[method-assign]
        sys.modules["solution"] = module

    def _attribute(self, name: str) -> Any:
        found = self._ask_names(name)
        if name not in found:
            raise AttributeError(f"module 'solution' has no attribute {name!r}")
        return found[name]


def _as_they_are(left: object, right: object) -> tuple[object, object]:
    """Handles see to it themselves that they do not lie."""
    return left, right


def _inert(link: Link, ref: Ref) -> Handle:
    """In the program an object of the tests compares by identity with plain data."""
    return Handle(link, ref._replace(own=frozenset()))


def _may_ask(operation: str, target: object, arguments: list[Any]) -> bool:
    """Let a program call the tests' functions, and use the tests' objects, but not look inside.

    Of plain data it has a copy of its own: `Link.answer` refuses all operations on such a target.
    """
    if isinstance(target, (Handle, ModuleType)) or operation == "names":
        return False
    if isinstance(target, ONLY_CALLED):
        return operation in ("call", "isinstance", "issubclass", "hash", "eq", "ne", "str", "repr")
    if operation in ("getattr", "setattr", "delattr"):
        return bool(arguments) and type(arguments[0]) is str and not arguments[0].startswith("_")
    return True
