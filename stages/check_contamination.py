"""Stage check_contamination: seeds, instructions and responses against benchmark tasks. CPU."""

import logging
from itertools import chain
from pathlib import Path

from codepref.benchmarks.rows import Benchmark, Task
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.config import CheckContaminationConfig
from codepref.contamination.counts import count_hits
from codepref.contamination.matcher import Matcher
from codepref.contamination.rows import Hit, removed_by
from codepref.contamination.search import (
    best_hits,
    count_removed,
    problem_hits,
    response_batches,
    row_batches,
    search,
)
from codepref.database import database
from codepref.files import write_json
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table

logger = logging.getLogger(__name__)


def main(
    benchmarks: Path,
    seeds: Path,
    instructions: Path,
    responses: Path,
    contamination: Path,
    metrics: Path,
) -> None:
    """Search every row, write the hits, and count them."""
    config = load_section("check_contamination", CheckContaminationConfig)
    names = load_section("grid.searched", list[Benchmark])
    tasks = {name: read_table(benchmarks / f"{name}.parquet", Task) for name in names}
    sources, asked = read_table(seeds, Seed), read_table(instructions, Instruction)
    matcher = Matcher(list(chain.from_iterable(tasks.values())), config)
    with database() as opened:
        opened.attach("responses", responses, Response)
        ((n_responses,),) = opened.rows("SELECT count(*) FROM responses")
        batches = chain(row_batches(sources, asked), response_batches(opened))
        found = chain(problem_hits(asked, matcher), search(batches, matcher, n_responses))
        hits = best_hits(found)
        n_removed = count_removed(opened, removed_by(hits))
    write_table(contamination, hits, Hit)
    counts = count_hits(
        hits,
        {name: len(some) for name, some in tasks.items()},
        {"seed": len(sources), "instruction": len(asked), "response": n_responses},
        n_removed,
    )
    write_json(metrics, {"stage": "check_contamination", **counts})
    if n_removed:
        logger.warning(
            "%s: %d of %d responses meet benchmark tasks and are left out of all training; the "
            "table shows each beside its task",
            contamination,
            n_removed,
            n_responses,
        )


if __name__ == "__main__":
    run_stage(main)
