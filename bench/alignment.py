"""A DPO step of ours beside TRL's DPOTrainer as it comes: same pairs, same batch, same weights.

First one run each, with the loss of every step; then a sweep over four betas each. TRL computes
the reference in every step of every run; ours is computed once and timed with the sweep. Run with
nothing else on the machine:

    python -m bench.alignment --start models/starts/smollm2-pretrained \
      --pairs data/pairs/smollm2-pretrained.parquet --instructions data/instructions.parquet
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from datasets import Dataset
from peft import PeftModel
from transformers import PreTrainedTokenizerBase
from transformers.trainer_callback import PrinterCallback
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from codepref.alignment.arguments import Run, training_arguments
from codepref.alignment.config import DpoConfig, LoopParams, PolicyParams
from codepref.alignment.models import load_model, lora_config
from codepref.alignment.objectives import pair_objective
from codepref.alignment.processes import join_processes
from codepref.alignment.reference import Reference, ReferenceLogps, score_pairs
from codepref.alignment.rows import Encoder, Row
from codepref.alignment.training import train_preferences
from codepref.checkpoints.manifest import Start, read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.config import load_section
from codepref.ledger import Ledger
from codepref.pairs.rows import Pair
from codepref.selfalign.rows import Instruction, instruction_texts
from codepref.tables import read_table

BETAS = (0.05, 0.1, 0.3, 0.5)
LOSS_TOLERANCE = 1e-5


class Timing(NamedTuple):
    """One run: seconds without loading, and the loss of each step."""

    seconds: float
    losses: list[float]


class Bench(NamedTuple):
    """What all runs share."""

    start: Start
    tokenizer: PreTrainedTokenizerBase
    pairs: list[Pair]
    rows: list[Row]
    forward: PolicyParams
    shared: LoopParams

    @property
    def n_tokens(self) -> int:
        """Tokens of all prompts with all their answers, as TRL reads them: prompts twice."""
        return sum(2 * len(row.prompt) + row.n_answer_tokens for row in self.rows)

    def run_trl(self, beta: float) -> Timing:
        """Train one epoch by TRL with its own batch, loss and reference in every step."""
        columns = {
            "prompt_ids": [row.prompt for row in self.rows],
            "chosen_ids": [row.answers[0] for row in self.rows],
            "rejected_ids": [row.answers[1] for row in self.rows],
        }

        class Pretokenised(DPOTrainer):
            def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
                return dataset

        with TemporaryDirectory() as folder:
            run = self._run(Path(folder))
            arguments = training_arguments(run, self.shared.batch_size)
            trainer = Pretokenised(
                args=DPOConfig(**{**arguments, "save_strategy": "no"}, beta=beta, max_length=None),
                train_dataset=Dataset.from_dict(columns),
                model=run.model,
                processing_class=self.tokenizer,
                peft_config=lora_config(self.shared.lora),
            )
            trainer.remove_callback(PrinterCallback)
            began = time.perf_counter()
            trainer.train()
            seconds = time.perf_counter() - began
        return Timing(seconds, [e["loss"] for e in trainer.state.log_history if "loss" in e])

    def score(self) -> tuple[float, list[ReferenceLogps]]:
        """Compute the reference with an empty ledger, and give the seconds it took, too."""
        manifest = self.start.manifest
        with TemporaryDirectory() as folder:
            model = self._run(Path(folder)).model
            began = time.perf_counter()
            found = score_pairs(
                model,
                {pair.pair_id: pair for pair in self.pairs},
                self.rows,
                Reference.of(manifest, self.forward),
                forward=self.forward,
                ledger=Ledger(Path(folder) / "ledger.sqlite"),
            )
            return time.perf_counter() - began, found

    def run_ours(self, beta: float, reference: Sequence[ReferenceLogps]) -> Timing:
        """Train one epoch by our step: shared prompts, logits where an answer is predicted."""
        config = DpoConfig(learning_rate=1e-4, max_grad_norm=1.0, beta=beta)
        with TemporaryDirectory() as folder:
            run = self._run(Path(folder))
            began = time.perf_counter()
            trained = train_preferences(
                run, self.rows, reference, pair_objective(self.pairs, config)
            )
            seconds = time.perf_counter() - began
        assert trained is not None and isinstance(trained.model, PeftModel)
        return Timing(seconds, [step["loss"] for step in trained.steps])

    def _run(self, folder: Path) -> Run:
        processes = join_processes(self.forward.device)
        return Run(
            model=load_model(self.start.weights, self.forward.dtype, processes.device),
            tokenizer=self.tokenizer,
            forward=self.forward,
            # Without warm-up, or the first step is at rate 0 and the second at the reference still.
            loop=self.shared.model_copy(update={"checkpoint_steps": 10**6, "warmup_ratio": 0.0}),
            lora=self.shared.lora,
            learning_rate=1e-4,
            max_grad_norm=1.0,
            seed=0,
            processes=processes,
            folder=folder,
            live=None,
        )


def main(start: Path, pairs: Path, instructions: Path, n_pairs: int) -> int:
    """Measure and print the figures; 1 if a loss of ours is not TRL's."""
    bench = make_bench(start, pairs, instructions, n_pairs)
    trl = {beta: told("trl", beta, bench.run_trl(beta)) for beta in BETAS}
    reference_s, reference = bench.score()
    ours = {beta: told("ours", beta, bench.run_ours(beta, reference)) for beta in BETAS}
    apart = max(
        abs(a - b)
        for beta in BETAS
        for a, b in zip(ours[beta].losses, trl[beta].losses, strict=True)
    )
    seconds = {
        "trl": sum(run.seconds for run in trl.values()),
        "ours": reference_s + sum(run.seconds for run in ours.values()),
    }
    step = {
        "trl": len(BETAS) * bench.n_tokens / seconds["trl"],
        "ours": len(BETAS) * bench.n_tokens / (seconds["ours"] - reference_s),
    }
    figures = {
        "pairs": len(bench.rows),
        "steps": len(trl[BETAS[0]].losses),
        "tokens": bench.n_tokens,
        "reference_s": reference_s,
        "run_s": {
            "trl": [r.seconds for r in trl.values()],
            "ours": [r.seconds for r in ours.values()],
        },
        "tokens_per_s": step,
        "throughput_ratio": step["ours"] / step["trl"],
        "sweep_s": seconds,
        "sweep_ratio": seconds["ours"] / seconds["trl"],
        "losses": {"trl": trl[BETAS[-1]].losses, "ours": ours[BETAS[-1]].losses},
        "loss_difference": apart,
    }
    sys.stdout.write(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    return int(apart > LOSS_TOLERANCE)


def told(who: str, beta: float, timing: Timing) -> Timing:
    """Say what was measured at once: the whole takes minutes."""
    sys.stderr.write(f"{who}, beta {beta}: {timing.seconds:.1f} s\n")
    return timing


def make_bench(start: Path, pairs: Path, instructions: Path, n_pairs: int) -> Bench:
    """Read the first pairs of a table and the params of the study."""
    forward = load_section("align.forward", PolicyParams)
    shared = load_section("align.shared", LoopParams)
    opened = read_start(start)
    tokenizer = load_tokenizer(opened.weights)
    texts = instruction_texts(read_table(instructions, Instruction))
    renderer = Renderer(tokenizer, opened.manifest.template)
    some = read_table(pairs, Pair)[:n_pairs]
    encoder = Encoder(renderer, texts, opened.manifest.digest, forward.max_length)
    rows = encoder.pairs(some).rows
    kept = {row.row_id for row in rows}
    return Bench(opened, tokenizer, [p for p in some if p.pair_id in kept], rows, forward, shared)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--instructions", type=Path, required=True)
    parser.add_argument("--n-pairs", type=int, default=16)
    sys.exit(main(**vars(parser.parse_args())))
