"""Stage align: pairs to a LoRA adapter of one start, method and seed. CPU minutes, or a GPU."""

import logging
from contextlib import closing
from pathlib import Path

from codepref.alignment.adapters import write_adapter
from codepref.alignment.align import MethodConfig, align
from codepref.alignment.checkpoints import training_folder
from codepref.alignment.config import BonbonConfig, DpoConfig, RftConfig, SharedConfig
from codepref.alignment.curve import write_curve
from codepref.alignment.device import choose_device
from codepref.alignment.models import load_model
from codepref.alignment.rows import encode_pairs, fit_length
from codepref.alignment.summary import count_tokens
from codepref.alignment.training import Run
from codepref.checkpoints.manifest import read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.errors import ConfigError
from codepref.files import sha256_file, write_json
from codepref.ledger import Ledger
from codepref.lineage.tracking import live_run
from codepref.pairs.rows import Pair
from codepref.records import Json, content_id
from codepref.tables import read_table
from codepref.workspace import state_dir

METHODS: dict[str, type[MethodConfig]] = {
    "dpo": DpoConfig,
    "bonbon": BonbonConfig,
    "rft": RftConfig,
}

logger = logging.getLogger(__name__)


def main(  # noqa: PLR0913  # one flag for each path of the stage
    method: str, seed: int, start: Path, pairs: Path, adapter: Path, metrics: Path, curve: Path
) -> None:
    """Read a start and its pairs, write the adapter, its training curve and its metrics."""
    if method not in METHODS:
        raise ConfigError(
            f"--method {method}: no such method, expected one of {', '.join(METHODS)}"
        )
    shared = load_section("align.shared", SharedConfig)
    config = load_section(f"align.{method}", METHODS[method])
    opened = read_start(start)
    tokenizer = load_tokenizer(opened.weights)
    table = read_table(pairs, Pair)
    fitting = fit_length(
        encode_pairs(table, Renderer(tokenizer, opened.manifest.template)), shared.max_length
    )
    ids = {row.row_id for row in fitting.rows}
    if not ids:
        logger.warning("%s: no pair to train on; the adapter will change nothing", pairs)
    settings: dict[str, Json] = {**shared.model_dump(), **config.model_dump(), "seed": seed}
    cell = {"stage": "align", "method": method, "start": start.name, "seed": str(seed)}
    inputs = {"start_digest": opened.manifest.digest, "pairs_sha256": sha256_file(pairs)}
    device = choose_device(shared.device)
    key = content_id(cell, settings, inputs, device.type)
    with (
        training_folder(key) as folder,
        live_run(f"{start.name}/{method}-{seed}", {**cell, **inputs}, settings) as live,
        closing(Ledger(state_dir() / "reference_logps.sqlite")) as ledger,
    ):
        run = Run(
            model=load_model(opened.weights, shared.dtype, device),
            tokenizer=tokenizer,
            loop=shared,
            lora=shared.lora,
            learning_rate=config.learning_rate,
            max_grad_norm=config.max_grad_norm,
            seed=seed,
            device=device,
            folder=folder,
            live=live,
        )
        aligned = align(
            run,
            [pair for pair in table if pair.pair_id in ids],
            fitting.rows,
            config,
            start_digest=opened.manifest.digest,
            ledger=ledger,
        )
        adapter_digest = write_adapter(adapter, aligned.adapter, base=opened.manifest.digest)
        write_curve(curve, aligned.columns, aligned.steps)
        counts: dict[str, Json] = {
            "n_pairs": len(fitting.rows),
            "pairs_dropped": {"too_long": fitting.n_too_long},
            "n_on_policy": sum(pair.on_policy for pair in table if pair.pair_id in ids),
            "tokens_per_epoch": count_tokens(fitting.rows),
        }
        digests = {**inputs, "adapter_digest": adapter_digest}
        found = {**counts, **digests, **aligned.metrics}
        write_json(metrics, {**cell, "live_key": live.key, **found})


if __name__ == "__main__":
    run_stage(main)
