"""The fake study with what a release reads beside its tables: metrics of the data stages."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from codepref.execution.rows import Execution
from codepref.files import write_json
from codepref.pairs.rows import Pair
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from tests.lineage.fake_study import INSTRUCTION, FakeStudy, execution, pair, response

GENERATORS = ("m-pretrained", "m-finetuned")
BASE, TUNED = "ba5e", "70ed"  # digests of the two starts
HELD_OUT = ("i2", "i5")
INSTRUCTIONS = ("i0", "i1", "i2", "i3", "i4", "i5")
METRICS = {
    "fetch_checkpoints": "metrics/fetch_checkpoints/${key}.json",
    "gather_seeds": "metrics/gather_seeds.json",
    "write_instructions": "metrics/write_instructions.json",
    "build_pairs": "metrics/build_pairs/${key}.json",
    "finetune": "metrics/finetune/${item.model}.json",
}
PUBLISH = {
    "cmd": "python -m stages.publish --metrics metrics --report report",
    "deps": ["metrics/compare_models.json", "report/report.html", "metrics/score_benchmark"],
    "params": ["grid"],
}


def extend(study: FakeStudy) -> None:
    """Give the fake study six instructions, two of them held out, and metrics; commit it."""
    with (study.root / ".gitignore").open("a") as stream:
        stream.write("/out/\n")
    _extend_pipeline(study.root)
    write_table(study.root / "data/instructions.parquet", instructions(), Instruction)
    for key, digest in zip(GENERATORS, (BASE, TUNED), strict=True):
        pairs = pairs_of(key, digest)
        write_table(study.root / f"data/pairs/{key}.parquet", pairs, Pair)
        answers = [response(key, index) for index in (0, 1)]
        write_table(study.root / f"data/responses/{key}.parquet", answers, Response)
        runs = [execution(key, 0, "passed"), execution(key, 1, "failed")]
        write_table(study.root / f"data/executions/{key}.parquet", runs, Execution)
        _cell_metrics(study.root / "metrics", key)
    _metrics(study.root / "metrics")
    study.commit()


def instructions() -> list[Instruction]:
    """Give three that were generated from a seed, and three problems of another licence."""
    problem = {"origin": "problems", "seed_id": None, "licence": "MIT", "source": "set 1"}
    return [
        INSTRUCTION.model_copy(update={"instruction_id": name, **(problem if index % 2 else {})})
        for index, name in enumerate(INSTRUCTIONS)
    ]


def pairs_of(key: str, digest: str) -> list[Pair]:
    """Give two pairs of each instruction."""
    return [
        pair(key).model_copy(
            update={
                "pair_id": f"{name}{twin}-{key}",
                "instruction_id": name,
                "split": "held_out" if name in HELD_OUT else "train",
                "generator_digest": digest,
                "prompt": f"Write {name}.\n",
                "chosen": f"def {name}(): return {twin}\n",
                "rejected": f"def {name}(): return None  # {twin}\n",
                "rejected_verdict": "error" if twin else "failed",
            }
        )
        for name in INSTRUCTIONS
        for twin in (0, 1)
    ]


def _extend_pipeline(root: Path) -> None:
    yaml = YAML()
    pipeline: dict[str, Any] = yaml.load(root / "dvc.yaml")
    for stage, path in METRICS.items():
        body = pipeline["stages"][stage]
        body = body.get("do", body)
        body["cmd"] = f"{body['cmd']} --metrics {path}"
        body["metrics"] = [{path: {"cache": False}}]
    pipeline["stages"]["publish"] = PUBLISH
    yaml.dump(pipeline, root / "dvc.yaml")


def _metrics(folder: Path) -> None:
    start = {"digest": BASE, "source": "wheel 1: model.gguf", "licence": "Apache-2.0"}
    write_json(folder / "fetch_checkpoints/m-pretrained.json", start)
    tuned = {"start_digest": TUNED, "parent_digest": BASE}
    write_json(folder / "finetune/m.json", tuned)
    seeds = {"functions": 90, "seeds": 7, "rejected": {"too_long": 83, "not_ascii": 0}}
    write_json(folder / "gather_seeds.json", seeds)
    write_json(folder / "judge_seeds.json", {"seeds": 7, "kept": 7, "rejected": {"no": 0}})
    written = {
        "steps": {"seeds": 7, "concepts": 5, "problems": 4, "released": 0},
        "origins": {"generated": 3, "problems": 3},
        "rejected": {
            "concepts": {"cut_off": 2},
            "instruction": {"no_end": 2},
            "problem": {"no_tests": 1},
            "released": {},
        },
    }
    write_json(folder / "write_instructions.json", written)


def _cell_metrics(folder: Path, key: str) -> None:
    verdicts = {"passed": 31, "failed": 17, "flaky": 0}
    write_json(folder / f"execute_responses/{key}.json", {"verdicts": verdicts})
    built = {
        "n_pairs": 12,
        "n_instructions": 19,
        "n_responses": 48,
        "instructions_dropped": {"no_passing": 13},
        "pairs_dropped": {"near_duplicate_instruction": 0},
        "responses": {"chosen": 30, "rejected": 15, "truncated": 3},
        "chosen_tokens": 12.25,
    }
    write_json(folder / f"build_pairs/{key}.json", built)
