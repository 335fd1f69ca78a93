"""How programs are run: walls, limits, repetitions, machines."""

from typing import Literal

from pydantic import Field

from codepref.schema import Strict


class ExecutionConfig(Strict):
    """Walls and limits of every program.

    Attributes:
        isolation: "auto" is the first of bubblewrap and landlock that holds here, or stop; "none"
            runs untrusted code unprotected.
        pool: "local" runs on this machine, "ray" on all of a Ray cluster.
        workers: programs at a time; "ray" takes one for each core of the cluster instead.
        cpu_limit_s: CPU seconds of one program; wall time is only a back-stop.
        memory_limit_mib: address space of one program, beyond an idle interpreter's.
        output_limit_kib: bytes on stdout and stderr together, after which a program is killed.
        repeats: runs of every program whose verdict may become a label; they must agree.
    """

    isolation: Literal["auto", "bubblewrap", "landlock", "none"]
    pool: Literal["local", "ray"]
    workers: int = Field(ge=1, le=256)
    cpu_limit_s: int = Field(ge=1, le=3600)
    memory_limit_mib: int = Field(ge=64, le=2**20)
    output_limit_kib: int = Field(ge=1, le=32 * 1024)
    repeats: int = Field(ge=1, le=10)

    @property
    def conditions(self) -> list[int]:
        """What of the params a verdict depends on, besides the walls."""
        limits = [self.cpu_limit_s, self.memory_limit_mib, self.output_limit_kib]
        return [*limits, self.repeats]


class ExecuteResponsesConfig(ExecutionConfig):
    """Section execute_responses of params.yaml.

    Attributes:
        repeats: at least 2, since every verdict may become a label.
        sibling_tests: also run each response against the tests that the other responses to its
            instruction brought, where they bring their own.
    """

    repeats: int = Field(ge=2, le=10)
    sibling_tests: bool
