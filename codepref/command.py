"""Run a stage's main: flags from its signature, plain errors, exit codes."""

import argparse
import inspect
import logging
import sys
from collections.abc import Callable
from typing import NoReturn

from codepref.errors import CodePrefError


def run_stage(main: Callable[..., None]) -> NoReturn:
    """Call main with one flag per parameter, and exit: 0 done, else the error's own code.

    A parameter's annotation (Path, str, int) converts its flag; all flags are required.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    module = inspect.getmodule(main)
    parser = argparse.ArgumentParser(description=module.__doc__ if module else None)
    for name, parameter in inspect.signature(main, eval_str=True).parameters.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, dest=name, type=parameter.annotation, required=True)
    try:
        main(**vars(parser.parse_args()))
    except CodePrefError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    sys.exit(0)
