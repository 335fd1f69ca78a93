"""Stage align: pairs to a trained policy of one start, method and seed. CPU minutes, or a GPU.

Also what stage align_off_policy runs, on the pairs of another start.
"""

import logging
from contextlib import nullcontext
from pathlib import Path

from codepref.alignment.adapters import write_trained
from codepref.alignment.align import Aligned, align
from codepref.alignment.arguments import Run
from codepref.alignment.checkpoints import training_folder
from codepref.alignment.config import METHODS, KtoConfig, LoopParams, PolicyParams
from codepref.alignment.curve import write_curve
from codepref.alignment.data import PairSet, prepare
from codepref.alignment.device import TORCH_DTYPES
from codepref.alignment.models import load_model
from codepref.alignment.processes import join_processes
from codepref.alignment.reference import Reference, ReferenceLogps
from codepref.alignment.rows import Encoder
from codepref.alignment.serving import check_served
from codepref.checkpoints.manifest import Start, read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.errors import ConfigError
from codepref.files import sha256_file, write_json
from codepref.lineage.tracking import live_run
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.records import Json, content_id
from codepref.sampling.adapters import load_merged
from codepref.selfalign.rows import Instruction, instruction_texts
from codepref.tables import read_table

N_CHECKED = 8  # pairs on which the merged model is held to the trained one

logger = logging.getLogger(__name__)


def main(  # noqa: PLR0913  # one flag for each path of the stage
    method: str,
    seed: int,
    start: Path,
    instructions: Path,
    pairs: Path,
    labels: Path,
    reference: Path,
    adapter: Path,
    metrics: Path,
    curve: Path,
) -> None:
    """Read a start, pairs and the reference, write what was trained, its curve and metrics."""
    if method not in METHODS:
        raise ConfigError(
            f"--method {method}: no such method, expected one of {', '.join(METHODS)}"
        )
    forward = load_section("align.forward", PolicyParams)
    shared = load_section("align.shared", LoopParams)
    config = load_section(f"align.{method}", METHODS[method])
    opened = read_start(start)
    renderer = Renderer(load_tokenizer(opened.weights), opened.manifest.template)
    texts = instruction_texts(read_table(instructions, Instruction))
    labelled = read_table(labels, LabelledResponse) if isinstance(config, KtoConfig) else []
    data = prepare(
        read_table(pairs, Pair),
        labelled,
        read_table(reference, ReferenceLogps),
        Reference.of(opened.manifest, forward),
        Encoder(renderer, texts, opened.manifest.digest, forward.max_length),
    )
    settings: dict[str, Json] = {
        **forward.model_dump(),
        **shared.model_dump(),
        **config.model_dump(),
        "seed": seed,
    }
    cell = {"stage": "align", "method": method, "start": start.name, "seed": str(seed)}
    inputs = {
        "start_digest": opened.manifest.digest,
        "pairs_sha256": sha256_file(pairs),
        "reference_sha256": sha256_file(reference),
        **({"labels_sha256": sha256_file(labels)} if labelled else {}),
    }
    processes = join_processes(forward.device)
    is_main = processes.is_main
    name, tags = f"{start.name}/{adapter.name}", {**cell, **inputs}
    key = content_id(cell, settings, inputs, processes.device.type)
    with (
        training_folder(key, is_main=is_main) as folder,
        live_run(name, tags, settings) if is_main else nullcontext() as live,
    ):
        run = Run(
            model=load_model(opened.weights, forward.dtype, processes.device, forward.mode),
            tokenizer=renderer.tokenizer,
            forward=forward,
            loop=shared,
            lora=None if forward.mode == "full" else shared.lora,
            learning_rate=config.learning_rate,
            max_grad_norm=config.max_grad_norm,
            seed=seed,
            processes=processes,
            folder=folder,
            live=live,
        )
        aligned = align(run, data.train, data.held_out, data.unpaired, config)
        if aligned is None or live is None:
            return
        adapter_digest = write_trained(adapter, aligned.model, opened)
        write_curve(curve, aligned.columns, aligned.steps)
        found: dict[str, Json] = {
            "n_pairs": len(data.train.rows),
            "pairs_dropped": {"too_long": data.n_too_long},
            "n_on_policy": sum(row.on_policy for row in data.train.reference),
            "rows_digest": content_id([row.row_id for row in data.train.rows]),
            "adapter_digest": adapter_digest,
            "served_difference": _check(opened, adapter, aligned, data.train, run, forward),
            **inputs,
            **aligned.metrics,
        }
        write_json(metrics, {**cell, "live_key": live.key, **found})


def _check(
    start: Start, adapter: Path, aligned: Aligned, train: PairSet, run: Run, forward: PolicyParams
) -> float | None:
    """Hold the model that will be served to the trained one; not where 4 bits were trained on."""
    if forward.mode == "qlora":
        return None
    merged = load_merged(start.weights, adapter, TORCH_DTYPES[run.forward.dtype])
    served = merged.to(run.processes.device)  # type: ignore[arg-type]  # transformers' stub
    return check_served(
        served,
        train.rows[:N_CHECKED],
        aligned.logps[:N_CHECKED],
        rows_per_forward=run.forward.rows_per_forward,
        dtype=run.forward.dtype,
    )


if __name__ == "__main__":
    run_stage(main)
