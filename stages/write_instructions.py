"""Stage write_instructions: seeds to tasks by few-shot completion, problems, released tasks."""

from collections.abc import Collection, Sequence
from pathlib import Path

from codepref.checkpoints.manifest import Start, read_start
from codepref.command import run_stage
from codepref.config import load_section
from codepref.errors import ConfigError
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.released.config import ImportResponsesConfig
from codepref.sampling.completing import open_completer
from codepref.sampling.config import EngineConfig
from codepref.sampling.source import LazyEngines
from codepref.seeds.rows import Seed
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.selfalign.fewshots import load_fewshots
from codepref.selfalign.funnel import count, require_some
from codepref.selfalign.generate import Generator, Writer, Written
from codepref.selfalign.problems import read_problems
from codepref.selfalign.rows import Instruction, RejectedInstruction
from codepref.selfalign.selection import ProblemSet, Selected, select_problems
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(  # noqa: PLR0913  one flag a file
    seeds: Path,
    start: Path,
    fewshots: Path,
    problems: Path,
    instructions: Path,
    rejects: Path,
    metrics: Path,
) -> None:
    """Read seeds and problems, write instructions, and what gave none with the reason."""
    config = load_section("write_instructions", WriteInstructionsConfig)
    steps = {"seeds": 0, "concepts": 0, "texts": 0, "problems": 0, "released": 0}
    written, selected = Written(), Selected()
    if "generated" in config.origins:
        rows = read_table(seeds, Seed)
        written = _write(rows, read_start(start), fewshots, config)
        steps |= {
            "seeds": len(rows),
            "concepts": written.n_concepts,
            "texts": written.n_texts,
        }
    if "problems" in config.origins:
        sets = _problem_sets(problems, config)
        selected = select_problems(sets, config)
        steps["problems"] = sum(len(item.problems) for item in sets)
    kept = [*written.instructions, *selected.instructions]
    turned_away = [*written.rejects, *selected.rejects]
    if "released" in config.origins:
        released = _released(config, {row.instruction_id for row in kept})
        kept += released.instructions
        turned_away += released.rejects
        steps["released"] = len(released.instructions) + len(released.rejects)
    require_some(kept, turned_away, steps)
    write_table(instructions, kept, Instruction)
    write_table(rejects, turned_away, RejectedInstruction)
    write_json(metrics, {"steps": steps, **count(kept, turned_away)})


def _write(
    seeds: Sequence[Seed], start: Start, fewshots: Path, config: WriteInstructionsConfig
) -> Written:
    engine = load_section("engine", EngineConfig)
    with LazyEngines(engine) as engines:
        ledger = Ledger(state_dir() / "samples.sqlite")
        completer = open_completer(start, engine.max_model_len, engines, ledger)
        generator = Generator(completer.complete, completer.fits, start.manifest.digest)
        return Writer(load_fewshots(fewshots), config, generator).write(seeds)


def _problem_sets(problems: Path, config: WriteInstructionsConfig) -> list[ProblemSet]:
    source, licence = config.problems_source, config.problems_licence
    sets = [ProblemSet(read_problems(problems), source, licence)]
    if config.problems_dataset is not None:
        from codepref.selfalign.problems_hub import fetch_problems  # `datasets` takes seconds

        sets.append(fetch_problems(config.problems_dataset))
    return sets


def _released(config: WriteInstructionsConfig, known: Collection[str]) -> Selected:
    from codepref.released.instructions import select_released  # `datasets` takes seconds

    sets = load_section("import_responses", dict[str, ImportResponsesConfig])
    if not sets:
        raise ConfigError(
            "params write_instructions.origins has `released` and section import_responses is "
            "empty; name an answer set there, or leave the origin out"
        )
    return select_released(sets, config, known)


if __name__ == "__main__":
    run_stage(main)
