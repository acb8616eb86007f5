"""Faults planted in offers: in the price pipeline, and in the limits that it keeps to."""

from typing import Final

from tests.planted.fault import Fault

_PRICING: Final = "liveshop/core/pricing"
_GOLDEN: Final = "tests/core/pricing/test_golden.py"
_BY_HAND: Final = f"{_GOLDEN}::test_a_cart_comes_to_what_was_worked_out_by_hand"
_ANY_ORDER: Final = f"{_GOLDEN}::test_it_comes_to_the_same_in_whatever_order_the_cart_was_filled"
_SHARES: Final = "tests/core/pricing/test_shares.py"
_ALONE: Final = "tests/core/pricing/test_alone.py"

_OFFERS: Final = "liveshop/features/offers"
_ENGINE: Final = "liveshop/engine/purchase"
_ROOM: Final = "tests/features/offers/test_room.py"
_LOSSES: Final = "tests/features/offers/test_losses.py"
_TAKES: Final = "tests/stores/redis/test_takes.py"

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
    Fault(
        name="what a buyer has taken is not spent by its order",
        promise="P12: a taken use is used twice, and the last one refused to its own buyer",
        file="liveshop/stores/redis/lua/charges.lua",
        old="  local spent = spend_takes(batch, charge)\n",
        new="  local spent = {}\n",
        tests=(f"{_TAKES}::test_an_order_spends_what_its_buyer_took_and_nothing_of_others",),
    ),
    Fault(
        name="a held buy ordered with others",
        promise="P5: a rid is in two orders, one of them under its own name",
        file="liveshop/stores/redis/lua/orders.lua",
        old="    local own = record.command == 'buy' and record.rid ~= order_id\n",
        new="    local own = false\n",
        tests=(f"{_TAKES}::test_a_buy_that_waits_is_held_and_ordered_under_its_own_rid_only",),
    ),
    Fault(
        name="an order above the total that its buyer saw",
        promise="P14: a buyer pays more than the page said",
        file=f"{_ENGINE}/priced_cart.py",
        old="quote.priced.goods > wanted.total",
        new="quote.priced.goods > wanted.total * 2",
        tests=(f"{_ROOM}::test_an_order_above_the_total_that_was_seen_changes_nothing",),
    ),
    Fault(
        name="an order whose node died costs what it would without its offers",
        promise="P14: a buyer has used up a code and pays the full price",
        file=f"{_ENGINE}/writer.py",
        old="not (pricing.in_force or ordered.charge)",
        new="not pricing.in_force",
        tests=(f"{_LOSSES}::test_an_order_whose_node_died_after_its_charges_costs_what_they_say",),
    ),
    Fault(
        name="a purchase sent again after its offer refused",
        promise="P5: a buyer is told that a purchase was not made which was",
        file=f"{_ENGINE}/priced_cart.py",
        old="            if await self._is_ordered(buyer, order_id, rids):\n",
        new="            if await self._is_ordered(buyer, order_id, ()) and False:\n",
        tests=(
            f"{_ROOM}::test_a_purchase_that_is_sent_again_after_its_offer_is_the_same_purchase",
        ),
    ),
    Fault(
        name="a closed offer good for those who never took it",
        promise="P12: an offer goes on after its end",
        file=f"{_OFFERS}/room_pricing.py",
        old="            if rule.offer in closed or (rule.who",
        new="            if (rule.who",
        tests=(f"{_ROOM}::test_a_closed_offer_is_still_good_for_those_who_took_it",),
    ),
    Fault(
        name="a secret offer had by its number",
        promise="an offer for those who know its code is for everyone who can count",
        file=f"{_OFFERS}/room_pricing.py",
        old='(rule.who == "code" and not word)',
        new="False",
        tests=(f"{_ROOM}::test_a_secret_code_is_told_to_nobody_and_works_for_those_who_know_it",),
    ),
    Fault(
        name="a secret code in its event",
        promise="every viewer reads a code that was given to a few",
        file=f"{_OFFERS}/rules.py",
        old='    if command.who == "code":\n',
        new='    if command.who == "nobody":\n',
        tests=(
            "tests/features/offers/test_rules.py"
            "::test_the_word_of_a_secret_code_and_viewers_stand_next_to_the_log_only",
        ),
    ),
    Fault(
        name="codes guessed without end",
        promise="a program finds every code of a show",
        file=f"{_OFFERS}/room_pricing.py",
        old="            self._guesses.note(buyer, address, now_ms)\n",
        new="",
        tests=(
            f"{_ROOM}::test_what_is_unknown_closed_or_not_yours_is_answered_alike_and_not_for_ever",
        ),
    ),
    Fault(
        name="an order of nothing waits for money",
        promise="P4: units are held for a payment that nobody can make",
        file=f"{_ENGINE}/writer.py",
        old=' == "checkout" and priced.goods > 0\n',
        new=' == "checkout"\n',
        tests=(f"{_LOSSES}::test_an_order_of_nothing_is_confirmed_where_others_wait_for_money",),
    ),
    Fault(
        name="a lost take told to nobody",
        promise="P5: a buyer believes a use kept that is gone",
        file=f"{_ENGINE}/order_outcomes.py",
        old="            self._session.mailbox.tell(take.buyer, told)\n",
        new="",
        tests=(
            f"{_LOSSES}::test_what_was_taken_is_kept_through_a_rebuild_and_refused_if_it_is_lost",
        ),
    ),
)
