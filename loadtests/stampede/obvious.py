"""The same shop the obvious way, to compare with: each purchase for itself.

`scripts`: an `EVALSHA` that checks and counts in Redis, then an `INSERT`, for each purchase.
`rows`: only Postgres, with a lock on the row of the SKU, in a transaction for each purchase.

Neither knows rids, tokens, sessions or deadlines: these omissions cost them nothing.
"""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import asyncpg
import uvicorn
from redis.asyncio import BlockingConnectionPool, Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from loadtests.stampede import PRICE

_CONNECTIONS: Final = 20
_UNITS: Final = 1_000_000
_LIMIT: Final = 1_000
_TABLES: Final = """
    DROP TABLE IF EXISTS obvious_order;
    CREATE TABLE obvious_order (id text PRIMARY KEY, buyer text NOT NULL, sku text NOT NULL,
                                quantity int NOT NULL, price bigint NOT NULL);
    DROP TABLE IF EXISTS obvious_stock;
    CREATE TABLE obvious_stock (sku text PRIMARY KEY, units int NOT NULL)
"""
_INSERT: Final = "INSERT INTO obvious_order VALUES ($1, $2, $3, $4, $5)"
_SCRIPT: Final = """
    local left = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or '0') - tonumber(ARGV[3])
    local bought = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0') + tonumber(ARGV[3])
    if bought > tonumber(ARGV[4]) then return 'limit' end
    if left < 0 then return 'sold_out' end
    redis.call('HSET', KEYS[1], ARGV[2], left)
    redis.call('HSET', KEYS[2], ARGV[1], bought)
    return 'ok'
"""

# Takes buyer, rid, SKU and quantity; returns 'ok' or why not.
Sell = Callable[[str, str, str, int], Awaitable[str]]


@asynccontextmanager
async def _scripts(redis_url: str, postgres_url: str, sku: str) -> AsyncIterator[Sell]:
    async with asyncpg.create_pool(postgres_url, max_size=_CONNECTIONS) as pool:
        await pool.execute(_TABLES)
        connections = BlockingConnectionPool.from_url(redis_url, max_connections=_CONNECTIONS)
        async with Redis(connection_pool=connections) as redis:
            await redis.delete("obvious:stock", "obvious:bought")
            await redis.hset("obvious:stock", sku, str(_UNITS))
            script = await redis.script_load(_SCRIPT)

            async def sell(buyer: str, rid: str, sku: str, quantity: int) -> str:
                keys = ("obvious:stock", "obvious:bought")
                answer = await redis.evalsha(script, 2, *keys, buyer, sku, quantity, _LIMIT)
                if answer == b"ok":
                    await pool.execute(_INSERT, rid, buyer, sku, quantity, PRICE)
                return str(answer, "ascii")

            yield sell
            await redis.delete("obvious:stock", "obvious:bought")
            await pool.execute("DROP TABLE obvious_order, obvious_stock")


@asynccontextmanager
async def _rows(redis_url: str, postgres_url: str, sku: str) -> AsyncIterator[Sell]:
    async with asyncpg.create_pool(postgres_url, max_size=_CONNECTIONS) as pool:
        await pool.execute(_TABLES)
        await pool.execute("INSERT INTO obvious_stock VALUES ($1, $2)", sku, _UNITS)

        async def sell(buyer: str, rid: str, sku: str, quantity: int) -> str:
            async with pool.acquire() as connection, connection.transaction():
                units: int = await connection.fetchval(
                    "SELECT units FROM obvious_stock WHERE sku = $1 FOR UPDATE", sku
                )
                if units < quantity:
                    return "sold_out"
                await connection.execute(
                    "UPDATE obvious_stock SET units = units - $2 WHERE sku = $1", sku, quantity
                )
                await connection.execute(_INSERT, rid, buyer, sku, quantity, PRICE)
            return "ok"

        yield sell
        await pool.execute("DROP TABLE obvious_order, obvious_stock")


WAYS: Final = {"scripts": _scripts, "rows": _rows}


async def _serve_one(sell: Callable[[], Sell], socket: WebSocket) -> None:
    await socket.accept()
    try:
        hello = await socket.receive_json()
        await _send(socket, type="welcome", ref=hello.get("ref"))
        await _send(socket, type="session")
        buyer = hello["token"][-32:]
        while True:
            wanted = await socket.receive_json()
            await _buy(socket, sell(), buyer, wanted)
    except WebSocketDisconnect:
        return


async def _buy(socket: WebSocket, sell: Sell, buyer: str, wanted: dict[str, Any]) -> None:
    rid, sku, quantity, ref = (wanted[name] for name in ("rid", "sku", "quantity", "ref"))
    answer = await sell(buyer, rid, sku, quantity)
    if answer != "ok":
        await _send(socket, type="error", ref=ref, code=answer)
        return
    await _send(socket, type="reserved", ref=ref, rid=rid, sku=sku, quantity=quantity)
    await _send(socket, type="confirmed", order_id=rid, rids=[rid], total=PRICE * quantity)


async def _send(socket: WebSocket, **message: Any) -> None:
    await socket.send_text(json.dumps([message], separators=(",", ":")))


def main() -> None:
    """Serve one of the ways on a port until SIGTERM."""
    way, port, redis_url, postgres_url, sku = sys.argv[1:]
    sells: list[Sell] = []

    @asynccontextmanager
    async def open_stores(_: Starlette) -> AsyncIterator[None]:
        async with WAYS[way](redis_url, postgres_url, sku) as sell:
            sells.append(sell)
            yield

    app = Starlette(
        routes=[WebSocketRoute("/", partial(_serve_one, lambda: sells[0]))], lifespan=open_stores
    )
    uvicorn.run(app, port=int(port), ws="websockets-sansio", log_level="warning", backlog=4_096)


if __name__ == "__main__":
    main()
