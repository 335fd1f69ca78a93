"""Run one command in a cgroup of its own, and write what all of its processes took.

CPU seconds that a process hands to whoever waits for it are lost where nobody does, as in a sandbox
that is torn down; a cgroup loses none. Where none may be made (it takes root), they are null.
`bench.processes` runs this file; it imports nothing else of ours.

    python bench/metered.py COST.json COMMAND...
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
KIB_PER_GIB = 2**20
MICRO, NANO = 1e-6, 1e-9


def main(cost: Path, command: list[str]) -> int:
    """Give the command's exit status."""
    group = enter_group()
    before = cpu_s(group)
    began = time.perf_counter()
    status = subprocess.run(command, check=False).returncode
    wall_s = time.perf_counter() - began
    after = cpu_s(group)
    peak_gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KIB_PER_GIB
    used = None if before is None or after is None else after - before
    cost.write_text(json.dumps({"wall_s": wall_s, "cpu_s": used, "peak_gib": peak_gib}))
    if group:
        leave_group(group)
    return status


def enter_group() -> Path | None:
    """Move this process into a new group of version 1 or 2; None where that is not allowed."""
    place = ROOT / "cpuacct" if (ROOT / "cpuacct").is_dir() else ROOT
    group = place / f"codepref-bench-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return None
    return group


def leave_group(group: Path) -> None:
    """Go back to the group above and remove this one, unless something still runs in it."""
    try:
        (group.parent / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()
    except OSError as error:
        sys.stderr.write(f"{group}: left behind: {error}\n")


def cpu_s(group: Path | None) -> float | None:
    """CPU seconds of all processes that are or were in a group."""
    if group is None:
        return None
    first = group / "cpuacct.usage"
    if first.exists():
        return int(first.read_text()) * NANO
    return int((group / "cpu.stat").read_text().split()[1]) * MICRO  # usage_usec comes first


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
