"""How one amount falls on several lines, and how a line's final falls on its units."""

from collections.abc import Sequence


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Share an amount out by weights that sum to at least as much, by largest remainder.

    Each share is the floor of the exact one. The units that are missing go one each to the largest
    remainders, of equal ones to the larger weight, of equal weights to the earlier one. So the
    shares sum to the amount, and none is above its weight.
    """
    whole = sum(weights)
    if amount == whole:
        return list(weights)
    shares = [amount * weight // whole for weight in weights]
    missing = amount - sum(shares)
    if missing:
        by_remainder = sorted(
            range(len(weights)), key=lambda n: (-(amount * weights[n] % whole), -weights[n], n)
        )
        for n in by_remainder[:missing]:
            shares[n] += 1
    return shares


def worth(final: int, quantity: int, *, done: int, units: int) -> int:
    """Return what `units` more of a line are worth after `done` of its `quantity` were paid back.

    A floor of each unit's price would lose cents, and ceilings would pay back too much. The
    differences of cumulative floors sum to `final` in whatever portions units come back.
    """
    return final * (done + units) // quantity - final * done // quantity
