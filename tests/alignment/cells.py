"""A workspace with one tiny start and its pairs, for tests of the training stages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from ruamel.yaml import YAML

from codepref.execution.rows import Execution
from codepref.pairs.eligibility import Executed
from codepref.pairs.rows import LabelledResponse, Pair, Side
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from tests.tiny_start import make_tiny_start

LORA = {"r": 4, "alpha": 8, "dropout": 0.0, "target_modules": "all-linear"}
FORWARD = {"max_length": 256, "rows_per_forward": 1, "dtype": "float32", "device": "cpu"}
LOOP = {
    "epochs": 2,
    "batch_size": 2,
    "optimizer": "adamw_torch",
    "scheduler": "cosine",
    "warmup_ratio": 0.05,
    "weight_decay": 0.0,
    "gradient_checkpointing": False,
    "checkpoint_steps": 1,
    "lora": LORA,
}
PARAMS: dict[str, Any] = {
    "align": {
        "forward": {**FORWARD, "mode": "lora"},
        "shared": LOOP,
        "dpo": {"learning_rate": 1e-3, "max_grad_norm": 1.0, "beta": 0.1},
        "ipo": {"learning_rate": 1e-3, "max_grad_norm": 10.0, "tau": 0.1},
        "rpo": {"learning_rate": 1e-3, "max_grad_norm": 1.0, "beta": 0.1, "alpha": 1.0},
        "bonbon": {
            "learning_rate": 1e-3,
            "max_grad_norm": 10.0,
            "alpha": 0.005,
            "target": "paper",
        },
        "rft": {"learning_rate": 1e-3, "max_grad_norm": 1.0},
        "kto": {
            "learning_rate": 1e-3,
            "max_grad_norm": 1.0,
            "beta": 0.1,
            "chosen_weight": 1.0,
            "rejected_weight": 1.0,
            "rows_per_forward": 2,
        },
    },
    "split": {"held_out": 0.0, "seed": 0},
    "eligibility": {"max_completion_tokens": None, "placeholders": False},
    "score_rewards": {"confidence": 0.95, "resamples": 200, "seed": 0},
    "finetune": {
        **FORWARD,
        **LOOP,
        "mode": "lora",
        "template": "chat",
        "per_instruction": 2,
        "seed": 0,
        "learning_rate": 1e-3,
        "max_grad_norm": 1.0,
    },
}
START = Path("models/starts/tiny-pretrained")
PAIRS = Path("data/pairs/tiny-pretrained.parquet")
LABELS = Path("data/labels/tiny-pretrained.parquet")
INSTRUCTIONS = Path("data/instructions.parquet")
REFERENCE = Path("data/reference_logps/tiny-pretrained.parquet")


def make_workspace(root: Path, n_pairs: int = 5) -> None:
    """Write params.yaml, a start with the tiny model, instructions, pairs and labels."""
    YAML().dump(PARAMS, root / "params.yaml")
    make_tiny_start(root / START)
    write_pairs(root, [pair(i) for i in range(n_pairs)])


def write_pairs(root: Path, pairs: Sequence[Pair]) -> None:
    """Write pairs, and the instructions and labelled responses that belong to them."""
    write_table(root / PAIRS, pairs, Pair)
    numbers = sorted({int(pair.instruction_id.removeprefix("instruction")) for pair in pairs})
    write_table(root / INSTRUCTIONS, [instruction(i) for i in numbers], Instruction)
    labels = [labelled(p, side) for p in pairs for side in get_args(Side)]
    write_table(root / LABELS, labels, LabelledResponse)


def labelled(of: Pair, side: Side) -> LabelledResponse:
    """Give one side of a pair as a labelled response."""
    chosen = side == "chosen"
    return LabelledResponse(
        response_id=of.chosen_response_id if chosen else of.rejected_response_id,
        execution_id=of.chosen_execution_id if chosen else of.rejected_execution_id,
        instruction_id=of.instruction_id,
        split=of.split,
        label=side,
        verdict="passed" if chosen else "failed",
        generator_digest=of.generator_digest,
        prompt=of.prompt,
        completion=of.chosen if chosen else of.rejected,
    )


def pair(i: int, **changes: Any) -> Pair:
    """Give a pair on adding i, right against wrong."""
    values = {
        "pair_id": f"pair{i}",
        "instruction_id": f"instruction{i}",
        "chosen_response_id": f"chosen{i}",
        "rejected_response_id": f"rejected{i}",
        "chosen_execution_id": f"execution{i}a",
        "rejected_execution_id": f"execution{i}b",
        "split": "train",
        "policy": "random_one",
        "reason": "",
        "chosen_verdict": "passed",
        "rejected_verdict": "failed",
        "chosen_agreement": None,
        "rejected_agreement": None,
        "edit_distance": 0.5,
        "length_ratio": 1.0,
        "generator_digest": "0",
        "n_samples": 8,
        "n_passed": 3,
        "rewards": [0.0] * 5 + [1.0] * 3,
        "chosen_reward": 1.0,
        "rejected_reward": 0.0,
        "prompt": f"### Instruction\nAdd {i} to a number.\n\n### Response\n```python",
        "chosen": f"\ndef add(a):\n    return a + {i}\n```",
        "rejected": f"\ndef add(a):\n    return a - {i} * a\n```",
    }
    return Pair(**{**values, **changes})


def instruction(i: int) -> Instruction:
    """Give the problem that pair i is about."""
    return Instruction(
        instruction_id=f"instruction{i}",
        origin="problems",
        seed_id=None,
        problem_id=f"starter/{i}",
        category="function",
        difficulty="easy",
        language="python",
        concepts=[],
        text=f"Add {i} to a number.",
        entry_point="add",
        test_setup="",
        tests=[f"assert add(1) == {i + 1}"],
        reference=None,
        source="tests",
        licence="Apache-2.0",
        generator_digest=None,
        prompt_sha256=None,
    )


def response(i: int, sample_index: int, solution: str, **changes: Any) -> Response:
    """Give one sampled answer to instruction i."""
    values = {
        "response_id": f"response{i}.{sample_index}",
        "instruction_id": f"instruction{i}",
        "sample_index": sample_index,
        "prompt": f"### Instruction\nAdd {i} to a number.\n\n### Response\n```python",
        "completion": f"\n{solution}\n```",
        "solution": solution,
        "tests": None,
        "finish_reason": "stop",
        "n_tokens": 20,
        "logprob_sum": None,
        "generator_digest": "0",
        "template": "plain",
        "engine": "by hand",
        "temperature": 0.8,
        "top_p": 1.0,
        "max_new_tokens": 64,
        "seed": 0,
    }
    return Response(**{**values, **changes})


def execution(of: Response, verdict: str, **changes: Any) -> Execution:
    """Give what the tests said of a response."""
    values = {
        "execution_id": f"execution of {of.response_id}",
        "response_id": of.response_id,
        "tests_id": "tests",
        "verdict": verdict,
        "tests_passed": int(verdict == "passed"),
        "tests_total": 1,
        "failure": "",
        "stderr_tail": "",
        "flags": [],
        "mode": "script",
        "isolation": "none",
        "cpu_limit_s": 1,
        "memory_limit_mib": 64,
        "environment_digest": "0",
    }
    return Execution(**{**values, **changes})


def join(answer: Response, ran: Execution) -> Executed:
    """Put a response beside its execution."""
    both = answer.model_dump() | ran.model_dump()
    return Executed(**{name: both[name] for name in Executed._fields if name in both})
