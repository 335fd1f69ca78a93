"""Stage judge_seeds: seeds whose docstring says enough, by a model's votes; or all of them."""

from collections.abc import Sequence
from pathlib import Path

from codepref.checkpoints.manifest import read_start
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.sampling.completing import open_completer
from codepref.sampling.config import EngineConfig
from codepref.sampling.source import LazyEngines
from codepref.seeds.config import JudgeSeedsConfig
from codepref.seeds.judge import Judge, load_labels, load_shots
from codepref.seeds.judged import JudgedSeeds, judge_seeds
from codepref.seeds.rows import RejectedSeed, Seed
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(  # noqa: PLR0913  one flag a file
    seeds: Path,
    start: Path,
    shots: Path,
    labels: Path,
    judged: Path,
    rejects: Path,
    metrics: Path,
) -> None:
    """Read seeds, write those that the judge keeps and those it does not, and how good it is."""
    config = load_section("judge_seeds", JudgeSeedsConfig)
    rows = read_table(seeds, Seed)
    verdicts = JudgedSeeds(kept=rows)
    if config.enabled:
        verdicts = _judge(rows, start, shots, labels, config)
    write_table(judged, verdicts.kept, Seed)
    write_table(rejects, verdicts.rejects, RejectedSeed)
    write_json(metrics, verdicts.metrics())


def _judge(
    seeds: Sequence[Seed], start: Path, shots: Path, labels: Path, config: JudgeSeedsConfig
) -> JudgedSeeds:
    engine = load_section("engine", EngineConfig)
    with LazyEngines(engine) as engines:
        ledger = Ledger(state_dir() / "samples.sqlite")
        completer = open_completer(read_start(start), engine.max_model_len, engines, ledger)
        judge = Judge(load_shots(shots), config, completer)
        return judge_seeds(seeds, load_labels(labels), judge, config)


if __name__ == "__main__":
    run_stage(main)
