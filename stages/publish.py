"""Stage publish: one MLflow run for each leaf cell, none twice. CPU, seconds.

DVC sees no output, so the stage is never restored from the run-cache: cells that were restored
are published too. Reads DVC_EXP_NAME, which DVC sets inside experiments.
"""

import logging
import os
from pathlib import Path

from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import sha256_file
from codepref.grid import Grid
from codepref.lineage.leaf import leaves
from codepref.lineage.lock import read_lock
from codepref.lineage.numbers import leaf_numbers
from codepref.lineage.publish import Origin, leaf_run
from codepref.lineage.repository import revision
from codepref.lineage.tracking import LIVE_KEY, TRAINING, open_store

logger = logging.getLogger("publish")


def main(metrics: Path, report: Path) -> None:
    """Publish the leaves whose lineage the store does not know."""
    grid = load_section("grid", Grid)
    lock = read_lock()
    origin = Origin(
        revision=revision(),
        experiment=os.environ.get("DVC_EXP_NAME"),
        report_sha256=sha256_file(report / "report.html"),
        live_runs=open_store(TRAINING).tagged(LIVE_KEY),
    )
    runs = [
        leaf_run(lock, leaf, leaf_numbers(metrics, leaf, grid), grid.benchmarks, origin)
        for leaf in leaves(grid)
    ]
    added = open_store().add_missing(runs)
    logger.info("publish: %d new, %d known", len(added), len(runs) - len(added))


if __name__ == "__main__":
    run_stage(main)
