"""Read what a release is made of: dvc.lock, metrics and tables of the workspace."""

from collections.abc import Sequence
from pathlib import Path

from codepref.config import load_params, load_section
from codepref.database import Database, database
from codepref.errors import ConfigError, DataError
from codepref.grid import Grid
from codepref.lineage.hashes import Workspace
from codepref.lineage.lock import Entry, Lock, read_lock
from codepref.lineage.pipeline import live_stages
from codepref.lineage.repository import commit_date, revision
from codepref.lineage.stale import stale_reasons
from codepref.pairs.rows import Pair
from codepref.release.checkpoints import checkpoints
from codepref.release.rows import Generator, Licence, Range, Source
from codepref.selfalign.rows import Instruction

MEASURES = {
    "length ratio (longer over shorter, tokens)": "length_ratio",
    "edit distance (share of the longer)": "edit_distance",
    "chosen, characters": "length(chosen)",
    "rejected, characters": "length(rejected)",
}


def read_source(generator: str | None, *, allow_stale: bool) -> Source:
    """Read the pairs of one generator, or of all of grid.generators.

    Raises:
        ConfigError: there is no such generator.
        DataError: a stage has not run, a table is missing, or the workspace is stale.
    """
    lock = read_lock()
    names = _chosen(load_section("grid", Grid).generators, generator)
    roots = [f"build_pairs@{name}" for name in names]
    checks = [stage for name in names if (stage := f"audit_pairs@{name}") in lock.entries]
    entries = _behind(lock, roots)
    stale = _stale(lock, [*(lock.entry(stage) for stage in checks), *entries])
    wanted = {f"audit_pairs@{name}" for name in names} & set(live_stages(load_params()))
    stale += [f"{stage}: was not passed" for stage in sorted(wanted - set(checks))]
    if stale and not allow_stale:
        raise DataError(
            f"the workspace is stale: {stale[0]} ({len(stale)} reasons); `dvc repro` brings it up "
            "to date, --allow-stale releases it as it is and says so in the card"
        )
    metrics = Path(lock.entry(roots[0]).flag("metrics")).parents[1]
    return Source(
        generators=[_generator(name, lock, metrics) for name in names],
        metrics=metrics.as_posix(),
        entries=entries,
        stale=stale,
        revision=revision(),
        committed_on=commit_date(),
    )


def _chosen(known: Sequence[str], wanted: str | None) -> list[str]:
    if wanted is not None and wanted not in known:
        raise ConfigError(f"--generator {wanted}: grid.generators has {', '.join(known)}")
    return list(known) if wanted is None else [wanted]


def _behind(lock: Lock, stages: Sequence[str]) -> list[Entry]:
    found = {entry.stage: entry for stage in stages for entry in lock.ancestors(stage)}
    return list(found.values())


def _stale(lock: Lock, entries: Sequence[Entry]) -> list[str]:
    params = load_params()
    stages, workspace = live_stages(params), Workspace()
    return [
        f"{entry.stage}: {reason}"
        for entry in entries
        for reason in stale_reasons(entry, lock, stages, params, workspace)
    ]


def _generator(name: str, lock: Lock, metrics: Path) -> Generator:
    entry = lock.entry(f"build_pairs@{name}")
    pairs = entry.flag("pairs")
    with database() as tables:
        tables.attach("pairs", Path(pairs), Pair)
        instructions = lock.entry("write_instructions").flag("instructions")
        tables.attach("instructions", Path(instructions), Instruction)
        ((n_instructions, first),) = tables.rows(
            "SELECT count(DISTINCT instruction_id), min(pair_id) FROM pairs"
        )
        _check_parents(tables, pairs, instructions)
        return Generator(
            name=name,
            entry=entry,
            pairs=pairs,
            n_by_split=_counts(tables, "split"),  # type: ignore[arg-type]  # pydantic checks the keys
            n_instructions=n_instructions,
            verdicts=_counts(tables, "rejected_verdict"),
            ranges=_ranges(tables),
            checkpoints=checkpoints(lock, metrics, _counts(tables, "generator_digest")),
            licences=_licences(tables),
            first_pair=first,
        )


def _check_parents(tables: Database, pairs: str, instructions: str) -> None:
    """Hold the pairs to their instructions, and each instruction to one split."""
    lost = tables.rows(
        "SELECT pair_id, instruction_id FROM pairs ANTI JOIN instructions USING (instruction_id) "
        "ORDER BY pair_id LIMIT 1"
    )
    if lost:
        pair_id, instruction_id = lost[0]
        raise DataError(
            f"{pairs}: pair {pair_id} is of instruction {instruction_id}, which {instructions} "
            "has not; `dvc repro` makes both anew"
        )
    torn = tables.rows(
        "SELECT instruction_id FROM pairs GROUP BY instruction_id "
        "HAVING count(DISTINCT split) > 1 ORDER BY instruction_id LIMIT 1"
    )
    if torn:
        raise DataError(
            f"{pairs}: instruction {torn[0][0]} has pairs in train and in held_out; an "
            "instruction has one split; `dvc repro` makes the table anew"
        )


def _counts(tables: Database, column: str) -> dict[str, int]:
    """Count pairs by a column of this module's own choice."""
    return dict(
        tables.rows(f"SELECT {column}, count(*) FROM pairs GROUP BY {column} ORDER BY {column}")
    )


def _ranges(tables: Database) -> list[Range]:
    found = []
    for name, value in MEASURES.items():
        ((low, median, high),) = tables.rows(
            f"SELECT min({value})::DOUBLE, median({value})::DOUBLE, max({value})::DOUBLE FROM pairs"
        )
        if low is not None:
            found.append(Range(name=name, low=low, median=median, high=high))
    return found


def _licences(tables: Database) -> list[Licence]:
    rows = tables.rows(
        "SELECT licence, origin, source, count(DISTINCT instruction_id), count(*) "
        "FROM pairs JOIN instructions USING (instruction_id) "
        "GROUP BY licence, origin, source ORDER BY licence, origin, source"
    )
    fields = ("licence", "origin", "source", "n_instructions", "n_pairs")
    return [Licence.model_validate(dict(zip(fields, row, strict=True))) for row in rows]
