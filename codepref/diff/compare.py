"""Two versions of a study: params, tables with causes, scores."""

from collections.abc import Sequence
from itertools import chain
from typing import get_args

from codepref.database import Database, database
from codepref.diff.causes import LIMITS, find_causes
from codepref.diff.changes import Running, find_changes
from codepref.diff.rows import Diff, ParamChange, ScoreChange, TableDiff, TableName
from codepref.diff.scores import compare_scores
from codepref.diff.tables import artifacts, attach_both
from codepref.diff.versions import Version, open_versions
from codepref.lineage.lock import Lock, flatten

ALL_TABLES: tuple[TableName, ...] = get_args(TableName)
SHARED: tuple[TableName, ...] = ("seeds", "instructions")
BY_GENERATOR: tuple[TableName, ...] = (
    "responses",
    "executions",
    "contamination",
    "pairs",
    "labels",
)
BY_START: tuple[TableName, ...] = ("completions", "results")
MEMORY_LIMIT_MIB = 4096

Versions = tuple[Version, Version]


def compare_versions(old: str, new: str, wanted: Sequence[TableName], examples: int) -> Diff:
    """Compare two revisions. Files with equal md5 are not read, unless they explain others.

    Cost is linear in the rows of the files that differ, and a sort.

    Args:
        old: revision of git, experiment, or "workspace".
        new: the same.
        wanted: tables to compare.
        examples: changes shown of each table, kind and cause.

    Raises:
        ConfigError: a revision is unknown, or this is no study.
        MissingError: a table is neither in workspace nor cache, and no remote has it.
    """
    with open_versions([old, new]) as opened, database(MEMORY_LIMIT_MIB) as db:
        versions = (opened[0], opened[1])
        found = _Comparison(db, versions, wanted, examples)
        for cell in found.cells(BY_GENERATOR):
            found.compare_generator(cell)
        for cell in found.cells(BY_START):
            found.compare_start(cell)
        return Diff(
            old=old,
            new=new,
            params=changed_params(versions[0].lock, versions[1].lock),
            tables=sorted(found.tables, key=lambda one: (ALL_TABLES.index(one.table), one.cell)),
            unchanged=found.unchanged,
            scores=found.scores,
        )


def changed_params(old: Lock, new: Lock, stage: str | None = None) -> list[ParamChange]:
    """Give the parameters of all stages, or of one, that have another value, sorted by name."""
    before, after = _params(old, stage), _params(new, stage)
    return [
        ParamChange(name=name, old=before.get(name), new=after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _params(lock: Lock, stage: str | None) -> dict[str, str]:
    entries = lock.entries.values() if stage is None else [lock.entries[stage]]
    return dict(chain.from_iterable(flatten(entry.params).items() for entry in entries))


class _Comparison:
    """What has been compared so far."""

    def __init__(
        self, db: Database, versions: Versions, wanted: Sequence[TableName], examples: int
    ) -> None:
        self.db, self.versions, self.wanted, self.examples = db, versions, wanted, examples
        self.tables: list[TableDiff] = []
        self.unchanged: list[str] = []
        self.scores: list[ScoreChange] = []
        self._shared_done = False

    def cells(self, tables: Sequence[TableName]) -> list[str]:
        """Name the cells that any of the tables has in either version."""
        return sorted(
            {cell for name in tables for v in self.versions for cell in artifacts(v.lock, name)}
        )

    def compare_generator(self, cell: str) -> None:
        """Compare the tables of one generator, and with the first one what all share."""
        tables = BY_GENERATOR if self._shared_done else (*SHARED, *BY_GENERATOR)
        changed = [name for name in tables if self._differs(name, cell)]
        if changed:
            lacking = {
                name: attach_both(self.db, name, _cell(name, cell), self.versions)
                for name in (*SHARED, *BY_GENERATOR)
            }
            find_causes(self.db, writing=self._writing(), policy=self._policy(cell))
            for name in changed:
                self._compare(name, _cell(name, cell), lacking[name])
        self._shared_done = True

    def compare_start(self, cell: str) -> None:
        """Compare what one start and its variants answered, and the scores."""
        changed = [name for name in BY_START if self._differs(name, cell)]
        lacking = {name: attach_both(self.db, name, cell, self.versions) for name in BY_START}
        for name in changed:
            self._compare(name, cell, lacking[name])
        self.scores += compare_scores(self.db, cell)

    def _compare(self, name: TableName, cell: str, lacking: list[str]) -> None:
        changes = find_changes(self.db, name, self.examples, self._running(name, cell))
        sizes = [self.db.rows(f"SELECT count(*) FROM {s}_{name}")[0][0] for s in ("old", "new")]
        self.tables.append(
            TableDiff(
                table=name,
                cell=cell,
                n_old=sizes[0],
                n_new=sizes[1],
                counts=changes.counts,
                lacking=lacking,
                examples=changes.examples,
            )
        )

    def _differs(self, name: TableName, cell: str) -> bool:
        """Whether a wanted file is another one; a wanted file that is the same is noted."""
        if name not in self.wanted:
            return False
        found = [artifacts(v.lock, name).get(_cell(name, cell)) for v in self.versions]
        md5s = [None if artifact is None else artifact.md5 for artifact in found]
        if md5s[0] == md5s[1]:
            self.unchanged += [artifact.path for artifact in found[:1] if artifact is not None]
        return md5s[0] != md5s[1]

    def _writing(self) -> str:
        """Say why a seed of both versions led to an instruction in one alone."""
        entries = [v.lock.entries.get("write_instructions") for v in self.versions]
        if None in entries:
            return "unexplained"
        shots = [
            {dep.md5 for dep in entry.deps if dep.path == entry.flag("fewshots")}
            for entry in entries
            if entry is not None and "--fewshots" in entry.cmd
        ]
        if len(shots) == len(entries) and shots[0] != shots[1]:
            return "prompt"
        old, new = (version.lock for version in self.versions)
        return "sampling" if changed_params(old, new, "write_instructions") else "seed"

    def _policy(self, cell: str) -> bool:
        return self._params_differ(f"build_pairs@{cell}")

    def _running(self, name: TableName, cell: str) -> Running:
        stage = "score_benchmark" if name == "results" else "execute_responses"
        old, new = (version.lock for version in self.versions)
        entry = f"{stage}@{cell}"
        both = entry in old.entries and entry in new.entries
        changed = changed_params(old, new, entry) if both else []
        limits = any(param.name.removeprefix(f"{stage}.") in LIMITS for param in changed)
        return Running(self._changed_benchmarks(), limits)

    def _changed_benchmarks(self) -> list[str]:
        md5s: list[dict[str, str]] = [
            {
                name.partition("@")[2]: out.md5
                for name, entry in version.lock.entries.items()
                for out in entry.outs
                if name.startswith("fetch_benchmarks@") and out.path.endswith(".parquet")
            }
            for version in self.versions
        ]
        known = md5s[0].keys() & md5s[1].keys()
        return sorted(name for name in known if md5s[0][name] != md5s[1][name])

    def _params_differ(self, stage: str) -> bool:
        old, new = (version.lock for version in self.versions)
        both = stage in old.entries and stage in new.entries
        return both and bool(changed_params(old, new, stage))


def _cell(name: TableName, cell: str) -> str:
    return "" if name in SHARED else cell
