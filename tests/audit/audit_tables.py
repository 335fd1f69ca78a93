"""Tiny tables without a fault, to plant faults in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepref.audit.audit import Audit, audit_pairs
from codepref.audit.config import AuditPairsConfig, Bounds
from codepref.contamination.rows import Hit
from codepref.execution.rows import Execution, Verdict
from codepref.pairs.rows import LabelledResponse, Pair, Side
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table

SIDES: tuple[Side, Side] = ("chosen", "rejected")
LIMITS: Mapping[str, float] = {
    "length_tokens": 0.6,
    "length_characters": 0.6,
    "length_ratio": 0.6,
}
BOUNDS = Bounds(**{name: LIMITS.get(name, 0.0) for name in Bounds.model_fields})
CONFIG = AuditPairsConfig(
    examples=2,
    confidence=0.95,
    folds=2,
    near_identical_distance=0.02,
    near_prompt_jaccard=0.5,
    min_own_tests=2,
    min_answers=2,
    answers_share=0.5,
    min_program_nodes=10,
    allowed_licences=["MIT", "Apache-2.0"],
    bounds=BOUNDS,
)


class Tables:
    """Rows as dictionaries by table and id: change one, then audit."""

    def __init__(self, n: int) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {
            "pairs": {},
            "labels": {},
            "responses": {},
            "executions": {},
            "instructions": {},
        }
        self.hits: list[Hit] = []
        for number in range(n):
            self._add(number)

    def audit(self, folder: Path, config: AuditPairsConfig = CONFIG) -> Audit:
        """Write the tables and audit them."""
        return audit_pairs(self.write(folder), folder / "contamination.parquet", config)

    def write(self, folder: Path) -> dict[str, Path]:
        """Write the tables and give their paths."""
        paths = {name: folder / f"{name}.parquet" for name in self.rows}
        rows = {name: list(found.values()) for name, found in self.rows.items()}
        write_table(paths["pairs"], [Pair(**row) for row in rows["pairs"]], Pair)
        labels = [LabelledResponse(**row) for row in rows["labels"]]
        write_table(paths["labels"], labels, LabelledResponse)
        write_table(paths["responses"], [Response(**row) for row in rows["responses"]], Response)
        executions = [Execution(**row) for row in rows["executions"]]
        write_table(paths["executions"], executions, Execution)
        instructions = [Instruction(**row) for row in rows["instructions"]]
        write_table(paths["instructions"], instructions, Instruction)
        write_table(folder / "contamination.parquet", self.hits, Hit)
        return paths

    def program(self, number: int, side: Side, program: str) -> None:
        """Change the program of one side."""
        self.rows["responses"][f"{side[0]}{number}"]["solution"] = program
        self.rows["pairs"][f"p{number}"][side] = program

    def length(self, number: int, side: Side, tokens: int) -> None:
        """Change the length of one side, in tokens and in characters alike."""
        self.rows["responses"][f"{side[0]}{number}"]["n_tokens"] = tokens
        self.rows["pairs"][f"p{number}"][side] = "x" * tokens

    def prompt(self, number: int, prompt: str) -> None:
        """Change the prompt of a pair."""
        self.rows["pairs"][f"p{number}"]["prompt"] = prompt

    def _add(self, number: int) -> None:
        split = "held_out" if number % 4 == 3 else "train"
        self.rows["instructions"][f"i{number}"] = {
            **INSTRUCTION,
            "instruction_id": f"i{number}",
            "text": " ".join(f"w{number}x{word}" for word in range(12)),
            "tests": [f"assert f{number}(1) == 2", f"assert f{number}(5) == 9"],
        }
        texts = dict(zip(SIDES, (right(number), wrong(number)), strict=True))
        for side, verdict in zip(SIDES, ("passed", "failed"), strict=True):
            self._add_side(number, side, texts[side], verdict)
        self.rows["pairs"][f"p{number}"] = {
            **PAIR,
            "pair_id": f"p{number}",
            "instruction_id": f"i{number}",
            "split": split,
            "prompt": f"prompt {number}",
            "chosen_response_id": f"c{number}",
            "rejected_response_id": f"r{number}",
            "chosen_execution_id": f"ec{number}",
            "rejected_execution_id": f"er{number}",
            **texts,
        }

    def _add_side(self, number: int, side: Side, program: str, verdict: Verdict) -> None:
        name = f"{side[0]}{number}"
        shared = {"response_id": name, "instruction_id": f"i{number}", "generator_digest": "g"}
        # Which side is longer alternates, so lengths tell nothing.
        longer = (number % 2 == 0) == (side == "chosen")
        self.rows["responses"][name] = {
            **RESPONSE,
            **shared,
            "solution": program,
            "n_tokens": 20 if longer else 10,
        }
        self.rows["executions"][f"e{name}"] = {
            **EXECUTION,
            "execution_id": f"e{name}",
            "response_id": name,
            "verdict": verdict,
            "failure": "" if verdict == "passed" else "assert 1 == 2",
        }
        self.rows["labels"][name] = {
            **shared,
            "execution_id": f"e{name}",
            "split": "train",
            "label": side,
            "verdict": verdict,
            "prompt": "",
            "completion": "",
        }


def right(number: int) -> str:
    """Give a program unlike that of any other number."""
    padding = "    # a remark of some length\n" if number % 2 == 0 else ""
    return f"def f{number}(a):\n{padding}    return a * {number} + a\n"


def wrong(number: int) -> str:
    """Give another program unlike that of any other number."""
    padding = "    # a remark of some length\n" if number % 2 else ""
    return f"def f{number}(other):\n{padding}    print(other)\n    return other - {number}\n"


INSTRUCTION: dict[str, Any] = {
    "origin": "problems",
    "seed_id": None,
    "problem_id": "p",
    "category": "function",
    "difficulty": "easy",
    "language": "python",
    "concepts": [],
    "entry_point": "f",
    "test_setup": "",
    "reference": None,
    "source": "s",
    "licence": "MIT",
    "generator_digest": None,
    "prompt_sha256": None,
}
PAIR: dict[str, Any] = {
    "policy": "random_one",
    "reason": "",
    "chosen_verdict": "passed",
    "rejected_verdict": "failed",
    "chosen_agreement": None,
    "rejected_agreement": None,
    "edit_distance": 0.0,
    "length_ratio": 1.0,
    "generator_digest": "g",
    "n_samples": 2,
    "n_passed": 1,
    "rewards": [0.0, 1.0],
    "chosen_reward": 1.0,
    "rejected_reward": 0.0,
}
RESPONSE: dict[str, Any] = {
    "sample_index": 0,
    "prompt": "",
    "completion": "",
    "tests": None,
    "finish_reason": "stop",
    "logprob_sum": None,
    "template": "plain",
    "engine": "e",
    "temperature": 1.0,
    "top_p": 1.0,
    "max_new_tokens": 9,
    "seed": 0,
}
EXECUTION: dict[str, Any] = {
    "tests_id": "t",
    "tests_passed": 2,
    "tests_total": 2,
    "stderr_tail": "",
    "flags": [],
    "mode": "split",
    "isolation": "none",
    "cpu_limit_s": 1,
    "memory_limit_mib": 1,
    "environment_digest": "d",
}
