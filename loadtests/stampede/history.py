"""Fills the tables with orders of the past, so that a purchase can be measured among them."""

import asyncio
from typing import Final

import asyncpg
import redis

from liveshop.cli.local_stores import LocalStores
from liveshop.stores.redis.packing import session_key
from loadtests.stampede import PRICE

_STEP: Final = 100_000
# Names without an order of their own, as those of real orders.
_ORDERS: Final = """
    INSERT INTO orders (id, session_id, seq, buyer, status, total, currency, epoch, args_hash,
                        at_ms)
    SELECT md5(n::text)::uuid::text, s.id, s.seq + n - $2, 'past-' || md5('buyer' || n),
           'confirmed', $4, s.currency, s.stock_epoch, '\\x00', s.newest_ms
    FROM session AS s, generate_series($2::int + 1, $3::int) AS n WHERE s.id = $1
"""
_LINES: Final = """
    INSERT INTO order_line (rid, order_id, sku, sale, qty, price, sku_limit)
    SELECT id, id, $2, '', 1, $3, 1000 FROM orders
    WHERE session_id = $1 AND seq > $4
"""
_QUOTAS: Final = """
    INSERT INTO buyer_quota (session_id, scope, buyer, bought, cap)
    SELECT session_id, 's' || $2, buyer, 1, 1000 FROM orders WHERE session_id = $1 AND seq > $3
"""
_SESSION: Final = """
    UPDATE session SET seq = seq + $2, orders = orders + $2, units = units + $2,
                       revenue = revenue + $2 * $3::bigint WHERE id = $1
"""
_STOCK: Final = """
    UPDATE stock SET sold = sold + $3, version = version + 1
    WHERE session_id = $1 AND "row" = 's' || $2
"""


def fill(stores: LocalStores, session_id: str, sku: str, count: int) -> None:
    """Record `count` orders of a SKU, each another buyer's; no node may run meanwhile.

    Redis knows nothing of them: it is emptied, and rebuilt by the next node from Postgres.
    """
    asyncio.run(_fill(stores.postgres.url, session_id, sku, count))
    with redis.Redis.from_url(stores.valkey.url) as client:
        client.flushall()


def buyers_counted(stores: LocalStores, session_id: str) -> int:
    """Return how many buyers' counts Redis has: loading a million takes seconds."""
    with redis.Redis.from_url(stores.valkey.url) as client:
        count: int = client.hlen(session_key(session_id, "bought"))
    return count


async def _fill(url: str, session_id: str, sku: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        for first in range(0, count, _STEP):
            last = min(count, first + _STEP)
            async with connection.transaction():
                seq: int = await connection.fetchval(
                    "SELECT seq FROM session WHERE id = $1 FOR UPDATE", session_id
                )
                await connection.execute(_ORDERS, session_id, first, last, PRICE)
                await connection.execute(_LINES, session_id, sku, PRICE, seq)
                await connection.execute(_QUOTAS, session_id, sku, seq)
                await connection.execute(_STOCK, session_id, sku, last - first)
                await connection.execute(_SESSION, session_id, last - first, PRICE)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
