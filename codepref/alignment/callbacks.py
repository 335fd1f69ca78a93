"""What happens at every step of a training run besides training."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any, Protocol

from transformers import TrainerCallback

from codepref.alignment.config import Dtype
from codepref.errors import CheckFailed

# Largest |loss - expected| / max(1, expected) before the first update. In bfloat16 the sum over
# some hundred tokens is good to a percent.
TOLERANCES: dict[Dtype, float] = {"float32": 1e-4, "bfloat16": 2e-2}

logger = logging.getLogger(__name__)


class Live(Protocol):
    """Takes the values of a step while training runs."""

    def log(self, step: int, values: dict[str, float]) -> None:
        """Log values of one step."""


class StepCallback(TrainerCallback):
    """Shows each step with rate and time left, passes it on live, and checks the first one.

    The rate is of this machine, so it is no output.
    """

    def __init__(self, live: Live | None, columns: list[str], dtype: Dtype) -> None:
        self._live = live
        self._columns = columns[1:]
        self._dtype = dtype
        self._begin = time.perf_counter()
        self._steps = 0
        self.tokens_seen: Callable[[], int] = lambda: 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the clock."""
        del args, state, control, kwargs
        self._begin = time.perf_counter()

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Handle the log entry of a step; entries of another kind are left alone.

        Raises:
            CheckFailed: the first loss is not that of a policy equal to its reference.
        """
        del args, control
        logs: dict[str, float] = kwargs["logs"]
        if "loss" not in logs:
            return
        if state.global_step == 1 and "loss_at_reference" in logs:
            check_first_loss(logs["loss"], logs["loss_at_reference"], self._dtype)
        if self._live is None:
            return
        self._steps += 1
        spent = time.perf_counter() - self._begin
        rate = self.tokens_seen() / spent
        left = (state.max_steps - state.global_step) * spent / self._steps
        logger.info(
            "step %d of %d: loss %.4f, %.0f tokens/s, %.0f s left",
            *(state.global_step, state.max_steps, logs["loss"], rate, left),
        )
        values = {name: logs[name] for name in self._columns if name in logs}
        self._live.log(state.global_step, {**values, "tokens_per_s": rate})


def check_first_loss(loss: float, expected: float, dtype: Dtype) -> None:
    """Hold the loss before any update to that of a policy equal to its reference.

    For DPO that is log 2; for BoNBoN (1 - alpha) target^2 + alpha (-log pi_ref(chosen)).

    Raises:
        CheckFailed: it is another, so the reference log-probabilities are of other weights.
    """
    tolerance = TOLERANCES[dtype] * max(1.0, abs(expected))
    if not math.isclose(loss, expected, rel_tol=0, abs_tol=tolerance):
        raise CheckFailed(
            f"step 1: loss {loss:.6f} before any update, expected {expected:.6f} within "
            f"{tolerance:.1g}: policy and reference differ; remove reference_logps.sqlite in "
            "the state folder and run again"
        )
