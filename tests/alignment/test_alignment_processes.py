"""Training on several processes, on a GPU and in 4 bits, as far as a CPU can tell."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate import DistributedType
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from peft import PeftModel, get_peft_model
from ruamel.yaml import YAML
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

from codepref.alignment import models, processes
from codepref.alignment.adapters import WEIGHTS
from codepref.alignment.arguments import Run, training_arguments
from codepref.alignment.batches import NOT_COUNTED, PairCollator, RowCollator
from codepref.alignment.checkpoints import last_whole_checkpoint
from codepref.alignment.config import Dtype, ForwardParams, LoopParams, LoraParams
from codepref.alignment.gathering import rebuild, require_shardable, whole_model
from codepref.alignment.models import four_bits, load_model, lora_config
from codepref.alignment.order import EpochOrder
from codepref.alignment.processes import Processes, join_processes
from codepref.alignment.reference import ReferenceLogps
from codepref.alignment.rows import Row
from codepref.alignment.training import train_unpaired
from codepref.errors import ConfigError, MissingError
from codepref.files import read_json
from codepref.tables import read_table, write_table
from stages import score_reference
from tests.alignment.cells import (
    FORWARD,
    INSTRUCTIONS,
    LABELS,
    LOOP,
    LORA,
    PAIRS,
    PARAMS,
    REFERENCE,
    START,
    make_workspace,
)
from tests.pipeline import ROOT
from tests.tiny_model import make_tiny_model

CONFIGS = ROOT / "params" / "accelerate"
CPU, CUDA = torch.device("cpu"), torch.device("cuda", 1)
ROWS = [Row(f"row{i}", [5, 6], [[7, 8, 9], [10]]) for i in range(3)]


def run_on(device: torch.device, n_processes: int = 1, dtype: Dtype = "float32") -> Run:
    """Give a run without what its arguments do not need."""
    anything: Any = None
    return Run(
        model=anything,
        tokenizer=anything,
        forward=ForwardParams.model_validate({**FORWARD, "dtype": dtype}),
        loop=LoopParams.model_validate({**LOOP, "batch_size": 8, "gradient_checkpointing": True}),
        lora=None,
        learning_rate=1e-3,
        max_grad_norm=1.0,
        seed=0,
        processes=Processes(device, n_processes, is_main=True),
        folder=Path("checkpoints"),
        live=None,
    )


@pytest.mark.parametrize(
    ("name", "kind", "n_processes", "on_cpu"),
    [
        ("cpu", "NO", 1, True),
        ("gpu", "NO", 1, False),
        ("ddp", "MULTI_GPU", 2, False),
        ("ddp_cpu", "MULTI_GPU", 2, True),
        ("fsdp2", "FSDP", 2, False),
        ("zero3", "DEEPSPEED", 2, False),
    ],
)
def test_accelerate_reads_each_of_our_files(
    name: str, kind: str, n_processes: int, *, on_cpu: bool
) -> None:
    path = CONFIGS / f"{name}.yaml"
    words = ["--config_file", str(path), "-m", "stages.align", "--method", "dpo"]
    arguments, found, _ = _validate_launch_command(launch_command_parser().parse_args(words))
    assert found.distributed_type == DistributedType(kind)
    assert (arguments.num_processes, arguments.use_cpu) == (n_processes, on_cpu)
    assert (arguments.training_script, arguments.module) == ("stages.align", True)
    assert arguments.training_script_args == ["--method", "dpo"]
    assert path.read_text().startswith("# ")


def test_every_file_for_accelerate_is_named_where_it_is_set() -> None:
    comment = (ROOT / "params.yaml").read_text().partition("\nlaunch:")[2].partition("finetune:")[0]
    assert all(path.name in comment for path in CONFIGS.iterdir())


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_each_row_comes_once_an_epoch_and_no_row_fills_the_last_turn(at_once: int) -> None:
    order = list(EpochOrder(5, at_once, 0, lambda: 0))
    alone = list(EpochOrder(5, 1, 0, lambda: 0))
    assert sorted(alone) == [0, 1, 2, 3, 4]
    assert order[:5] == alone and set(order[5:]) <= {5}
    assert len(order) == len(EpochOrder(5, at_once, 0, lambda: 0)) == {1: 5, 2: 6, 4: 8}[at_once]


def test_each_epoch_has_an_order_of_its_own() -> None:
    epoch = 0
    order = EpochOrder(50, 1, 3, lambda: epoch)
    first = list(order)
    epoch = 1
    assert list(order) != first == list(EpochOrder(50, 1, 3, lambda: 0))


def test_a_forward_without_a_row_weighs_nothing_and_counts_nothing() -> None:
    collate = RowCollator(ROWS)
    none, part = collate([{"index": 3}]), collate([{"index": 2}, {"index": 3}])
    assert none["weight"] == 0 and none["shift_labels"].tolist() == [NOT_COUNTED]
    assert part["weight"] == 1 and part["index"].tolist() == [2]
    assert len(part["shift_labels"]) == 4  # tokens of both answers


def test_pairs_are_counted_as_pairs_and_not_as_tokens() -> None:
    known = ReferenceLogps(
        reference_id="r",
        pair_id="p",
        reference_digest="d",
        template="plain",
        max_length=8,
        dtype="float32",
        four_bits=False,
        on_policy=True,
        chosen_logp=-1.0,
        rejected_logp=-2.0,
    )
    collate = PairCollator(ROWS, [known] * 3, [0.1] * 3)
    two = collate([{"index": 2}, {"index": 0}, {"index": 3}])
    assert two["shift_labels"].tolist() == [2, 0]
    assert collate([{"index": 3}])["shift_labels"].tolist() == [NOT_COUNTED]


@pytest.mark.parametrize(
    ("device", "dtype", "bf16", "use_cpu", "pinned"),
    [
        (CPU, "float32", False, True, False),
        (CPU, "bfloat16", True, True, False),
        (CUDA, "float32", False, False, True),
        (CUDA, "bfloat16", True, False, True),
    ],
)
def test_arguments_follow_device_and_dtype(
    device: torch.device, dtype: Dtype, *, bf16: bool, use_cpu: bool, pinned: bool
) -> None:
    found = training_arguments(run_on(device, dtype=dtype), 1)
    assert (found["bf16"], found["use_cpu"]) == (bf16, use_cpu)
    assert found["dataloader_pin_memory"] is pinned
    assert found["gradient_checkpointing"] is True


@pytest.mark.parametrize(("n_processes", "forwards"), [(1, 4), (2, 2), (4, 1)])
def test_processes_share_a_step(n_processes: int, forwards: int) -> None:
    found = training_arguments(run_on(CUDA, n_processes), 2)
    assert found["per_device_train_batch_size"] == 2
    assert found["gradient_accumulation_steps"] == forwards


def test_processes_that_do_not_divide_a_step_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"batch_size 8 is no multiple of .* 2 on 3 processes"):
        training_arguments(run_on(CUDA, 3), 2)


def test_kto_is_refused_on_several_processes() -> None:
    config: Any = None
    with pytest.raises(ConfigError, match=r"kto on 2 processes .* set launch.align to python"):
        train_unpaired(run_on(CPU, 2), [], [], config)


def state(device: torch.device, index: int, n_processes: int) -> Any:
    is_main = index == 0
    return SimpleNamespace(device=device, num_processes=n_processes, is_main_process=is_main)


def test_each_process_takes_its_own_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(processes.logging, "disable", lambda _: None)
    monkeypatch.setattr(processes, "PartialState", lambda **_: state(CUDA, 1, 2))
    assert join_processes("auto") == (CUDA, 2, False)


def test_one_process_with_two_gpus_is_told_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(processes, "PartialState", lambda **_: state(CUDA, 0, 1))
    with pytest.raises(ConfigError, match=r"sees 2 GPUs; set launch .*gpu.yaml"):
        join_processes("auto")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LlamaForCausalLM:
    model = load_model(make_tiny_model(tmp_path_factory.mktemp("tiny")), "float32", CPU)
    assert isinstance(model, LlamaForCausalLM)
    return model


@pytest.mark.parametrize("adapted", [False, True])
def test_gathered_weights_make_the_same_model(tiny: LlamaForCausalLM, *, adapted: bool) -> None:
    model: Any = tiny
    if adapted:
        model = get_peft_model(tiny, lora_config(LoraParams.model_validate(LORA)))
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weights)
    accelerator: Any = SimpleNamespace(
        distributed_type=DistributedType.FSDP,
        is_main_process=True,
        device=CPU,
        unwrap_model=lambda prepared: prepared,
        get_state_dict=lambda prepared: prepared.state_dict(),
    )
    whole = whole_model(accelerator, model)
    assert isinstance(whole, PeftModel) is adapted
    assert whole is not model and not whole.training
    tokens = torch.tensor([[1, 5, 9]])
    assert torch.equal(whole(tokens).logits, model.eval()(tokens).logits)
    if adapted:
        model.unload()


def test_a_gathered_weight_that_is_missing_is_an_error(tiny: LlamaForCausalLM) -> None:
    some = dict(tiny.state_dict())
    some.pop("model.norm.weight")
    with pytest.raises(RuntimeError, match=r"Missing key.*model\.norm\.weight"):
        rebuild(tiny, some)


def test_weights_of_4_bits_are_not_sharded() -> None:
    sharded: Any = SimpleNamespace(distributed_type=DistributedType.FSDP)
    quantized: Any = SimpleNamespace(is_quantized=True)
    with pytest.raises(ConfigError, match=r"qlora.*ddp\.yaml"):
        require_shardable(sharded, quantized)
    require_shardable(sharded, SimpleNamespace())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dtype", "arithmetic"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)]
)
def test_four_bits_are_those_of_the_paper(
    dtype: Dtype, arithmetic: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: object())
    found = four_bits(dtype, CUDA)
    assert found.load_in_4bit and found.bnb_4bit_use_double_quant
    assert found.bnb_4bit_quant_type == "nf4"
    assert found.bnb_4bit_compute_dtype == arithmetic


def test_weights_are_loaded_in_4_bits_on_the_processes_own_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def load(_: Path, **settings: Any) -> str:
        asked.update(settings)
        return "model"

    def prepare(model: str, *, use_gradient_checkpointing: bool) -> tuple[str, bool]:
        return model, use_gradient_checkpointing

    monkeypatch.setattr(models, "find_spec", lambda _: object())
    monkeypatch.setattr(models.AutoModelForCausalLM, "from_pretrained", load)
    monkeypatch.setattr(models, "prepare_model_for_kbit_training", prepare)
    assert load_model(tmp_path, "bfloat16", CUDA, "qlora") == ("model", False)
    assert asked["device_map"] == {"": CUDA}
    assert asked["quantization_config"].load_in_4bit


@pytest.mark.parametrize(("device", "installed"), [(CPU, True), (CUDA, False)])
def test_four_bits_need_cuda_and_bitsandbytes(
    device: torch.device, monkeypatch: pytest.MonkeyPatch, *, installed: bool
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: object() if installed else None)
    with pytest.raises(MissingError, match=r"needs a CUDA device .* and bitsandbytes .*qlora"):
        four_bits("bfloat16", device)


def make_scored_workspace(root: Path, n_pairs: int, **shared: Any) -> None:
    make_workspace(root, n_pairs)
    changed = {**PARAMS["align"], "shared": {**PARAMS["align"]["shared"], **shared}}
    YAML().dump({**PARAMS, "align": changed}, Path("params.yaml"))
    tables = {"start": START, "instructions": INSTRUCTIONS, "pairs": PAIRS}
    score_reference.main(**tables, reference=REFERENCE, metrics=Path("reference.json"))


def start_training(method: str, adapter: str, *launcher: str) -> subprocess.Popen[str]:
    flags = {"method": method, "seed": 0, "start": START, "adapter": adapter}
    tables = {"instructions": INSTRUCTIONS, "pairs": PAIRS, "labels": LABELS}
    files = {"reference": REFERENCE, "metrics": f"{adapter}.json", "curve": f"{adapter}.csv"}
    words = [f"--{name}={value}" for name, value in {**flags, **tables, **files}.items()]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [*(launcher or [sys.executable]), "-m", "stages.align", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )


def train(method: str, adapter: str, *launcher: str) -> str:
    """Train to the end and give what was said."""
    training = start_training(method, adapter, *launcher)
    _, said = training.communicate(timeout=300)
    assert training.returncode == 0, said
    return said


TWO = ("accelerate", "launch", "--config_file", str(CONFIGS / "ddp_cpu.yaml"))


def steps(adapter: str) -> list[list[float]]:
    lines = Path(f"{adapter}.csv").read_text().splitlines()[1:]
    return [[float(value) for value in line.split(",")] for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "rft"])
def test_two_processes_train_as_one_does(method: str, here: Path) -> None:
    """7 pairs, 4 a step: the last step has three, so one process has a forward without a pair."""
    make_scored_workspace(here, 7, batch_size=4)
    train(method, "one")
    said = train(method, "two", *TWO)
    assert said.count("step 4 of 4") == 1
    for one, two in zip(steps("one"), steps("two"), strict=True):
        assert two == pytest.approx(one, rel=1e-4, abs=1e-6)
    one, two = (load_file(here / adapter / WEIGHTS) for adapter in ("one", "two"))
    assert max((one[name] - two[name]).abs().max().item() for name in one) < 1e-5
    assert read_json(Path("one.json"))["n_pairs"] == read_json(Path("two.json"))["n_pairs"] == 7


@pytest.mark.slow
def test_two_killed_processes_go_on_in_the_order_they_had(here: Path) -> None:
    """The second epoch has another order, which must be known after a restart in its midst."""
    make_scored_workspace(here, 7, epochs=3)
    train("rft", "one")
    killed = start_training("rft", "two", *TWO)
    folder = here / ".codepref" / "training"
    deadline = time.monotonic() + 120
    while not list(folder.glob("*/checkpoint-6/trainer_state.json")):
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    killed.send_signal(signal.SIGTERM)
    killed.communicate(timeout=60)
    assert not Path("two.json").exists()
    (run,) = (path for path in folder.iterdir() if path.is_dir())
    assert last_whole_checkpoint(run) is not None
    assert "step 1 of 12" not in train("rft", "two", *TWO)
    for one, two in zip(steps("one"), steps("two"), strict=True):
        assert two == pytest.approx(one, rel=1e-4, abs=1e-6)


@pytest.mark.slow
def test_an_error_in_one_process_ends_both(here: Path) -> None:
    make_scored_workspace(here, 4)
    table = read_table(REFERENCE, ReferenceLogps)
    table[2] = table[2].model_copy(update={"chosen_logp": math.nan})
    write_table(REFERENCE, table, ReferenceLogps)
    ended = start_training("dpo", "two", *TWO)
    _, said = ended.communicate(timeout=120)
    assert ended.returncode == 1
    assert said.count(f"error: the loss of rows {table[2].pair_id} is [nan]") == 1
    assert not Path("two.json").exists()
