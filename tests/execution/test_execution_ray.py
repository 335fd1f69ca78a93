"""The pool on a Ray cluster of two nodes, which are processes of this machine."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.execution import ray_pool
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import LocalPool, open_pool, run_jobs
from codepref.execution.scratch import FOLDER_PREFIX, MEMORY
from codepref.execution.values import pack
from codepref.execution.walls import Walls
from codepref.ledger import Ledger

ray = pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

GOOD = "def add(a, b):\n    return a + b\n"
PROGRAMS = {
    "passes": GOOD,
    "fails": "def add(a, b):\n    return a\n",
    "raises": "def add(a, b):\n    return a / 0\n",
    "hangs": "while True:\n    pass\n",
    "exits": "import os\nos._exit(0)\n",
    "crashes": "import os\nos.abort()\n",
    "floods": "while True:\n    print('x' * 9999)\n",
    "litters": "for i in range(200):\n    open(f'/tmp/{i}', 'w').close()\n" + GOOD,
    "lies": "class L:\n    __eq__ = lambda s, o: True\ndef add(a, b):\n    return L()\n",
    "forks": "import os\nos.fork()\n",
}

MakeJob = Callable[..., Job]


@pytest.fixture(scope="module")
def cluster(walls: Walls) -> Iterator[object]:  # noqa: ARG001 - skips where there is no isolation
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    made.add_node(num_cpus=1)
    ray.init(address=made.address, logging_level=logging.ERROR)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def ray_config(config: ExecutionConfig) -> ExecutionConfig:
    return config.model_copy(update={"pool": "ray", "repeats": 2})


def all_jobs(make_job: MakeJob) -> list[Job]:
    modes: dict[str, dict[str, object]] = {
        "split": {},
        "stdio": {"tests": [], "inputs": [b"1 2\n"]},
        "script": {"tests": ["assert add(1, 2) == 3"], "self_written": True},
        "call": {"tests": [], "inputs": [pack([1, 2]), pack([0, 0])]},
    }
    return [
        make_job(code, job_id=f"{name} {mode}", mode=mode, **changes)
        for name, code in PROGRAMS.items()
        for mode, changes in modes.items()
    ]


def labels(outcomes: Iterator[tuple[Job, Outcome]]) -> list[tuple[object, ...]]:
    """All that goes into a table."""
    return [
        (job.job_id, *(getattr(out, name) for name in Outcome.model_fields if name != "usage"))
        for job, out in outcomes
    ]


def nodes_of(pool: object) -> set[str]:
    def node(lane: object) -> str:  # noqa: ARG001 - called on an actor, so pickled with its body
        import ray

        return str(ray.get_runtime_context().get_node_id())

    actors = pool._actors  # type: ignore[attr-defined]
    return set(ray.get([actor.__ray_call__.remote(node) for actor in actors]))


def test_a_cluster_gives_the_labels_of_the_local_pool_in_the_same_order(
    cluster: object,  # noqa: ARG001
    make_job: MakeJob,
    config: ExecutionConfig,
    ray_config: ExecutionConfig,
    pool: LocalPool,
    tmp_path: Path,
) -> None:
    jobs = all_jobs(make_job)
    local, spread = (Ledger(tmp_path / f"{name}.sqlite") for name in ("local", "spread"))
    twice = config.model_copy(update={"repeats": 2})
    expected = labels(run_jobs(jobs, twice, pool, local))
    with open_pool(ray_config) as workers:
        assert len(nodes_of(workers)) == 2
        assert labels(run_jobs(jobs, ray_config, workers, spread)) == expected
        workers.measure = None  # type: ignore[assignment, method-assign] - all is known by now
        assert labels(run_jobs(jobs, ray_config, workers, spread)) == expected
    local.close()
    spread.close()


def test_a_lost_actor_loses_nothing(
    cluster: object,  # noqa: ARG001
    make_job: MakeJob,
    ray_config: ExecutionConfig,
    tmp_path: Path,
) -> None:
    jobs = [make_job(f"{GOOD}# {n}\n", job_id=str(n)) for n in range(600)]
    ledger = Ledger(tmp_path / "executions.sqlite")
    with open_pool(ray_config) as workers:
        victim = ray.get(workers._actors[0].__ray_call__.remote(lambda lane: os.getpid()))  # type: ignore[attr-defined]  # noqa: ARG005
        killer = threading.Timer(0.2, os.kill, (victim, signal.SIGKILL))
        killer.start()
        started = time.monotonic()
        found = [
            (job.job_id, out.verdict) for job, out in run_jobs(jobs, ray_config, workers, ledger)
        ]
        assert time.monotonic() - started > 0.2
    ledger.close()
    assert found == [(str(n), "passed") for n in range(600)]


def test_a_node_without_walls_stops_the_job_set(
    cluster: object,  # noqa: ARG001
    ray_config: ExecutionConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unwalled(ray_pool.RayLane):
        def __init__(self, isolation: str, number: int) -> None:  # noqa: ARG002
            raise MissingError("no bubblewrap on this machine")

    monkeypatch.setattr(ray_pool, "RayLane", Unwalled)
    with (
        pytest.raises(MissingError, match=r"a node of the Ray cluster.*no bubblewrap on this"),
        open_pool(ray_config),
    ):
        pass


def test_a_node_with_another_harness_stops_the_job_set(
    cluster: object,  # noqa: ARG001
    ray_config: ExecutionConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_pool, "environment_digest", lambda _: "the driver's own")
    with (
        pytest.raises(MissingError, match=r"2 of 2 cores .* have another codepref, Python"),
        open_pool(ray_config),
    ):
        pass


def test_a_pool_leaves_no_scratch_folder_behind(
    cluster: object,  # noqa: ARG001
    make_job: MakeJob,
    ray_config: ExecutionConfig,
    tmp_path: Path,
) -> None:
    unwalled = ray_config.model_copy(update={"isolation": "none"})  # it has such folders everywhere
    before = set(MEMORY.glob(f"{FOLDER_PREFIX}*"))
    ledger = Ledger(tmp_path / "executions.sqlite")
    with open_pool(unwalled) as workers:
        assert labels(run_jobs([make_job(GOOD)], unwalled, workers, ledger))
    ledger.close()
    assert set(MEMORY.glob(f"{FOLDER_PREFIX}*")) <= before
