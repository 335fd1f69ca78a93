"""EvalPlus and EvoEval as fetchers: each puts its released file into its own cache.

They are asked where a file is not on this machine, and only if they are installed; what they
fetched is found, and its hash checked, like any other file.
"""

import importlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Literal

Loader = Literal[
    "evalplus.humaneval",
    "evalplus.mbpp",
    "EvoEval_difficult",
    "EvoEval_creative",
    "EvoEval_subtle",
    "EvoEval_combine",
    "EvoEval_tool_use",
    "EvoEval_verbose",
    "EvoEval_concise",
]
TIMEOUT_S = 20.0  # of a connection: they set none
FUNCTIONS = {"evalplus.humaneval": "get_human_eval_plus", "evalplus.mbpp": "get_mbpp_plus"}


def fetch_by_library(loader: Loader) -> str | None:
    """Have a library fetch its file; give why it could not, or None if it did."""
    name = "evalplus" if loader in FUNCTIONS else "evoeval"
    try:
        data = importlib.import_module(f"{name}.data")
    except ImportError:
        return f"{name}, which could fetch it, is not installed"
    try:
        with _in_time(), redirect_stdout(StringIO()):
            if loader in FUNCTIONS:
                getattr(data, FUNCTIONS[loader])()
            else:
                data.get_evo_eval(loader)
    except (OSError, ValueError) as error:  # no network, or a broken download
        return f"{name} could not fetch it: {' '.join(str(error).split())[:200]}"
    return None


@contextmanager
def _in_time() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
