"""What goes into the sandbox: the harness as compiled code, and jobs as data."""

import marshal
import secrets
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Literal

from codepref.execution import (
    child_asserts,
    child_flags,
    child_handles,
    child_kernel,
    child_link,
    child_modes,
    child_program,
    child_run,
    child_scratch,
    child_split,
    child_tests,
    child_units,
    child_values,
    child_zygote,
    frames,
)
from codepref.execution.child_zygote import Setup
from codepref.execution.jobs import Job

MODULES: tuple[ModuleType, ...] = (  # in order of import
    *(child_values, child_flags, child_asserts, child_tests, child_run, child_units),
    *(child_link, child_handles, child_split, child_modes, child_kernel, child_scratch),
    *(child_program, frames, child_zygote),
)
# What programs import most; each more makes every fork a little dearer.
IMPORTED = (
    *("re", "math", "typing", "collections", "itertools", "functools", "random", "string"),
    *("heapq", "bisect", "copy", "operator", "json", "datetime", "time", "enum", "fractions"),
    *("decimal", "contextlib", "ctypes"),
)
WARM_UP = Job(
    job_id="warm-up",
    mode="call",
    code="def f(a):\n    for b in a:\n        yield b + 1 if b else 0.5\n\ng = list\n",
    setup="",
    tests=["assert g(f([1, 2])) == [2, 3]"],
    self_written=True,
    entry_point="g",
    inputs=[marshal.dumps([[1, "a", 0.5]])],
    whole=False,
)
BOOT = """
import builtins, marshal, sys
builtins.exit = builtins.quit = sys.exit  # `-S` leaves them out
with open(int(sys.argv[1]), "rb") as stream:
    payload = marshal.load(stream)
for name in payload["imported"]:
    __import__(name)
package = "codepref.execution"
sys.modules["codepref"] = sys.modules[package] = type(sys)(package)
for name, code in payload["modules"]:
    module = sys.modules[package + "." + name] = type(sys)(package + "." + name)
    module.__builtins__ = dict(vars(builtins))
    setattr(sys.modules[package], name, module)
    exec(code, module.__dict__)
for name in [name for name in sys.modules if name.partition(".")[0] == "codepref"]:
    del sys.modules[name]
module.warm_up(payload["warm_up"])
module.serve(int(sys.argv[2]), module.Setup(*payload["setup"]))
"""
Stub = Literal["", "none", "raise"]


def build_boot(setup: Setup) -> bytes:
    """Make what BOOT reads."""
    return marshal.dumps(
        {
            "imported": IMPORTED,
            "modules": [
                (module.__name__.rpartition(".")[2], _compiled(module)) for module in MODULES
            ],
            "warm_up": [
                build_job(WARM_UP.model_copy(update={"mode": mode}), "")
                for mode in ("call", "script")
            ],
            "setup": tuple(setup),
        }
    )


def build_job(job: Job, token: str, *, stub: Stub = "", canary: bool = False) -> bytes:
    """Make what the process of a program reads; in mode split nothing of the tests is in it.

    Args:
        job: what to run.
        token: that every line of the report begins with.
        stub: what every function of the program does instead.
        canary: add a test that cannot hold.
    """
    split = job.mode == "split"
    return _dumped(
        job,
        token,
        mode="program" if split else job.mode,
        code=job.code,
        setup="",
        tests=[] if split else job.tests,
        stub=stub,
        canary=canary,
    )


def build_judge(job: Job, token: str) -> bytes:
    """Make what the process of a judge reads: the tests, and nothing of the program."""
    return _dumped(job, token, mode="judge", code="", setup=job.setup, tests=job.tests)


def _dumped(job: Job, token: str, **fields: Any) -> bytes:
    return marshal.dumps(
        {
            "module": "__main__" if job.mode == "stdio" else "solution",
            "entry_point": job.entry_point,
            "self_written": job.self_written,
            "inputs": job.inputs if fields["mode"] == "call" else [],
            "whole": job.whole,
            "token": token,
            "hooks": (f"_count_{secrets.token_hex(8)}", f"_compare_{secrets.token_hex(8)}"),
            "stub": "",
            "canary": False,
            **fields,
        }
    )


def harness_sources() -> list[str]:
    """Source of everything that runs inside, for a digest."""
    return [BOOT, *IMPORTED, *(_source(module) for module in MODULES)]


@cache
def _compiled(module: ModuleType) -> CodeType:
    return compile(_source(module), "<harness>", "exec", dont_inherit=True)


def _source(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")
