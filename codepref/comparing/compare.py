"""Compare two variants, or all variants of two revisions, on every benchmark that both have."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from codepref.comparing.names import Named, known_starts, pair_cells, read_names, starts_of
from codepref.comparing.rows import BenchmarkComparison, Compared, Difference, Scores, Side
from codepref.comparing.scores import (
    FINGERPRINT,
    BenchmarkScores,
    contest,
    read_scores,
    read_touched,
)
from codepref.config import load_section
from codepref.diff.versions import Version, open_versions
from codepref.errors import ConfigError, DataError
from codepref.records import Json
from codepref.statistics.compare import compare_rates
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.multiplicity import holm

Starts = Mapping[str, Mapping[str, BenchmarkScores]]
"""Scores by start and benchmark."""


class _Revision(NamedTuple):
    """What is known at one revision."""

    name: str
    starts: Starts
    touched: Mapping[str, Set[str]] | None

    def scores(self, side: Side) -> Mapping[str, BenchmarkScores]:
        """Give a variant's benchmarks."""
        found = self.starts[side.start]
        return {name: one for name, one in found.items() if side.variant in one.rates}

    def cells(self) -> list[str]:
        """Name every scored "<start>/<variant>"."""
        return sorted(
            {
                f"{start}/{variant}"
                for start, benchmarks in self.starts.items()
                for one in benchmarks.values()
                for variant in one.rates
            }
        )


def compare_names(
    first: str, second: str, benchmarks: Sequence[str], *, allow_other_harness: bool
) -> Compared:
    """Compare what two names stand for.

    Args:
        first: see names.FORMS.
        second: the same; differences are second minus first.
        benchmarks: to compare; none for all that both have.
        allow_other_harness: compare scores of different fingerprints too.

    Raises:
        ConfigError: a name or a benchmark is unknown.
        DataError: the scores come from different harnesses, or a table is wrong.
        MissingError: a table is neither in workspace nor cache, and no remote has it.
    """
    config = load_section("compare_models", CompareModelsConfig)
    names = read_names(first, second)
    with _open_named(names) as versions:
        old, new = (_read(name, version) for name, version in zip(names, versions, strict=True))
    cells = pair_cells(names, (old.cells(), new.cells()))
    found: list[BenchmarkComparison] = []
    left_out = _left_out(names, old, new)
    for cell, other in cells:
        sides = (_side(old.name, cell), _side(new.name, other))
        known, others = old.scores(sides[0]), new.scores(sides[1])
        left_out += _unshared(sides, set(known), set(others))
        for name in sorted(set(known) & set(others)):
            if not benchmarks or name in benchmarks:
                found.append(_compare(name, sides, (old, new), config))
    _require_all(benchmarks, found, left_out)
    if not allow_other_harness:
        _refuse_other_harness(found)
    return Compared(
        confidence=config.confidence,
        power=config.power,
        comparisons=_with_holm(found),
        left_out=left_out,
    )


@contextmanager
def _open_named(names: Sequence[Named]) -> Iterator[list[Version]]:
    """Open the revisions of names; what might be a variant with a slip is told apart.

    Raises:
        ConfigError: there is no such revision.
    """
    slips = [name.revision for name in names if "/" in name.revision and not name.cell]
    with ExitStack() as stack:
        try:
            versions = stack.enter_context(open_versions([name.revision for name in names]))
        except ConfigError as error:
            if not slips:
                raise
            raise ConfigError(
                f"{', '.join(slips)}: neither a variant of the workspace, whose starts are "
                f"{', '.join(known_starts()) or 'none'}, nor a revision ({error})"
            ) from error
        yield versions


def _read(name: Named, version: Version) -> _Revision:
    starts = starts_of(name, version.lock)
    return _Revision(
        version.name,
        {start: read_scores(version, start) for start in starts},
        read_touched(version),
    )


def _side(revision: str, cell: str) -> Side:
    start, _, variant = cell.partition("/")
    return Side(revision=revision, start=start, variant=variant)


def _compare(
    benchmark: str,
    sides: tuple[Side, Side],
    revisions: tuple[_Revision, _Revision],
    config: CompareModelsConfig,
) -> BenchmarkComparison:
    first, second = (
        revision.scores(side)[benchmark] for side, revision in zip(sides, revisions, strict=True)
    )
    met = [revision.touched for revision in revisions if revision.touched is not None]
    touched = set().union(*(some.get(benchmark, set()) for some in met))
    found = compare_rates(
        first.rates[sides[0].variant],
        second.rates[sides[1].variant],
        contest(benchmark, touched),
        config,
    )
    clean = found["clean"] if len(met) == len(revisions) else None
    return BenchmarkComparison.model_validate(
        {
            "benchmark": benchmark,
            "first": sides[0],
            "second": sides[1],
            "scores": [_alone(first, sides[0]), _alone(second, sides[1])],
            "paired": _difference(found),
            "n_unpaired": found["n_tasks_unscored"],
            "won": found.get("only_aligned"),
            "lost": found.get("only_baseline"),
            **{name: found.get(name) for name in ("p", "p_permutation", "p_wilcoxon")},
            "p_holm": None,
            "detectable": found.get("detectable"),
            "clean": _difference(clean) if isinstance(clean, Mapping) else None,
            "other_harness": _other_fields(first.harness, second.harness),
        }
    )


def _alone(scores: BenchmarkScores, side: Side) -> Scores:
    known = [rate for rate in scores.rates[side.variant].values() if rate is not None]
    return Scores(
        n_tasks=len(known),
        n_scores=scores.n_scores[side.variant],
        mean=sum(known) / len(known) if known else None,
        harness=str(scores.harness[FINGERPRINT]),
    )


def _difference(found: Mapping[str, Json]) -> Difference:
    return Difference.model_validate(
        {
            "n_tasks": found["n_tasks"],
            "first": found.get("baseline"),
            "second": found.get("aligned"),
            **{name: found.get(name) for name in ("difference", "low", "high")},
        }
    )


def _other_fields(first: Mapping[str, Json], second: Mapping[str, Json]) -> list[str]:
    if first[FINGERPRINT] == second[FINGERPRINT]:
        return []
    differing = [name for name in sorted({*first, *second}) if first.get(name) != second.get(name)]
    named = [name for name in differing if name != FINGERPRINT] or [FINGERPRINT]
    return [f"{name} is {first.get(name)} and {second.get(name)}" for name in named]


def _refuse_other_harness(found: Sequence[BenchmarkComparison]) -> None:
    """Stop where scores differ by more than their weights.

    Raises:
        DataError: they do; each field that differs is named with both values.
    """
    lines = dict.fromkeys(
        f"{one.benchmark}: {field}" for one in found for field in one.other_harness
    )
    if lines:
        first, second = found[0].first.revision, found[0].second.revision
        raise DataError(
            f"scores of {first} and {second} come from different harnesses: {'; '.join(lines)}; "
            "score both alike, or --allow-other-harness compares them as they are"
        )


def _with_holm(found: Sequence[BenchmarkComparison]) -> list[BenchmarkComparison]:
    p_values = {
        str(i): p
        for i, one in enumerate(found)
        if (p := one.p if one.p_wilcoxon is None else one.p_wilcoxon) is not None
    }
    adjusted = holm(p_values)
    return [one.model_copy(update={"p_holm": adjusted.get(str(i))}) for i, one in enumerate(found)]


def _left_out(names: tuple[Named, Named], old: _Revision, new: _Revision) -> list[str]:
    if names[0].cell:
        return []
    cells = (set(old.cells()), set(new.cells()))
    return [
        *(f"{cell}: only at {old.name}" for cell in sorted(cells[0] - cells[1])),
        *(f"{cell}: only at {new.name}" for cell in sorted(cells[1] - cells[0])),
    ]


def _unshared(sides: tuple[Side, Side], known: set[str], others: set[str]) -> list[str]:
    return [
        *(f"{name}: only {sides[0].label} has scores" for name in sorted(known - others)),
        *(f"{name}: only {sides[1].label} has scores" for name in sorted(others - known)),
    ]


def _require_all(
    benchmarks: Sequence[str], found: Sequence[BenchmarkComparison], left_out: Sequence[str]
) -> None:
    known = sorted({one.benchmark for one in found})
    missing = sorted(set(benchmarks) - set(known))
    if missing or not found:
        raise ConfigError(
            f"no benchmark {', '.join(missing) or 'at all'} with scores on both sides; "
            f"{'; '.join(left_out) or 'no side has others'}"
        )
