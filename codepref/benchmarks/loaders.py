"""EvalPlus and EvoEval as fetchers: each puts its released file into its own cache.

They are asked where a file is not on this machine, and only if they are installed; what they
fetched is found, and its hash checked, like any other file.
"""

import importlib
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from http.client import HTTPException
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
# No network, a broken download, or, by EvalPlus' own check, too few tasks.
FAULTS = (OSError, ValueError, EOFError, HTTPException, zlib.error, AssertionError)
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
    except FAULTS as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return f"{name} could not fetch it: {reason}"
    return None


@contextmanager
def _in_time() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
