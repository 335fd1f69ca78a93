"""A study of two minutes: a model that knows six problems by halves, through DVC itself."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML
from transformers import AutoModelForCausalLM, AutoTokenizer

from codepref.checkpoints.prompts import Renderer
from tests.tiny_model import make_tiny_model

ROOT = Path(__file__).parents[1]
PROBLEMS = {
    "add": ("a, b", "a + b", "a - b", ["add(1, 2) == 3", "add(2, 5) == 7"]),
    "twice": ("a", "a * 2", "a * 3", ["twice(2) == 4", "twice(0) == 0"]),
    "last": ("s", "s[-1]", "s[0]", ["last([1, 2]) == 2", "last('ab') == 'b'"]),
    "negate": ("a", "-a", "a", ["negate(3) == -3", "negate(-1) == 1"]),
    "join": ("a, b", "a + b", "b + a", ["join('a', 'b') == 'ab'"]),
    "first": ("s", "s[0]", "s[1]", ["first([5, 2]) == 5"]),
}


def make_half_taught_model(folder: Path) -> Path:
    """Teach the tiny model one right and one wrong answer to each problem, equally often."""
    make_tiny_model(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    rows = []
    for template in ("plain", "chat"):
        renderer = Renderer(tokenizer, template)
        for name, (arguments, right, wrong, _) in PROBLEMS.items():
            prompt = renderer.encode_prompt(renderer.prompt(text_of(name)))
            for body in (right, wrong):
                code = f"\ndef {name}({arguments}):\n    return {body}\n```"
                rows.append((prompt, renderer.encode_completion(code)))
    width = max(len(p) + len(c) for p, c in rows)
    pad = [tokenizer.pad_token_id]
    ids = torch.tensor([p + c + pad * (width - len(p) - len(c)) for p, c in rows])
    mask = torch.tensor(
        [[1] * (len(p) + len(c)) + [0] * (width - len(p) - len(c)) for p, c in rows]
    )
    labels = torch.tensor(
        [[-100] * len(p) + c + [-100] * (width - len(p) - len(c)) for p, c in rows]
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(200):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return folder


def text_of(name: str) -> str:
    """Give the problem's text."""
    return f"Write a function `{name}`."


def problem_lines() -> str:
    """Give the problems in the study's own JSONL layout."""
    rows = [
        {
            "problem_id": f"tiny/{name}",
            "difficulty": "easy",
            "concepts": ["arithmetic"],
            "text": text_of(name),
            "entry_point": name,
            "test_setup": "",
            "tests": [f"assert {test}" for test in tests],
            "reference": f"def {name}({arguments}):\n    return {right}",
        }
        for name, (arguments, right, _, tests) in sorted(PROBLEMS.items())
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@dataclass(frozen=True)
class Study:
    """A clone of this repository with tiny params."""

    root: Path

    def run(
        self, *command: str, check: bool = True, timeout: float = 900
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; its output is kept whole."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def environment(self) -> dict[str, str]:
        """Give this process's environment with the interpreter first and no outer DVC or MLflow."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("DVC_", "MLFLOW_")) and key != "PYTHONPATH"
        }
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DVC_NO_ANALYTICS": "1",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }

    def set_params(self, **values: Any) -> None:
        """Set params by dotted key, with __ for the dot."""
        yaml = YAML()
        params = yaml.load(self.root / "params.yaml")
        for dotted, value in values.items():
            *path, last = dotted.split("__")
            section = params
            for key in path:
                section = section[key]
            section[last] = value
        yaml.dump(params, self.root / "params.yaml")

    def commit(self, message: str) -> None:
        """Commit all that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)


def make_study(folder: Path, model: Path) -> Study:
    """Copy the working tree without outputs, put tiny params in, and commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("metrics/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "codepref/selfalign/problems.jsonl").write_text(problem_lines())
    study = Study(folder)
    study.set_params(**tiny_params(model))
    study.run("git", "init", "-q")
    study.run("git", "config", "user.name", "tests")
    study.run("git", "config", "user.email", "tests@example.invalid")
    study.commit("tiny study")
    return study


def tiny_params(model: Path) -> dict[str, Any]:
    """Give what differs from the default study."""
    return {
        "grid__models": ["tiny"],
        "grid__methods": ["dpo", "rft"],
        "grid__sft_models": ["tiny"],
        "grid__generators": ["tiny-pretrained", "tiny-finetuned"],
        "grid__off_policy": {
            "others": {
                "model": "tiny",
                "start": "pretrained",
                "method": "dpo",
                "seed": 0,
                "generator": "tiny-finetuned",
            }
        },
        "engine__backend": "transformers",
        "fetch_checkpoints": {
            "tiny-pretrained": {
                "source": {"kind": "local", "folder": str(model), "licence": "Apache-2.0"},
                "template": "plain",
            }
        },
        "write_instructions__generator": "tiny-pretrained",
        "gather_seeds__limit": 2,
        "judge_seeds__generator": "tiny-pretrained",
        "judge_completions__start": "tiny-pretrained",
        # Holds out `last` and `negate`; four problems remain to be trained on.
        "split": {"held_out": 0.3, "seed": 4},
        # Right and wrong differ by a character or two, and much that it writes is no code.
        "audit_pairs__bounds__near_identical": None,
        "audit_pairs__bounds__syntax_only": None,
        "audit_pairs__bounds__vacuous_tests": None,
        "audit_pairs__bounds__few_tests": None,
        "finetune__batch_size": 2,
        "align__shared__batch_size": 2,
        "align__shared__epochs": 2,
        "align__shared__checkpoint_steps": 1,
        "sample_responses__temperature": 1.0,
        "sample_responses__max_new_tokens": 48,
        "sample_responses__max_new_test_tokens": 16,
        "sample_benchmark__limit": 2,
        "sample_benchmark__max_new_tokens": 16,
        "score_rewards__resamples": 200,
        "compare_models__resamples": 200,
    }
