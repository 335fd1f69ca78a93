"""A diff as lines of text, and as one page."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codepref.diff.rows import Change, Diff, TableDiff

WIDTH = 96
TEMPLATE = "diff.html.jinja"


def diff_text(diff: Diff) -> str:
    """Write a summary, then params, tables by cause with examples, and scores with flips."""
    return "\n".join([*_summary(diff), *_params(diff), *_tables(diff), *_scores(diff), ""])


def diff_html(diff: Diff) -> str:
    """Write the same as one page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(TEMPLATE).render(diff=diff)


def _summary(diff: Diff) -> Iterator[str]:
    changed = sum(table.n_changes for table in diff.tables)
    yield (
        f"{diff.old} -> {diff.new}: {len(diff.params)} params, {changed} rows in "
        f"{len(diff.tables)} tables; {len(diff.unchanged)} tables are the same"
    )


def _params(diff: Diff) -> Iterator[str]:
    if diff.params:
        yield "\nparams"
    for param in diff.params:
        yield f"  {param.name}: {_value(param.old)} -> {_value(param.new)}"


def _value(value: str | None) -> str:
    return "(none)" if value is None else value


def _tables(diff: Diff) -> Iterator[str]:
    for table in diff.tables:
        yield f"\n{_name(table)}: {table.n_old} -> {table.n_new} rows"
        if table.lacking:
            yield f"  not in both versions, so not compared: {', '.join(table.lacking)}"
        for what, n in table.counts.items():
            kind, cause = what.split(" ")
            yield f"  {n:7} {kind.replace('_', ' '):16} cause: {cause}"
        for change in table.examples:
            yield from _example(change)


def _name(table: TableDiff) -> str:
    return f"{table.table} {table.cell}".rstrip()


def _example(change: Change) -> Iterator[str]:
    yield f"    {change.kind.replace('_', ' ')}, {change.cause}: {change.key}"
    for mark, text in (("-", change.old), ("+", change.new)):
        if text is not None:
            yield f"      {mark} {_short(text)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _scores(diff: Diff) -> Iterator[str]:
    if diff.scores:
        yield "\npass@1 over the tasks of both"
    for score in diff.scores:
        name = f"{score.start} {score.variant} {score.benchmark}, {score.wording}"
        if score.old is None or score.new is None or score.p is None:
            yield f"  {name}: no task was scored in both"
            continue
        yield (
            f"  {name}: {100 * score.old:.1f} % -> {100 * score.new:.1f} % of {score.n_tasks}, "
            f"gained {len(score.gained)}, lost {len(score.lost)}, exact p {score.p:.3g}"
        )
        for what, tasks in (("gained", score.gained), ("lost", score.lost)):
            if tasks:
                yield f"    {what}: {', '.join(tasks)}"
