"""Rows of the table of measured programs."""

from typing import Literal

from codepref.benchmarks.rows import Score

# Costs of two kinds are never compared: a score holds for the kind it was measured with.
Counter = Literal["instructions", "cpu_time"]
# "implausible": the clock in its process says far less than the kernel does of that process.
# "unmeasured": the harness failed, or wall time ran out; nothing is known.
Status = Literal["measured", "failed", "timeout", "implausible", "unmeasured"]


class Measurement(Score):
    """How fast one correct completion is, next to the references of its task.

    Attributes:
        score: dps / 100.
        status: all but "unmeasured" have a score: what does not end as it should scores 0.
        counter: what costs are in: "instructions", or seconds of "cpu_time".
        cost: of one call on the performance inputs; None where there is none.
        reference_costs: measured in turn with the program, in the benchmark's order; inf where the
            time limit ended one, NaN where it failed.
        reference: position of the fastest reference that it is as fast as; -1 for none.
        dps: differential performance score, in [0, 100]. dps_norm: by references alone.
        failure: one line on what went wrong, "" if it was measured.
    """

    status: Status
    counter: Counter
    cost: float | None
    reference_costs: list[float]
    reference: int
    dps: float | None
    dps_norm: float | None
    failure: str
    isolation: str
    environment_digest: str
