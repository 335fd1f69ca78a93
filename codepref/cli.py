"""The command `codepref`: where a number comes from, what works here, and ready-made params.

Exit codes: 0 done, 1 data is wrong, 2 the command line or params.yaml is wrong, 3 this machine
lacks something.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from codepref.errors import CodePrefError, ConfigError

EXAMPLE = "metrics/score_benchmark/smollm2-pretrained.json:humaneval.dpo-0.pass_at_1"
METRIC = "humaneval/pass_at_1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except CodePrefError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codepref", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    trace = commands.add_parser("trace", help="follow a number, a file or a row to its origin")
    trace.add_argument("target", nargs="?", help=f"a file, or a number in one: {EXAMPLE}")
    rows = trace.add_mutually_exclusive_group()
    rows.add_argument("--task", metavar="ID", help="show a benchmark task's completions, results")
    rows.add_argument(
        "--pair", metavar="ID", help="show a pair, back to its seed; a prefix will do"
    )
    trace.add_argument("--json", action="store_true", help="write JSON")
    trace.set_defaults(command=_trace)
    sweep = commands.add_parser("sweep", help="compare the values of a param, from DVC and MLflow")
    sweep.add_argument("param", help="dotted name, such as align.dpo.beta")
    sweep.add_argument("--metric", default=METRIC, help=f"as in MLflow; without: {METRIC}")
    sweep.add_argument("--format", choices=("text", "json", "csv"), default="text")
    sweep.set_defaults(command=_sweep)
    diff = commands.add_parser("diff", help="what changed between two versions, and why")
    diff.add_argument("old", metavar="REV", help="revision of git, experiment, or workspace")
    diff.add_argument("new", metavar="REV", nargs="?", default="workspace", help="the same")
    diff.add_argument("--table", action="append", metavar="NAME", help="compare this one only")
    diff.add_argument("--examples", type=int, default=3, help="changes shown of each cause")
    diff.add_argument("--html", type=Path, metavar="FILE", help="write a page too")
    diff.add_argument("--json", action="store_true", help="write JSON")
    diff.set_defaults(command=_diff)
    _add_compare(commands)
    profile = commands.add_parser("profile", help="write params.yaml as a file of params/ says")
    profile.add_argument("name", help="of the file, without its ending, such as paper")
    profile.add_argument("--force", action="store_true", help="change an edited params.yaml too")
    profile.set_defaults(command=_profile)
    card = commands.add_parser("card", help="write a release: pairs, dataset card, Croissant")
    card.add_argument("--generator", metavar="NAME", help="of grid.generators; without: all")
    card.add_argument("--out", metavar="FOLDER", default="release", help="without: release")
    card.add_argument("--allow-stale", action="store_true", help="release a stale workspace")
    card.set_defaults(command=_card)
    doctor = commands.add_parser(
        "doctor", help="say what works here, and what to do about the rest"
    )
    doctor.add_argument("--json", action="store_true", help="write JSON")
    doctor.set_defaults(command=_doctor)
    return parser


def _add_compare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    compare = commands.add_parser("compare", help="compare the scores of two variants, paired")
    form = "<start>/<variant>, <revision>:<start>/<variant>, a revision, or run:<id or name>"
    compare.add_argument("first", metavar="A", help=form)
    compare.add_argument("second", metavar="B", help="the same; differences are B minus A")
    compare.add_argument("--benchmark", action="append", metavar="NAME", help="this one only")
    compare.add_argument(
        "--allow-other-harness", action="store_true", help="compare what was scored otherwise too"
    )
    compare.add_argument("--json", action="store_true", help="write JSON")
    compare.set_defaults(command=_compare)


def _trace(options: argparse.Namespace) -> int:
    from codepref.lineage.lock import read_lock
    from codepref.lineage.published import runs_behind
    from codepref.lineage.rows import Row, pair_rows, task_rows
    from codepref.lineage.text import rows_text, trace_text
    from codepref.lineage.trace import parse_target, stages_for, trace, variants_named

    if options.target is None and not (options.task or options.pair):
        raise ConfigError(f"trace what? Name a number such as {EXAMPLE}, --task or --pair")
    lock = read_lock()
    target = parse_target(options.target) if options.target else None
    found = trace(target, lock) if target else None
    rows: list[Row] = []
    if options.pair:
        rows = pair_rows(options.pair, stages_for("build_pairs", found, lock), lock)
    if options.task:
        variants = variants_named(target, lock) if target else []
        rows = task_rows(options.task, stages_for("score_benchmark", found, lock), variants, lock)
    runs = runs_behind(found, lock) if found else []
    if options.json:
        shown = [row.model_dump() for row in rows]
        whole = found.model_dump() if found else None
        sys.stdout.write(json.dumps({"trace": whole, "mlflow_runs": runs, "rows": shown}) + "\n")
    else:
        sys.stdout.write(trace_text(found, runs, rows) if found else rows_text(rows))
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from codepref.lineage.sweep import read_sweep
    from codepref.lineage.sweep_text import sweep_csv, sweep_text

    sweep = read_sweep(options.param, options.metric)
    if options.format == "json":
        sys.stdout.write(json.dumps(sweep.model_dump()) + "\n")
    elif options.format == "csv":
        sys.stdout.write(sweep_csv(sweep))
        sys.stderr.write("".join(f"{note}\n" for note in sweep.notes))
    else:
        sys.stdout.write(sweep_text(sweep))
    return 0


def _diff(options: argparse.Namespace) -> int:
    from codepref.diff.compare import ALL_TABLES, compare_versions
    from codepref.diff.text import diff_html, diff_text
    from codepref.files import write_text

    wanted = options.table or list(ALL_TABLES)
    unknown = sorted(set(wanted) - set(ALL_TABLES))
    if unknown:
        raise ConfigError(f"no table {', '.join(unknown)}; there are {', '.join(ALL_TABLES)}")
    found = compare_versions(options.old, options.new, wanted, options.examples)
    if options.html is not None:
        write_text(options.html, diff_html(found))
    if options.json:
        sys.stdout.write(json.dumps(found.model_dump()) + "\n")
    else:
        sys.stdout.write(diff_text(found))
    return 0


def _compare(options: argparse.Namespace) -> int:
    from codepref.comparing.compare import compare_names
    from codepref.comparing.text import compared_text

    found = compare_names(
        options.first,
        options.second,
        options.benchmark or [],
        allow_other_harness=options.allow_other_harness,
    )
    if options.json:
        sys.stdout.write(json.dumps(found.model_dump()) + "\n")
    else:
        sys.stdout.write(compared_text(found))
    return 0


def _profile(options: argparse.Namespace) -> int:
    from codepref.profiles import write_profile

    write_profile(options.name, force=options.force)
    return 0


def _card(options: argparse.Namespace) -> int:
    from codepref.release.source import read_source
    from codepref.release.write import write_release

    source = read_source(options.generator, allow_stale=options.allow_stale)
    for file in write_release(source, Path(options.out)):
        sys.stdout.write(f"{options.out}/{file.path}: {file.n_rows} pairs\n")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from codepref.doctor import checkup, checkup_text, exit_code

    findings = checkup()
    if options.json:
        sys.stdout.write(json.dumps([finding.model_dump() for finding in findings]) + "\n")
    else:
        sys.stdout.write(checkup_text(findings))
    return exit_code(findings)


if __name__ == "__main__":
    sys.exit(main())
