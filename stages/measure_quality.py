"""Stage measure_quality: what linters and code metrics say of completions. CPU, seconds."""

from pathlib import Path

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Benchmark, Completion
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.quality.config import MeasureQualityConfig
from codepref.quality.describe import describe_programs
from codepref.quality.metrics import quality_metrics
from codepref.quality.programs import program_of
from codepref.quality.rows import Quality
from codepref.tables import read_table, write_table


def main(completions: Path, quality: Path, metrics: Path) -> None:
    """Measure the program of each completion of one start; no program is run."""
    config = load_section("measure_quality", MeasureQualityConfig)
    sampling = load_section("sample_benchmark", SampleBenchmarkConfig)
    benchmarks = load_section("grid.benchmarks", list[Benchmark])
    answers = read_table(completions, Completion)
    programs = {row.completion_id: program_of(row) for row in answers}
    rows = describe_programs({name: code for name, code in programs.items() if code})
    write_table(quality, rows, Quality)
    found = quality_metrics(answers, rows, benchmarks, sampling.main_wording, config)
    write_json(metrics, found)


if __name__ == "__main__":
    run_stage(main)
