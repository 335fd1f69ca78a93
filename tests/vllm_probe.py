"""Run an engine in a process of its own and print what it drew, as JSON: vLLM binds threads."""

import sys
from pathlib import Path

from pydantic import TypeAdapter

from codepref.checkpoints.manifest import Manifest, Start, read_contents
from codepref.errors import DataError
from codepref.sampling.config import EngineConfig
from codepref.sampling.engine import Engine, Request, Sample, SamplingParams
from codepref.sampling.source import LazyEngines

GREEDY = SamplingParams(temperature=0, top_p=1, max_new_tokens=12, stop=["\n```"])
SAMPLED = SamplingParams(temperature=1, top_p=1, max_new_tokens=12, stop=["\n```"])
REQUESTS = [
    Request(key=f"{i}/{j}", prompt=f"def f{'x' * 5 * i}(a):", sample_index=j, seed=10 * i + j)
    for i in range(3)
    for j in range(2)
]
Drawn = dict[str, dict[str, Sample]]


def make_start(weights: Path) -> Start:
    manifest = Manifest(
        **read_contents(weights).model_dump(),
        model="tiny",
        start="pretrained",
        template="plain",
        kind="local",
        source="tiny",
        revision=None,
        licence="MIT",
        parent_digest=None,
    )
    return Start(manifest=manifest, weights=weights)


def draw(backend: str, weights: Path, adapter: Path) -> Drawn:
    config = EngineConfig(
        backend=backend,  # type: ignore[arg-type]
        device="cpu",
        dtype="float32",
        max_model_len=128,
        max_batch=4,
        max_prefill_tokens=128,
        eager=True,
        cpu_cache_gib=1,
        gpu_memory=0.5,
        max_lora_rank=8,
    )
    drawn: Drawn = {}
    with LazyEngines(config) as engines:
        engine = engines.get(make_start(weights))
        drawn["greedy"] = dict(engine.sample(REQUESTS, GREEDY))
        drawn["sampled"] = dict(engine.sample(REQUESTS, SAMPLED))
        drawn["sampled_again"] = dict(engine.sample(REQUESTS, SAMPLED))
        drawn["rejected"] = _draw_too_long(engine)
        drawn["after_leaving"] = _leave_midway(engine)
        engine.load_adapter(adapter)
        drawn["adapted"] = dict(engine.sample(REQUESTS, GREEDY))
        engine.load_adapter(None)
        drawn["base_again"] = dict(engine.sample(REQUESTS, GREEDY))
    return drawn


def _draw_too_long(engine: Engine) -> dict[str, Sample]:
    """Nothing, if the engine says so and lives on; the next draw shows that it does."""
    long = Request(key="long", prompt="word " * 200, sample_index=0, seed=0)
    try:
        return dict(engine.sample([*REQUESTS, long], GREEDY))
    except DataError:
        return {}


def _leave_midway(engine: Engine) -> dict[str, Sample]:
    """What is drawn after a consumer took one sample and went away."""
    leaving = engine.sample(REQUESTS, GREEDY)
    next(leaving)
    leaving.close()  # type: ignore[attr-defined]
    return dict(engine.sample(REQUESTS, GREEDY))


if __name__ == "__main__":
    drawn = draw(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write("\n" + TypeAdapter(Drawn).dump_json(drawn).decode() + "\n")
