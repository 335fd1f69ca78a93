"""What tasks without a verdict could do to a number: bounds that assume nothing about them.

Source: Horowitz & Manski 2000, JASA 95, p. 77, worst-case bounds.
"""

from codepref.statistics.intervals import Interval


def rate_bounds(rate: float | None, n_scored: int, n_tasks: int) -> Interval:
    """Give the rate over all tasks if every unscored one failed, and if every one passed.

    Args:
        rate: over the scored tasks, None if there are none.
        n_scored: tasks with a verdict.
        n_tasks: all tasks, >= 1.

    Raises:
        ValueError: counts that cannot be, or a rate without scored tasks.
    """
    if not 0 <= n_scored <= n_tasks or n_tasks < 1 or (rate is None) != (n_scored == 0):
        raise ValueError(f"expected a rate over 0 to {n_tasks} tasks, got {rate} over {n_scored}")
    low = (rate or 0.0) * n_scored / n_tasks
    return Interval(low, low + (n_tasks - n_scored) / n_tasks)


def difference_bounds(difference: float, n_scored: int, n_tasks: int) -> Interval:
    """Give a mean difference over all tasks if each unscored one gave -1, and if each gave 1.

    Args:
        difference: mean over the tasks that both sides have a verdict on.
        n_scored: such tasks, >= 1.
        n_tasks: all tasks.

    Raises:
        ValueError: counts that cannot be.
    """
    if not 1 <= n_scored <= n_tasks:
        raise ValueError(f"expected 1 to {n_tasks} scored tasks, got {n_scored}")
    total, open_ = difference * n_scored, n_tasks - n_scored
    return Interval((total - open_) / n_tasks, (total + open_) / n_tasks)
