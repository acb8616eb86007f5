"""Bans as a test makes them: by one of the staff, and then a knock at the door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio

from liveshop.core.roles import Identity, Role
from tests.engine.world import EngineShop, Watcher
from tests.vocabulary import VOCABULARY
from tests.waiting import WAIT_S

MO = Identity("mo", "Mo", Role.MODERATOR)
HOST = Identity("ho", "Ho", Role.HOST)
ADA = Identity("ada", "Ada", Role.VIEWER)


async def order(shop: EngineShop, session_id: str, by: Identity, kind: str, **fields: Any) -> None:
    """Carry out a command of one of the staff."""
    command: Any = VOCABULARY.command({"type": kind, **fields})
    assert await shop.engine.execute(session_id, command, by) == []


async def left(shop: EngineShop, session_id: str, sku: str = "OBS-M") -> int:
    """Return how many units a viewer who joins now sees."""
    view = await shop.engine.rooms.view(session_id)
    return int(view["shelf"][0]["variants"][0]["left"])


async def becomes(ask: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a question that takes a store or a node is answered with yes."""
    with anyio.fail_after(WAIT_S):
        while not await ask():  # noqa: ASYNC110 -- another node tells nobody here
            await anyio.sleep(0.01)


async def knock(shop: EngineShop, session_id: str, identity: Identity) -> Watcher:
    """Let somebody say `hello`, and return once it is welcome or its connection is closed."""
    watcher = Watcher(identity)
    shop.engine.viewer_admission.connect(watcher, session_id, 0)
    await watcher.until(lambda: watcher.closed or watcher.of("session"))
    return watcher


@asynccontextmanager
async def deaf(shop: EngineShop) -> AsyncIterator[None]:
    """Lose the messages of the bus on their way to a node."""
    bus = shop.engine.node.bus
    hear, bus.on_message = bus.on_message, lambda session_id, payload: None
    try:
        yield
    finally:
        bus.on_message = hear


async def is_released(shop: EngineShop, session_id: str, rid: str) -> bool:
    room = await shop.engine.rooms.get(session_id)
    found = await room.session.units.peek([rid])
    return found[rid].state == "released"


async def is_welcome(shop: EngineShop, session_id: str) -> bool:
    return (await knock(shop, session_id, ADA)).closed is None
