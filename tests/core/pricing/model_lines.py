"""The line offers of the model: which single units are in one, found unit by unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from liveshop.core.pricing.offers import BundleOffer, BuyGetOffer, QuantityOffer


@dataclass(eq=False)
class Unit:
    """One unit, and the line offer that it is in."""

    rid: str
    sku: str
    price: int
    offer: str | None = None


# How often it applies, its discount, the units that it falls on with their weights, and all units.
Found = tuple[int, int, list[tuple[Unit, int]], list[Unit]]
_NOTHING: Found = (0, 0, [], [])


def units_in(offer: QuantityOffer | BuyGetOffer | BundleOffer, free: Sequence[Unit]) -> Found:
    """Find what an offer takes of the units that are in no offer yet."""
    dearest_first = sorted(free, key=lambda unit: (-unit.price, unit.sku))
    if isinstance(offer, QuantityOffer):
        return _quantity(offer, dearest_first)
    if isinstance(offer, BuyGetOffer):
        return _buy_get(offer, dearest_first)
    return _bundle(offer, dearest_first)


def _off(worth: int, percent: int) -> int:
    """Return the discount whose rest is rounded half up."""
    return worth - floor(worth * Fraction(100 - percent, 100) + Fraction(1, 2))


def _quantity(offer: QuantityOffer, free: Sequence[Unit]) -> Found:
    units = [unit for unit in free if unit.sku in offer.skus]
    met = [step for step in offer.steps if len(units) >= step.at_least]
    if not met:
        return _NOTHING
    step = max(met, key=lambda step: step.at_least)
    if step.percent is not None:
        worth = sum(unit.price for unit in units)
        return 1, _off(worth, step.percent), [(unit, unit.price) for unit in units], units
    assert step.price is not None
    dearer = [(unit, unit.price - step.price) for unit in units if unit.price > step.price]
    return 1, sum(saved for _, saved in dearer), dearer, units


def _buy_get(offer: BuyGetOffer, free: Sequence[Unit]) -> Found:
    """Try the most times first, and have the cheapest unit that leaves enough to be bought."""
    limits = (offer.times, offer.units_left, offer.uses_left)
    most = min([len(free), *(limit for limit in limits if limit is not None)])
    for times in range(most, 0, -1):
        rest, had = list(free), list[Unit]()
        for unit in reversed(free):
            if unit.sku in offer.get.any_of and len(had) < times * offer.get.quantity:
                others = [each for each in rest if each is not unit]
                buyable = [each for each in others if each.sku in offer.buy.any_of]
                if len(buyable) >= times * offer.buy.quantity:
                    rest = others
                    had.append(unit)
        buyable = [unit for unit in rest if unit.sku in offer.buy.any_of]
        bought = buyable[: times * offer.buy.quantity]
        enough = len(bought) == times * offer.buy.quantity
        if enough and len(had) == times * offer.get.quantity:
            worth = sum(unit.price for unit in had)
            weights = [(unit, unit.price) for unit in had]
            return times, _off(worth, offer.percent), weights, [*had, *bought]
    return _NOTHING


def _bundle(offer: BundleOffer, free: Sequence[Unit]) -> Found:
    """Make one set after the other, each of the dearest units that are left for every part."""
    limits = (offer.units_left, offer.uses_left)
    most = min([len(free), *(limit for limit in limits if limit is not None)])
    rest, sets = list(free), list[list[Unit]]()
    while len(sets) < most:
        chosen = list[Unit]()
        for part in offer.parts:
            fitting = [u for u in rest if u.sku in part.any_of and u not in chosen]
            chosen += fitting[: part.quantity]
        worth = sum(unit.price for unit in chosen)
        too_few = len(chosen) < sum(part.quantity for part in offer.parts)
        if too_few or (offer.price is not None and worth <= offer.price):
            break
        sets.append(chosen)
        rest = [unit for unit in rest if unit not in chosen]
    units = [unit for chosen in sets for unit in chosen]
    worth = sum(unit.price for unit in units)
    if offer.percent is not None:
        amount = _off(worth, offer.percent)
    else:
        assert offer.price is not None
        amount = worth - offer.price * len(sets)
    return len(sets), amount, [(unit, unit.price) for unit in units], units
