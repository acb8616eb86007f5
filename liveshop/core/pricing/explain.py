"""The check that a price explains itself, on every order that has an offer."""

from collections.abc import Sequence

from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.offers import AnyOffer
from liveshop.core.pricing.price import Priced


def check(cart: Cart, offers: Sequence[AnyOffer], priced: Priced) -> None:
    """Assert that finals, reasons, goods and uses agree, and that no offer gives more than it may.

    A failure is a bug of the pipeline. Nothing is ordered then, rather than at a sum that nobody
    can explain.
    """
    by_row = {offer.offer: offer for offer in offers}
    explained = {line.rid: line.price * line.quantity for line in cart.lines}
    for reason in priced.why:
        assert reason.offer in by_row, "a reason names its offer"
        amount = 0
        for rid, share in reason.lines.items():
            assert share < 0, "an offer makes no line dearer"
            explained[rid] += share
            amount += share
        assert amount == reason.amount, "a reason is the sum of its shares"
    finals = priced.finals
    assert tuple(explained.values()) == finals, "a final is its units' price and its reasons"
    assert min(finals) >= 0, "no line is below nothing"
    assert sum(finals) == priced.goods, "the goods are the sum of the finals"
    for use in priced.uses:
        offer = by_row[use.row.removesuffix("$")]
        if use.row == offer.offer:
            assert offer.times_at_most(use.units) == use.units, "no more uses than are left"
        else:
            assert use.units <= (offer.budget_left or 0), "no more money than is left"
