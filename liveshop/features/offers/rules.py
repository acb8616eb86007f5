"""Offers: opened, announced, put in order and closed by the log, which is all that prices go by."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never, cast

from msgspec import Struct, field, to_builtins
from msgspec.structs import replace

from liveshop.core import errors
from liveshop.core.commands import HostCommand
from liveshop.core.decision import Decision, Facts, NewRow, SystemCommand
from liveshop.core.events import KnownEvent
from liveshop.core.model import Row
from liveshop.core.pricing.offers import budget_row
from liveshop.core.session import Part, SessionState
from liveshop.features.offers.limits import (
    CLOSED_KEPT_MAX,
    NAME,
    OFFERS_MAX,
    USES_UNLIMITED,
)
from liveshop.features.offers.terms import refuse_goods
from liveshop.features.offers.vocabulary import (
    CloseOffer,
    CloseReason,
    EndOffer,
    OfferClosed,
    OfferOpened,
    OffersOrdered,
    OfferStarted,
    OpenOffer,
    OrderOffers,
    StartOffer,
)

# The fields that event and command share.
_SHARED = [name for name in OfferOpened.__struct_fields__ if name in OpenOffer.__struct_fields__]


class KeepSecrets(Struct, frozen=True, kw_only=True):
    """The word and the viewers of an offer, kept next to the log: that has viewers for readers.

    The word of an offer that everyone sees is kept too: all words of a session are looked up alike.
    """

    offer: int
    code: str | None
    viewers: list[str] | None


class Standing(Struct, frozen=True, kw_only=True):
    """An offer that is announced, or open: then orders may be made with it."""

    rule: OfferOpened
    is_open: bool


class OffersPart(Part, frozen=True, kw_only=True):
    """The offers of a session in the order in which carts try them; the newest closed ones apart.

    A closed one is still good for those who took it.
    """

    offers: dict[str, Standing] = field(default_factory=dict)
    closed: dict[str, OfferOpened] = field(default_factory=dict)

    @classmethod
    def of(cls, state: SessionState) -> "OffersPart":
        """Return the offers of a state."""
        return cast(OffersPart, state.parts[NAME])

    def open(self) -> Iterator[OfferOpened]:
        """Yield the offers that are open, in their order."""
        return (each.rule for each in self.offers.values() if each.is_open)

    def known(self, offer: str) -> OfferOpened | None:
        """Return an offer that is open, or closed a while ago; None for all others."""
        standing = self.offers.get(offer)
        if standing is not None:
            return standing.rule if standing.is_open else None
        return self.closed.get(offer)

    def decide(
        self, state: SessionState, command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        """Decide what becomes of an offer."""
        match cast(OpenOffer | CloseOffer | OrderOffers | StartOffer | EndOffer, command):
            case OpenOffer() as opening:
                return self._open(state, opening, facts)
            case CloseOffer(offer=offer):
                return self._close(state, offer, "manual", facts)
            case OrderOffers(offers=offers):
                return self._order(state, offers, facts)
            case StartOffer(offer=offer):
                return self._start(state, offer, facts)
            case EndOffer(offer=offer, reason=reason):
                rule = self._named(offer).rule
                if reason == "timer" and (
                    rule.ends_at_ms is None or facts.now_ms < rule.ends_at_ms
                ):
                    raise errors.Conflict("the offer goes on")
                if reason == "used_up" and not is_used_up(rule.offer, facts.rows):
                    raise errors.Conflict("the offer has uses left")
                return self._close(state, offer, reason, facts)
            case never:
                assert_never(never)

    def after(self, event: KnownEvent) -> "OffersPart":
        """Return the offers after one was opened, started or closed, or after they were ordered."""
        match cast(OfferOpened | OfferStarted | OfferClosed | OffersOrdered, event):
            case OfferOpened() as rule:
                standing = Standing(rule=rule, is_open=rule.starts_at_ms is None)
                return replace(self, offers={**self.offers, rule.offer: standing})
            case OfferStarted(offer=offer):
                started = replace(self.offers[offer], is_open=True)
                return replace(self, offers={**self.offers, offer: started})
            case OffersOrdered(offers=offers):
                return replace(self, offers={name: self.offers[name] for name in offers})
            case OfferClosed(offer=offer):
                return self._without(offer)
            case never:
                assert_never(never)

    def due(self, state: SessionState, now_ms: int) -> Iterator[SystemCommand]:
        """Yield the beginnings of what was announced, and the ends of offers whose time is over."""
        for offer, standing in self.offers.items():
            ends_at_ms, starts_at_ms = standing.rule.ends_at_ms, standing.rule.starts_at_ms
            if ends_at_ms is not None and ends_at_ms <= now_ms:
                yield EndOffer(offer=offer, reason="timer")
            elif not standing.is_open and starts_at_ms is not None and starts_at_ms <= now_ms:
                yield StartOffer(offer=offer)

    def due_ms(self) -> int | None:
        """Return when the next offer begins or ends."""
        instants = [
            at_ms
            for each in self.offers.values()
            for at_ms in (
                None if each.is_open else each.rule.starts_at_ms,
                each.rule.ends_at_ms,
            )
            if at_ms is not None
        ]
        return min(instants, default=None)

    def ending(self, offsets: Iterator[int], facts: Facts) -> Iterator[KnownEvent]:
        """Close all offers with the session."""
        for offer in self.offers:
            yield OfferClosed(
                offset=next(offsets), at_ms=facts.now_ms, offer=offer, reason="session_end"
            )

    def shown(self, gauge: Any) -> Mapping[str, Any]:
        """Return the offers that are announced or open; nothing where there is none."""
        if not self.offers:
            return {}
        return {"offers": [_shown(each, gauge or {}) for each in self.offers.values()]}

    def _named(self, offer: str) -> Standing:
        if offer in self.offers:
            return self.offers[offer]
        if offer in self.closed:
            raise errors.Conflict("the offer is closed already")
        raise errors.NotFound("offer", offer)

    def _without(self, offer: str) -> "OffersPart":
        kept = {name: each for name, each in self.offers.items() if name != offer}
        standing = self.offers[offer]
        closed = self.closed
        if standing.is_open:
            newest = list(closed.items())[1 - CLOSED_KEPT_MAX :]
            closed = dict([*newest, (offer, standing.rule)])
        return replace(self, offers=kept, closed=closed)

    def _open(self, state: SessionState, command: OpenOffer, facts: Facts) -> Decision:
        if not state.status.is_on:
            raise errors.Conflict(f"the session is {state.status}")
        if len(self.offers) >= OFFERS_MAX:
            raise errors.LimitReached("offers", limit=OFFERS_MAX, left=0)
        refuse_goods(state, command)
        if facts.found.get(NAME) in self.offers:
            raise errors.Conflict("another offer has this code")
        rule = _opened(state.offset + 1, command, facts.now_ms)
        if rule.ends_at_ms is not None and rule.ends_at_ms <= (rule.starts_at_ms or 0):
            raise errors.BadRequest("`ends_in_ms`: the offer would end before it starts")
        rows = []
        if rule.counted:
            rows.append(NewRow(row=rule.offer, units=rule.units or USES_UNLIMITED))
        if rule.budget is not None:
            rows.append(NewRow(row=budget_row(rule.offer), units=rule.budget))
        secrets = KeepSecrets(offer=rule.offset, code=command.code, viewers=command.viewers)
        has_secrets = command.code is not None or command.viewers is not None
        return Decision(events=(rule,), rows=tuple(rows), writes=(secrets,) if has_secrets else ())

    def _order(self, state: SessionState, first: list[str], facts: Facts) -> Decision:
        for offer in first:
            self._named(offer)
        if len(set(first)) < len(first):
            raise errors.BadRequest("`offers` has an offer twice")
        offers = [*first, *(name for name in self.offers if name not in first)]
        event = OffersOrdered(offset=state.offset + 1, at_ms=facts.now_ms, offers=offers)
        return Decision(events=(event,))

    def _start(self, state: SessionState, offer: str, facts: Facts) -> Decision:
        standing = self._named(offer)
        starts_at_ms = standing.rule.starts_at_ms
        if standing.is_open:
            raise errors.Conflict("the offer is open already")
        if starts_at_ms is None or facts.now_ms < starts_at_ms:
            raise errors.Conflict("the offer opens later")
        event = OfferStarted(offset=state.offset + 1, at_ms=facts.now_ms, offer=offer)
        return Decision(events=(event,))

    def _close(
        self, state: SessionState, offer: str, reason: CloseReason, facts: Facts
    ) -> Decision:
        self._named(offer)
        event = OfferClosed(offset=state.offset + 1, at_ms=facts.now_ms, offer=offer, reason=reason)
        return Decision(events=(event,))


def is_used_up(offer: str, rows: Mapping[str, Row]) -> bool:
    """Whether all uses of an offer are sold, or all of its budget."""
    of_offer = (rows.get(offer), rows.get(budget_row(offer)))
    return any(row is not None and not row.unsold for row in of_offer)


def _opened(offset: int, command: OpenOffer, now_ms: int) -> OfferOpened:
    fields = {name: getattr(command, name) for name in _SHARED}
    starts, ends = command.starts_in_ms, command.ends_in_ms
    if fields["per_buyer"] is None and (command.kind == "code" or command.who == "first_order"):
        fields["per_buyer"] = 1
    if command.who == "code":
        fields["code"] = None
    return OfferOpened(
        offset=offset,
        at_ms=now_ms,
        offer=f"@{offset}",
        starts_at_ms=None if starts is None else now_ms + starts,
        ends_at_ms=None if ends is None else now_ms + ends,
        **fields,
    )


def _shown(standing: Standing, left: Mapping[str, int]) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(standing.rule)
    for name in ("type", "offset", "at_ms"):
        del shown[name]
    shown["state"] = "open" if standing.is_open else "announced"
    if standing.rule.units is not None:
        shown["left"] = left.get(standing.rule.offer, standing.rule.units)
    return shown
