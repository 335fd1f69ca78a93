"""Both engines on the same prompts, one after the other: start-up seconds, tokens a second.

Needs a start that `dvc repro fetch_checkpoints` made, and vLLM (`make vllm`) for the second row.
Settings are those of `engine` and `sample_responses` in params.yaml. Each engine runs in a process
of its own. Run with nothing else on the machine:

    python -m bench.sampling models/starts/smollm2-pretrained --prompts 24
"""

import argparse
import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bench.processes import run_apart
from codepref.checkpoints.manifest import read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.config import load_section
from codepref.sampling.config import Backend, EngineConfig
from codepref.sampling.engine import Request, row_seed
from codepref.sampling.responses import SampleResponsesConfig
from codepref.sampling.source import LazyEngines

PROBLEMS = Path("codepref/selfalign/problems.jsonl")


class Timing(NamedTuple):
    """Seconds, and tokens drawn, of one engine."""

    engine: str
    start_s: float
    sampling_s: float
    n_tokens: int


def measure(backend: Backend, folder: Path, n_prompts: int) -> Timing:
    """Start an engine and sample each prompt as sample_responses would."""
    config = load_section("sample_responses", SampleResponsesConfig)
    engine_config = load_section("engine", EngineConfig).model_copy(update={"backend": backend})
    start = read_start(folder)
    renderer = Renderer(load_tokenizer(start.weights), start.manifest.template)
    lines = PROBLEMS.read_text(encoding="utf-8").splitlines()[:n_prompts]
    requests = [
        Request(
            key=f"{number}/{index}",
            prompt=renderer.prompt(json.loads(line)["text"]),
            sample_index=index,
            seed=row_seed(config.seed, number, index),
        )
        for number, line in enumerate(lines)
        for index in range(config.n)
    ]
    with LazyEngines(engine_config) as engines:
        began = time.perf_counter()
        engine = engines.get(start)
        started = time.perf_counter()
        samples = dict(engine.sample(requests, config.solution_params()))
        ended = time.perf_counter()
        return Timing(
            engine=engine.name,
            start_s=started - began,
            sampling_s=ended - started,
            n_tokens=sum(sample.n_tokens for sample in samples.values()),
        )


def to_table(timings: list[Timing]) -> str:
    """Lay timings out; the ratio is to the first row's tokens a second."""
    lines = ["| engine | start s | sampling s | tokens | tokens/s | ratio |", "|" + " --- |" * 6]
    base = timings[0].n_tokens / timings[0].sampling_s
    for timing in timings:
        rate = timing.n_tokens / timing.sampling_s
        lines.append(
            f"| {timing.engine} | {timing.start_s:.1f} | {timing.sampling_s:.1f} "
            f"| {timing.n_tokens} | {rate:.0f} | {rate / base:.2f} |"
        )
    return "\n".join(lines) + "\n"


def main(folder: Path, n_prompts: int) -> None:
    """Measure transformers, and vllm where it is installed, and print a table."""
    backends: list[Backend] = ["transformers"]
    if find_spec("vllm") is None:
        sys.stderr.write("vllm is not installed (`make vllm`): transformers alone is measured\n")
    else:
        backends.append("vllm")
    timings = [run_apart(measure, backend, folder, n_prompts) for backend in backends]
    sys.stdout.write(to_table(timings))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prompts", type=int, default=24)
    arguments = parser.parse_args()
    main(arguments.folder, arguments.prompts)
