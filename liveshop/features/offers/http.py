"""Carts that a backend or a host has priced, and what came of offers, over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from liveshop.core.errors import NotFound
from liveshop.core.feature import Vocabulary
from liveshop.core.roles import Role, Scope
from liveshop.core.session import SessionState
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.features.offers.answers import priced_fields
from liveshop.features.offers.http_records import (
    CartedLine,
    OfferFigures,
    OfferList,
    PriceCart,
    PricedCartView,
)
from liveshop.features.offers.room_pricing import OffersPricing
from liveshop.features.offers.store import Came, Offers
from liveshop.features.offers.vocabulary import OfferClosed, OfferOpened, OfferStarted
from liveshop.stores.postgres.sessions import Sessions


@dataclass(frozen=True, slots=True)
class _Line:
    rid: str
    sku: str
    quantity: int
    price: int


async def price_cart(services: Services, call: Call[Nothing, PriceCart]) -> Reply:
    """Price a cart by the offers of a session, as an order of it would be; nothing is held by it.

    It is the function that prices the orders of the show.
    """
    body = call.body
    room = await services.engine.rooms.get(call.path["session_id"])
    session = room.session
    offering = session.pricing.offering
    assert isinstance(offering, OffersPricing), "the feature that has this operation prices"
    now_ms = session.clock.now_ms()
    lines = [_line(session.state, n, each, now_ms) for n, each in enumerate(body.lines, start=1)]
    priced = await offering.simulated(lines, body.codes or (), body.viewer_id)
    return Reply(priced_fields(lines, priced))


async def list_offers(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """List the offers of a session with what came of each, their codes included."""
    session_id = call.path["session_id"]
    sessions, offers = services.stores[Sessions], services.stores[Offers]
    await sessions.get(session_id)
    log, words = await sessions.log(session_id), await offers.words(session_id)
    came, rows = await offers.figures(session_id), await sessions.rows(session_id)
    left = {row.row: row.unsold for row in rows}
    opened = [event for event in log if isinstance(event, OfferOpened)]
    later: dict[str, list[OfferStarted | OfferClosed]] = {each.offer: [] for each in opened}
    for event in log:
        if isinstance(event, OfferStarted | OfferClosed):
            later[event.offer].append(event)
    return Reply(
        OfferList(
            offers=[
                _figures(
                    each,
                    later[each.offer],
                    words.get(each.offer),
                    left.get(each.offer),
                    came.get(each.offer, Came()),
                )
                for each in opened
            ]
        )
    )


def _line(state: SessionState, number: int, line: CartedLine, now_ms: int) -> _Line:
    """Return a line at its price, or at the one that a buyer would be given now."""
    found = state.offered(line.sku)
    if found is None:
        raise NotFound("SKU", line.sku)
    product, variant = found
    sale = state.sales.get(product.product_id)
    price = variant.price
    if sale is not None and line.sku in sale.prices and sale.active_at(now_ms):
        price = sale.prices[line.sku]
    if line.price is not None:
        price = line.price
    return _Line(rid=str(number), sku=line.sku, quantity=line.quantity, price=price)


def _figures(
    rule: OfferOpened,
    events: Sequence[OfferStarted | OfferClosed],
    word: str | None,
    left: int | None,
    came: Came,
) -> OfferFigures:
    started = rule.starts_at_ms is None or any(isinstance(each, OfferStarted) for each in events)
    closed = next((each for each in events if isinstance(each, OfferClosed)), None)
    state = "open" if started else "announced"
    return OfferFigures(
        offer=rule.offer,
        kind=rule.kind,
        label=rule.label,
        who=rule.who,
        state=state if closed is None else "closed",
        reason=None if closed is None else closed.reason,
        opened_at_ms=rule.at_ms,
        closed_at_ms=None if closed is None else closed.at_ms,
        code=word,
        units=rule.units,
        left=None if rule.units is None else left,
        orders=came.orders,
        discount=came.discount,
        goods=came.goods,
    )


_SESSION: Final = "/api/sessions/{session_id}"
_OPERATIONS: Final = (
    Operation(
        method="POST",
        path=f"{_SESSION}/price",
        handler=price_cart,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: PricedCartView},
        records=False,
    ),
    Operation(
        method="GET",
        path=f"{_SESSION}/offers",
        handler=list_offers,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: OfferList},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of offers."""
    return _OPERATIONS
