"""A node on a port of its own, and a client of its HTTP interface."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final
from uuid import uuid4

import anyio
import httpx
from anyio.from_thread import BlockingPortal

from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.edge.http.app import build_app
from liveshop.edge.server import build_server
from liveshop.edge.tokens import make_token
from liveshop.engine.engine import Engine
from liveshop.features import FEATURES
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink
from tests.client import Client, connected
from tests.waiting import wait_until

SECRET: Final = "a secret of thirty-two characters"
SHOP_ORIGIN: Final = "https://shop.example"

Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Someone who calls, with a token, an API key or nothing."""

    client: httpx.Client
    bearer: str | None = None

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a POST."""
        return self.send("POST", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Send a DELETE."""
        return self.send("DELETE", path, **options)

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Send a request with the caller's token."""
        own = {} if self.bearer is None else {"Authorization": f"Bearer {self.bearer}"}
        return self.client.request(method, path, headers={**own, **(headers or {})}, **options)


@dataclass(frozen=True)
class Api:
    """The HTTP interface of a running node, as callers with different rights see it."""

    url: str
    portal: BlockingPortal
    client: httpx.Client

    def as_role(
        self,
        role: Role,
        viewer_id: str = "u1",
        *,
        session_id: str | None = None,
        shop: str | None = None,
    ) -> Caller:
        """Return a caller with a token."""
        return Caller(self.client, token(role, viewer_id, session_id=session_id, shop=shop))

    def with_token(self, bearer: str) -> Caller:
        """Return a caller with any token or API key."""
        return Caller(self.client, bearer)

    @property
    def anyone(self) -> Caller:
        """A caller without a token."""
        return Caller(self.client)

    @property
    def buyer(self) -> Caller:
        """A caller with the token of the viewer u1."""
        return self.as_role(Role.VIEWER)

    @property
    def host(self) -> Caller:
        """A caller with a host's token."""
        return self.as_role(Role.HOST, "host")

    @cached_property
    def backend(self) -> Caller:
        """A caller with an API key."""
        made = self.as_role(Role.ADMIN, "admin").post("/api/keys", json={"name": "backend"})
        assert made.status_code == 201, made.text
        return self.with_token(made.json()["key"])

    def add_product(self, product_id: str = "shirt", *, price: int = 5000, stock: int = 100) -> str:
        """Put a product with one variant into the catalogue; return its SKU."""
        sku = f"{product_id}-m"
        variant = {"sku": sku, "label": "M", "price": price, "stock": stock}
        body = {"product_id": product_id, "title": product_id.title(), "variants": [variant]}
        made = self.host.post("/api/products", json=body)
        assert made.status_code == 201, made.text
        return sku

    def add_session(self, **fields: Any) -> str:
        """Plan a session; return its id."""
        made = self.host.post("/api/sessions", json={"title": "Autumn drop", **fields})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def command(self, session_id: str, kind: str, **fields: Any) -> Json:
        """Carry out a command as the host, and return its first event."""
        path = f"/api/sessions/{session_id}/commands"
        done = self.host.post(path, json={"type": kind, **fields})
        assert done.status_code == 200, done.text
        event: Json = done.json()["events"][0]
        return event

    def go_live(self, *, units: int = 5, limit: int = 10, **fields: Any) -> tuple[str, str]:
        """Have a live session with one product on its shelf; return its id and the SKU."""
        sku = self.add_product()
        session_id = self.add_session(**fields)
        self.command(session_id, "product.add", product_id="shirt", units={sku: units}, limit=limit)
        self.command(session_id, "session.start")
        # Its units are on their way to Redis.
        wait_until(lambda: self.anyone.get(f"/api/sessions/{session_id}").json()["buying"])
        return session_id, sku

    def ask(self, session_id: str, viewer_id: str, kind: str, **fields: Any) -> Json:
        """Send a command over a socket, as a buyer; return what comes of it in the end."""
        return self.portal.call(partial(self._ask, session_id, viewer_id, kind, **fields))

    async def _ask(self, session_id: str, viewer_id: str, kind: str, **fields: Any) -> Json:
        url = self.url.replace("http", "ws", 1)
        async with connected(url, session_id) as client:
            await client.hello(token(Role.VIEWER, viewer_id))
            answer = await client.ask(kind, **fields)
            return await _last_word(client, answer) if kind == "buy" else answer


async def _last_word(client: Client, answer: Json) -> Json:
    if answer["type"] != "reserved":
        return answer
    return await client.wait_for(lambda message: message["type"] in ("confirmed", "checkout"))


def token(
    role: Role,
    viewer_id: str = "u1",
    *,
    session_id: str | None = None,
    shop: str | None = None,
) -> str:
    """Return a token that the node takes."""
    return make_token(
        SECRET, viewer_id=viewer_id, role=role, ttl_s=600, session_id=session_id, shop=shop
    )


def a_rid() -> str:
    """Return a new UUID, as clients make them."""
    return str(uuid4())


@asynccontextmanager
async def running_node(postgres_url: str, redis_url: str, **given: Any) -> AsyncIterator[str]:
    """Run a node on a free port; give its address, which takes connections from now on."""
    usual = {
        "secret": SECRET,
        "origins": (SHOP_ORIGIN,),
        "drain_ms": 0,
        "media_folder": "/dev/null",  # of a node to which nothing is uploaded
    }
    settings = Settings(postgres_url=postgres_url, redis_url=redis_url, **{**usual, **given})
    database = Database(settings.postgres_url)
    link = RedisLink(settings.redis_url)
    bus = Bus(settings.redis_url, link)
    engine = Engine(settings, database, link, bus, features=FEATURES)
    app = build_app(settings, engine, database)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = build_server(settings, engine, app, [listener])
        async with anyio.create_task_group() as stores:
            for store in (database, link, bus):
                await stores.start(store.run)
            async with anyio.create_task_group() as tasks:
                await tasks.start(engine.run)
                tasks.start_soon(server.serve)
                yield url
                server.should_exit = True
                # `serve` ends on its own; the engine goes on until it is told.
                tasks.cancel_scope.cancel()
            stores.cancel_scope.cancel()


def make_key(api: Api, **fields: Any) -> Json:
    """Make a key as an admin of all shops."""
    made = api.as_role(Role.ADMIN, "root").post("/api/keys", json={"name": "backend", **fields})
    assert made.status_code == 201, made.text
    key: Json = made.json()
    return key
