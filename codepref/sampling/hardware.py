"""Ask torch what this machine has."""

import torch

from codepref.sampling.placement import Hardware


def find_hardware() -> Hardware:
    """Say whether there is a CUDA device, and whether it computes in bfloat16."""
    cuda = torch.cuda.is_available()
    return Hardware(cuda=cuda, bfloat16=cuda and torch.cuda.is_bf16_supported())
