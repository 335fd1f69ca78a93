from pathlib import Path
from typing import Any

import pytest

from codepref.config import load_section
from codepref.errors import MissingError
from codepref.sampling.config import EngineConfig
from codepref.sampling.placement import Hardware, choose_placement
from codepref.sampling.source import choose_backend

ROOT = Path(__file__).parents[2]
NO_GPU = Hardware(cuda=False, bfloat16=False)
OLD_GPU = Hardware(cuda=True, bfloat16=False)
GPU = Hardware(cuda=True, bfloat16=True)


def _config(**changes: Any) -> EngineConfig:
    return load_section("engine", EngineConfig, ROOT / "params.yaml").model_copy(update=changes)


@pytest.mark.parametrize(
    ("device", "dtype", "hardware", "expected"),
    [
        ("auto", "auto", NO_GPU, ("cpu", "float32")),
        ("auto", "auto", OLD_GPU, ("cuda", "float16")),
        ("auto", "auto", GPU, ("cuda", "bfloat16")),
        ("cpu", "auto", GPU, ("cpu", "float32")),
        ("cpu", "bfloat16", NO_GPU, ("cpu", "bfloat16")),
        ("auto", "float32", GPU, ("cuda", "float32")),
        ("cuda", "bfloat16", GPU, ("cuda", "bfloat16")),
        ("auto", "bfloat16", NO_GPU, ("cpu", "bfloat16")),
    ],
)
def test_device_and_format_follow_settings_then_hardware(
    device: str, dtype: str, hardware: Hardware, expected: tuple[str, str]
) -> None:
    placement = choose_placement(_config(device=device, dtype=dtype), hardware)
    assert (placement.device, placement.dtype) == expected


def test_a_cuda_device_that_is_named_and_absent_is_an_error() -> None:
    with pytest.raises(MissingError, match="use auto or cpu"):
        choose_placement(_config(device="cuda"), NO_GPU)


def test_bfloat16_that_is_named_and_unsupported_is_an_error() -> None:
    with pytest.raises(MissingError, match="use auto, float16 or float32"):
        choose_placement(_config(dtype="bfloat16"), OLD_GPU)


@pytest.mark.parametrize(("has_vllm", "backend"), [(True, "vllm"), (False, "transformers")])
def test_auto_takes_vllm_where_it_is_installed(has_vllm: bool, backend: str) -> None:  # noqa: FBT001
    assert choose_backend(_config(backend="auto"), has_vllm=has_vllm) == backend


def test_a_named_backend_is_taken() -> None:
    assert choose_backend(_config(backend="transformers"), has_vllm=True) == "transformers"


def test_vllm_that_is_named_and_not_installed_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(MissingError, match="make vllm"):
        choose_backend(_config(backend="vllm"), has_vllm=False)
