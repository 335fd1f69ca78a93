"""EvalPerf's references by CPU time in our sandbox, and by the instructions that valgrind counts.

Valgrind counts what EvalPerf's own counter does, here without a processor that counts, some fifty
times slower. For each task the references are ordered both ways. Printed are Spearman's correlation
of the two, the share of pairs of references that both order alike, of those that differ by 20 % and
more in instructions, and how CPU time orders them against the file. Programs run in walls in both
cases: valgrind's in those of bubblewrap alone. Valgrind must be installed:

    python -m bench.performance --file evalperf_reconstructed.jsonl.gz --tasks 5
"""

import argparse
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from scipy.stats import spearmanr

from codepref.benchmarks.inputs import performance_inputs
from codepref.benchmarks.rows import Task
from codepref.benchmarks.tasks import parse_tasks
from codepref.config import load_section
from codepref.errors import MissingError
from codepref.execution.walls import FLAGS, build_walls
from codepref.ledger import Ledger
from codepref.performance.config import MeasurePerformanceConfig
from codepref.performance.measuring import measure_programs
from codepref.performance.meters import open_bench
from codepref.performance.timing import ENTRY, idle_program, timed_program

VALGRIND, ITS_TOOLS = "/usr/bin/valgrind.bin", "/usr/libexec/valgrind"  # not the script beside it
DROP = ("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs")
COUNT = (VALGRIND, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
LIMIT = ("/usr/bin/prlimit", "--cpu=600", f"--as={8 * 2**30}", "--core=0")
TIMEOUT_S = 1200
CALLS = "import marshal\nfor packed in {inputs!r}:\n    {entry}(*marshal.loads(packed))\n"
REFERRED = re.compile(r"I\s+refs:\s+([\d,]+)")
SMALL_GAP = 1.2  # EvalPerf's references differ by more in most tasks


class Orders(NamedTuple):
    """Costs of the references of one task, in the file's order, slowest first."""

    task_id: str
    seconds: list[float]
    instructions: list[float]

    def lines(self) -> Iterator[str]:
        """Say how the two agree."""
        pairs = list(combinations(range(len(self.seconds)), 2))
        apart = [(a, b) for a, b in pairs if self._gap(a, b) >= SMALL_GAP]
        alike = [self._alike(a, b) for a, b in apart]
        yield (
            f"{self.task_id}: {len(self.seconds)} references, Spearman "
            f"{_spearman(self.seconds, self.instructions):.3f} (CPU time, instructions), "
            f"{_spearman(self.seconds, _slowest_first(self.seconds)):.3f} (CPU time, file), "
            f"{_spearman(self.instructions, _slowest_first(self.seconds)):.3f} (instructions, "
            f"file); pairs that differ by 20 % ordered alike: {sum(alike)} of {len(alike)}"
        )
        for second, count in zip(self.seconds, self.instructions, strict=True):
            yield f"    {1000 * second:10.3f} ms {count / 1e6:12.2f} M instructions"

    def _gap(self, one: int, other: int) -> float:
        low, high = sorted((self.instructions[one], self.instructions[other]))
        return high / max(low, 1.0)

    def _alike(self, one: int, other: int) -> bool:
        slower = self.seconds[one] > self.seconds[other]
        return slower == (self.instructions[one] > self.instructions[other])


def main(file: Path, n_tasks: int, min_spearman: float) -> None:
    """Measure the references of the first tasks both ways, and print how they agree."""
    tasks = chosen_tasks(file, n_tasks, min_spearman)
    config = load_section("measure_performance", MeasurePerformanceConfig)
    config = config.model_copy(update={"counter": "cpu_time"})
    with (
        TemporaryDirectory() as folder,
        open_bench(config) as bench,
        closing(Ledger(Path(folder) / "performance.sqlite")) as ledger,
    ):
        for task in tasks:
            found = measure_programs(task, task.references, bench, ledger)
            seconds = [found[code].own.cost or 0.0 for code in task.references]
            counted = [count_instructions(task, code) for code in task.references]
            for line in Orders(task.task_id, seconds, counted).lines():
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def chosen_tasks(file: Path, n_tasks: int, min_spearman: float) -> list[Task]:
    """Give the first tasks with three references and more; of a reconstruction the well-fitted."""
    content = file.read_bytes()
    lines = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    fitted = {
        line["task_id"]
        for line in lines
        if line.get("provenance", {"spearman": 1.0})["spearman"] >= min_spearman
    }
    tasks = parse_tasks(content, "evalperf", file.name)
    return [t for t in tasks if t.task_id in fitted and len(t.references) >= 3][:n_tasks]


def count_instructions(task: Task, code: str) -> float:
    """Instructions of one call: those of a process, less those of one that does not call."""
    called = _referred(task, timed_program(code, task.entry_point))
    return float(called - _referred(task, idle_program(code)))


def _referred(task: Task, code: str) -> int:
    inputs = [given.packed for given in performance_inputs(task)]
    with TemporaryDirectory() as folder:
        program = Path(folder) / "program.py"
        program.write_text(f"{code}\n{CALLS.format(inputs=inputs, entry=ENTRY)}", encoding="utf-8")
        program.chmod(0o644)
        ended = subprocess.run(
            valgrind_command(program),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    told = ended.stderr.decode(errors="replace")
    found = REFERRED.search(told)
    if ended.returncode != 0 or found is None:
        raise MissingError(f"{task.task_id}: valgrind ended with {ended.returncode}: {told[-500:]}")
    return int(found[1].replace(",", ""))


def valgrind_command(program: Path) -> Sequence[str]:
    """Put valgrind with a program into bubblewrap's walls, as an ordinary user.

    It reads its own /proc, of the processes within, and takes system calls that programs may not
    make: namespaces, an empty file system and limits are what stands around it.
    """
    if not Path(VALGRIND).exists():
        raise MissingError(f"no {VALGRIND}; `apt-get install valgrind`")
    walls = build_walls("bubblewrap")
    words = list(walls.command[: walls.command.index("--", walls.command.index("--chdir"))])
    python = walls.command[-len(FLAGS) - 1]
    drop = DROP if walls.drops_user else ()
    binds = [VALGRIND, ITS_TOOLS, LIMIT[0], *drop[:1]]
    folders = sorted({str(Path(path).parent) for path in binds})
    mounts = [word for path in folders for word in ("--perms", "0755", "--dir", path)]
    mounts += [word for path in binds for word in ("--ro-bind", path, path)]
    mounts += ["--ro-bind", str(program), "/program.py", "--proc", "/proc"]
    sealed = words.index("--remount-ro")
    return [
        *(*words[:sealed], *mounts, *words[sealed:], "--"),
        *(*drop, *LIMIT, *COUNT, python, *FLAGS, "/program.py"),
    ]


def _slowest_first(costs: Sequence[float]) -> list[float]:
    return [-float(place) for place in range(len(costs))]


def _spearman(one: Sequence[float], other: Sequence[float]) -> float:
    return float(spearmanr(one, other).statistic)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--tasks", type=int, default=5)
    parser.add_argument("--min-spearman", type=float, default=0.8)
    given = parser.parse_args()
    main(given.file, given.tasks, given.min_spearman)
