"""A release is used as it is: `datasets` loads the folder, TRL trains on it."""

from pathlib import Path
from typing import Any

import pytest

from codepref.cli import main
from codepref.pairs.rows import Pair
from tests.release.release_study import GENERATORS
from tests.tiny_model import make_tiny_model

pytestmark = pytest.mark.usefixtures("study")


def load(name: str, cache: Path) -> Any:
    from datasets import load_dataset

    assert main(["card", "--out", "out"]) == 0
    return load_dataset("out", name, cache_dir=str(cache))


@pytest.mark.parametrize("name", GENERATORS)
def test_datasets_loads_each_generator_with_both_splits(name: str, tmp_path: Path) -> None:
    loaded = load(name, tmp_path / "cache")
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 8, "held_out": 4}
    assert loaded["train"].column_names == list(Pair.model_fields)
    assert {row["pair_id"].endswith(name) for row in loaded["train"]} == {True}


def test_trl_trains_on_it_unchanged(tmp_path: Path) -> None:
    """Two steps of DPO; the first loss of a policy equal to its reference is log 2."""
    import math

    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    loaded = load("m-pretrained", tmp_path / "cache")
    folder = make_tiny_model(tmp_path / "model")
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        args=DPOConfig(
            output_dir=str(tmp_path / "dpo"),
            max_steps=2,
            per_device_train_batch_size=2,
            logging_steps=1,
            learning_rate=1e-3,
            report_to=[],
            save_strategy="no",
            eval_strategy="steps",
            eval_steps=2,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            dataloader_pin_memory=False,
        ),
        train_dataset=loaded["train"],
        eval_dataset=loaded["held_out"],
        processing_class=AutoTokenizer.from_pretrained(folder),
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert len(losses) == 2
    assert any("eval_loss" in entry for entry in trainer.state.log_history)
