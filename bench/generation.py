"""Tokens a second: our answers to a benchmark, and the engine's own offline loop on its prompts.

Ours goes through `answer`: prompts shared, one ledger entry a completion. The offline loops are
`vllm.LLM.generate`, and `generate` of transformers on batches of equal size. Engine, weights,
prompts, stop strings and limits are the same; a few prompts warm each up and do not count.
"""

import resource
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.processes import KIB_PER_GIB
from bench.samples import read_tasks_of
from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Benchmark
from codepref.benchmarks.sampling import Question, answer, ask
from codepref.benchmarks.tasks import first_tasks
from codepref.benchmarks.variants import Variant
from codepref.checkpoints.manifest import Start, read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.config import load_section
from codepref.ledger import Ledger
from codepref.sampling.config import Backend, EngineConfig
from codepref.sampling.source import LazyEngines

N_WARM_UP = 2


class Setting(NamedTuple):
    """What is drawn, and by what: the first tasks of a benchmark, in the main wording.

    Attributes:
        max_new_tokens: None for that of params.
    """

    backend: Backend
    start: Path
    benchmark: Benchmark
    n_prompts: int
    max_new_tokens: int | None


class Speed(NamedTuple):
    """Seconds without start-up, tokens drawn, and the largest memory of the process."""

    who: str
    seconds: float
    n_tokens: int
    peak_gib: float


class _Work(NamedTuple):
    start: Start
    renderer: Renderer
    warm_up: list[Question]
    questions: list[Question]
    engine: EngineConfig


def answer_ours(setting: Setting) -> Speed:
    """Draw as sample_benchmark does, into an empty ledger."""
    work = _prepare(setting)
    variant = Variant("baseline", None, work.start.manifest.digest)
    with (
        TemporaryDirectory() as folder,
        closing(Ledger(Path(folder) / "samples.sqlite")) as ledger,
        LazyEngines(work.engine) as engines,
    ):

        def draw(questions: Sequence[Question]) -> int:
            rows = answer(
                questions,
                variant,
                renderer=work.renderer,
                start=work.start,
                engines=engines,
                ledger=ledger,
            )
            return sum(row.n_tokens for row in rows)

        return _timed(f"codepref, {engines.get(work.start).name}", work, draw)


def generate_offline(setting: Setting) -> Speed:
    """Draw by the engine's own loop."""
    work = _prepare(setting)
    return _by_vllm(work) if setting.backend == "vllm" else _by_transformers(work)


def _prepare(setting: Setting) -> _Work:
    start = read_start(setting.start)
    renderer = Renderer(load_tokenizer(start.weights), start.manifest.template)
    config = load_section("sample_benchmark", SampleBenchmarkConfig)
    changes = {
        "wordings": {config.main_wording: None},
        "n": 1,
        "temperature": 0.0,
        "max_new_tokens": setting.max_new_tokens or config.max_new_tokens,
    }
    config = config.model_copy(update=changes)
    tasks = first_tasks(read_tasks_of(setting.benchmark), setting.n_prompts + N_WARM_UP)
    questions = ask(tasks, renderer, config)
    engine = load_section("engine", EngineConfig).model_copy(update={"backend": setting.backend})
    return _Work(start, renderer, questions[:N_WARM_UP], questions[N_WARM_UP:], engine)


def _by_vllm(work: _Work) -> Speed:
    from codepref.sampling.hardware import find_hardware
    from codepref.sampling.placement import choose_placement
    from codepref.sampling.vllm_engine import engine_arguments, set_environment

    set_environment(work.engine)
    import vllm

    placement = choose_placement(work.engine, find_hardware())
    llm: Any = vllm.LLM(**engine_arguments(work.engine, placement, work.start.weights))

    def draw(questions: Sequence[Question]) -> int:
        params = questions[0].params
        drawing = vllm.SamplingParams(
            temperature=0.0, max_tokens=params.max_new_tokens, stop=list(params.stop)
        )
        prompts = [
            {"prompt_token_ids": work.renderer.encode_prompt(question.request.prompt)}
            for question in questions
        ]
        outputs = llm.generate(prompts, drawing, use_tqdm=False)
        return sum(len(output.outputs[0].token_ids) for output in outputs)

    return _timed(f"offline, vllm {vllm.__version__}", work, draw)


def _by_transformers(work: _Work) -> Speed:
    import torch
    import transformers

    from codepref.sampling.hardware import find_hardware
    from codepref.sampling.placement import choose_placement

    placement = choose_placement(work.engine, find_hardware())
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(
        work.start.weights, dtype=getattr(torch, placement.dtype)
    )
    model.to(placement.device)
    size = work.engine.max_batch

    def draw(questions: Sequence[Question]) -> int:
        ordered = sorted(questions, key=lambda q: len(q.request.prompt))
        return sum(
            _generate(model, work.renderer, ordered[first : first + size])
            for first in range(0, len(ordered), size)
        )

    return _timed(f"offline, transformers {transformers.__version__}", work, draw)


def _generate(model: Any, renderer: Renderer, questions: Sequence[Question]) -> int:
    """Draw one batch; give its tokens, those that pad short rows not counted."""
    import torch

    params = questions[0].params
    ids = [renderer.encode_prompt(question.request.prompt) for question in questions]
    width = max(map(len, ids))
    rows = torch.tensor([[0] * (width - len(row)) + row for row in ids], device=model.device)
    mask = torch.tensor(
        [[0] * (width - len(row)) + [1] * len(row) for row in ids], device=model.device
    )
    pad = model.config.vocab_size - 1  # drawn in earnest by no prompt: its count is exact
    with torch.inference_mode():
        drawn = model.generate(
            rows,
            attention_mask=mask,
            max_new_tokens=params.max_new_tokens,
            do_sample=False,
            stop_strings=list(params.stop),
            tokenizer=renderer.tokenizer,
            pad_token_id=pad,
        )
    return int((drawn[:, width:] != pad).sum())


def _timed(who: str, work: _Work, draw: Callable[[Sequence[Question]], int]) -> Speed:
    draw(work.warm_up)
    began = time.perf_counter()
    n_tokens = draw(work.questions)
    seconds = time.perf_counter() - began
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_GIB
    return Speed(who, seconds, n_tokens, peak_gib)
