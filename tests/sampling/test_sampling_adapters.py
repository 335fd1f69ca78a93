"""What is served: a start, an adapter merged into it, or a whole checkpoint of its own."""

import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import pytest
import torch
from peft import PeftModel
from transformers import LlamaForCausalLM

from codepref.checkpoints.manifest import Start
from codepref.errors import DataError
from codepref.sampling import vllm_engine
from codepref.sampling.adapters import is_adapter, load_merged
from codepref.sampling.config import EngineConfig
from codepref.sampling.placement import Placement
from codepref.sampling.transformers_engine import TransformersEngine
from codepref.sampling.vllm_engine import VllmEngine
from tests.sampling.test_sampling_transformers_engine import CONFIG, GREEDY, REQUESTS
from tests.tiny_adapter import make_tiny_adapter
from tests.tiny_model import make_tiny_model
from tests.vllm_probe import make_start

IDS = torch.tensor([[5, 6, 7, 8]])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def adapter(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_adapter(weights, tmp_path_factory.mktemp("adapter"))


@pytest.fixture(scope="module")
def checkpoint(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All weights of the start, trained: here every one moved a little. No tokenizer."""
    folder = tmp_path_factory.mktemp("checkpoint")
    model = LlamaForCausalLM.from_pretrained(weights)
    torch.manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.05 * torch.randn_like(weight)
    model.save_pretrained(folder)
    return folder


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(IDS).logits
    return found


def test_without_an_adapter_the_start_is_served(weights: Path) -> None:
    expected = logits(LlamaForCausalLM.from_pretrained(weights))
    torch.testing.assert_close(logits(load_merged(weights, None, torch.float32)), expected)


def test_merging_gives_the_logits_of_the_adapter(weights: Path, adapter: Path) -> None:
    beside = PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(weights), str(adapter))
    merged = logits(load_merged(weights, adapter, torch.float32))
    torch.testing.assert_close(merged, logits(beside), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(merged, logits(load_merged(weights, None, torch.float32)), atol=1e-2)


def test_a_whole_checkpoint_is_served_as_it_is(weights: Path, checkpoint: Path) -> None:
    assert not is_adapter(checkpoint)
    expected = logits(LlamaForCausalLM.from_pretrained(checkpoint))
    torch.testing.assert_close(logits(load_merged(weights, checkpoint, torch.float32)), expected)


def test_a_folder_with_neither_is_named(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no adapter here \(adapter_config.json is absent\)"):
        load_merged(weights, tmp_path, torch.float32)


def test_an_adapter_of_another_model_is_named(weights: Path, adapter: Path, tmp_path: Path) -> None:
    wider = shutil.copytree(weights, tmp_path / "wider")
    config = LlamaForCausalLM.from_pretrained(weights).config
    config.update({"hidden_size": 2 * config.hidden_size, "head_dim": 2 * config.head_dim})
    LlamaForCausalLM(config).save_pretrained(wider)
    with pytest.raises(DataError, match="cannot be merged into"):
        load_merged(wider, adapter, torch.float32)


def test_the_transformers_engine_serves_a_checkpoint_and_the_start_again(
    weights: Path, checkpoint: Path
) -> None:
    """The tokenizer stays the start's: a training writes none."""
    engine = TransformersEngine(CONFIG, make_start(weights))
    own = dict(engine.sample(REQUESTS[:1], GREEDY))
    engine.load_adapter(checkpoint)
    other = dict(engine.sample(REQUESTS[:1], GREEDY))
    engine.load_adapter(None)
    assert other != own
    assert dict(engine.sample(REQUESTS[:1], GREEDY)) == own


class FakeLLM:
    """vLLM as far as weights go: notes what it serves."""

    def __init__(self, **_: Any) -> None:
        self.serves: list[torch.Tensor] = []
        self.n_resets = 0

    def collective_rpc(self, method: str, kwargs: dict[str, str]) -> None:
        assert method == "reload_weights"
        model = LlamaForCausalLM.from_pretrained(kwargs["weights_path"], dtype=torch.float32)
        self.serves.append(logits(model))

    def reset_prefix_cache(self) -> None:
        self.n_resets += 1


def fake_engine(
    device: Literal["cuda", "cpu"], start: Start, monkeypatch: pytest.MonkeyPatch
) -> tuple[VllmEngine, FakeLLM]:
    """Give an engine with a fake of vLLM inside, and that fake."""
    vllm, lora, request = ModuleType("vllm"), ModuleType("vllm.lora"), ModuleType("request")
    vllm.__dict__.update(LLM=FakeLLM, __version__="fake")
    request.__dict__.update(LoRARequest=lambda _name, _number, path: SimpleNamespace(path=path))
    for name, module in (("", vllm), (".lora", lora), (".lora.request", request)):
        monkeypatch.setitem(sys.modules, f"vllm{name}", module)
    placement = Placement(device=device, dtype="float32")
    monkeypatch.setattr(vllm_engine, "choose_placement", lambda *_: placement)
    monkeypatch.setattr(vllm_engine, "set_environment", lambda _: None)
    engine = VllmEngine(EngineConfig.model_validate(CONFIG.model_dump()), start)
    return engine, engine._llm


def test_vllm_on_a_gpu_serves_an_adapter_by_request_and_a_checkpoint_by_its_weights(
    weights: Path, adapter: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, served = fake_engine("cuda", make_start(weights), monkeypatch)
    engine.load_adapter(adapter)
    assert engine._lora.path == str(adapter) and served.serves == []
    engine.load_adapter(checkpoint)
    assert engine._lora is None
    torch.testing.assert_close(
        served.serves[-1], logits(LlamaForCausalLM.from_pretrained(checkpoint))
    )
    engine.load_adapter(adapter)  # upon the start's own weights, not upon the checkpoint's
    assert engine._lora.path == str(adapter)
    torch.testing.assert_close(served.serves[-1], logits(LlamaForCausalLM.from_pretrained(weights)))
    engine.load_adapter(None)
    assert engine._lora is None and len(served.serves) == served.n_resets == 2


def test_vllm_on_a_cpu_serves_merged_weights_and_checkpoints(
    weights: Path, adapter: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, served = fake_engine("cpu", make_start(weights), monkeypatch)
    for folder in (adapter, checkpoint, None):
        engine.load_adapter(folder)
        assert engine._lora is None
        expected = logits(load_merged(weights, folder, torch.float32))
        torch.testing.assert_close(served.serves[-1], expected)
    assert len(served.serves) == served.n_resets == 3
