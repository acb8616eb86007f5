"""The cost of refusing a purchase, besides reading its frame and writing its answer.

A room that nobody serves, in this process, with more waiting than may wait: from the command to
the frame of its answer. The stores are named and never connected to.
"""

import asyncio
import gc
import time
import uuid
from typing import Final

from liveshop.core.commands import Buy
from liveshop.core.model import Status
from liveshop.core.roles import Identity, Role
from liveshop.core.session import SessionInfo, SessionState
from liveshop.core.settings import Settings
from liveshop.engine.node import Node
from liveshop.engine.rooms.room import Room
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink

_SAMPLES: Final = 20
_COMMANDS: Final = 1_000
_WAIT_MS: Final = 10


class _Link(RedisLink):
    @property
    def connected(self) -> bool:
        return True


class _Buyer:
    """A connection that keeps nothing but how much it was told."""

    deflates = False
    address = ""

    def __init__(self) -> None:
        self.identity: Identity | None = Identity(viewer_id="buyer", name="buyer", role=Role.VIEWER)
        self.told = 0
        self.newest = b""

    def write(self, frame: bytes) -> None:
        self.told += 1
        self.newest = frame

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(f"closed: {code} {reason}")


def rejection_us() -> float:
    """Return the CPU of one refusal in microseconds: the median of samples of a thousand."""
    return asyncio.run(_rejection_us())


async def _rejection_us() -> float:
    room, buyer = _full_room(), _Buyer()
    commands = [_buy(number) for number in range(_COMMANDS)]
    samples = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(_SAMPLES):
            before_ns = time.thread_time_ns()
            for command in commands:
                room.submit(buyer, command)
            samples.append((time.thread_time_ns() - before_ns) / 1e3 / _COMMANDS)
    finally:
        gc.enable()
    assert buyer.told == _SAMPLES * _COMMANDS, "each was answered at once"
    assert b'"code":"busy"' in buyer.newest and b'"retry_after_ms":' in buyer.newest
    return sorted(samples)[_SAMPLES // 2]


def _buy(number: int) -> Buy:
    return Buy(ref=number, rid=str(uuid.uuid4()), sku="SKU", quantity=1, price=None)


def _full_room() -> Room:
    settings = Settings(buy_wait_ms_max=_WAIT_MS)
    database, link = Database(settings.postgres_url), _Link(settings.redis_url)
    node = Node.of(settings, database, link, Bus(settings.redis_url, link))
    node.postgres_up = True
    info = SessionInfo(id="s1", title="", currency="EUR", payment="direct", hold_ms=300_000)
    state = SessionState(info=info, status=Status.LIVE)
    room = Room(Session(node, state, epoch=1, settled=False))
    room.session.epochs.open()
    buyer = _Buyer()
    number = 0
    # Nothing leaves the queue, so that its stall soon is more than may be waited for.
    while not buyer.told:
        room.submit(buyer, _buy(number))
        number += 1
        time.sleep(_WAIT_MS / 10_000)
    return room
