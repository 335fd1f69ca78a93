"""Stage score_reference: log-probabilities of pairs under the start. CPU minutes, or a GPU.

Computed once for all methods, parameters and seeds on those pairs; what the ledger knows is not
computed again.
"""

from contextlib import closing
from pathlib import Path

from codepref.alignment.config import PolicyParams
from codepref.alignment.device import choose_device
from codepref.alignment.models import load_model
from codepref.alignment.reference import Reference, ReferenceLogps, score_pairs
from codepref.alignment.rows import Encoder
from codepref.checkpoints.manifest import read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.pairs.rows import Pair
from codepref.records import Json
from codepref.selfalign.rows import Instruction, instruction_texts
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(start: Path, instructions: Path, pairs: Path, reference: Path, metrics: Path) -> None:
    """Read a start and pairs of any generator, write the reference's row of each that fits."""
    forward = load_section("align.forward", PolicyParams)
    opened = read_start(start)
    manifest = opened.manifest
    texts = instruction_texts(read_table(instructions, Instruction))
    table = {pair.pair_id: pair for pair in read_table(pairs, Pair)}
    renderer = Renderer(load_tokenizer(opened.weights), manifest.template)
    encoder = Encoder(renderer, texts, manifest.digest, forward.max_length)
    fitting = encoder.pairs(list(table.values()))
    model = load_model(opened.weights, forward.dtype, choose_device(forward.device), forward.mode)
    with closing(Ledger(state_dir() / "reference_logps.sqlite")) as ledger:
        rows = score_pairs(
            model,
            table,
            fitting.rows,
            Reference.of(manifest, forward),
            forward=forward,
            ledger=ledger,
        )
    write_table(reference, rows, ReferenceLogps)
    counts: dict[str, Json] = {
        "n_pairs": len(rows),
        "n_on_policy": sum(row.on_policy for row in rows),
        "pairs_dropped": {"too_long": fitting.n_too_long},
        "reference_digest": manifest.digest,
    }
    write_json(metrics, counts)


if __name__ == "__main__":
    run_stage(main)
