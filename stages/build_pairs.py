"""Stage build_pairs: executed responses to preference pairs. CPU, seconds."""

import logging
from collections.abc import Iterator
from pathlib import Path

from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.rows import Hit, removed_by
from codepref.database import database
from codepref.errors import DataError
from codepref.files import write_json
from codepref.pairs.build import PairBuilder
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import EligibilityConfig
from codepref.pairs.executed import read_executed
from codepref.pairs.repeats import drop_near_duplicates
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.pairs.split import SplitConfig
from codepref.pairs.summary import Lengths, summarise_pairs
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table

logger = logging.getLogger(__name__)


def main(  # noqa: PLR0913  # one flag for each path of the stage
    instructions: Path,
    responses: Path,
    executions: Path,
    agreements: Path,
    contamination: Path,
    pairs: Path,
    labels: Path,
    metrics: Path,
) -> None:
    """Read responses and executions, write pairs, labelled responses and the count of drops."""
    config = load_section("build_pairs", BuildPairsConfig)
    builder = PairBuilder(
        config,
        load_section("eligibility", EligibilityConfig),
        load_section("split", SplitConfig),
        removed_by(read_table(contamination, Hit)),
    )
    _require_instructions(responses, instructions)
    built: list[Pair] = []
    lengths: dict[str, Lengths] = {}

    def build_all() -> Iterator[LabelledResponse]:
        for items in read_executed(responses, executions, agreements):
            tokens = {item.response_id: item.n_tokens for item in items}
            found = builder.build(items)
            yield from found.labelled
            built.extend(found.pairs)
            for pair in found.pairs:
                sides = (pair.chosen_response_id, pair.rejected_response_id)
                lengths[pair.pair_id] = Lengths(*(tokens[side] for side in sides))

    write_table(labels, build_all(), LabelledResponse)
    distinct = drop_near_duplicates(built, _texts(instructions, built), config.near_duplicates)
    write_table(pairs, distinct.pairs, Pair)
    repeated = {p.instruction_id for p in built} - {p.instruction_id for p in distinct.pairs}
    n_repeated = _drop_labels(labels, repeated)
    counts = builder.counts()
    write_json(
        metrics,
        {
            **counts,
            **summarise_pairs(distinct.pairs, lengths),
            "pairs_dropped": {f"near_duplicate_{k}": n for k, n in distinct.dropped.items()},
            "labels_dropped": {"near_duplicate": n_repeated},
        },
    )
    if not distinct.pairs:
        logger.warning(
            "%s: no instruction has both an eligible pass and an eligible fail (%s): 0 pairs, so "
            "no method can train on them; sample more, or use easier or harder problems",
            pairs,
            counts["instructions_dropped"],
        )


def _require_instructions(responses: Path, instructions: Path) -> None:
    """Refuse answers to instructions that are not there, before anything is written.

    Raises:
        DataError: an answered instruction is not in the table.
    """
    with database() as db:
        db.attach("responses", responses, Response)
        db.attach("instructions", instructions, Instruction)
        missing = db.rows(
            "SELECT DISTINCT instruction_id FROM responses "
            "ANTI JOIN instructions USING (instruction_id) ORDER BY 1"
        )
    if missing:
        raise DataError(
            f"{instructions}: {len(missing)} instructions are answered and not there, first "
            f"{missing[0][0]}; make both with `dvc repro`"
        )


def _texts(instructions: Path, pairs: list[Pair]) -> dict[str, str]:
    """Give the text of each instruction that has a pair."""
    wanted = sorted({pair.instruction_id for pair in pairs})
    with database() as db:
        db.attach("instructions", instructions, Instruction)
        query = "SELECT instruction_id, text FROM instructions WHERE instruction_id IN "
        return dict(db.rows(f"{query}(SELECT unnest(?::VARCHAR[]))", [wanted]))


def _drop_labels(labels: Path, repeated: set[str]) -> int:
    """Leave out the labelled responses that answer one of these instructions, and count them."""
    if not repeated:
        return 0
    with database() as db:
        db.attach("labels", labels, LabelledResponse)
        ids = [sorted(repeated)]
        repeats = "instruction_id IN (SELECT unnest(?::VARCHAR[]))"
        ((n,),) = db.rows(f"SELECT count(*) FROM labels WHERE {repeats}", ids)
        batches = db.batches(f"SELECT * FROM labels WHERE NOT {repeats}", ids)
        kept = (LabelledResponse.model_construct(**r) for b in batches for r in b.to_pylist())
        write_table(labels, kept, LabelledResponse)
    return int(n)


if __name__ == "__main__":
    run_stage(main)
