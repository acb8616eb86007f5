"""The orders of a show as CSV, its packing list, and the slip of an order, over HTTP."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final

from liveshop.core import wire
from liveshop.core.errors import Busy
from liveshop.core.feature import Vocabulary
from liveshop.core.model import Order, OrderStatus
from liveshop.core.money import currency_digits, decimal_text
from liveshop.core.roles import Role, Scope
from liveshop.core.spreadsheet import csv_text
from liveshop.core.wire import Message
from liveshop.edge.http.base_records import Input, Nothing
from liveshop.edge.http.caller_turns import CallerTurns
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.orders import order_for
from liveshop.features.fulfilment.rules import (
    EXPORTS_AT_ONCE_MAX,
    EXPORTS_PER_CALLER_MAX,
    Packing,
    PackingList,
    Shelf,
    Slip,
)
from liveshop.features.fulfilment.store import Fulfilment

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: Final = (
    *("order_id", "at", "status", "viewer_id", "name", "product_id", "title", "sku", "variant"),
    *("quantity", "unit_price", "line_total", "currency"),
)


class OrdersTable(Input, frozen=True, kw_only=True):
    """Which orders: those of a `status`, or all."""

    status: OrderStatus | None = None


async def read_orders_csv(services: Services, call: Call[OrdersTable, Nothing]) -> Reply:
    """Read the orders of a show as CSV, a row for each of their lines, by buyer.

    Money is decimal, instants are ISO 8601 in UTC. An order that is made while it is read may be
    left out; every other one is there once. A caller has two exports under way, a node eight, else
    it is `busy`.
    """
    session = await services.engine.rooms.view(call.path["session_id"])
    return Reply(_orders_csv(services, call.caller, session, call.query.status))


async def read_packing(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read what each buyer of a show gets: its confirmed orders, in the order of the shelf.

    The sums are of just these. A caller has two exports under way, a node eight, else it is
    `busy`.
    """
    session = await services.engine.rooms.view(call.path["session_id"])
    return Reply(_packing(services, call.caller, session))


async def read_slip(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read what is printed for one order; a buyer reads that of its own."""
    order = await order_for(services, call)
    session = await services.engine.rooms.view(order.session_id)
    shelf = Shelf(session["shelf"])
    await _learn(services, shelf, [order])
    names = await services.people.names_of([order.viewer_id])
    slip = Slip(
        order_id=order.order_id,
        session_id=order.session_id,
        title=session["title"],
        viewer_id=order.viewer_id,
        name=names.get(order.viewer_id),
        status=order.status,
        at_ms=order.at_ms,
        currency=order.currency,
        currency_digits=currency_digits(order.currency),
        units=sum(line.quantity for line in order.lines),
        total=order.total,
        lines=shelf.slip_lines(order),
    )
    return Reply(slip)


async def _orders_csv(
    services: Services, caller: Caller, session: Message, status: OrderStatus | None
) -> AsyncGenerator[bytes, None]:
    shelf = Shelf(session["shelf"])
    found = services.stores[Fulfilment].orders(session["id"], status)
    with services[_turns].turn(caller):
        yield csv_text([_COLUMNS]).encode()
        async with aclosing(found):
            async for orders in found:
                await _learn(services, shelf, orders)
                names = await services.people.names_of(list({each.viewer_id for each in orders}))
                yield csv_text(
                    row
                    for order in orders
                    for row in _rows(order, shelf, names.get(order.viewer_id))
                ).encode()


def _rows(order: Order, shelf: Shelf, name: str | None) -> Iterator[tuple[str | int, ...]]:
    for line in sorted(order.lines, key=lambda line: shelf.place(line.sku)):
        known = shelf.offered(line.sku)
        yield (
            order.order_id,
            _instant_text(order.at_ms),
            order.status,
            order.viewer_id,
            name or "",
            known.product_id,
            known.title,
            line.sku,
            known.label,
            line.quantity,
            decimal_text(line.price, order.currency),
            decimal_text(line.final, order.currency),
            order.currency,
        )


def _instant_text(at_ms: int) -> str:
    """Write an instant in UTC to the millisecond: 2026-11-30T12:03:41.250Z."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _packing(
    services: Services, caller: Caller, session: Message
) -> AsyncGenerator[bytes, None]:
    shelf = Shelf(session["shelf"])
    packing = Packing(shelf)
    head = {
        "session_id": session["id"],
        **{name: session[name] for name in ("title", "status", "currency", "currency_digits")},
    }
    parcels = services.stores[Fulfilment].by_buyer(session["id"])
    with services[_turns].turn(caller):
        yield wire.encode_one(head)[:-1] + b',"buyers":['
        separator = b""
        async with aclosing(parcels):
            async for buyers in parcels:
                await _learn(services, shelf, [order for orders in buyers for order in orders])
                names = await services.people.names_of([orders[0].viewer_id for orders in buyers])
                for orders in buyers:
                    parcel = shelf.parcel(orders, names.get(orders[0].viewer_id))
                    packing.add(parcel)
                    yield separator + wire.encode_one(parcel)
                    separator = b","
        rest = {"lines": packing.lines, "totals": packing.totals}
        yield b"]," + wire.encode_one(rest)[1:]


async def _learn(services: Services, shelf: Shelf, orders: list[Order]) -> None:
    """Read of the catalogue what is no longer on the shelf; costs nothing where all is."""
    unknown = shelf.unknown(orders)
    if unknown:
        shelf.learn(await services.stores[Fulfilment].offered(unknown))


def _turns(services: Services) -> CallerTurns:
    return CallerTurns(
        per_caller_max=EXPORTS_PER_CALLER_MAX,
        at_once_max=EXPORTS_AT_ONCE_MAX,
        busy="an export is under way, try again",
    )


_SESSION: Final = "/api/sessions/{session_id}"
_OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{_SESSION}/orders.csv",
        handler=read_orders_csv,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: str},
        refuses=(Busy,),
        returns="text/csv",
    ),
    Operation(
        method="GET",
        path=f"{_SESSION}/packing",
        handler=read_packing,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: PackingList},
        refuses=(Busy,),
    ),
    Operation(
        method="GET",
        path="/api/orders/{order_id}/slip",
        handler=read_slip,
        scope=Scope.ORDERS,
        needs=Role.VIEWER,
        answers={200: Slip},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of the work after a show."""
    return _OPERATIONS
