"""Params of the benchmark stages, made up for tests."""

from codepref.benchmarks.config import SampleBenchmarkConfig, ScoreBenchmarkConfig
from codepref.benchmarks.harness import Circumstances

SAMPLING = SampleBenchmarkConfig(
    limit=None,
    tasks={},
    wordings={"complete": None},
    n=1,
    temperature=0.0,
    top_p=1.0,
    max_new_tokens=8,
    seed=0,
    benchmarks={},
)
SCORING = ScoreBenchmarkConfig(
    rules="corrected",
    isolation="none",
    pool="local",
    workers=1,
    cpu_limit_s=1,
    plus_cpu_limit_s=1,
    memory_limit_mib=256,
    output_limit_kib=1,
    repeats=1,
    k=[1, 2, 4],
    confidence=0.95,
    resamples=200,
    resampling_seed=0,
)
CIRCUMSTANCES = Circumstances(
    benchmark="humaneval",
    source={"release": "1", "source": "file", "source_sha256": "0" * 64},
    sampling=SAMPLING,
    scoring=SCORING,
)
