"""What a program is handed: the harness as compiled code, the job, its limits."""

import marshal
import secrets
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

from codepref.errors import DataError
from codepref.execution import (
    child_asserts,
    child_main,
    child_modes,
    child_tests,
    child_unittest,
    child_values,
)
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.values import decode

MODULES: tuple[ModuleType, ...] = (  # in order of import
    child_values,
    child_asserts,
    child_tests,
    child_modes,
    child_main,
)
BOOT = """
import builtins, marshal, sys
with open(int(sys.argv[1]), "rb") as stream:
    payload = marshal.load(stream)
package = "codepref.execution"
sys.modules["codepref"] = sys.modules[package] = type(sys)(package)
for name, code in payload["modules"]:
    module = sys.modules[package + "." + name] = type(sys)(package + "." + name)
    module.__builtins__ = dict(vars(builtins))
    setattr(sys.modules[package], name, module)
    exec(code, module.__dict__)
module.main(payload)
"""


def build_payload(
    job: Job, config: ExecutionConfig, report: tuple[int, str], uid: int, *, stub: bool
) -> dict[str, object]:
    """Make what BOOT reads.

    Args:
        job: what to run.
        config: limits.
        report: descriptor to report on, and the token that a line of the report begins with.
        uid: user to change to; 0 to stay.
        stub: let every function of the program return None.

    Raises:
        DataError: an input is no list of arguments.
    """
    modules = MODULES
    if "unittest" in "\n".join([job.code, *job.tests]):
        modules = (*MODULES[:-1], child_unittest, child_main)
    return {
        "modules": [(module.__name__.rsplit(".", 1)[-1], _compiled(module)) for module in modules],
        "report": report,
        "job": {
            **job.model_dump(exclude={"inputs", "job_id"}),
            "inputs": [_arguments(job, text) for text in job.inputs],
            "stub": stub,
            "hooks": [f"_count_{secrets.token_hex(8)}", f"_compare_{secrets.token_hex(8)}"],
        },
        "limits": {
            "cpu_s": config.cpu_limit_s,
            "memory_mib": config.memory_limit_mib,
            "uid": uid,
            "walled": config.isolation != "none",
        },
    }


def harness_sources() -> list[str]:
    """Source of everything that runs inside, for a digest."""
    return [BOOT, *(_source(module) for module in (*MODULES, child_unittest))]


@cache
def _compiled(module: ModuleType) -> CodeType:
    return compile(_source(module), "<harness>", "exec", dont_inherit=True)


def _source(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def _arguments(job: Job, text: str) -> bytes:
    arguments = decode(text)
    try:
        if not isinstance(arguments, list):
            raise ValueError("not a list")
        return marshal.dumps(arguments)
    except ValueError as error:
        raise DataError(
            f"job {job.job_id}: input {text[:80]!r} is no list of arguments as values.encode "
            f"writes it ({error}); arguments are plain data"
        ) from error
