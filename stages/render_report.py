"""Stage render_report: metrics to Markdown, one HTML file and a table to plot. CPU, seconds."""

from pathlib import Path

from codepref.audit.rows import Finding
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.counts import read_hits
from codepref.files import replacing
from codepref.grid import Grid
from codepref.report.numbers import read_study
from codepref.report.render import make_page, render_html, render_markdown
from codepref.report.tables import scores_csv
from codepref.tables import read_table


def main(
    metrics: Path, audits: Path, contamination: Path, markdown: Path, html: Path, scores: Path
) -> None:
    """Read the numbers of the grid's cells, examples and hits, write the three files."""
    grid = load_section("grid", Grid)
    tables = [audits / f"{key}.parquet" for key in grid.generators]
    findings = [found for table in tables for found in read_table(table, Finding)]
    study = read_study(metrics, grid, findings, read_hits(contamination, grid.generators))
    page = make_page(study)
    _write(markdown, render_markdown(page))
    _write(html, render_html(page))
    _write(scores, scores_csv(study))


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    run_stage(main)
