"""The stage with a real vLLM server on this machine: of the default start, where it is here."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
import torch
from ruamel.yaml import YAML
from transformers import LlamaConfig, LlamaForCausalLM

from codepref.benchmarks.rows import Task
from codepref.benchmarks.tasks import parse_tasks
from codepref.checkpoints.manifest import Manifest, read_contents, write_manifest
from codepref.files import write_json
from codepref.judge.rows import Rating
from codepref.tables import read_table, write_table
from stages import judge_completions
from tests.judge.made_answers import answer
from tests.tiny_model import make_tiny_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed: `make vllm`"),
]
ROOT = Path(__file__).parents[2]
DEFAULT_START = ROOT / "models/starts/smollm2-pretrained"
STARTER = ROOT / "codepref/benchmarks/starter_instructions.jsonl"
BUSY = 600.0  # seconds, on a machine that does other work too


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """The default start, else the tiny model with heads and positions that vLLM can serve."""
    if (DEFAULT_START / "model.safetensors").is_file():
        return DEFAULT_START
    folder = make_tiny_model(tmp_path / "start")
    config = LlamaConfig.from_pretrained(folder)
    config.update({"hidden_size": 128, "num_attention_heads": 2, "head_dim": 64})
    config.update({"num_key_value_heads": 1, "max_position_embeddings": 8192})
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    manifest = Manifest(
        **read_contents(folder).model_dump(),
        model="smollm2",
        start="pretrained",
        template="plain",
        kind="wheel",
        source="a random Llama",
        revision=None,
        licence="MIT",
        parent_digest=None,
    )
    write_manifest(folder, manifest)
    return folder


def put_study() -> None:
    """Four answers to starter instructions: two of each start."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    only = {"benchmarks": ["starter_instructions"], "searched": ["starter_instructions"]}
    params["grid"] |= only | {"off_policy": {}}
    params["engine"] |= {"cpu_cache_gib": 1, "max_batch": 4}
    own = {"passes": 2, "max_new_tokens": 48, "timeout_s": BUSY, "startup_timeout_s": BUSY}
    params["judge_completions"] |= own
    YAML(typ="safe").dump(params, Path("params.yaml"))
    tasks = parse_tasks(STARTER.read_bytes(), "starter_instructions", STARTER.name)
    write_table(Path("tasks/starter_instructions.parquet"), tasks, Task)
    source = {"release": "1", "source": "a file", "source_sha256": "ab"}
    write_json(Path("sources/starter_instructions.json"), source)
    for key in ("smollm2-pretrained", "smollm2-finetuned"):
        rows = [answer(i, tasks[i].reference_answer) for i in (0, 1)]
        write_table(Path(f"completions/{key}.parquet"), rows, type(rows[0]))


def test_a_real_server_judges_each_answer_and_is_gone(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    put_study()
    paths = [Path(name) for name in ("completions", "tasks", "sources")]
    ratings, metrics = Path("ratings.parquet"), Path("metrics.json")
    judge_completions.main(*paths, start, ratings, metrics)
    rows = read_table(ratings, Rating)
    assert len(rows) == 2 * 2 * 2  # starts, answers, passes
    assert {row.judge for row in rows} == {"smollm2-pretrained"}
    assert not [row.answer for row in rows if row.status == "no_answer"]
    counts = json.loads(metrics.read_text())["counts"]
    assert (counts["n_judgements"], sum(counts["statuses"].values())) == (8, 8)
    commands = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
    assert not [c for c in commands if "vllm.entrypoints" in c and str(start) in c]
    first = ratings.read_bytes(), metrics.read_bytes()
    monkeypatch.setattr("codepref.judge.judges.serve", None)  # all is in the ledger
    judge_completions.main(*paths, start, ratings, metrics)
    assert (ratings.read_bytes(), metrics.read_bytes()) == first
