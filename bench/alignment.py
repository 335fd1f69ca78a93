"""Tokens per second of a DPO step: TRL's DPOTrainer as it comes, and ours, on the same pairs.

`python -m bench.alignment --start models/starts/smollm2-pretrained --pairs data/pairs/....parquet`
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase, Trainer
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from codepref.alignment.arguments import training_arguments
from codepref.alignment.batches import PairCollator, index_dataset
from codepref.alignment.config import LoopParams, SharedConfig
from codepref.alignment.device import choose_device
from codepref.alignment.losses import PairLogps, dpo_loss
from codepref.alignment.models import load_model, lora_config
from codepref.alignment.objectives import Objective
from codepref.alignment.reference import row_logps
from codepref.alignment.rows import Row, encode_pairs
from codepref.alignment.trainers import PreferenceTrainer
from codepref.checkpoints.manifest import Start, read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.config import load_section
from codepref.pairs.rows import Pair
from codepref.tables import read_table

BETA = 0.1


def main(start: Path, pairs: Path, n_pairs: int) -> None:
    """Train one epoch on the first pairs with each, one after the other, and print the figures."""
    opened = read_start(start)
    tokenizer = load_tokenizer(opened.weights)
    renderer = Renderer(tokenizer, opened.manifest.template)
    rows = encode_pairs(read_table(pairs, Pair)[:n_pairs], renderer)
    shared = load_section("align.shared", SharedConfig)
    n_tokens = sum(2 * len(row.prompt) + row.n_answer_tokens for row in rows)
    seconds = {
        "trl": _stock(opened, rows, shared, tokenizer),
        "ours": _ours(opened, rows, shared, tokenizer),
    }
    figures = {
        "pairs": len(rows),
        "tokens": n_tokens,
        "seconds": seconds,
        "tokens_per_s": {name: n_tokens / spent for name, spent in seconds.items()},
    }
    sys.stdout.write(json.dumps(figures, indent=2, sort_keys=True) + "\n")


def _stock(
    start: Start, rows: list[Row], shared: SharedConfig, tokenizer: PreTrainedTokenizerBase
) -> float:
    """TRL with its own batch of 8, loss, and reference (the adapter switched off) in every step."""
    columns = {
        "prompt_ids": [row.prompt for row in rows],
        "chosen_ids": [row.answers[0] for row in rows],
        "rejected_ids": [row.answers[1] for row in rows],
    }
    loop = shared.model_copy(update={"rows_per_forward": shared.batch_size})

    class Pretokenised(DPOTrainer):
        def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
            return dataset

    def make(folder: Path) -> Trainer:
        return Pretokenised(
            args=DPOConfig(**_arguments(loop, folder), beta=BETA, max_length=None),
            train_dataset=Dataset.from_dict(columns),
            model=load_model(start.weights, shared.dtype, choose_device(shared.device)),
            processing_class=tokenizer,
            peft_config=lora_config(shared.lora),
        )

    return _time(make, lambda: None)


def _ours(
    start: Start, rows: list[Row], shared: SharedConfig, tokenizer: PreTrainedTokenizerBase
) -> float:
    """Our step: shared prompts, logits at answers only; the reference pass is timed with it."""
    model = load_model(start.weights, shared.dtype, choose_device(shared.device))
    reference: list[list[float]] = []

    def loss(policy: PairLogps, base: PairLogps, _: Any) -> Any:
        return dpo_loss(policy, base, BETA)

    def compute_reference() -> None:
        forward = {"rows_per_forward": shared.rows_per_forward, "dtype": shared.dtype}
        reference.extend(row_logps(model, rows, **forward))  # type: ignore[arg-type]

    def make(folder: Path) -> Trainer:
        return PreferenceTrainer(
            objective=Objective(loss, [BETA] * len(rows)),
            row_ids=[row.row_id for row in rows],
            args=DPOConfig(**_arguments(shared, folder)),
            data_collator=PairCollator(rows, reference, [BETA] * len(rows)),
            train_dataset=index_dataset(len(rows)),
            model=model,
            processing_class=tokenizer,
            peft_config=lora_config(shared.lora),
        )

    return _time(make, compute_reference)


def _arguments(loop: LoopParams, folder: Path) -> dict[str, Any]:
    arguments = training_arguments(
        loop,
        learning_rate=1e-4,
        max_grad_norm=1.0,
        seed=0,
        folder=folder,
        device=choose_device(loop.device),
    )
    return {**arguments, "save_strategy": "no", "num_train_epochs": 1}


def _time(make: Callable[[Path], Trainer], before: Callable[[], None]) -> float:
    """Seconds of the preparation and of training, loading left out."""
    with TemporaryDirectory() as folder:
        trainer = make(Path(folder))
        begin = time.perf_counter()
        before()
        trainer.train()
        return time.perf_counter() - begin


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--n-pairs", type=int, default=16)
    main(**vars(parser.parse_args()))
