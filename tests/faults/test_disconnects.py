"""A buyer who hangs up amid a purchase leaves nothing behind: unit, connection or task."""

import asyncio
import json
import random
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.edge.http.app import build_app
from liveshop.edge.server import Server, build_server
from liveshop.edge.tokens import make_token
from liveshop.engine.rooms.room import Room
from tests.cli.programs import SECRET
from tests.engine.world import EngineShop, open_shop
from tests.faults.nodes import audit
from tests.faults.spoiled import nothing_is_held
from tests.waiting import WAIT_S, until

DISCONNECTS = 1_000
AT_ONCE = 100
UNITS = 300
HOLD_MS = 1_000


@asynccontextmanager
async def _served(shop: EngineShop) -> AsyncIterator[tuple[Server, int]]:
    """Serve a node of this process on a port of its own."""
    settings = Settings(secret=SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = build_app(settings, shop.engine, shop.database)
        server = build_server(settings, shop.engine, app, [listener])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve)
            await until(lambda: server.started)
            yield server, listener.getsockname()[1]
            server.should_exit = True


def _token(name: str) -> str:
    return make_token(SECRET, viewer_id=name, role=Role.VIEWER, ttl_s=600)


async def _hang_up_on_socket(chance: random.Random, port: int, session_id: str, name: str) -> None:
    """Ask for a bit of everything, and go after any of it, or in the handshake."""
    rids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(3)]
    commands = [
        {"type": "hello", "token": _token(name)},
        {"type": "buy", "rid": rids[0], "sku": "OBS-M", "quantity": 1},
        {"type": "reserve", "rid": rids[1], "sku": "OBS-M", "quantity": 1},
        {"type": "reserve", "rid": rids[2], "sku": "OBS-M", "quantity": 1},
        {"type": "checkout", "order_id": rids[1], "rids": [rids[1]]},
        {"type": "release", "rid": rids[2]},
    ]
    last = chance.randint(0, len(commands))
    patience_s = chance.uniform(0, 0.05) if last == 0 else WAIT_S
    url = f"ws://127.0.0.1:{port}/ws/sessions/{session_id}"
    with suppress(WebSocketException, OSError), anyio.move_on_after(patience_s):
        async with connect(url, ping_interval=None) as connection:
            try:
                for command in commands[:last]:
                    await connection.send(json.dumps(command))
                    await anyio.sleep(chance.uniform(0, 0.05))
            finally:
                connection.transport.abort()


async def _hang_up_on_http(chance: random.Random, port: int, session_id: str, name: str) -> None:
    rid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    body = json.dumps({"rid": rid, "sku": "OBS-M", "quantity": 1})
    head = (
        f"POST /api/sessions/{session_id}/reservations HTTP/1.1\r\nHost: here\r\n"
        f"Authorization: Bearer {_token(name)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((head + body).encode())
    await anyio.sleep(chance.uniform(0, 0.05))
    writer.transport.abort()


async def _storm(seed: int, port: int, session_id: str) -> None:
    gate = anyio.Semaphore(AT_ONCE)

    async def come_and_go(number: int) -> None:
        chance = random.Random(f"{seed}-{number}")
        hang_up = _hang_up_on_http if chance.random() < 0.1 else _hang_up_on_socket
        async with gate:
            # A few have many connections, so that messages go to connections that are gone.
            await hang_up(chance, port, session_id, f"buyer-{number % 400}")

    async with anyio.create_task_group() as tasks:
        for number in range(DISCONNECTS):
            tasks.start_soon(come_and_go, number)


def _left(room: Room) -> int:
    """Return the units left as viewers see them."""
    left: int = room.session.broadcast.view()["shelf"][0]["variants"][0]["left"]
    return left


async def test_a_thousand_who_hang_up_at_random_moments_leave_nothing_behind(
    redis_url: str, postgres_url: str
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 -- shown where the test fails
    async with open_shop(redis_url, postgres_url) as shop:
        session_id = await shop.live(OBS_M=UNITS, hold_ms=HOLD_MS)
        await shop.opened(session_id)
        room = await shop.engine.rooms.get(session_id)
        async with _served(shop) as (server, port):
            tasks = len(asyncio.all_tasks())
            await _storm(seed, port, session_id)
            await until(lambda: len(server.gateway) == 0 and room.session.audience.empty)
            await until(lambda: room.under_way == 0)
            await nothing_is_held(shop, session_id)
            await until(lambda: len(asyncio.all_tasks()) <= tasks)
            await until(lambda: shop.database.connections[1] == 0)
        ((units, sold),) = await shop.database.fetch("SELECT units, sold FROM stock")
        ((ordered,),) = await shop.database.fetch("SELECT coalesce(sum(qty), 0) FROM order_line")
        assert (units, sold) == (UNITS, ordered)
        assert 0 < sold <= UNITS
        await until(lambda: _left(room) == UNITS - sold)
        assert await audit(redis_url, postgres_url) == (0, "Every promise is kept.\n")
