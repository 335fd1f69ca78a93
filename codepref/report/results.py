"""The tables of scores: the papers' first, then what the scores owe to other things."""

from collections.abc import Sequence

from codepref.report.budget import BUDGET, budget_cells
from codepref.report.contamination import CLEAN, clean_cells
from codepref.report.contrasts import ORIGINS, SAME_PAIRS, origin_cells, same_pairs_cells
from codepref.report.forest import forest_charts
from codepref.report.harness import (
    CONTROL,
    COVERAGE,
    HARNESS,
    control_cells,
    coverage_cells,
    harness_cells,
)
from codepref.report.judged import (
    AGREEMENT,
    JUDGES,
    RATINGS,
    agreement_cells,
    judge_cells,
    rating_cells,
)
from codepref.report.measured import Measured, measured
from codepref.report.noise import MARKED, UNITS
from codepref.report.numbers import Study
from codepref.report.pathways import GAINS, GAPS, PATHWAYS, gains_cells, gap_cells, pathway_cells
from codepref.report.performance import MEASURES, performance_cells
from codepref.report.quality import QUALITY, quality_cells
from codepref.report.tables import Table
from codepref.report.wordings import WORDINGS, wording_cells


def result_tables(study: Study) -> list[Table]:
    """Give the tables of scores, those without rows too."""
    rows = measured(study)
    return [
        *_papers(study, rows),
        *_judged(study),
        *_owed(study),
        *_conditions(study),
    ]


def _papers(study: Study, rows: Sequence[Measured]) -> list[Table]:
    return [
        Table(
            title="P1's main table: what alignment adds on each pathway",
            columns=PATHWAYS,
            rows=pathway_cells(rows),
            note=f"In brackets: intervals. {UNITS} Gain: aligned minus baseline on the n tasks "
            "that both have a score on, which on EvalPerf are fewer than the scores are over; "
            "that of one dimension of a judged benchmark is the difference of two means, which "
            f"nobody compared task by task. {MARKED} The chart has the same differences; a hollow "
            "dot is within noise.",
            charts=forest_charts(rows),
        ),
        Table(
            title="Gap of the baselines",
            columns=GAPS,
            rows=gap_cells(rows),
            note="How far apart the two starts are before alignment; the difference of two scores, "
            "without an interval of its own.",
        ),
        Table(
            title="Do the two pathways gain alike?",
            columns=GAINS,
            rows=gains_cells(study),
            note="P1's claim: gain of the pretrained start minus gain of the finetuned start, "
            f"tasks paired. {UNITS} {MARKED}",
        ),
        Table(
            title="P2's table 1: DPO against RFT on the very same pairs",
            columns=SAME_PAIRS,
            rows=same_pairs_cells(study, rows),
            note="RFT reads the chosen side of each pair, DPO both. Same pairs: their ids, in "
            "order, have one digest; numbers in brackets are of RFT, then of DPO. The intervals "
            "are of the scores and of the differences to the baseline; DPO less RFT has none. "
            f"{MARKED}",
        ),
        Table(
            title="P2's table 2: own answers against another's",
            columns=ORIGINS,
            rows=origin_cells(study, rows),
            note="The same method and seed on pairs of the start's own answers and of another's. "
            "on-policy: share of the pairs whose answers the trained start wrote, by digest of its "
            f"weights. The two sets of pairs differ in number too. {MARKED}",
        ),
    ]


def _judged(study: Study) -> list[Table]:
    return [
        Table(
            title="EvalPerf: speed of passing programs",
            columns=MEASURES,
            rows=performance_cells(study),
            note="DPS: differential performance score, mean over the tasks with enough passing "
            "programs, with its interval. Scores of different counters are not compared. NO: the "
            "inputs or the counter are not EvalPerf's own, so the number stands beside no "
            "published one.",
        ),
        Table(
            title="Ratings by a judge",
            columns=RATINGS,
            rows=rating_cells(study),
            note="From 1 to 10, with intervals over tasks. A judgement without a rating is in no "
            "mean; the last column says what it would be if it counted as 0.",
        ),
        Table(
            title="Agreement of judgements",
            columns=AGREEMENT,
            rows=agreement_cells(study),
            note="Cohen's kappa with quadratic weights of two passes, or judges, over the same "
            "answers, with a bootstrap interval over tasks. 1: the same ratings; 0: no more alike "
            "than chance. without both: answers that only one or neither of the two rated.",
        ),
        Table(
            title="The judge",
            columns=JUDGES,
            rows=judge_cells(study),
            note="What the ratings depend on besides the weights. Those of one fingerprint can be "
            "compared.",
        ),
        Table(
            title="Code quality",
            columns=QUALITY,
            rows=quality_cells(study),
            note="Means over tasks of the programs that have the measure, with intervals, by ruff, "
            "radon and bandit, which neither run a program nor say if it is right. complexity: the "
            "largest cyclomatic one of a function; maintainability: index from 0 to 100, higher is "
            "better; findings: a program's; documented: share of public functions and classes with "
            "a docstring; annotated: share of parameters and returns with a type.",
        ),
    ]


def _owed(study: Study) -> list[Table]:
    return [
        Table(
            title="Prompt sensitivity",
            columns=WORDINGS,
            rows=wording_cells(study),
            note="pass@1 in percent in each wording of the prompt, with intervals, over the tasks "
            "that are put in all of them. range: highest minus lowest, in percentage points.",
        ),
        Table(
            title="What a score owes to",
            columns=BUDGET,
            rows=budget_cells(study),
            note="Standard deviations of the score: over trainings that differ in their seed, over "
            "wordings, of the completions drawn, of the tasks drawn, and of judging a completion "
            f"again; n: levels that were varied. {UNITS}",
        ),
        Table(
            title="Scores on all and on clean tasks",
            columns=CLEAN,
            rows=clean_cells(study),
            note="Clean: tasks that no seed, instruction or response of an instruction in training "
            "meets, for any generator of the study, by the hits under Contamination, removed or "
            "not. The tasks are the same for all variants.",
        ),
    ]


def _conditions(study: Study) -> list[Table]:
    return [
        Table(
            title="Scores where a verdict is missing",
            columns=COVERAGE,
            rows=coverage_cells(study),
            note="A task has no verdict where the harness, or the canonical solution, failed. The "
            "scores are over the tasks with one; the bounds say what the others could do to them.",
        ),
        Table(
            title="Control: the canonical solutions",
            columns=CONTROL,
            rows=control_cells(study),
            note="Judged in the same run and under the same limits as the completions. judged "
            "again: alone, after a failure or a limit beside others. No answer to a task that "
            "failed has a verdict, and an input that was skipped counts for no completion.",
        ),
        Table(
            title="Harness",
            columns=HARNESS,
            rows=harness_cells(study),
            note="What the scores depend on besides the weights. Scores of one fingerprint can be "
            "compared.",
        ),
    ]
