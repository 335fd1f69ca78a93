"""A trace as plain text."""

import textwrap
from collections.abc import Iterator, Sequence

from codepref.lineage.lock import Entry, flatten
from codepref.lineage.rows import Row
from codepref.lineage.trace import Step, Trace

WIDTH = 100


def trace_text(found: Trace, runs: Sequence[str], rows: Sequence[Row]) -> str:
    """Write a trace: the number, then each stage from nearest to farthest, then rows."""
    return "\n".join([*_head(found, runs), *_chain(found), *_rows(rows)]) + "\n"


def rows_text(rows: Sequence[Row]) -> str:
    """Write rows alone."""
    return "\n".join(list(_rows(rows))[1:]) + "\n"


def _head(found: Trace, runs: Sequence[str]) -> Iterator[str]:
    target = found.target
    yield f"{target.path}:{target.key} = {found.value}" if target.key else target.path
    yield f"  md5     {found.artifact.md5}"
    yield f"  commit  {found.commit or 'none yet: dvc.lock with this md5 is not committed'}"
    none = "no run of this lineage in the store; `dvc repro -s -f publish` adds one"
    yield f"  mlflow  {', '.join(runs) or none}"
    stale = sum(bool(step.stale) for step in found.steps)
    ok = f"all {len(found.steps)} stages match the workspace"
    yield f"  state   {f'STALE at {stale} of {len(found.steps)} stages' if stale else ok}"


def _chain(found: Trace) -> Iterator[str]:
    makers = {out.path: step.entry.stage for step in found.steps for out in step.entry.outs}
    for step in found.steps:
        yield ""
        yield f"{step.entry.stage}{'  STALE' if step.stale else ''}"
        yield from (f"  STALE   {reason}" for reason in step.stale)
        yield f"  $ {step.entry.cmd}"
        yield from (f"  out     {out.md5:<36}  {out.path}" for out in step.entry.outs)
        yield from _inputs(step, makers)
        yield from _params(step.entry)


def _inputs(step: Step, makers: dict[str, str]) -> Iterator[str]:
    code = [dep for dep in step.entry.deps if dep.path.endswith(".py")]
    for dep in step.entry.deps:
        if dep not in code:
            inside = sorted(
                {name for path, name in makers.items() if path.startswith(f"{dep.path}/")}
            )
            maker = makers.get(dep.path) or ", ".join(inside)
            yield f"  in      {dep.md5:<36}  {dep.path}{f'  <- {maker}' if maker else ''}"
    yield f"  code    {len(code)} files; their md5s are in dvc.lock and in --json"


def _params(entry: Entry) -> Iterator[str]:
    values = [f"{name}={text}" for name, text in flatten(entry.params).items()]
    if values:
        yield textwrap.fill(
            ", ".join(values),
            WIDTH,
            initial_indent="  params  ",
            subsequent_indent=" " * 10,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _rows(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield ""
        yield f"{row.part}  ({row.path})"
        for name, value in row.values.items():
            yield from _field(name, value)


def _field(name: str, value: object) -> Iterator[str]:
    text = _list(value) if isinstance(value, list) else str(value)
    if "\n" in text:
        yield f"  {name}:"
        yield textwrap.indent(text.removesuffix("\n"), "    | ", lambda _line: True)
    else:
        yield f"  {name}: {text}"


def _list(values: list[str] | list[float]) -> str:
    """Put texts on a line each, and numbers on one."""
    numbers = all(isinstance(value, float) for value in values)
    return (", " if numbers else "\n").join(map(str, values))
