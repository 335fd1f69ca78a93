"""A comparison as lines of text."""

from collections.abc import Iterator

from codepref.comparing.rows import BenchmarkComparison, Compared, Difference, Scores, Side

NOTE = (
    "score: mean over tasks, as a percentage of the best; difference: second minus first, over the "
    "tasks of both; won: tasks that the second does better; Holm: over all that is shown"
)


def compared_text(compared: Compared) -> str:
    """Write every comparison, then what was left out, and what the words mean."""
    lines: list[str] = []
    for one in compared.comparisons:
        lines += [*_comparison(one, compared), ""]
    lines += [f"not compared: {line}" for line in compared.left_out]
    return "\n".join([*lines, NOTE, ""])


def _comparison(one: BenchmarkComparison, compared: Compared) -> Iterator[str]:
    yield f"{one.benchmark}: {one.first.label} -> {one.second.label}"
    for side, scores in zip((one.first, one.second), one.scores, strict=True):
        yield f"  {_scores(side, scores)}"
    if one.other_harness:
        yield f"  OTHER HARNESS: {'; '.join(one.other_harness)}"
    if one.paired.difference is None:
        yield "  no task has a score on both sides"
        return
    yield f"  difference {_difference(one.paired, compared.confidence)}; {one.n_unpaired} unpaired"
    yield f"  won {one.won}, lost {one.lost}; {_p_values(one)}"
    yield f"  {_detectable(one, compared.power)}"
    if one.clean is not None:
        yield f"  on tasks that training did not meet: {_clean(one.clean, compared.confidence)}"


def _scores(side: Side, scores: Scores) -> str:
    mean = "none" if scores.mean is None else _percent(scores.mean)
    return (
        f"{side.label}: {mean} of {scores.n_tasks} tasks ({scores.n_scores} scores), "
        f"harness {scores.harness}"
    )


def _difference(found: Difference, confidence: float) -> str:
    if None in (found.difference, found.low, found.high):
        return "none"
    return (
        f"{_signed(found.difference)} [{_signed(found.low)}, {_signed(found.high)}] "
        f"({100 * confidence:g} %) over {found.n_tasks} tasks"
    )


def _clean(found: Difference, confidence: float) -> str:
    return _difference(found, confidence) if found.n_tasks else "there is none"


def _p_values(one: BenchmarkComparison) -> str:
    known = {
        "exact McNemar": one.p,
        "permutation": one.p_permutation,
        "Wilcoxon": one.p_wilcoxon,
        "Holm": one.p_holm,
    }
    return "p " + ", ".join(f"{name} {p:.3g}" for name, p in known.items() if p is not None)


def _detectable(one: BenchmarkComparison, power: float) -> str:
    if one.detectable is None:
        return f"no difference would be found with power {power:g}"
    return f"a difference of {_percent(one.detectable)} would be found with power {power:g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _signed(share: float | None) -> str:
    return "" if share is None else f"{100 * share:+.1f}"
