"""Several tests at once: p values that keep the chance of any false finding."""

from collections.abc import Mapping


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust the p values of a family by Holm's step-down method, by the same names.

    A difference may be called real at level a if its adjusted p is at most a; the chance that any
    such call in the family is false is then at most a, whatever hangs together.
    Source: Holm 1979, Scandinavian Journal of Statistics 6, p. 65.

    Raises:
        ValueError: a value is no probability.
    """
    wrong = {name: p for name, p in p_values.items() if not 0 <= p <= 1}
    if wrong:
        raise ValueError(f"a p value lies in [0, 1], got {wrong}")
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: (p_values[name], name))):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}
