"""Where and in which number format a model is trained."""

from typing import Literal

import torch

from codepref.alignment.config import Dtype
from codepref.errors import MissingError

TORCH_DTYPES: dict[Dtype, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def choose_device(wanted: Literal["auto", "cuda", "cpu"]) -> torch.device:
    """Give the device; "auto" is cuda where there is one.

    Raises:
        MissingError: cuda is asked for and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if wanted == "cuda" and not has_cuda:
        raise MissingError("device: cuda is asked for, and torch finds none; set device: auto")
    return torch.device("cuda" if has_cuda and wanted != "cpu" else "cpu")
