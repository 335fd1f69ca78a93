"""Stage render_report: metrics to Markdown, two HTML pages and a table to plot. CPU, seconds."""

from pathlib import Path

from codepref.audit.rows import Finding
from codepref.benchmarks.rows import Completion, Result
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.counts import read_hits
from codepref.files import replacing
from codepref.grid import Grid
from codepref.report.answers import Answer, join_answers
from codepref.report.funnel import start_keys
from codepref.report.numbers import read_study
from codepref.report.render import make_page, render_completions, render_html, render_markdown
from codepref.report.tables import scores_csv
from codepref.tables import read_table


def main(  # noqa: PLR0913  # one flag for each path of the stage
    metrics: Path,
    audits: Path,
    contamination: Path,
    completions: Path,
    results: Path,
    markdown: Path,
    html: Path,
    answers: Path,
    scores: Path,
) -> None:
    """Read the numbers of the grid's cells, examples, hits and completions; write four files."""
    grid = load_section("grid", Grid)
    tables = [audits / f"{key}.parquet" for key in grid.generators]
    findings = [found for table in tables for found in read_table(table, Finding)]
    study = read_study(metrics, grid, findings, read_hits(contamination, grid.generators))
    answered = [
        answer for key in start_keys(study) for answer in _answers(completions, results, key)
    ]
    page = make_page(study, answered, answers.name)
    _write(markdown, render_markdown(page))
    _write(html, render_html(page))
    _write(answers, render_completions(study, answered, html.name))
    _write(scores, scores_csv(study))


def _answers(completions: Path, results: Path, key: str) -> list[Answer]:
    name = f"{key}.parquet"
    return join_answers(
        key, read_table(completions / name, Completion), read_table(results / name, Result)
    )


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    run_stage(main)
