"""A program that times one of its own functions, to be run in the sandbox's mode "call"."""

from collections.abc import Sequence
from math import fsum, inf
from typing import NamedTuple

from codepref.execution.values import decode

ENTRY = "_timed_call"
NOTHING = "lambda *arguments: None"
# The clock is taken before the solution's code runs, into closures that no name leads to. It is
# getrusage, since under a limit on CPU time the kernel moves CLOCK_PROCESS_CPUTIME_ID, which
# time.process_time reads, at its ticks alone: every 4 ms. What the solution does while it defines
# its functions is timed on its own: it is no part of a call.
PROGRAM = """\
def _make_timed(text, names):
    from resource import RUSAGE_SELF, getrusage

    def clock():
        used = getrusage(RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    code = compile(text, "<solution>", "exec", dont_inherit=True)
    start = clock()
    exec(code, names)
    defining = clock() - start
    function = {function}

    def timed(*arguments):
        start = clock()
        function(*arguments)
        return defining, clock() - start

    return timed


{entry} = _make_timed({text!r}, globals())
"""


class Times(NamedTuple):
    """CPU seconds, user and system, that a program says it took.

    Attributes:
        defining: to run its text. calling: to make its calls.
    """

    defining: float
    calling: float


def timed_program(code: str, entry_point: str) -> str:
    """Give a program whose function ENTRY times one call of the entry point of another."""
    return PROGRAM.format(entry=ENTRY, text=code, function=f"names[{entry_point!r}]")


def idle_program(code: str) -> str:
    """Give a program that does all that the timed one does, but for the call."""
    return PROGRAM.format(entry=ENTRY, text=code, function=NOTHING)


def read_times(values: Sequence[str]) -> Times | None:
    """Read what the calls of one process returned; None where that is nothing ENTRY returns."""
    times = [decode(value) for value in values]
    pairs = [pair for pair in times if isinstance(pair, tuple) and len(pair) == len(Times._fields)]
    numbers = [number for pair in pairs for number in pair]
    if len(pairs) < len(times) or not all(type(n) is float and 0 <= n < inf for n in numbers):
        return None
    return Times(max((pair[0] for pair in pairs), default=0.0), fsum(pair[1] for pair in pairs))
