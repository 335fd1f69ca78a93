"""Stands in for Zygote.run, and counts."""

from codepref.errors import SandboxError
from codepref.execution.zygote import Ended, Zygote


class Counter:
    """Counts runs, remembers in which zygote, and fails those that it is told to, from 1."""

    def __init__(self) -> None:
        self.slots: list[int] = []
        self.failures: set[int] = set()
        self.run = Zygote.run

    def __call__(self, zygote: Zygote, *arguments: object, **named: object) -> Ended:
        self.slots.append(zygote._slot)
        if len(self.slots) in self.failures:
            raise SandboxError("the machine is tired")
        return self.run(zygote, *arguments, **named)  # type: ignore[arg-type]
