"""Nodes with real stores in one process, and viewers without sockets."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import anyio

from liveshop.core.feature import Feature
from liveshop.core.model import Product, Variant
from liveshop.core.roles import Identity, Role
from liveshop.core.settings import Settings
from liveshop.engine.engine import Engine
from liveshop.engine.tracing import Trace
from liveshop.features import FEATURES
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink
from tests.vocabulary import VOCABULARY
from tests.waiting import WAIT_S, in_vain, until


def payload_of(frame: bytes) -> list[dict[str, Any]]:
    """Return the messages in a server's frame."""
    size = frame[1]
    start = 2 if size < 126 else 4 if size == 126 else 10
    messages: list[dict[str, Any]] = json.loads(frame[start:])
    return messages


@asynccontextmanager
async def held_up(owner: object, method: str) -> AsyncIterator[None]:
    """Let the calls of a method wait until the end, as if what it asks took a while to answer."""
    call, over = getattr(owner, method), anyio.Event()

    async def wait(*args: Any, **kwargs: Any) -> Any:
        await over.wait()
        return await call(*args, **kwargs)

    setattr(owner, method, wait)
    try:
        yield
    finally:
        setattr(owner, method, call)
        over.set()


@dataclass(eq=False)
class Watcher:
    """A viewer that keeps all it is sent."""

    identity: Identity | None = None
    deflates: bool = False
    address: str = ""
    inbox: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    closed: int | None = None
    _news: anyio.Event = field(default_factory=anyio.Event)

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.inbox += payload_of(frame)
        self._news.set()

    def close(self, code: int, reason: str) -> None:
        self.closed = code
        self._news.set()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a type so far."""
        return [message for message in self.inbox if message["type"] == kind]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events so far."""
        return [m for m in self.inbox if "offset" in m and m["type"] not in ("session", "ok")]

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait for a condition on what came."""
        result = None
        with anyio.move_on_after(WAIT_S):
            while not (result := true()):
                self._news = anyio.Event()
                await self._news.wait()
        assert result, in_vain(true, result, WAIT_S)
        return result

    async def sees(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait for a message of a type with these fields, and return the first."""

        def first() -> dict[str, Any] | None:
            for message in self.of(kind):
                if all(message.get(name) == value for name, value in fields.items()):
                    return message
            return None

        message: dict[str, Any] = await self.until(first)
        return message

    async def sees_many(self, kind: str, count: int) -> None:
        """Wait until so many messages of a type have come."""
        await self.until(lambda: len(self.of(kind)) >= count)


@dataclass
class EngineShop:
    """One node, and what a test does with it."""

    engine: Engine
    catalogue: Catalogue
    database: Database

    async def stock(self, product_id: str = "shirt", **stock: int) -> None:
        """Put a product into the catalogue, SKUs by name, 50.00 each."""
        variants = [
            Variant(sku=sku.replace("_", "-"), label=sku, price=5000, stock=units)
            for sku, units in stock.items()
        ]
        await self.catalogue.create(
            Product(product_id=product_id, title=product_id.title(), variants=variants)
        )

    async def plan(self, *, payment: Any = "direct", hold_ms: int = 300_000) -> str:
        """Make a scheduled session and return its id."""
        info = await self.engine.create_session(
            title="Show",
            currency="EUR",
            payment=payment,
            hold_ms=hold_ms,
            starts_at_ms=1_790_000_000_000,
            checkout_url="https://pay.example/{order_id}" if payment == "checkout" else None,
        )
        return info.id

    async def host(self, session_id: str, kind: str, **fields: Any) -> list[Any]:
        """Carry out a host's command."""
        command: Any = VOCABULARY.command({"type": kind, **fields})
        return await self.engine.execute(session_id, command)

    async def live(
        self, *, limit: int = 10, payment: Any = "direct", hold_ms: int = 300_000, **units: int
    ) -> str:
        """Return a live session that has these units of these SKUs on its shelf."""
        await self.stock("shirt", **{sku: count * 2 for sku, count in units.items()})
        session_id = await self.plan(payment=payment, hold_ms=hold_ms)
        named = {sku.replace("_", "-"): count for sku, count in units.items()}
        await self.host(session_id, "product.add", product_id="shirt", units=named, limit=limit)
        await self.host(session_id, "session.start")
        return session_id

    async def live_with(self, other: "EngineShop", **live: Any) -> str:
        """Return a live session whose units are good on this node and on another."""
        session_id = await self.live(**live)
        await self.opened(session_id)
        await other.opened(session_id)
        return session_id

    async def join(
        self, session_id: str, name: str | None = None, role: Role = Role.VIEWER
    ) -> Watcher:
        """Let a viewer in and wait until it is welcome and buying is open."""
        identity = None if name is None else Identity(viewer_id=name, name=name, role=role)
        watcher = Watcher(identity)
        self.engine.viewer_admission.connect(watcher, session_id, 0)
        await watcher.sees("session")
        return watcher

    async def opened(self, session_id: str) -> None:
        """Wait until the session's units are good."""
        room = await self.engine.rooms.get(session_id)
        await until(lambda: room.session.epochs.buying)

    def send(self, watcher: Watcher, kind: str, **fields: Any) -> None:
        """Send a command as a viewer."""
        self.engine.viewer_admission.submit(watcher, VOCABULARY.command({"type": kind, **fields}))

    def buy(self, watcher: Watcher, sku: str, quantity: int = 1, **fields: Any) -> str:
        """Send a `buy` with a new rid and return that."""
        rid = fields.pop("rid", None) or str(uuid4())
        self.send(watcher, "buy", rid=rid, sku=sku, quantity=quantity, **fields)
        return rid

    def reserve(self, watcher: Watcher, sku: str, quantity: int = 1, **fields: Any) -> str:
        """Send a `reserve` with a new rid and return that."""
        rid = fields.pop("rid", None) or str(uuid4())
        self.send(watcher, "reserve", rid=rid, sku=sku, quantity=quantity, **fields)
        return rid


@asynccontextmanager
async def open_shop(
    redis_url: str,
    postgres_url: str,
    *,
    bus_url: str | None = None,
    trace: Trace | None = None,
    features: Iterable[Feature] = FEATURES,
    **settings: Any,
) -> AsyncIterator[EngineShop]:
    """Run a node on the stores; the bus may have a way of its own."""
    database, link = Database(postgres_url), RedisLink(redis_url)
    bus = Bus(bus_url or redis_url, link)
    engine = Engine(
        Settings(secret="s" * 32, **settings), database, link, bus, trace, features=features
    )
    async with anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        await tasks.start(link.run)
        await tasks.start(bus.run)
        await tasks.start(engine.run)
        await until(lambda: engine.node.health.ready)
        yield EngineShop(engine, Catalogue(database), database)
        tasks.cancel_scope.cancel()
