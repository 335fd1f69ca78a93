"""The numbers of the report: read from metrics/, enumerated from the grid, never globbed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from codepref.audit.rows import Finding
from codepref.contamination.rows import Hit
from codepref.errors import DataError
from codepref.files import read_json
from codepref.grid import Grid
from codepref.lineage.leaf import PERFORMANCE, Leaf, leaves, programs
from codepref.lineage.numbers import take
from codepref.records import Json
from codepref.schema import Strict, describe


class Numbers(BaseModel):
    """A part of a metrics file: needed keys are typed, further ones belong to other readers."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


NumbersT = TypeVar("NumbersT", bound=Numbers)


class CleanScore(Numbers):
    """pass@1 over the tasks that training did not meet, None where there is none."""

    pass_at_1: float | None
    low: float | None
    high: float | None
    n_tasks: int
    n_touched: int


class Score(Numbers):
    """pass@1 of one variant on one benchmark, None where no task was scored."""

    pass_at_1: float | None
    low: float | None
    high: float | None
    n_tasks: int
    policy_digest: str
    verdicts: dict[str, int]
    clean: CleanScore


class CleanComparison(Numbers):
    """Aligned minus baseline over the tasks that training did not meet; None without one."""

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


class Comparison(Numbers):
    """Aligned minus baseline, tasks paired. All None where no task of both was scored.

    Attributes:
        p_holm: p adjusted over the family of all comparisons.
        lowest, highest: the difference if every task without a verdict spoke against it, for it.
    """

    n_tasks: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    confidence: float | None = None
    lowest: float | None = None
    highest: float | None = None
    only_baseline: int | None = None
    only_aligned: int | None = None
    note: str = ""
    clean: CleanComparison


class GainsComparison(Numbers):
    """Gain of the pretrained start minus gain of the finetuned start, tasks paired."""

    n_tasks: int
    pretrained_gain: float | None = None
    finetuned_gain: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_holm: float | None = None
    confidence: float | None = None
    note: str = ""


class FirstLast(Numbers):
    """A value at the first and at the last step."""

    first: float | None
    last: float | None


class Ratios(Numbers):
    """Means over pairs of log pi - log pi_ref after training, in nats; None without pairs."""

    n_pairs: int
    chosen_log_ratio: float | None
    rejected_log_ratio: float | None
    margin: float | None
    accuracy: float | None


class Tokens(Numbers):
    """Tokens of one epoch."""

    prompt: int
    answers: int


class Training(Numbers):
    """metrics/align/<cell>.json.

    Attributes:
        training: columns of the curve. rows_digest: of the ids of the pairs, in order.
        final: over the pairs that were trained on. held_out: over those that were not.
    """

    start_digest: str
    pairs_sha256: str
    adapter_digest: str
    rows_digest: str
    n_pairs: int
    n_on_policy: int
    n_steps: int
    tokens_per_epoch: Tokens
    training: dict[str, FirstLast]
    final: Ratios
    held_out: Ratios
    n_near_identical: int
    chosen_likelihood_fell: bool

    @property
    def on_policy_share(self) -> float | None:
        """Share of the pairs whose answers the trained start wrote; None without pairs."""
        return self.n_on_policy / self.n_pairs if self.n_pairs else None


class ScoredLeaf(Strict):
    """pass@1 of a leaf on one benchmark that programs judge.

    Attributes:
        comparison: None for a baseline, and for EvalPerf, whose comparison is of another score.
    """

    leaf: Leaf
    benchmark: str
    score: Score
    comparison: Comparison | None


class Gain(Strict):
    """One line of the table of gains."""

    model: str
    variant: str
    benchmark: str
    gains: GainsComparison


class Study(Strict):
    """Every number of the report.

    Attributes:
        findings: examples of what the audits found, of all generators.
        hits: what of the data meets a benchmark task, of all generators.
        files: each metrics file by its path below metrics/, as it is.
    """

    metrics: str
    grid: Grid
    scores: list[ScoredLeaf]
    gains: list[Gain]
    findings: list[Finding]
    hits: list[Hit]
    files: dict[str, dict[str, JsonValue]]


def read_study(
    metrics: Path, grid: Grid, findings: Sequence[Finding] = (), hits: Sequence[Hit] = ()
) -> Study:
    """Read the metrics of every cell of the grid.

    Args:
        metrics: the folder.
        grid: what to read.
        findings: of the audits, to show, of every generator.
        hits: to show, of every generator.

    Raises:
        DataError: a file is absent, or lacks a number that the report needs.
    """
    return Study(
        metrics=metrics.as_posix(),
        grid=grid,
        scores=[
            _scored(metrics, leaf, benchmark)
            for benchmark in programs(grid)
            for leaf in leaves(grid)
        ],
        gains=_gains(metrics, grid),
        findings=list(findings),
        hits=list(hits),
        files={name: dict(read_json(metrics / name)) for name in metric_files(grid)},  # type: ignore[arg-type]  # JSON by its source
    )


def metric_files(grid: Grid) -> list[str]:
    """Name the metrics files of the grid's cells, in the order of the stages."""
    starts = [f"{model}-{start}" for model in grid.models for start in grid.starts]
    made = {f"{model}-finetuned" for model in grid.sft_models}
    per_generator = [
        f"{stage}/{key}.json"
        for stage in ("execute_responses", "build_pairs")
        for key in grid.generators
    ]
    return [
        *(f"fetch_checkpoints/{key}.json" for key in starts if key not in made),
        *(f"fetch_benchmarks/{benchmark}.json" for benchmark in grid.searched),
        "gather_seeds.json",
        "judge_seeds.json",
        "write_instructions.json",
        *(f"check_contamination/{key}.json" for key in grid.generators),
        *(f"sample_responses/{key}.json" for key in starts),
        *per_generator,
        *(f"audit_pairs/{key}.json" for key in grid.generators),
        *(f"finetune/{model}.json" for model in grid.sft_models),
        *(f"score_reference/{key}.json" for key in (*starts, *grid.off_policy)),
        *(f"align/{leaf.name}.json" for leaf in leaves(grid) if leaf.cell),
        *(f"score_rewards/{key}.json" for key in starts),
        *(f"sample_benchmark/{key}.json" for key in starts),
        *(f"score_benchmark/{key}.json" for key in starts),
        *(f"measure_performance/{key}.json" for key in starts),
        "judge_completions.json",
        *(f"measure_quality/{key}.json" for key in starts),
        "compare_models.json",
    ]


def part(study: Study, file: str, schema: type[NumbersT], *keys: str) -> NumbersT:
    """Give a typed part of one metrics file.

    Raises:
        DataError: a needed key is absent or of another type; the message names file and key.
    """
    return _validated(study.files[file], Path(study.metrics) / file, schema, *keys)


def trainings(study: Study) -> list[tuple[Leaf, Training]]:
    """Give what each training of the grid says of itself."""
    found = [leaf for leaf in leaves(study.grid) if leaf.cell]
    return [(leaf, part(study, f"align/{leaf.name}.json", Training)) for leaf in found]


def _scored(metrics: Path, leaf: Leaf, benchmark: str) -> ScoredLeaf:
    path = metrics / "score_benchmark" / f"{leaf.start_key}.json"
    score = _validated(read_json(path), path, Score, benchmark, leaf.variant)
    comparison = None
    if leaf.cell is not None and benchmark != PERFORMANCE:
        path = metrics / "compare_models.json"
        keys = ("pathways", leaf.start_key, leaf.variant, benchmark)
        comparison = _validated(read_json(path), path, Comparison, *keys)
    return ScoredLeaf(leaf=leaf, benchmark=benchmark, score=score, comparison=comparison)


def _gains(metrics: Path, grid: Grid) -> list[Gain]:
    """Give the gains of models that have both starts."""
    if not {"pretrained", "finetuned"} <= set(grid.starts):
        return []
    path = metrics / "compare_models.json"
    compared = read_json(path)
    return [
        Gain(
            model=model,
            variant=variant,
            benchmark=benchmark,
            gains=_validated(
                compared, path, GainsComparison, "difference_of_gains", model, variant, benchmark
            ),
        )
        for benchmark in grid.benchmarks
        for model in grid.models
        for variant in grid.own_variants
    ]


def _validated(
    numbers: Mapping[str, Json], path: Path, schema: type[NumbersT], *keys: str
) -> NumbersT:
    try:
        return schema.model_validate(take(numbers, path, *keys))
    except ValidationError as error:
        where = f"{path}:{'.'.join(keys)}" if keys else str(path)
        raise DataError(f"{where}: {describe(error)}; run `dvc repro`") from error
