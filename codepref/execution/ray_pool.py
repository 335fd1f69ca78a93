"""The pool on all machines of a Ray cluster. The only importer of ray.

One actor for each core owns a lane, and proves its node's walls before it takes work. Jobs go in
batches, since a call costs about as much as a program; a batch whose node is lost runs again
elsewhere, which changes nothing: jobs depend on nothing but themselves.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from codepref.errors import CodePrefError, MissingError, SandboxError
from codepref.execution.config import ExecutionConfig
from codepref.execution.environment import environment_digest
from codepref.execution.jobs import Job
from codepref.execution.lane import Lane
from codepref.execution.probes import proved_walls
from codepref.execution.verdicts import Finding

BATCH = 64  # programs: some tenths of a second of work
IN_FLIGHT = 2  # batches of one actor: one runs while the next is on its way
RESTARTS = 4  # of an actor
MAX_LANES = 256  # of one process
START_S, CLOSE_S = 300.0, 10.0
RETRIES = 4  # of a batch whose actor was lost

Batch = list[tuple[str, Job]]


class RayLane:
    """A lane in an actor. Its zygotes start from the actor's main thread and end with it."""

    def __init__(self, isolation: str, number: int) -> None:
        """Prove this node's walls; the number is no other actor's.

        Raises:
            MissingError: they cannot be put up on this node.
            SandboxError: one does not hold.
        """
        self._walls = proved_walls(isolation)
        self._lane = Lane(self._walls, number % MAX_LANES)

    def environment(self) -> str:
        """Give the digest of this node's environment, once its walls are proved."""
        return environment_digest(self._walls.isolation)

    def close(self) -> None:
        """End the zygotes, and remove their folders."""
        self._lane.close()

    def measure(self, batch: Batch, config: ExecutionConfig) -> list[tuple[str, Finding]]:
        """Run jobs by key, in order."""
        return [(key, self._lane.measure(job, config)) for key, job in batch]


class RayPool:
    """Lanes on all cores of a cluster: the one that RAY_ADDRESS names, a running one, or this."""

    def __init__(self, config: ExecutionConfig) -> None:
        """Take params; all nodes must have the walls that this machine has.

        Raises:
            MissingError: no isolation works here.
            SandboxError: a wall does not hold here.
        """
        self.isolation = proved_walls(config.isolation).isolation
        self._starts_ray = not ray.is_initialized()
        if self._starts_ray:
            ray.init(log_to_driver=False)
        n_actors = max(1, int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]
        self.at_once = 2 * n_actors * IN_FLIGHT * BATCH
        remote = ray.remote(num_cpus=1, max_restarts=RESTARTS, max_task_retries=RETRIES)(RayLane)
        self._actors: list[Any] = [remote.remote(self.isolation, i) for i in range(n_actors)]

    def __enter__(self) -> "RayPool":
        """Wait until every actor has proved its walls.

        Raises:
            MissingError: a node lacks them, has another harness or Python, or no free cores.
        """
        try:
            self._check_nodes()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _check_nodes(self) -> None:
        try:
            found = ray.get([a.environment.remote() for a in self._actors], timeout=START_S)
        except GetTimeoutError as error:
            raise MissingError(
                f"the Ray cluster gave no {len(self._actors)} free cores in {START_S:.0f} s; end "
                "what else runs there, or set pool: local"
            ) from error
        except RayActorError as error:
            raise MissingError(
                f"isolation {self.isolation}: a node of the Ray cluster does not have it: "
                f"{' '.join(str(error).split())}"
            ) from error
        others = sum(one != environment_digest(self.isolation) for one in found)
        if others:
            raise MissingError(
                f"{others} of {len(found)} cores of the Ray cluster have another codepref, Python "
                "or user than this machine; install the same on every node"
            )

    def __exit__(self, *error: object) -> None:
        closing = [actor.close.remote() for actor in self._actors]
        ray.wait(closing, num_returns=len(closing), timeout=CLOSE_S)
        for actor in self._actors:
            ray.kill(actor)
        if self._starts_ray:
            ray.shutdown()

    def measure(
        self, jobs: Mapping[str, Job], config: ExecutionConfig
    ) -> Iterator[tuple[str, Finding]]:
        """Run jobs by key; see Pool.

        Raises:
            SandboxError: a batch was lost more often than it may be tried.
        """
        size = min(BATCH, math.ceil(len(jobs) / (len(self._actors) * IN_FLIGHT)))
        items = iter(jobs.items())
        running: dict[Any, Any] = {}
        for actor in self._actors * IN_FLIGHT:
            self._submit(actor, list(islice(items, size)), config, running)
        while running:
            (done, *_), _ = ray.wait(list(running), num_returns=1)
            actor = running.pop(done)
            self._submit(actor, list(islice(items, size)), config, running)
            yield from _result(done)

    @staticmethod
    def _submit(actor: Any, batch: Batch, config: ExecutionConfig, running: dict[Any, Any]) -> None:
        if batch:
            running[actor.measure.remote(batch, config)] = actor


def _result(reference: Any) -> list[tuple[str, Finding]]:
    try:
        found: list[tuple[str, Finding]] = ray.get(reference)
    except RayTaskError as error:
        cause = error.cause
        raise cause if isinstance(cause, CodePrefError) else SandboxError(str(error)) from error
    except RayActorError as error:
        raise SandboxError(
            f"a batch of programs was lost {RETRIES + 1} times with its Ray actor; what was run is "
            f"in the ledger, run again: {' '.join(str(error).split())}"
        ) from error
    return found
