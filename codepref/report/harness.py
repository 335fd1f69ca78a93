"""What the scores depend on, how the canonical solutions fared, and which verdicts are missing."""

from collections.abc import Callable

from codepref.lineage.leaf import programs
from codepref.report.funnel import start_keys
from codepref.report.numbers import Comparison, Numbers, ScoredLeaf, Study, part
from codepref.report.tables import NONE, interval, percent

HARNESS = (
    "benchmark",
    "starts",
    "release",
    "sha256",
    "rules",
    "CPU limit",
    "memory limit",
    "isolation",
    "wording",
    "samples",
    "tasks",
    "fingerprint",
)
CONTROL = ("benchmark", "starts", "passed", "judged again", "failed", "inputs skipped")
COVERAGE = (
    "benchmark",
    "model",
    "start",
    "variant",
    "tasks answered",
    "with a verdict",
    "pass@1",
    "if the others failed, passed",
    "difference in the worst, best case",
)
SHORT = 12  # digits of a sha256 that a cell shows


class Harness(Numbers):
    """metrics/score_benchmark/<start>.json, "harness" of one benchmark."""

    release: str
    source_sha256: str
    rules: str
    cpu_limit_s: int | float
    plus_cpu_limit_s: int | float
    memory_limit_mib: int
    isolation: str
    wording: str
    n: int
    temperature: float
    n_tasks: int
    fingerprint: str


class Canonical(Numbers):
    """The same file, "canonical" of one benchmark."""

    n_tasks: int
    n_passed: int
    failed: str
    judged_again: str
    n_inputs_skipped: int
    inputs_skipped: str


class Bounds(Numbers):
    """pass@1 if every answered task without a verdict failed, or passed."""

    lowest: float | None
    highest: float | None


def harness(study: Study, key: str, benchmark: str) -> Harness:
    """Give what the scores of a start on a benchmark depend on."""
    return part(study, f"score_benchmark/{key}.json", Harness, benchmark, "harness")


def harness_cells(study: Study) -> list[list[str]]:
    """Give a line for each benchmark; several where starts were scored in other ways."""
    return _by_starts(study, lambda key, name: _harness(harness(study, key, name)))


def control_cells(study: Study) -> list[list[str]]:
    """Give a line for each benchmark; several where the control of a start went otherwise."""
    return _by_starts(
        study,
        lambda key, name: _control(
            part(study, f"score_benchmark/{key}.json", Canonical, name, "canonical")
        ),
    )


def coverage_cells(study: Study) -> list[list[str]]:
    """Give a line for each score where an answered task has no verdict."""
    found = []
    for row in study.scores:
        answered = harness(study, row.leaf.start_key, row.benchmark).n_tasks
        if row.score.n_tasks < answered:
            found.append(_coverage(study, row, answered))
    return found


def _by_starts(study: Study, cells: Callable[[str, str], list[str]]) -> list[list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for benchmark in programs(study.grid):
        for key in start_keys(study):
            found.setdefault((benchmark, *cells(key, benchmark)), []).append(key)
    return [[line[0], ", ".join(keys), *line[1:]] for line, keys in found.items()]


def _harness(found: Harness) -> list[str]:
    return [
        found.release,
        found.source_sha256[:SHORT],
        found.rules,
        f"{found.cpu_limit_s:g} s, plus tests {found.plus_cpu_limit_s:g} s",
        f"{found.memory_limit_mib} MiB",
        found.isolation,
        found.wording,
        f"{found.n} at temperature {found.temperature:g}",
        str(found.n_tasks),
        found.fingerprint,
    ]


def _control(found: Canonical) -> list[str]:
    skipped = f"{found.n_inputs_skipped}: {found.inputs_skipped}"
    return [
        f"{found.n_passed} of {found.n_tasks}",
        found.judged_again or NONE,
        found.failed or NONE,
        skipped if found.n_inputs_skipped else NONE,
    ]


def _coverage(study: Study, row: ScoredLeaf, answered: int) -> list[str]:
    file, leaf = f"score_benchmark/{row.leaf.start_key}.json", row.leaf
    bounds = part(study, file, Bounds, row.benchmark, leaf.variant)
    return [
        row.benchmark,
        leaf.model,
        leaf.start,
        leaf.variant,
        str(answered),
        str(row.score.n_tasks),
        percent(row.score.pass_at_1),
        interval(bounds.lowest, bounds.highest),
        _worst(row.comparison),
    ]


def _worst(found: Comparison | None) -> str:
    return NONE if found is None else interval(found.lowest, found.highest, plus=True)
