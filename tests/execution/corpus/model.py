"""What a hostile program is, and which verdicts it may get.

PORT, SECRET and MARK stand for a listener of the host, a file of the host, a process name.
"""

from collections.abc import Mapping
from textwrap import dedent
from typing import Literal, NamedTuple, get_args

Mode = Literal["script", "call", "split", "stdio"]

MODES: tuple[Mode, ...] = get_args(Mode)
GOOD = "def add(a, b):\n    return a + b\n"
BAD = "def add(a, b):\n    return a - b + 1\n"
TESTS = ("assert add(1, 2) == 3", "assert add(0, 0) == 0")
STDIO_END = "\nprint(add(*map(int, input().split())))"
STDIN, STDOUT = "1 2\n", "3\n"


class Program(NamedTuple):
    """One program, with the verdicts it may get, separated by blanks.

    Attributes:
        code: the whole program.
        verdicts: when TESTS run in its own process, and wherever a mode below is "".
        call: when add is only called, and the values are compared elsewhere as plain data.
        split: when TESTS run in another process, and reach add by a remote call by value; what
            fails there may also pass beside its tests, which gives "no_tests".
        stdio: when STDIO_END comes after the code, and its output for STDIN must be STDOUT.
        landlock: in every mode where Landlock is the only wall around files; "" for no difference.
    """

    code: str
    verdicts: str
    call: str = ""
    split: str = ""
    stdio: str = ""
    landlock: str = ""

    def allowed(self, mode: Mode, *, landlock_alone: bool = False) -> list[str]:
        """Verdicts it may get in a mode."""
        by_mode = {"script": "", "call": self.call, "split": self.split, "stdio": self.stdio}
        walled = self.landlock if landlock_alone else ""
        found = (walled or by_mode[mode] or self.verdicts).split()
        return [*found, "no_tests"] if mode == "split" and "failed" in found else found


def good(before: str, verdicts: str = "passed", **by_mode: str) -> Program:
    """A program that does something first, and then defines a right add."""
    return Program(dedent(before) + GOOD, verdicts, **by_mode)


def bad(before: str, verdicts: str = "failed", **by_mode: str) -> Program:
    """A program that does something first, and then defines a wrong add."""
    return Program(dedent(before) + BAD, verdicts, **by_mode)


def whole(code: str, verdicts: str, **by_mode: str) -> Program:
    """A program with an add of its own, or with none."""
    return Program(dedent(code), verdicts, **by_mode)


def joined(*groups: Mapping[str, Program]) -> dict[str, Program]:
    """One dictionary of several.

    Raises:
        ValueError: two programs have one name.
    """
    programs: dict[str, Program] = {}
    for group in groups:
        twice = programs.keys() & group.keys()
        if twice:
            raise ValueError(f"programs share the names {sorted(twice)}")
        programs.update(group)
    return programs
