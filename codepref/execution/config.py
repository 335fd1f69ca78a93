"""How programs are run: walls, limits, repetitions."""

from typing import Literal

from pydantic import Field

from codepref.schema import Strict


class ExecutionConfig(Strict):
    """Walls and limits of every program.

    Attributes:
        isolation: "auto" is bubblewrap, or stop; "none" runs untrusted code unprotected.
        workers: programs at a time.
        cpu_limit_s: CPU seconds of one program; wall time is only a back-stop.
        memory_limit_mib: address space of one program.
        output_limit_kib: bytes on stdout and stderr together, after which a program is killed.
        repeats: runs of every program whose verdict may become a label; they must agree.
    """

    isolation: Literal["auto", "bubblewrap", "none"]
    workers: int = Field(ge=1, le=256)
    cpu_limit_s: int = Field(ge=1, le=3600)
    memory_limit_mib: int = Field(ge=64)
    output_limit_kib: int = Field(ge=1)
    repeats: int = Field(ge=1, le=10)


class ExecuteResponsesConfig(ExecutionConfig):
    """Section execute_responses of params.yaml."""
