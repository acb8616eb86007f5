"""A small shop in Postgres: the start for the store's tests, and the means to look at it."""

from collections.abc import Mapping

import asyncpg

from liveshop.core.decision import Decision, Move, NewRow
from liveshop.core.events import SessionEnded, SessionStarted, StockAdded
from liveshop.core.model import PaymentMode, Row, Status
from liveshop.core.session import SessionInfo
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.order_records import NewLine, NewOrder, Outcome, Undecided, Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.payments import Payments
from liveshop.stores.postgres.sessions import Sessions
from tests.vocabulary import VOCABULARY

NOW = 1_790_000_000_000
PRICE = 5_000


class StoredShop:
    """The stores over one database, with a catalogue and sessions to try them on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.sessions = Sessions(database, VOCABULARY)
        self.orders = Orders(database)
        self.payments = Payments(database)

    async def stock_catalogue(self, stock: Mapping[str, int]) -> None:
        """Put one product with these SKUs into the catalogue."""
        await self.database.commit(
            "INSERT INTO product (product_id, title, description) VALUES ('p', 'P', '')"
        )
        await self.database.commit(
            "INSERT INTO variant (sku, product_id, label, position, price, stock, imported_stock)"
            " SELECT sku, 'p', sku, n, $3, stock, stock"
            " FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS v (sku, stock, n)",
            list(stock),
            list(stock.values()),
            PRICE,
        )

    async def open(
        self,
        session_id: str,
        units: Mapping[str, int],
        *,
        payment: PaymentMode = "direct",
        sale_units: int | None = None,
    ) -> None:
        """Start a session with units of its own, and a sale `@1` over them."""
        info = SessionInfo(
            id=session_id, title="T", currency="EUR", payment=payment, hold_ms=300_000
        )
        await self.sessions.create(info, Status.SCHEDULED, NOW)
        await self.start(session_id, units, sale_units=sale_units)

    async def start(
        self, session_id: str, units: Mapping[str, int], *, sale_units: int | None = None
    ) -> None:
        """Start a session that is there, with units and a sale as `open` does."""
        decision = Decision(
            events=(SessionStarted(offset=1, at_ms=NOW),),
            moves=tuple(Move(sku=sku, units=n) for sku, n in units.items()),
            rows=() if sale_units is None else (NewRow(row="@1", units=sale_units),),
        )
        appended = await self.sessions.append(session_id, decision, Status.LIVE, expected_offset=0)
        assert appended is not None

    async def add_stock(self, session_id: str, units: Mapping[str, int]) -> None:
        """Add units to a session with its next event; raises SoldOut if the catalogue lacks any."""
        head = (await self.sessions.heads([session_id]))[session_id]
        added = StockAdded(
            offset=head.offset + 1, at_ms=NOW, product_id="p", units=dict(units), rid=None
        )
        decision = Decision(
            events=(added,), moves=tuple(Move(sku=sku, units=n) for sku, n in units.items())
        )
        appended = await self.sessions.append(
            session_id, decision, Status.LIVE, expected_offset=head.offset
        )
        assert appended is not None

    async def end(self, session_id: str) -> None:
        """End a session that has had one event so far."""
        decision = Decision(events=(SessionEnded(offset=2, at_ms=NOW + 1),))
        appended = await self.sessions.append(session_id, decision, Status.ENDED, expected_offset=1)
        assert appended is not None

    async def commit(self, *orders: NewOrder, session_id: str = "s1") -> dict[str, Outcome]:
        """Confirm orders in the session's first epoch."""
        reply = await self.orders.commit(session_id, 0, orders, now_ms=NOW)
        return reply.outcomes

    async def verdicts(self, *orders: NewOrder, session_id: str = "s1") -> dict[str, Verdict]:
        """Confirm orders and return the bare verdicts."""
        outcomes = await self.commit(*orders, session_id=session_id)
        return {order_id: outcome.verdict for order_id, outcome in outcomes.items()}

    async def sold(self, session_id: str = "s1") -> dict[str, tuple[int, int]]:
        """Return sold and units of each row."""
        return {row.row: (row.sold, row.units) for row in await self.sessions.rows(session_id)}

    async def row(self, name: str, session_id: str = "s1") -> Row:
        """Return one row of units."""
        return next(row for row in await self.sessions.rows(session_id) if row.row == name)

    async def stock(self) -> dict[str, int]:
        """Return what the catalogue has free."""
        records = await self.database.fetch("SELECT sku, stock FROM variant")
        return {record["sku"]: record["stock"] for record in records}

    async def bought(self, buyer: str, session_id: str = "s1") -> dict[str, int]:
        """Return what a buyer has bought by scope."""
        counts = await self.sessions.quotas(session_id, after=None, limit=1_000)
        return {count.scope: count.quantity for count in counts if count.buyer == buyer}


def line(
    rid: str, sku: str = "A", quantity: int = 1, *, sale: str = "", limit: int = 100
) -> NewLine:
    """Make a line; one in a sale has the same limit there."""
    return NewLine(
        rid=rid,
        sku=sku,
        quantity=quantity,
        price=PRICE,
        final=PRICE * quantity,
        sale=sale,
        sku_limit=limit,
        sale_limit=limit if sale else None,
    )


def order(
    rid: str,
    sku: str = "A",
    quantity: int = 1,
    *,
    buyer: str = "ada",
    sale: str = "",
    limit: int = 100,
    pay_until_ms: int | None = None,
) -> NewOrder:
    """Make an order of one line, as of a `buy`: the order has the rid of its line."""
    lines = [line(rid, sku, quantity, sale=sale, limit=limit)]
    return NewOrder(order_id=rid, buyer=buyer, lines=lines, pay_until_ms=pay_until_ms)


def undecided(rid: str, buyer: str = "ada", *, order_id: str | None = None) -> Undecided:
    """Make a reservation that Redis does not speak for, of one unit of A."""
    return Undecided(rid=rid, buyer=buyer, sku="A", quantity=1, price=PRICE, order_id=order_id)


async def somebody_waits(connection: asyncpg.Connection, *, transactions: int = 1) -> None:
    """Return once so many transactions wait for others."""
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
    while await connection.fetchval(query) < transactions:
        pass
