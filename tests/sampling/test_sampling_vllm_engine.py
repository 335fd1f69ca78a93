import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from pydantic import TypeAdapter
from transformers import LlamaConfig, LlamaForCausalLM

from tests.tiny_adapter import make_tiny_adapter
from tests.tiny_model import make_tiny_model
from tests.vllm_probe import Drawn, draw

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed: `make vllm`"),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with wider heads: vLLM's attention has none of 16."""
    folder = make_tiny_model(tmp_path_factory.mktemp("tiny"))
    config = LlamaConfig.from_pretrained(folder)
    config.update({"hidden_size": 128, "num_attention_heads": 2, "head_dim": 64})
    config.num_key_value_heads = 1
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_adapter(weights, tmp_path_factory.mktemp("adapter"))


@pytest.fixture(scope="module")
def vllm(weights: Path, adapter: Path) -> Drawn:
    command = [sys.executable, "-m", "tests.vllm_probe", "vllm", weights, adapter]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return TypeAdapter(Drawn).validate_json(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def transformers(weights: Path, adapter: Path) -> Drawn:
    return draw("transformers", weights, adapter)


@pytest.mark.parametrize("what", ["greedy", "adapted"])
def test_both_engines_complete_greedily_alike(vllm: Drawn, transformers: Drawn, what: str) -> None:
    for key, expected in transformers[what].items():
        found = vllm[what][key]
        assert found.completion == expected.completion
        assert (found.finish_reason, found.n_tokens) == (expected.finish_reason, expected.n_tokens)
        assert found.logprob_sum == pytest.approx(expected.logprob_sum, abs=1e-3)


def test_a_rows_seed_gives_the_same_sample_again_and_seeds_differ(vllm: Drawn) -> None:
    assert vllm["sampled"] == vllm["sampled_again"]
    assert vllm["sampled"]["0/0"].completion != vllm["sampled"]["0/1"].completion


def test_an_adapter_changes_the_text_and_leaves_with_it(vllm: Drawn) -> None:
    assert vllm["adapted"] != vllm["greedy"]
    assert vllm["base_again"] == vllm["greedy"]


def test_a_prompt_too_long_is_refused_and_the_engine_lives_on(vllm: Drawn) -> None:
    assert vllm["rejected"] == {}
    assert vllm["after_leaving"] == vllm["greedy"]
