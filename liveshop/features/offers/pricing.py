"""A cart by the offers of a session's state: pure, so that the audit finds the same price."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from liveshop.core.model import Charge
from liveshop.core.pricing.cart import Cart, CartLine
from liveshop.core.pricing.offers import AnyOffer, Terms
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.price import Priced, Reason
from liveshop.core.session import SessionState
from liveshop.features.offers.rules import OffersPart
from liveshop.features.offers.terms import Left, limited, rule_of
from liveshop.features.offers.vocabulary import OfferOpened


class Line(Protocol):
    """A reservation, or the line that an order made of it."""

    @property
    def rid(self) -> str:
        """Its name."""

    @property
    def sku(self) -> str:
        """The SKU that it is of."""

    @property
    def quantity(self) -> int:
        """How many units."""

    @property
    def price(self) -> int:
        """The price at which one unit was reserved."""


class Pricer:
    """Prices carts by the offers of one state; it is made again when offers or shelf change."""

    def __init__(self, state: SessionState) -> None:
        self.part, self.shelf = OffersPart.of(state), state.shelf
        self.offset = state.offset
        self._products = {
            variant.sku: (product.product_id, variant.price)
            for product in state.shelf.values()
            for variant in product.variants
        }
        self.open: Final = tuple(self.part.open())
        self.automatic: Final = tuple(rule for rule in self.open if not rule.named)
        # As the pipeline has them, closed ones last. To make them takes as long as a price.
        every = (*self.open, *self.part.closed.values())
        self._rules = {
            rule.offer: rule_of(rule, rank, state.shelf) for rank, rule in enumerate(every)
        }
        # Those that need nothing to be looked up.
        self._free: Final = tuple(
            self._rules[rule.offer]
            for rule in self.automatic
            if not (rule.counted or rule.budget is not None)
        )

    @property
    def looks(self) -> bool:
        """Whether an offer that nobody has to name is limited, or not for everyone."""
        return len(self._free) < len(self.automatic)

    def of(self, state: SessionState) -> "Pricer":
        """Return the pricer of a state: this one, if offers and shelf are the same."""
        same = self.part is OffersPart.of(state) and self.shelf is state.shelf
        return self if same else Pricer(state)

    def rules(self, named: Collection[str]) -> Iterator[OfferOpened]:
        """Yield the offers that may be in a cart: the automatic ones, and those that it names."""
        yield from (rule for rule in self.open if not rule.named or rule.offer in named)
        yield from (rule for name, rule in self.part.closed.items() if name in named)

    def rows(self, named: Collection[str]) -> list[str]:
        """Return the rows of what is limited in a cart."""
        rows = []
        for rule in self.rules(named):
            if rule.counted:
                rows.append(rule.offer)
            if rule.budget_row is not None:
                rows.append(rule.budget_row)
        return rows

    def priced(
        self,
        lines: Sequence[Line],
        named: frozenset[str],
        left: Mapping[str, Left],
        *,
        hinted: bool = False,
    ) -> Priced:
        """Return what lines come to; `left` has what may be taken of each limited offer.

        An offer that is limited and not in it is not for this cart. An order needs no hints.
        """
        return self._priced(lines, named, self.rules(named), left, hinted)

    def priced_freely(self, lines: Sequence[Line]) -> Priced:
        """Return what lines come to by the offers that have no limit and are for everyone."""
        return price(self._cart(lines, frozenset()), Terms(offers=self._free), hinted=False)

    def priced_again(
        self, lines: Sequence[Line], charges: Sequence[Charge], why: Sequence[Reason] = ()
    ) -> Priced:
        """Return what an order comes to that takes these charges: no more of any offer than that.

        An offer of which less would do is in force with what was taken, so that the price is the
        one that was found when there was more. If the reasons name an offer that goes with no
        other, only that one is tried: limited offers that lost with the others took nothing, and
        without them the rest may come to less than it.
        """
        taken = {charge.row: charge.units for charge in charges}
        every = [*self.open, *self.part.closed.values()]
        reasons = {reason.offer for reason in why}
        won = next((rule for rule in every if rule.alone and rule.offer in reasons), None)
        if won is None:
            # Closed ones too that no buyer has to name: the order has taken what it pays less for.
            named = frozenset(
                rule.offer for rule in every if rule.offer in taken or rule.budget_row in taken
            )
            rules = list(self.rules(named))
        else:
            named, rules = frozenset([won.offer]), [won]
        left = {rule.offer: _taken_of(rule, taken) for rule in rules}
        limits = {name: limit for name, limit in left.items() if limit is not None}
        return self._priced(lines, named, rules, limits, hinted=False)

    def charges(self, priced: Priced) -> tuple[Charge, ...]:
        """Return the units of rows that an order at this price takes, with the buyer's limits."""
        limits = {rule.offer: rule.per_buyer for rule in self.open}
        limits |= {name: rule.per_buyer for name, rule in self.part.closed.items()}
        return tuple(
            Charge(row=use.row, units=use.units, limit=limits.get(use.row))
            for use in priced.uses
            if use.units
        )

    def _priced(
        self,
        lines: Sequence[Line],
        named: frozenset[str],
        rules: Iterable[OfferOpened],
        left: Mapping[str, Left],
        hinted: bool,
    ) -> Priced:
        offers: list[AnyOffer] = []
        for rule in rules:
            limit, offer = left.get(rule.offer), self._rules[rule.offer]
            if limit is not None:
                offers.append(limited(offer, limit))
            elif not (rule.counted or rule.budget is not None):
                offers.append(offer)
        return price(self._cart(lines, named), Terms(offers=tuple(offers)), hinted=hinted)

    def _cart(self, lines: Sequence[Line], named: frozenset[str]) -> Cart:
        return Cart(lines=tuple([self._line(line) for line in lines]), offers=named)

    def _line(self, line: Line) -> CartLine:
        product_id, list_price = self._products.get(line.sku, ("", line.price))
        return CartLine(
            rid=line.rid,
            sku=line.sku,
            product_id=product_id,
            quantity=line.quantity,
            price=line.price,
            list_price=max(list_price, line.price),
        )


def _taken_of(rule: OfferOpened, taken: Mapping[str, int]) -> Left | None:
    """Return what an order has of an offer as its limit; None for an offer without limits."""
    if not rule.counted and rule.budget is None:
        return None
    units = taken.get(rule.offer, 0) if rule.counted else None
    budget = None if rule.budget_row is None else taken.get(rule.budget_row, 0)
    return Left(units=units, uses=None if rule.per_buyer is None else units, budget=budget)
