"""The stores' records of a session once it is at rest, read without the engine's code."""

from dataclasses import dataclass

import asyncpg
import redis

_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Line:
    """One reservation that was ordered."""

    rid: str
    sku: str
    sale: str
    quantity: int
    price: int
    final: int


@dataclass(frozen=True)
class Stored:
    """One order as PostgreSQL has it."""

    order_id: str
    buyer: str
    status: str
    total: int
    lines: tuple[Line, ...]
    # Units of rows that it takes besides its lines.
    charges: tuple[tuple[str, int], ...] = ()

    @property
    def bought(self) -> bool:
        """Whether it was ever confirmed."""
        return self.status in ("confirmed", "cancelled", "refunded")


@dataclass(frozen=True)
class Row:
    """The counters of a row: of PostgreSQL, or Redis' copy with what is held."""

    units: int
    sold: int
    held: int = 0


@dataclass(frozen=True)
class Ledger:
    """All orders of a session, and its rows in both stores."""

    orders: dict[str, Stored]
    rows: dict[str, Row]
    copies: dict[str, Row]
    settled: bool
    # Payments by id: the amount, and what became of it.
    payments: dict[str, tuple[int, str]]


async def read_orders(postgres_url: str, session_id: str) -> dict[str, Stored]:
    """Read a session's orders with their lines and charges."""
    connection = await asyncpg.connect(postgres_url)
    try:
        lines: dict[str, list[Line]] = {}
        for record in await connection.fetch(
            "SELECT l.order_id, l.rid, l.sku, l.sale, l.qty, l.price, l.final FROM order_line AS l"
            " JOIN orders AS o ON o.id = l.order_id WHERE o.session_id = $1",
            session_id,
        ):
            order_id, *line = record
            lines.setdefault(order_id, []).append(Line(*line))
        charges: dict[str, list[tuple[str, int]]] = {}
        for order_id, row, units in await connection.fetch(
            'SELECT c.order_id, c."row", c.n FROM order_charge AS c'
            " JOIN orders AS o ON o.id = c.order_id WHERE o.session_id = $1",
            session_id,
        ):
            charges.setdefault(order_id, []).append((row, units))
        orders = await connection.fetch(
            "SELECT id, buyer, status, total FROM orders WHERE session_id = $1", session_id
        )
    finally:
        await connection.close()
    return {
        i: Stored(i, b, s, t, tuple(lines.get(i, ())), tuple(charges.get(i, ())))
        for i, b, s, t in orders
    }


async def read_rows(postgres_url: str, session_id: str) -> tuple[dict[str, Row], bool]:
    """Read what PostgreSQL counts, and whether the session is settled."""
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch(
            'SELECT "row", units, sold FROM stock WHERE session_id = $1', session_id
        )
        settled = await connection.fetchval("SELECT settled FROM session WHERE id = $1", session_id)
    finally:
        await connection.close()
    return {row: Row(units, sold) for row, units, sold in rows}, settled


async def read_payments(postgres_url: str, session_id: str) -> dict[str, tuple[int, str]]:
    """Read the payments for a session's orders."""
    connection = await asyncpg.connect(postgres_url)
    try:
        payments = await connection.fetch(
            "SELECT p.id, p.amount, p.status FROM payment AS p"
            " JOIN orders AS o ON o.id = p.order_id WHERE o.session_id = $1",
            session_id,
        )
    finally:
        await connection.close()
    return {payment_id: (amount, status) for payment_id, amount, status in payments}


def read_copies(redis_url: str, session_id: str) -> dict[str, Row]:
    """Read what Redis counts."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        fields = client.hgetall(f"{{s:{session_id}}}:stock")
    counts: dict[str, dict[str, int]] = {}
    for field, value in fields.items():
        row, _, name = field.rpartition(_SEPARATOR)
        counts.setdefault(row, {})[name] = int(value)
    return {
        row: Row(n.get("units", 0), n.get("sold", 0), n.get("held", 0)) for row, n in counts.items()
    }


async def read_ledger(redis_url: str, postgres_url: str, session_id: str) -> Ledger:
    """Read everything."""
    rows, settled = await read_rows(postgres_url, session_id)
    orders = await read_orders(postgres_url, session_id)
    payments = await read_payments(postgres_url, session_id)
    return Ledger(orders, rows, read_copies(redis_url, session_id), settled, payments)
