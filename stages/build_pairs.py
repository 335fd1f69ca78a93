"""Stage build_pairs: executed responses to preference pairs. CPU, seconds."""

import logging
from pathlib import Path

from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.rows import Hit, removed_by
from codepref.execution.rows import Execution
from codepref.files import write_json
from codepref.pairs.build import build_pairs
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import join_executions
from codepref.pairs.lengths import describe_lengths
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.pairs.split import SplitConfig
from codepref.sampling.rows import Response
from codepref.tables import read_table, write_table

logger = logging.getLogger(__name__)


def main(  # one flag for each path of the stage
    responses: Path,
    executions: Path,
    contamination: Path,
    pairs: Path,
    labels: Path,
    metrics: Path,
) -> None:
    """Read responses and executions, write pairs, labelled responses and the count of drops."""
    config = load_section("build_pairs", BuildPairsConfig)
    answers = read_table(responses, Response)
    executed = join_executions(answers, read_table(executions, Execution))
    removed = removed_by(read_table(contamination, Hit))
    built = build_pairs(executed, config, load_section("split", SplitConfig), removed)
    n_tokens = {answer.response_id: answer.n_tokens for answer in answers}
    lengths = describe_lengths(built.pairs, n_tokens)
    write_table(pairs, built.pairs, Pair)
    write_table(labels, built.labelled, LabelledResponse)
    write_json(metrics, {**built.counts, **lengths})
    if not built.pairs:
        logger.warning(
            "%s: no instruction has both an eligible pass and an eligible fail (%s): 0 pairs, so "
            "no method can train on them; sample more, or use easier or harder problems",
            pairs,
            built.counts["instructions_dropped"],
        )


if __name__ == "__main__":
    run_stage(main)
