"""Stage judge_completions: a model rates the answers to instructions. One server, or a URL."""

from contextlib import closing
from pathlib import Path

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.reading import read_tasks
from codepref.benchmarks.rows import Completion
from codepref.checkpoints.manifest import read_start
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import read_json, write_json
from codepref.grid import Grid
from codepref.judge.config import JudgeCompletionsConfig
from codepref.judge.items import judgeable, judged_benchmarks
from codepref.judge.judges import JudgeSource, local_judge, remote_judge
from codepref.judge.judging import judge_all
from codepref.judge.metrics import Circumstances, judge_metrics
from codepref.judge.prompts import Judgeable
from codepref.judge.rows import Rating
from codepref.ledger import Ledger
from codepref.sampling.config import EngineConfig
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(
    completions: Path, tasks: Path, sources: Path, start: Path, ratings: Path, metrics: Path
) -> None:
    """Judge the completions of every start; with nothing to judge, no judge is looked for."""
    config = load_section("judge_completions", JudgeCompletionsConfig)
    sampling = load_section("sample_benchmark", SampleBenchmarkConfig)
    grid = load_section("grid", Grid)
    judged = judged_benchmarks(grid.benchmarks)
    known = {name: read_tasks(tasks, name) for name in judged}
    starts = [f"{model}-{side}" for model in grid.models for side in grid.starts]
    items: list[Judgeable] = []
    policies: dict[tuple[str, str], str] = {}
    for key in starts if judged else []:
        answers = read_table(completions / f"{key}.parquet", Completion)
        items += judgeable(key, answers, known, sampling.main_wording)
        policies |= {(key, row.variant): row.policy_digest for row in answers}
    judges = _judges(config, start) if judged else []
    rows: list[Rating] = []
    with closing(Ledger(state_dir() / "judgements.sqlite")) as ledger:
        for judge in judges:
            rows += judge_all(items, judge, ledger, config)
    found = [
        Circumstances(
            name, known[name], read_json(sources / f"{name}.json"), sampling, config, judges
        )
        for name in judged
    ]
    write_table(ratings, rows, Rating)
    write_json(metrics, judge_metrics(rows, starts, found, policies, config))


def _judges(config: JudgeCompletionsConfig, start: Path) -> list[JudgeSource]:
    if config.remote:
        first = remote_judge(config.remote, config)
    else:
        first = local_judge(read_start(start), load_section("engine", EngineConfig), config)
    second = config.second_judge
    return [first, remote_judge(second, config)] if second else [first]


if __name__ == "__main__":
    run_stage(main)
