"""The harness around one program: limits, then its tests, then a report. Runs in the sandbox.

It is handed over as compiled code and imports nothing that a candidate would not pay for anyway.
Its names are in no module that a candidate can import, and its report carries a token that no
source text holds. Code in the same process can still find both by walking frames.
"""

from __future__ import annotations

import builtins
import os
import resource
import sys

from codepref.execution.child_modes import MODES, Run, Stop, run_program

TYPE_CHECKING = False  # typing itself is slow to import, and this runs once per program
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FILE_SIZE_MIB = 16
PROCESSES = 32
OPEN_FILES = 64


def main(payload: dict[str, Any]) -> None:
    """Run the job that came in, report, and leave."""
    job = payload["job"]
    run = Run(job, make_sender(*payload["report"]))
    _limit(payload["limits"])
    text = "\n".join([job["code"], job["setup"], *job["tests"]])
    if "random" in text:
        import random

        random.seed(0)
    cases = sys.modules.get("codepref.execution.child_unittest")
    if cases is not None:
        cases.attach(run.watch)
    _forget(run)
    run.send("ready", "[]")
    try:
        run_program(run)
        MODES[job["mode"]](run)
        if cases is not None and job["mode"] == "script":
            for label, case in cases.find_cases(run.tests):
                run.report(held=run.guarded(label, case))
    except Stop:
        pass
    run.end()


def make_sender(fd: int, token: str) -> Callable[[str, str], None]:
    """Give a function that reports one line; each starts on a fresh line, with the token.

    Only the process that made it reports: one that the program forked ends there.
    """
    write, leave, identify = os.write, os._exit, os.getpid
    owner = identify()

    def send(kind: str, payload: str) -> None:
        if identify() != owner:
            leave(0)
        line = f"\n{token} {kind} {payload}\n".encode("ascii")
        while line:
            line = line[write(fd, line) :]

    return send


def _limit(limits: dict[str, int]) -> None:
    """Set limits, then drop to an ordinary user where this is root."""
    mib = 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_mib"] * mib,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE_MIB * mib,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES,) * 2)
    if limits["uid"]:
        os.setgroups([])
        os.setresgid(limits["uid"], limits["uid"], limits["uid"])
        os.setresuid(limits["uid"], limits["uid"], limits["uid"])
    if limits["walled"]:  # elsewhere the user's other processes would count
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES,) * 2)


def _forget(run: Run) -> None:
    """Leave the modules as a program of its own would find them."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "codepref"]:
        del sys.modules[name]
    sys.modules["__main__"].__dict__.clear()
    sys.modules["solution"] = sys.modules["__main__"] = run.solution
    sys.argv[:] = ["solution.py"]
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # `-S` leaves them out
    run.builtins.update(exit=sys.exit, quit=sys.exit)
