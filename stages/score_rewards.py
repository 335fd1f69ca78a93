"""Stage score_rewards: what each policy of a start thinks of held-out responses. CPU minutes.

Only responses to instructions that no training saw; all of one prompt share a forward pass.
"""

import logging
from pathlib import Path

import torch

from codepref.alignment.config import PolicyParams
from codepref.alignment.device import TORCH_DTYPES, choose_device
from codepref.alignment.reference import row_logps
from codepref.alignment.rewards import (
    RULE_REWARDS,
    ImplicitReward,
    rule_class,
    summarise_rewards,
)
from codepref.alignment.rows import Encoder, Row, in_rows
from codepref.benchmarks.variants import Variant, find_variants
from codepref.checkpoints.manifest import read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.grid import Grid
from codepref.pairs.rows import LabelledResponse
from codepref.records import Json, content_id
from codepref.sampling.adapters import load_merged
from codepref.selfalign.rows import Instruction, instruction_texts
from codepref.statistics.config import BootstrapConfig
from codepref.tables import read_table, write_table

logger = logging.getLogger(__name__)


def main(  # one flag for each path of the stage
    start: Path, adapters: Path, instructions: Path, labels: Path, rewards: Path, metrics: Path
) -> None:
    """Read a start with its policies and labelled responses, write what each thinks of them."""
    config = load_section("score_rewards", BootstrapConfig)
    forward = load_section("align.forward", PolicyParams)
    grid = load_section("grid", Grid)
    opened = read_start(start)
    manifest = opened.manifest
    texts = instruction_texts(read_table(instructions, Instruction))
    renderer = Renderer(load_tokenizer(opened.weights), manifest.template)
    held_out = [row for row in read_table(labels, LabelledResponse) if row.split == "held_out"]
    encoder = Encoder(renderer, texts, manifest.digest, forward.max_length)
    fitting = encoder.responses(held_out)
    kept = {row.row_id for row in fitting.rows}
    responses = [one for one in in_rows(held_out) if one.instruction_id in kept]
    if not responses:
        logger.warning("%s: no held-out response, so nothing to score", labels)
    device = choose_device(forward.device)
    baseline, *aligned = find_variants(
        grid.cells(manifest.model, manifest.start), manifest.digest, adapters
    )

    def logps(variant: Variant) -> list[float]:
        return _logps(opened.weights, variant, fitting.rows, forward, device)

    reference = logps(baseline)
    rows: list[ImplicitReward] = []
    found: dict[str, Json] = {}
    for variant in aligned:
        scored = [
            _row(variant, response, logp, reference_logp)
            for response, logp, reference_logp in zip(
                responses, logps(variant), reference, strict=True
            )
        ]
        found[variant.name] = summarise_rewards(scored, config)
        rows += scored
    write_table(rewards, rows, ImplicitReward)
    write_json(
        metrics, {"variants": found, "instructions_dropped": {"too_long": fitting.n_too_long}}
    )


def _logps(
    weights: Path, variant: Variant, rows: list[Row], forward: PolicyParams, device: torch.device
) -> list[float]:
    """Log-probability of each answer under the model that is served, in order of the rows."""
    if not rows:
        return []
    model = load_merged(weights, variant.adapter, TORCH_DTYPES[forward.dtype]).to(device)  # type: ignore[arg-type]  # transformers' stub
    found = row_logps(model, rows, rows_per_forward=forward.rows_per_forward, dtype=forward.dtype)
    return [value for values in found for value in values]


def _row(
    variant: Variant, response: LabelledResponse, logp: float, reference_logp: float
) -> ImplicitReward:
    return ImplicitReward(
        reward_id=content_id(variant.policy_digest, response.response_id),
        variant=variant.name,
        policy_digest=variant.policy_digest,
        response_id=response.response_id,
        instruction_id=response.instruction_id,
        label=response.label,
        verdict=response.verdict,
        rule_reward=RULE_REWARDS[rule_class(response.verdict)],
        logp=logp,
        reference_logp=reference_logp,
    )


if __name__ == "__main__":
    run_stage(main)
