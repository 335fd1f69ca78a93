"""What `codepref compare` found."""

from codepref.schema import Strict


class Side(Strict):
    """One of the two that are compared: a variant of a start, at a revision."""

    revision: str
    start: str
    variant: str

    @property
    def cell(self) -> str:
        """Name within the study."""
        return f"{self.start}/{self.variant}"

    @property
    def label(self) -> str:
        """Name that `codepref compare` takes."""
        return f"{self.revision}:{self.cell}"


class Difference(Strict):
    """Second minus first over some tasks; all None where no task has a score on both sides.

    Attributes:
        first, second: mean score over those tasks.
        low, high: percentile bootstrap over tasks.
    """

    n_tasks: int
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None


class Scores(Strict):
    """One side's scores on a benchmark.

    Attributes:
        n_tasks: with a score. n_scores: of their completions, or judgements.
        harness: fingerprint of all that the scores depend on besides the weights.
    """

    n_tasks: int
    n_scores: int
    mean: float | None
    harness: str


class BenchmarkComparison(Strict):
    """Two sides on one benchmark.

    Attributes:
        scores: of each side alone, first and second.
        paired: over the tasks that both have a score on.
        n_unpaired: tasks that one side alone has a score on, or none.
        won, lost: tasks that the second does better, or worse.
        p: exact McNemar; the sign test over tasks where scores are more than pass or fail.
        p_permutation: paired permutation of the mean. p_wilcoxon: where scores are graded.
        p_holm: p_wilcoxon where it is given, else p, adjusted over all that is shown together.
        detectable: smallest difference that would likely be found; None for none.
        clean: the same over the tasks that training, of either side, did not meet; None where that
            was not searched for.
        other_harness: what differs in how the two were scored, one line each.
    """

    benchmark: str
    first: Side
    second: Side
    scores: list[Scores]
    paired: Difference
    n_unpaired: int
    won: int | None
    lost: int | None
    p: float | None
    p_permutation: float | None
    p_wilcoxon: float | None
    p_holm: float | None
    detectable: float | None
    clean: Difference | None
    other_harness: list[str]


class Compared(Strict):
    """All comparisons of one call.

    Attributes:
        confidence: of the intervals. power: of what is called detectable.
        left_out: variants and benchmarks that one side alone has, one line each.
    """

    confidence: float
    power: float
    comparisons: list[BenchmarkComparison]
    left_out: list[str]
