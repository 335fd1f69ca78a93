"""Stage import_responses: a released answer set to responses. CPU, and a hub or a folder."""

import logging
from pathlib import Path

from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.released.config import ImportResponsesConfig
from codepref.released.responses import import_responses
from codepref.released.rows import ReleasedVerdict
from codepref.released.sets import read_set
from codepref.sampling.responses import count_responses
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table

logger = logging.getLogger(__name__)


def main(key: str, instructions: Path, responses: Path, verdicts: Path, metrics: Path) -> None:
    """Read a set's answers to the study's instructions, and what was said of each."""
    config = load_section(f"import_responses.{key}", ImportResponsesConfig)
    known = {row.instruction_id for row in read_table(instructions, Instruction)}
    imported = import_responses(read_set(config), known, config)
    write_table(responses, imported.responses, Response)
    write_table(verdicts, imported.verdicts, ReleasedVerdict)
    write_json(metrics, {**count_responses(imported.responses), **imported.counts()})
    if not imported.responses:
        logger.warning(
            "%s: none of %d rows gave a response (%s); origin `released` of write_instructions "
            "brings their instructions in",
            key,
            imported.n_rows,
            dict(imported.rejected),
        )


if __name__ == "__main__":
    run_stage(main)
