"""The tables between the scores and the counts, each with what is said of it."""

from codepref.report.audit import audit_cells, audit_columns
from codepref.report.contamination import COUNTS, count_cells
from codepref.report.numbers import Study
from codepref.report.results import result_tables
from codepref.report.rewards import REWARDS, reward_cells, reward_charts
from codepref.report.tables import Table
from codepref.report.training import MOVED, TRAINED, moved_cells, trained_cells


def sections(study: Study) -> list[Table]:
    """Give the tables that have rows, what they show first, how it came about last."""
    found = [
        *result_tables(study),
        Table(
            title="Learnt reward against execution",
            columns=REWARDS,
            rows=reward_cells(study),
            note="On responses to instructions that no training saw. AUC: share of (passing, "
            "failing) pairs of responses to one prompt in which the policy's log-ratio to its "
            "start, its implicit reward, is larger for the passing one; ties half; interval by "
            "bootstrap over prompts. The charts, P2's figure 1, show the log-ratios in nats by "
            "verdict and the rule's reward: box from first to third quartile with the median, "
            "stems to the extremes. Each has a scale of its own.",
            charts=reward_charts(study),
        ),
        Table(
            title="Training",
            columns=TRAINED,
            rows=trained_cells(study),
            note="on-policy: share of the pairs whose answers the trained start itself wrote. The "
            "loss of different methods is in different units.",
        ),
        Table(
            title="How far each training moved from its start",
            columns=MOVED,
            rows=moved_cells(study),
            note="Means over pairs of log pi - log pi_ref, summed over an answer's tokens, in "
            "nats. accuracy: share of the pairs whose chosen side gained more.",
        ),
    ]
    found.append(
        Table(
            title="Audit of the pairs",
            columns=audit_columns(study),
            rows=audit_cells(study),
            note="Each check's value against its bound, with the rows it found. The value is their "
            "share; of the length checks it is the lower end of the interval of the accuracy that "
            "a classifier reaches which sees lengths only, so 0.5 says nothing of correctness. No "
            "training starts on pairs that break a bound. The HTML report shows examples side by "
            "side.",
        )
    )
    found.append(
        Table(
            title="Contamination",
            columns=COUNTS,
            rows=count_cells(study),
            note="What of the data meets a benchmark task. Three numbers are of seeds, "
            "instructions, responses. removed: rows left out of all training, a response also with "
            "its instruction. touched: tasks that are not clean. The HTML report shows hits side "
            "by side; data/contamination has all.",
        )
    )
    return [table for table in found if table.rows]
