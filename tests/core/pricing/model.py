"""A slow, obvious price pipeline: single units in a list, exact fractions, no other algorithm.

It is written from the rules, not from the code, and shares nothing with the package but the records
of carts and offers.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any, TypeVar

from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.offers import (
    AnyOffer,
    BundleOffer,
    BuyGetOffer,
    CodeOffer,
    DeliveryOffer,
    GiftOffer,
    QuantityOffer,
    Terms,
)
from tests.core.pricing.model_lines import Unit, units_in

_Key = TypeVar("_Key")
# A SKU at a price: whatever is said of one such unit is true of all of them.
Kind = tuple[int, str]


@dataclass
class Outcome:
    """Everything that an order would be written with."""

    finals: dict[str, int]
    why: list[tuple[str, str, int, dict[str, int]]] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)
    gifts: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def goods(self) -> int:
        """The sum of all finals."""
        return sum(self.finals.values())


def share_out(
    amount: int, weights: Mapping[_Key, int], tie: Callable[[_Key], Any]
) -> dict[_Key, int]:
    """Give everyone the floor of the exact share, and the rest cent by cent."""
    whole = sum(weights.values())
    exact = {key: Fraction(amount * weight, whole) for key, weight in weights.items()}
    shares = {key: floor(share) for key, share in exact.items()}
    waiting = sorted(exact, key=lambda key: (shares[key] - exact[key], -weights[key], tie(key)))
    while sum(shares.values()) < amount:
        shares[waiting.pop(0)] += 1
    return shares


def modelled(cart: Cart, terms: Terms) -> Outcome:
    """Price a cart as the rules say."""
    usable = [offer for offer in terms.offers if _usable(offer, cart)]
    others = [offer for offer in usable if not offer.alone]
    solo = [offer for offer in usable if offer.alone][:8]
    outcomes = [(-1, _One(cart).priced(others))]
    outcomes += [(int(offer.offer[1:]), _One(cart).priced([offer])) for offer in solo]
    ranked = sorted(
        ((outcome.goods, offset, outcome) for offset, outcome in outcomes if outcome.why),
        key=lambda each: each[:2],
    )
    return ranked[0][2] if ranked else outcomes[0][1]


def _usable(offer: AnyOffer, cart: Cart) -> bool:
    limits = (offer.units_left, offer.uses_left, offer.budget_left)
    return 0 not in limits and (not offer.named or offer.offer in cart.offers)


class _One:
    """One cart on its way through the stages."""

    def __init__(self, cart: Cart) -> None:
        self.lines = {line.rid: line for line in cart.lines}
        self.units = [
            Unit(line.rid, line.sku, line.price)
            for line in cart.lines
            for _ in range(line.quantity)
        ]
        self.left: Counter[Kind] = Counter()
        for unit in self.units:
            self.left[-unit.price, unit.sku] += unit.price
        self.outcome = Outcome({line.rid: line.price * line.quantity for line in cart.lines})

    def priced(self, offers: Sequence[AnyOffer]) -> Outcome:
        for offer in offers:
            if isinstance(offer, QuantityOffer | BuyGetOffer | BundleOffer):
                self._of_lines(offer)
        self._of_codes([offer for offer in offers if isinstance(offer, CodeOffer)])
        goods = self.outcome.goods
        for offer in offers:
            if isinstance(offer, GiftOffer):
                self._gift(offer, goods)
        for offer in offers:
            if isinstance(offer, DeliveryOffer) and self.lines and goods >= offer.min_goods:
                self._note("delivery", offer, 1)
                break
        return self.outcome

    def _of_lines(self, offer: QuantityOffer | BuyGetOffer | BundleOffer) -> None:
        free = [unit for unit in self.units if unit.offer is None]
        times, amount, cheaper, all_in = units_in(offer, free)
        weights: Counter[Kind] = Counter()
        for unit, weight in cheaper:
            weights[-unit.price, unit.sku] += weight
        if self._take_off("lines", offer, amount, weights, times):
            for unit in all_in:
                assert unit.offer is None
                unit.offer = offer.offer

    def _of_codes(self, codes: Sequence[CodeOffer]) -> None:
        before, goods = Counter(self.left), self.left.total()
        best: dict[bool, tuple[bool, bool, CodeOffer, int]] = {}
        for code in codes:
            covered = sum(_covered(code, before).values())
            if code.percent is not None:
                amount = covered - _half_up(covered * Fraction(100 - code.percent, 100))
            else:
                assert code.amount is not None
                amount = min(code.amount, covered)
            amount = min(amount, code.max_amount if code.max_amount is not None else amount)
            on_order = code.skus is None
            if amount > 0 and goods >= code.min_goods and on_order not in best:
                best[on_order] = (code.percent is None, on_order, code, amount)
        for _, _, code, amount in sorted(best.values(), key=lambda each: each[:2]):
            weights = _covered(code, self.left)
            self._take_off("codes", code, min(amount, sum(weights.values())), weights, 1)

    def _gift(self, offer: GiftOffer, goods: int) -> None:
        times = 1 if self.lines and goods >= (offer.min_goods or 0) else 0
        if offer.buy is not None:
            of_it = [unit for unit in self.units if unit.sku in offer.buy.any_of]
            times = len(of_it) // offer.buy.quantity
        for limit in (offer.units_left, offer.uses_left):
            times = times if limit is None else min(times, limit)
        if times:
            self.outcome.gifts.append((offer.offer, offer.sku, times))
            self._note("gifts", offer, times)

    def _take_off(
        self, stage: str, offer: AnyOffer, amount: int, weights: Mapping[Kind, int], times: int
    ) -> bool:
        if offer.budget_left is not None:
            amount = min(amount, offer.budget_left)
        if amount <= 0:
            return False
        shares: dict[str, int] = {}
        for kind, share in share_out(amount, weights, lambda kind: kind).items():
            lines = {
                rid: self.outcome.finals[rid]
                for rid, line in self.lines.items()
                if (-line.price, line.sku) == kind
            }
            self.left[kind] -= share
            if share:
                shares |= share_out(share, lines, lambda rid: rid)
        for rid, share in shares.items():
            self.outcome.finals[rid] -= share
        said = {rid: -share for rid, share in shares.items() if share}
        self.outcome.why.append((stage, offer.offer, -amount, said))
        self._use(offer, times)
        if offer.budget_left is not None:
            self.outcome.uses[f"{offer.offer}$"] = amount
        return True

    def _note(self, stage: str, offer: AnyOffer, times: int) -> None:
        self.outcome.why.append((stage, offer.offer, 0, {}))
        self._use(offer, times)

    def _use(self, offer: AnyOffer, times: int) -> None:
        if (offer.units_left, offer.uses_left) != (None, None):
            self.outcome.uses[offer.offer] = times


def _covered(code: CodeOffer, left: Mapping[Kind, int]) -> dict[Kind, int]:
    return {
        kind: amount for kind, amount in left.items() if code.skus is None or kind[1] in code.skus
    }


def _half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))
