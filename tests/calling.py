"""Call a stage's main in this process with the flags that dvc.yaml gives it."""

import importlib
import inspect
import re
from collections.abc import Mapping
from typing import Any

from tests.pipeline import load_pipeline

REFERENCE = re.compile(r"\$\{([\w.]+)\}")


def call_stage(name: str, params: Mapping[str, Any], **values: Any) -> None:
    """Run a stage as its command says; values stand for `key` and `item` of a matrix or foreach."""
    known = {**params, **values}
    command = REFERENCE.sub(lambda found: _look_up(found[1], known), load_pipeline()[name]["cmd"])
    _, _, module, *words = command.split()
    main = importlib.import_module(module).main
    flags = dict(zip(words[::2], words[1::2], strict=True))
    types = {
        flag: parameter.annotation
        for flag, parameter in inspect.signature(main, eval_str=True).parameters.items()
    }
    main(**{flag: kind(flags[f"--{flag.replace('_', '-')}"]) for flag, kind in types.items()})


def _look_up(dotted: str, known: Mapping[str, Any]) -> str:
    value: Any = known
    for key in dotted.split("."):
        value = value[key]
    return str(value)
