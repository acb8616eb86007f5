"""The offers of a session as its purchase path asks for them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from liveshop.core.errors import LimitReached, NotFound, SoldOut
from liveshop.core.model import Charge, Reservation
from liveshop.core.pricing.price import Priced
from liveshop.engine.purchase.pricing import Quote
from liveshop.engine.rooms.session import Session
from liveshop.features.offers.codes import folded, is_name
from liveshop.features.offers.pricing import Line, Pricer
from liveshop.features.offers.room_guesses import Guesses
from liveshop.features.offers.rules import OffersPart
from liveshop.features.offers.store import Offers
from liveshop.features.offers.terms import Left
from liveshop.features.offers.vocabulary import OfferOpened
from liveshop.stores.redis.unit_records import CartReply

_FOR_SOME: Final = ("viewers", "first_order")


class OffersPricing:
    """Finds what buyers name, and prices what they hold."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._guesses = Guesses()
        self._pricer: Pricer | None = None

    @property
    def pricer(self) -> Pricer:
        """The pricer of the session's state."""
        state, pricer = self._session.state, self._pricer
        self._pricer = Pricer(state) if pricer is None else pricer.of(state)
        return self._pricer

    async def named(self, buyer: str, codes: Sequence[str], address: str) -> frozenset[str]:
        """Return the offers that codes name; raises NotFound for one that its buyer may not have.

        One answer for all that is unknown, closed, or for others: it tells nobody which codes there
        are. Guesses beyond a few a minute are RateLimited.
        """
        now_ms = self._session.clock.now_ms()
        self._guesses.require_room(buyer, address, now_ms)
        found = await self._found(codes)
        if found is None or not await self._may_have(buyer, found):
            self._guesses.note(buyer, address, now_ms)
            raise NotFound("offer", "of this name")
        return frozenset(rule.offer for rule, _ in found)

    def rows(self, named: Collection[str]) -> list[str]:
        """Return the rows of what is limited in a cart that names these offers."""
        return self.pricer.rows(named)

    async def quote(
        self, buyer: str, lines: Sequence[Reservation], named: frozenset[str], look: CartReply
    ) -> Quote:
        """Return what a cart comes to; raises SoldOut or LimitReached for a name without units."""
        return await self._quote(buyer, lines, named, look, hinted=False)

    async def hinted(
        self, buyer: str, lines: Sequence[Reservation], named: frozenset[str], look: CartReply
    ) -> Priced:
        """Return the same with hints of what is missing for more, for a cart that is shown."""
        return (await self._quote(buyer, lines, named, look, hinted=True)).priced

    async def _quote(
        self,
        buyer: str,
        lines: Sequence[Reservation],
        named: frozenset[str],
        look: CartReply,
        *,
        hinted: bool,
    ) -> Quote:
        pricer, offset = self.pricer, self._session.state.offset
        rules = [
            rule for rule in pricer.rules(named) if rule.counted or rule.budget_row is not None
        ]
        theirs = await self._theirs(buyer, [r for r in rules if r.offer not in named])
        left = {}
        for rule in rules:
            limit = _left_of(rule, look, closed=rule.offer in pricer.part.closed)
            if limit is None or (rule.offer not in named and rule.offer not in theirs):
                continue
            if rule.offer in named:
                _refuse_empty(rule, limit)
            left[rule.offer] = limit
        priced = pricer.priced(lines, named, left, hinted=hinted)
        return Quote(priced=priced, charges=pricer.charges(priced), offset=offset)

    async def simulated(
        self, lines: Sequence[Line], codes: Sequence[str], buyer: str | None
    ) -> Priced:
        """Return what a cart of a buyer or of nobody would come to; raises NotFound for a code.

        The uses of its buyer count, and whom an offer is for; the cart of nobody may have all.
        """
        found = await self._found(codes)
        if found is None:
            raise NotFound("offer", "of this name")
        named = frozenset(rule.offer for rule, _ in found)
        pricer = self.pricer
        rules = [each for each in pricer.rules(named) if each.counted or each.budget is not None]
        theirs = {each.offer for each in rules}
        if buyer is not None:
            theirs = await self._theirs(buyer, rules)
        look = await self._session.units.cart(buyer or "", (), pricer.rows(named))
        left = {each.offer: _left_of(each, look, closed=False) for each in rules}
        limits = {name: each for name, each in left.items() if each is not None and name in theirs}
        return pricer.priced(lines, named, limits, hinted=True)

    def again(self, lines: Sequence[Reservation], charges: Sequence[Charge]) -> Priced:
        """Return what an order comes to that has taken its charges already, or needs none."""
        pricer = self.pricer
        return pricer.priced_again(lines, charges) if charges else pricer.priced_freely(lines)

    async def _found(self, codes: Sequence[str]) -> list[tuple[OfferOpened, bool]] | None:
        """Return the offers that codes name, each with whether its name was its word.

        None if one names nothing.
        """
        session, part = self._session, OffersPart.of(self._session.state)
        words = [code for code in codes if not is_name(code)]
        offers: Mapping[str, str] = {}
        if words:
            offers = await session.node.stores[Offers].of_codes(session.session_id, words)
        found = []
        for code in codes:
            word = not is_name(code)
            rule = part.known(offers.get(folded(code), "") if word else code)
            if rule is None:
                return None
            found.append((rule, word))
        return found

    async def _may_have(self, buyer: str, found: Sequence[tuple[OfferOpened, bool]]) -> bool:
        """Whether a buyer may have all of these offers.

        One whose word is secret has to be named by that, unless it was taken before. A closed one
        has to be taken.
        """
        closed = OffersPart.of(self._session.state).closed
        to_be_taken = {
            rule.offer
            for rule, word in found
            if rule.offer in closed or (rule.who == "code" and not word)
        }
        if to_be_taken:
            look = await self._session.units.cart(buyer, ())
            if not to_be_taken <= {take.taken for take in look.takes}:
                return False
        others = [rule for rule, _ in found if rule.offer not in to_be_taken]
        theirs = await self._theirs(buyer, others)
        return all(rule.offer in theirs for rule in others)

    async def _theirs(self, buyer: str, rules: Sequence[OfferOpened]) -> set[str]:
        """Return those of some offers that are for a buyer."""
        theirs = {rule.offer for rule in rules if rule.who not in _FOR_SOME}
        store, session_id = self._session.node.stores[Offers], self._session.session_id
        listed = [rule.offer for rule in rules if rule.who == "viewers"]
        if listed:
            theirs |= await store.for_viewer(session_id, buyer, listed)
        firsts = {rule.offer for rule in rules if rule.who == "first_order"}
        if firsts and not await store.has_ordered(session_id, buyer):
            theirs |= firsts
        return theirs


def _left_of(rule: OfferOpened, look: CartReply, *, closed: bool) -> Left | None:
    """Return what a buyer may take of an offer; None if that was not looked up.

    Of a closed one only what it has taken before.
    """
    units = uses = budget = None
    if rule.counted:
        row = look.rows.get(rule.offer)
        if row is None:
            return None
        units = row.free
        if closed:
            units = sum(take.charges[0].units for take in look.takes if take.taken == rule.offer)
        if rule.per_buyer is not None:
            uses = max(rule.per_buyer - row.counted, 0)
    if rule.budget_row is not None:
        row = look.rows.get(rule.budget_row)
        if row is None:
            return None
        budget = row.free
    return Left(units=units, uses=uses, budget=budget)


def _refuse_empty(rule: OfferOpened, left: Left) -> None:
    """Refuse what a buyer has named and cannot have: a lower price is expected."""
    if left.uses == 0:
        limit = rule.per_buyer or 0
        raise LimitReached(f"{rule.offer} for one buyer", limit=limit, left=0)
    if 0 in (left.units, left.budget):
        raise SoldOut(rule.offer, requested=1, left=0)
