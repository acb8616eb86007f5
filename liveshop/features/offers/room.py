"""Offers in a room: uses that are taken, carts that are priced, and what is left."""

from collections.abc import Iterable
from typing import Any, Final

from liveshop.core import messages
from liveshop.core.decision import SystemCommand
from liveshop.core.errors import Conflict, NotFound
from liveshop.core.events import Event
from liveshop.core.model import Charge, Reservation, ReservationState
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.part import RoomPart
from liveshop.engine.purchase.asking import carried_out
from liveshop.engine.rooms.session import Session
from liveshop.features.offers.answers import priced
from liveshop.features.offers.codes import folded
from liveshop.features.offers.room_pricing import OffersPricing
from liveshop.features.offers.rules import OffersPart, is_used_up
from liveshop.features.offers.store import Offers
from liveshop.features.offers.vocabulary import (
    AskPrice,
    EndOffer,
    OfferOpened,
    OpenOffer,
    TakeOffer,
)
from liveshop.stores.redis.unit_records import TakeReply

_HELD: Final = ReservationState.HELD


class OffersRoom(RoomPart):
    """Has offers taken and carts priced, and tells the purchase path what is in force."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pricing = OffersPricing(session)
        session.pricing.offering = self._pricing
        self.handlers = {TakeOffer: self.take, AskPrice: self.price}

    @property
    def _part(self) -> OffersPart:
        return OffersPart.of(self._session.state)

    def applied(self, event: Event) -> None:
        """Keep up to date how orders are priced."""
        automatic = [rule for rule in self._part.open() if not rule.named]
        pricing = self._session.pricing
        pricing.in_force = bool(automatic)
        pricing.looks = any(rule.counted or rule.budget is not None for rule in automatic)

    async def look_up(self, command: Any) -> str | None:
        """Return the offer that has the code of one that is to be opened."""
        if not isinstance(command, OpenOffer) or command.code is None:
            return None
        session = self._session
        offers = await session.node.stores[Offers].of_codes(session.session_id, [command.code])
        return offers.get(folded(command.code))

    def due(self) -> Iterable[SystemCommand]:
        """Return the ends of offers of which all uses are sold, or all of the budget."""
        rows = self._session.rows
        for offer in self._part.offers:
            if is_used_up(offer, rows):
                yield EndOffer(offer=offer, reason="used_up")

    def gauge(self) -> dict[str, int] | None:
        """Return how many uses are left of each offer that says how many it has."""
        left = {
            each.rule.offer: self._left(each.rule.offer, each.rule.units)
            for each in self._part.offers.values()
            if each.rule.units is not None
        }
        return left or None

    def _left(self, offer: str, units: int) -> int:
        """Return the uses that are left by the newest pulse, or by PostgreSQL before it."""
        gauge, row = self._session.gauges.get(offer), self._session.rows.get(offer)
        if gauge is not None:
            return gauge.left
        return units if row is None else row.unsold

    async def take(self, command: TakeOffer, asker: Asker) -> None:
        """Keep one use of an offer for a viewer; raises what refuses it."""
        buyer = _buyer(asker)
        rule = await self._to_be_taken(command, asker)
        session, charge = self._session, Charge(row=rule.offer, units=1, limit=rule.per_buyer)

        async def once() -> TakeReply | None:
            reply = await session.units.take(
                session.epochs.newest,
                rid=command.rid,
                buyer=buyer,
                charge=charge,
                kept_ms=rule.keep_ms,
            )
            return reply if session.epochs.ok_or_fence(reply.status) else None

        reply = await carried_out(session, once)
        if reply.refusal is not None:
            raise reply.refusal
        assert reply.take is not None, "what is not refused was taken"
        await self._tell(reply.take, asker, known=reply.known)

    async def price(self, command: AskPrice, asker: Asker) -> None:
        """Tell a buyer what its reservations would come to; raises what refuses it."""
        buyer, units = _buyer(asker), self._session.units
        address = "" if asker.viewer is None else asker.viewer.address
        named = await self._pricing.named(buyer, command.codes or (), address)
        rids = sorted(set(command.rids))
        look = await units.cart(buyer, rids, self._pricing.rows(named))
        lines = [each for each in look.reservations if each.is_purchase and each.buyer == buyer]
        if len(lines) < len(rids):
            known = {line.rid for line in lines}
            raise NotFound("reservation", next(rid for rid in rids if rid not in known))
        outcome = await self._pricing.hinted(buyer, lines, named, look)
        asker.answer(priced(lines, outcome, asker.ref))

    async def _to_be_taken(self, command: TakeOffer, asker: Asker) -> OfferOpened:
        state = self._session.state
        if not state.status.is_on:
            raise Conflict(f"the session is {state.status}")
        code = command.offer or command.code or ""
        address = "" if asker.viewer is None else asker.viewer.address
        (offer,) = await self._pricing.named(_buyer(asker), [code], address)
        standing = self._part.offers.get(offer)
        if standing is None:
            raise NotFound("offer", "of this name")
        if not standing.rule.counted:
            raise Conflict("the offer is for every cart: it needs no taking")
        return standing.rule

    async def _tell(self, take: Reservation, asker: Asker, *, known: bool) -> None:
        if take.state is not _HELD:
            asker.answer(messages.resolved(take, asker.ref))
            return
        asker.answer(messages.taken(take, asker.ref))
        if not known:
            told = messages.taken(take)
            self._session.mailbox.tell(take.buyer, told, but=asker.viewer)
            await self._session.peers.post()


def _buyer(asker: Asker) -> str:
    assert asker.identity is not None, "who takes or asks for a price has a token"
    return asker.identity.viewer_id
