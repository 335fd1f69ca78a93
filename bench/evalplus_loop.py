"""EvalPlus' untrusted_check on trivial programs, in a process that has imported little else.

Run by `bench.execution`: prints seconds and how many programs passed.

    python -m bench.evalplus_loop PROGRAMS.json WORKERS
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evalplus.eval import untrusted_check

N_WARM_UP = 8


def check(program: dict[str, Any]) -> bool:
    """Check one program as `evalplus.evaluate` checks a sample."""
    status, _ = untrusted_check(
        "humaneval",
        program["code"],
        program["inputs"],
        program["entry_point"],
        expected=program["expected"],
        atol=0,
        ref_time=[0.0] * len(program["inputs"]),
        fast_check=True,
    )
    return bool(status == "pass")


def main(programs: list[dict[str, Any]], workers: int) -> None:
    """Time all programs, after some that do not count."""
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        list(pool.map(check, programs[:N_WARM_UP]))
        began = time.perf_counter()
        passed = sum(pool.map(check, programs))
        seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "n_passed": passed}) + "\n")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2]))
