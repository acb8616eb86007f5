"""The question of `liveshop audit` about offers: does each order cost what its offers say?

A stored order has the offset of the state that it was priced by, and what it took of each offer.
The log is replayed to that state, and the cart is priced again.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from liveshop.core import wire
from liveshop.core.audit import AuditFile, Check
from liveshop.core.feature import Feature, Vocabulary
from liveshop.core.limits import EVENTS_PER_READ_MAX
from liveshop.core.model import Charge
from liveshop.core.pricing.price import read_reasons
from liveshop.core.session import SessionInfo, SessionState, apply
from liveshop.features.offers.limits import NAME
from liveshop.features.offers.pricing import Pricer
from liveshop.features.offers.rules import OffersPart
from liveshop.features.offers.vocabulary import EVENTS
from liveshop.stores.postgres.database import Connection
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_suffix(".sql"))
_ORDERS_PER_READ: Final = 1_000
# The events of all other features change nothing here.
_VOCABULARY: Final = Vocabulary((Feature(name=NAME, events=EVENTS, part=OffersPart()),))


@dataclass(frozen=True, slots=True)
class _Line:
    rid: str
    sku: str
    quantity: int
    price: int


class _Log:
    """A session's state, moved on from offset to offset."""

    def __init__(self, connection: Connection, session: Any) -> None:
        info = SessionInfo(
            id=session["id"],
            title=session["title"],
            currency=session["currency"],
            payment=session["payment"],
            hold_ms=session["hold_ms"],
        )
        self._connection = connection
        self._state: SessionState = _VOCABULARY.new_state(info, info.first_status)
        self._ahead: list[Any] = []

    async def at(self, offset: int) -> SessionState | None:
        """Return the state after an event, no earlier one than the last; None without it."""
        while self._state.offset < offset:
            if not self._ahead:
                args = (self._state.info.id, self._state.offset, EVENTS_PER_READ_MAX)
                self._ahead = list(await self._connection.fetch(_SQL["events_of"], *args))
                self._ahead.reverse()
            if not self._ahead:
                return None
            body = wire.decode_object(self._ahead.pop()["body"])
            self._state = apply(self._state, _VOCABULARY.event(body))
        return self._state


async def price_again(
    connection: Connection, session_id: str | None
) -> AsyncIterator[tuple[str, str]]:
    """Yield the orders that do not cost what their offers say, and how they differ."""
    for session in await connection.fetch(_SQL["sessions_with_offers"], session_id):
        log, pricer, after = _Log(connection, session), None, (0, "")
        while True:
            args = (session["id"], *after, _ORDERS_PER_READ)
            orders = await connection.fetch(_SQL["priced_orders"], *args)
            for order in orders:
                state = await log.at(order["priced_at"])
                if state is None:
                    yield session["id"], f"order {order['id']} was priced by a log that is gone"
                    continue
                pricer = Pricer(state) if pricer is None else pricer.of(state)
                what = _difference(pricer, order)
                if what is not None:
                    yield session["id"], f"order {order['id']} {what}"
            if len(orders) < _ORDERS_PER_READ:
                break
            after = orders[-1]["priced_at"], orders[-1]["id"]


def _difference(pricer: Pricer, order: Any) -> str | None:
    lines = [_Line(rid, sku, quantity, price) for rid, sku, quantity, price, _ in order["lines"]]
    charges = [Charge(row=row, units=units) for row, units in order["charges"]]
    why = read_reasons(order["why"])
    again = pricer.priced_again(lines, charges, why)
    finals: Sequence[int] = [final for *_, final in order["lines"]]
    if (order["total"], finals) != (again.goods, list(again.finals)):
        return (
            f"comes to {order['total']} (its lines to {finals}), by its offers to {again.goods} "
            f"({list(again.finals)})"
        )
    if why != again.why:
        return "has other reasons for its price than its offers give"
    return None


AUDIT: Final = AuditFile(
    {},
    {
        "order_costs_what_its_offers_say": Check(
            "P14", "nothing here changes what was paid: compare the order with its session's log"
        ),
    },
    {"order_costs_what_its_offers_say": price_again},
)
