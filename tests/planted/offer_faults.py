"""Faults planted in offers: in the price pipeline, and in the limits that it keeps to."""

from typing import Final

from tests.planted.fault import Fault

_PRICING: Final = "liveshop/core/pricing"
_GOLDEN: Final = "tests/core/pricing/test_golden.py"
_BY_HAND: Final = f"{_GOLDEN}::test_a_cart_comes_to_what_was_worked_out_by_hand"
_ANY_ORDER: Final = f"{_GOLDEN}::test_it_comes_to_the_same_in_whatever_order_the_cart_was_filled"
_SHARES: Final = "tests/core/pricing/test_shares.py"
_ALONE: Final = "tests/core/pricing/test_alone.py"

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="the remainder of a shared discount is dropped",
        promise="P14: the lines do not sum to the total, by the cents that floors leave over",
        file=f"{_PRICING}/shares.py",
        old="    if missing:\n",
        new="    if missing < 0:\n",
        tests=(f"{_SHARES}::test_shares_by_hand", _BY_HAND),
    ),
    Fault(
        name="a tie of remainders goes to the first line, not to the larger",
        promise="P14: a cent is on another line than the rules say",
        file=f"{_PRICING}/shares.py",
        old="-weights[n], n)",
        new="n)",
        tests=(f"{_SHARES}::test_shares_by_hand",),
    ),
    Fault(
        name="returned units are worth the floor of a unit's share each",
        promise="P14: a buyer who returns all of a line gets less than was paid for it",
        file=f"{_PRICING}/shares.py",
        old="    return final * (done + units) // quantity - final * done // quantity\n",
        new="    return final // quantity * units\n",
        tests=(f"{_SHARES}::test_returns_of_all_units_sum_to_what_was_paid_in_whatever_portions",),
    ),
    Fault(
        name="entries are in the order in which the cart was filled",
        promise="P14: the same cart has another total when it was filled in another order",
        file=f"{_PRICING}/entries.py",
        old=" in sorted(placed):",
        new=" in placed:",
        tests=(_ANY_ORDER,),
    ),
    Fault(
        name="a percentage is rounded for each unit",
        promise="P14: a cent a unit is lost to rounding",
        file=f"{_PRICING}/quantity.py",
        old="worth - percent_off(worth, met.percent)",
        new="sum(percent_off(e.price, 100 - met.percent) * n for e, n in zip(entries, taken))",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="the dearest unit is the free one",
        promise="P14: an offer gives more than it says",
        file=f"{_PRICING}/buy_get.py",
        old="    for n in range(len(entries) - 1, -1, -1):\n",
        new="    for n in range(len(entries)):\n",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="units to be bought are not kept from those that may be free",
        promise="P14: one unit counts twice in an offer, as bought and as free",
        file=f"{_PRICING}/buy_get.py",
        old="                units = min(units, spare)\n",
        new="",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="a unit goes into a second line offer",
        promise="P14: a unit is discounted by two offers of one stage",
        file=f"{_PRICING}/lines.py",
        old="                    free[n] -= units\n",
        new="",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="a percentage of what another percentage left",
        promise="P14: the total depends on which of two codes comes first",
        file=f"{_PRICING}/codes.py",
        old="min(amount, sum(weights))",
        new="_amount(offer, sum(weights))",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="an offer's budget is ignored",
        promise="P12: an offer gives more money than its budget has",
        file=f"{_PRICING}/cut.py",
        old="offer.budget_left < amount",
        new="offer.budget_left < 0",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="what is left of an offer for one buyer is ignored",
        promise="P12: a buyer uses an offer more often than its limit",
        file=f"{_PRICING}/offers.py",
        old="            times = self.uses_left\n",
        new="            pass\n",
        tests=(_BY_HAND,),
    ),
    Fault(
        name="of equal offers that go with no other the first in rank counts",
        promise="P14: which offer is used up depends on what a host has put first",
        file=f"{_PRICING}/pipeline.py",
        old="sorted(by_themselves[:OFFERS_ALONE_MAX], key=lambda offer: offer.offset)",
        new="by_themselves[:OFFERS_ALONE_MAX]",
        tests=(f"{_ALONE}::test_of_equal_ones_the_lowest_offset_wins_whatever_their_rank",),
    ),
    Fault(
        name="free delivery by what goods cost before codes",
        promise="P14: a threshold is met by money that nobody pays",
        file=f"{_PRICING}/pipeline.py",
        old="delivered(goods, offers)",
        new="delivered(after_lines, offers)",
        tests=(_BY_HAND,),
    ),
)
