"""The processes of one training: those that `accelerate launch` started, or this one alone."""

import logging
from typing import Literal, NamedTuple

import torch
from accelerate import PartialState

from codepref.alignment.device import choose_device
from codepref.errors import ConfigError


class Processes(NamedTuple):
    """Where this process stands among those that train together.

    Attributes:
        device: this process's own.
        is_main: it writes all outputs; the others only train.
    """

    device: torch.device
    n_processes: int
    is_main: bool


def join_processes(wanted: Literal["auto", "cuda", "cpu"]) -> Processes:
    """Join the other processes, if there are any, and give this one's place.

    All but the main one stop to log anything but errors.

    Raises:
        ConfigError: one process would take several GPUs.
        MissingError: cuda is asked for and there is none.
    """
    state = PartialState(cpu=choose_device(wanted).type == "cpu")
    device: torch.device = state.device
    n_gpus = torch.cuda.device_count()
    if device.type == "cuda" and state.num_processes == 1 and n_gpus > 1:
        raise ConfigError(
            f"one process sees {n_gpus} GPUs; set launch in params.yaml to accelerate launch "
            "--config_file params/accelerate/gpu.yaml for one of them, or ddp.yaml for all"
        )
    if not state.is_main_process:
        logging.disable(logging.WARNING)
    return Processes(device, state.num_processes, state.is_main_process)


def wait_for_all() -> None:
    """Go on once every process came here."""
    PartialState().wait_for_everyone()
