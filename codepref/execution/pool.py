"""Run jobs on a pool of workers, none of them twice."""

from collections.abc import Sequence

from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.ledger import Ledger


def run_jobs(jobs: Sequence[Job], config: ExecutionConfig, ledger: Ledger) -> dict[str, Outcome]:
    """Give the outcome of every job by job_id; only what the ledger lacks is run.

    Raises:
        MissingError: no isolation works here.
        SandboxError: a wall does not hold.
        ValueError: two jobs have one id.
    """
    raise NotImplementedError
