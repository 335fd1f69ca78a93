"""What a benchmark can see: the smallest difference that a paired test would likely find."""

from statistics import NormalDist


def detectable_difference(
    n_tasks: int, discordance: float, *, confidence: float, power: float
) -> float | None:
    """Smallest difference of two pass rates on the same tasks that McNemar's test likely finds.

    Solves n = (z_a sqrt(psi) + z_b sqrt(psi - d^2))^2 / d^2 for d, with z_a for two sides at
    1 - confidence, z_b for the power and psi the share of tasks on which the two models differ.
    Source: Connor 1987, Biometrics 43, p. 207, eq. for the unconditional test.

    Args:
        n_tasks: tasks that both answered, >= 1.
        discordance: psi, in [0, 1].
        confidence: of the test, in (0, 1).
        power: chance to find it, above 1/2 and below 1.

    Returns:
        The difference as a rate; None where no difference can be seen: even if one model won every
        task on which the two differ, the test would miss it too often.

    Raises:
        ValueError: an argument is outside its bounds.
    """
    if n_tasks < 1 or not 0 <= discordance <= 1 or not 0 < confidence < 1 or not 0.5 < power < 1:
        raise ValueError(
            "expected n_tasks >= 1, 0 <= discordance <= 1, 0 < confidence < 1 and "
            f"1/2 < power < 1, got {n_tasks}, {discordance}, {confidence}, {power}"
        )
    z_a = NormalDist().inv_cdf((1 + confidence) / 2)
    z_b = NormalDist().inv_cdf(power)
    # (d sqrt(n) - z_a sqrt(psi))^2 = z_b^2 (psi - d^2) is quadratic in d: the larger root.
    a = n_tasks + z_b**2
    half_b = z_a * (n_tasks * discordance) ** 0.5
    c = discordance * (z_a**2 - z_b**2)
    found = (half_b + max(0.0, half_b**2 - a * c) ** 0.5) / a
    return found if 0 < found <= discordance else None
