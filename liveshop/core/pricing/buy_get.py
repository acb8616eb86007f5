"""Buy so many, get so many cheaper."""

from collections.abc import Sequence

from liveshop.core.money import percent_off
from liveshop.core.pricing.cut import Cut, cut_of
from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import BuyGetOffer


def buy_get_cut(offer: BuyGetOffer, entries: Sequence[Entry], free: Sequence[int]) -> Cut | None:
    """Apply it as often as the free units are enough for it, all times at once.

    The cheapest units that may be had are had, as long as enough others are left to be bought; the
    most expensive of the rest are the bought ones. If each time took its bought units first, the
    only unit that may be had could be among them, and the offer would not apply to a cart that has
    all it asks for.
    """
    bought, had = offer.buy.any_of, offer.get.any_of
    for_buying = for_having = in_all = 0
    for entry, units in zip(entries, free, strict=True):
        buys, gets = entry.sku in bought, entry.sku in had
        for_buying += units if buys else 0
        for_having += units if gets else 0
        in_all += units if buys or gets else 0
    buy, get = offer.buy.quantity, offer.get.quantity
    times = min(for_buying // buy, for_having // get, in_all // (buy + get))
    if offer.times is not None:
        times = min(times, offer.times)
    times = offer.times_at_most(times)
    if times <= 0:
        return None
    # From the cheapest up: of units that are for both, no more than can be spared from buying.
    taken, weights = [0] * len(entries), [0] * len(entries)
    wanted, spare = get * times, for_buying - buy * times
    for n in range(len(entries) - 1, -1, -1):
        entry = entries[n]
        if wanted and entry.sku in had:
            units = min(free[n], wanted)
            if entry.sku in bought:
                units = min(units, spare)
                spare -= units
            taken[n], weights[n] = units, units * entry.price
            wanted -= units
    # From the dearest down: the bought ones, which no later offer may have.
    wanted = buy * times
    for n, entry in enumerate(entries):
        if wanted and entry.sku in bought:
            units = min(free[n] - taken[n], wanted)
            taken[n] += units
            wanted -= units
    worth = sum(weights)
    amount = worth - percent_off(worth, offer.percent)
    return cut_of(offer, amount, weights, times=times, taken=taken)
