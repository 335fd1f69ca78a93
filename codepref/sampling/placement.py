"""Choose device and number format from the settings and what the machine has."""

from typing import Literal

from codepref.errors import MissingError
from codepref.sampling.config import EngineConfig
from codepref.schema import Strict


class Hardware(Strict):
    """What matters here of a machine: a CUDA device, and whether it computes in bfloat16."""

    cuda: bool
    bfloat16: bool


class Placement(Strict):
    """Where a model runs and in which number format."""

    device: Literal["cuda", "cpu"]
    dtype: Literal["float32", "bfloat16", "float16"]


def choose_placement(config: EngineConfig, hardware: Hardware) -> Placement:
    """Resolve "auto": cuda where there is one; bfloat16, else float16, on cuda; float32 on a CPU.

    Raises:
        MissingError: a device or format is named that the machine lacks.
    """
    if config.device == "cuda" and not hardware.cuda:
        raise MissingError("engine.device is cuda and torch sees no CUDA device; use auto or cpu")
    on_cuda = hardware.cuda and config.device != "cpu"
    if not on_cuda:
        return Placement(device="cpu", dtype="float32" if config.dtype == "auto" else config.dtype)
    if config.dtype == "auto":
        return Placement(device="cuda", dtype="bfloat16" if hardware.bfloat16 else "float16")
    if config.dtype == "bfloat16" and not hardware.bfloat16:
        raise MissingError(
            "engine.dtype is bfloat16 and this CUDA device has none; use auto, float16 or float32"
        )
    return Placement(device="cuda", dtype=config.dtype)
