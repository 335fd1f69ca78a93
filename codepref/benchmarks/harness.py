"""What a score depends on besides the weights: two scores of one fingerprint can be compared."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from codepref.benchmarks.config import SampleBenchmarkConfig, ScoreBenchmarkConfig
from codepref.benchmarks.rows import Benchmark, Result
from codepref.records import Json, digest


class Circumstances(NamedTuple):
    """Under which the scores of one benchmark are found.

    Attributes:
        source: what fetch_benchmarks says of the file: release, name, sha256.
    """

    benchmark: Benchmark
    source: Mapping[str, Json]
    sampling: SampleBenchmarkConfig
    scoring: ScoreBenchmarkConfig

    def harness(self, results: Sequence[Result]) -> dict[str, Json]:
        """Name all that the scores of these results depend on, and its digest as "fingerprint"."""
        main = [row for row in results if row.wording == self.sampling.main_wording]
        tasks = sorted({row.task_id for row in main})
        found: dict[str, Json] = {
            "release": self.source["release"],
            "source": self.source["source"],
            "source_sha256": self.source["source_sha256"],
            "rules": self.scoring.rules,
            "cpu_limit_s": self.scoring.cpu_limit_s,
            "plus_cpu_limit_s": self.scoring.plus_cpu_limit_s,
            "memory_limit_mib": self.scoring.memory_limit_mib,
            "isolation": ", ".join(sorted({row.isolation for row in main})),
            "environment_digest": ", ".join(sorted({row.environment_digest for row in main})),
            "wording": self.sampling.main_wording,
            **self.sampling.draw(self.benchmark).model_dump(),
            "n_tasks": len(tasks),
            "tasks_digest": digest(tasks),
        }
        return {**found, "fingerprint": digest(found)[:20]}
