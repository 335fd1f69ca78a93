"""The report as one HTML file and as Markdown, from the same page model."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from codepref.lineage.leaf import PERFORMANCE, leaves, programs
from codepref.report.answers import Answer
from codepref.report.audit import EXAMPLES, example_cells
from codepref.report.charts import VERDICTS, mix_chart, scale_top, slope_chart
from codepref.report.completions import completions_page
from codepref.report.contamination import HITS, hit_cells
from codepref.report.funnel import Step, funnel, start_keys
from codepref.report.heatmap import KINDS, SYMBOLS, HeatMap, heat_maps, kind_of
from codepref.report.matrix import Matrix, matrix
from codepref.report.numbers import Numbers, Study, part
from codepref.report.performance import performance
from codepref.report.sections import sections
from codepref.report.tables import (
    HEADLINE,
    Line,
    Table,
    headline,
    markdown_table,
    percent,
)
from codepref.schema import Strict

TEMPLATES = Path(__file__).parent
OF_DPS = "What is compared on EvalPerf is its DPS, in P1's main table; pass@1 is beside it."


class ExecutionCounts(Numbers):
    """metrics/execute_responses/<start>.json."""

    verdicts: dict[str, int]


class CheckpointCounts(Numbers):
    """metrics/fetch_checkpoints/<start>.json."""

    digest: str
    source: str
    licence: str


class BenchmarkCounts(Numbers):
    """metrics/fetch_benchmarks/<benchmark>.json."""

    n_tasks: int


class BenchmarkPage(Strict):
    """One benchmark: its headline lines, a slope chart for each start, verdicts by variant.

    Attributes:
        note: on its scores, "" if there is none.
        heat_map: HTML's; None without completions.
    """

    name: str
    note: str
    lines: list[Line]
    charts: list[str]
    verdict_chart: str
    heat_map: HeatMap | None


class Page(Strict):
    """All that the templates show.

    Attributes:
        limits: what the numbers are no evidence on, one sentence each.
        tables: those that have rows, in order.
        examples: what the audits found, side by side; HTML's.
        hits: what meets which benchmark task, side by side; HTML's.
        sections, appendix: titles with their tables of all numbers.
    """

    benchmarks: list[BenchmarkPage]
    limits: list[str]
    tables: list[Table]
    examples: Matrix
    hits: Matrix
    steps: list[Step]
    verdicts: Matrix
    verdict_chart: str
    sections: list[tuple[str, Matrix]]
    appendix: list[tuple[str, Matrix]]


def make_page(study: Study, answers: Sequence[Answer] = (), link: str = "") -> Page:
    """Choose what the report shows.

    Args:
        study: its numbers.
        answers: completions with their results, of all starts, to link to.
        link: name of the file that shows them, beside the report.

    Raises:
        DataError: a metrics file lacks a number that the report needs.
    """
    maps = {found.benchmark: found for found in heat_maps(study, answers, link)}
    mixes = {key: _verdicts(study, key) for key in start_keys(study)}
    return Page(
        benchmarks=[_benchmark(study, name, maps.get(name)) for name in programs(study.grid)],
        limits=limits(study),
        tables=sections(study),
        examples=Matrix(columns=list(EXAMPLES), rows=example_cells(study.findings)),
        hits=Matrix(columns=list(HITS), rows=hit_cells(study.hits)),
        steps=funnel(study),
        verdicts=matrix(mixes),
        verdict_chart=mix_chart("Verdicts on sampled responses", mixes),
        sections=[
            ("Supervised fine-tuning", _group(study, "finetune")),
            ("Starts", _group(study, "fetch_checkpoints")),
        ],
        appendix=[
            ("Seeds", matrix({"gather_seeds": study.files["gather_seeds.json"]})),
            ("Judge of docstrings", matrix({"judge_seeds": study.files["judge_seeds.json"]})),
            ("Instructions", matrix({"all": study.files["write_instructions.json"]})),
            ("Judge of completions", matrix({"all": study.files["judge_completions.json"]})),
            *(
                (title, _group(study, group))
                for title, group in (
                    ("Responses", "sample_responses"),
                    ("Executions", "execute_responses"),
                    ("Contamination", "check_contamination"),
                    ("Pairs", "build_pairs"),
                    ("Audit of the pairs", "audit_pairs"),
                    ("Log-probabilities of the reference", "score_reference"),
                    ("Trainings", "align"),
                    ("Learnt rewards", "score_rewards"),
                    ("Benchmarks", "fetch_benchmarks"),
                    ("Benchmark completions", "sample_benchmark"),
                    ("Benchmark scores", "score_benchmark"),
                    ("EvalPerf", "measure_performance"),
                    ("Code quality", "measure_quality"),
                )
            ),
        ],
    )


def render_html(page: Page) -> str:
    """Write the page as one HTML file that needs nothing else."""
    return _render("report.html.jinja", page)


def render_markdown(page: Page) -> str:
    """Write the page as Markdown."""
    return _render("report.md.jinja", page)


def render_completions(study: Study, answers: Sequence[Answer], report: str) -> str:
    """Write the page that the cells of the report's maps link to.

    Args:
        study: its numbers.
        answers: completions with their results, of all starts.
        report: name of the report's file, to link back to.
    """
    template = _environment().get_template("completions.html.jinja")
    benchmarks = completions_page(study, answers)
    return template.render(benchmarks=benchmarks, report=report, kind=kind_of)


def limits(study: Study) -> list[str]:
    """Say plainly what the study does not show."""
    found = [*_stand_ins(study), *_small_samples(study), *_own_counters(study)]
    if len(study.grid.seeds) == 1:
        found.append(
            "Each method was trained with one seed, so the spread between training runs is not in "
            "any interval; intervals are over tasks."
        )
    return found


def _verdicts(study: Study, key: str) -> dict[str, int]:
    counted = part(study, f"execute_responses/{key}.json", ExecutionCounts).verdicts
    return {name: counted[name] for name in VERDICTS if name in counted}


def _stand_ins(study: Study) -> list[str]:
    sentences = []
    for key in start_keys(study):
        file = f"fetch_checkpoints/{key}.json"
        if file not in study.files or not key.endswith("-pretrained"):
            continue
        source = part(study, file, CheckpointCounts).source
        if "instruct" in source.lower():
            sentences.append(
                f"The start {key} is {source}: an instruct checkpoint prompted as a plain "
                "completion model, a stand-in for a pretrained one. Its numbers show that the "
                "pipeline works; they are no evidence on whether pretrained or fine-tuned models "
                "gain more from alignment."
            )
    return sentences


def _small_samples(study: Study) -> list[str]:
    sentences = []
    for benchmark in programs(study.grid):
        n = min(row.score.n_tasks for row in study.scores if row.benchmark == benchmark)
        total = part(study, f"fetch_benchmarks/{benchmark}.json", BenchmarkCounts).n_tasks
        step = f" One task is {percent(1 / n)} of a score." if n else ""
        sentences.append(f"{benchmark}: scores are over {n} of its {total} tasks.{step}")
    return sentences


def _own_counters(study: Study) -> list[str]:
    if PERFORMANCE not in study.grid.benchmarks:
        return []
    measured = [performance(study, leaf) for leaf in leaves(study.grid)]
    counters = sorted({one.counter for one in measured if not one.comparable_with_leaderboard})
    if not counters:
        return []
    return [
        f"{PERFORMANCE}: DPS, counted in {', '.join(counters)}, is not comparable with EvalPerf's "
        "leaderboard: its inputs or its counter are not EvalPerf's own."
    ]


def _benchmark(study: Study, name: str, heat_map: HeatMap | None) -> BenchmarkPage:
    rows = [row for row in study.scores if row.benchmark == name]
    top = scale_top(rows)
    charts = [
        slope_chart(f"{key}, {name}", [r for r in rows if r.leaf.start_key == key], top)
        for key in start_keys(study)
    ]
    verdicts = {f"{row.leaf.start} {row.leaf.variant}": row.score.verdicts for row in rows}
    return BenchmarkPage(
        name=name,
        note=OF_DPS if name == PERFORMANCE else "",
        lines=headline(study, name),
        charts=[chart for chart in charts if chart],
        verdict_chart=mix_chart(f"Verdicts, {name}", verdicts),
        heat_map=heat_map,
    )


def _group(study: Study, group: str) -> Matrix:
    return matrix(
        {
            Path(name).stem: numbers
            for name, numbers in study.files.items()
            if name.startswith(f"{group}/")
        }
    )


def _render(template: str, page: Page) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            page=page,
            headline=HEADLINE,
            markdown_table=markdown_table,
            kinds=KINDS,
            symbols=SYMBOLS,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(percent=percent, counts=counts)
    return environment


def counts(reasons: dict[str, int]) -> str:
    """Write counts by reason, the frequent first and zeros last."""
    ordered: Sequence[tuple[str, int]] = sorted(reasons.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {n}" for name, n in ordered) or "-"
