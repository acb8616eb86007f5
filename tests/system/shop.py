"""The means of an examiner: a running system's address, its keys, and the document."""

import itertools
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import jwt

from tests.client import PATIENCE_S, Client, Message, connected

_numbers = itertools.count(1)
OFFER = ("product_id", "title", "image", "variants", "number")
VARIANT = ("sku", "label", "price", "was", "limit", "left", "number")
SALE = ("product_id", "prices", "starts_at_ms", "ends_at_ms", "left", "limit")


def new_rid() -> str:
    """Make a rid as clients do."""
    return str(uuid.uuid4())


def named(what: str) -> str:
    """Return a name that no other test uses."""
    return f"{what}-{next(_numbers)}"


@dataclass(frozen=True)
class SystemShop:
    """One server: HTTP by `http`, WebSockets by `ws`; without `by`, the merchant's backend asks."""

    url: str
    secret: str
    api_key: str
    http: httpx.AsyncClient
    session_ids: list[str] = field(default_factory=list)

    @property
    def ws(self) -> str:
        """Where WebSockets connect."""
        return self.url.replace("http", "ws", 1)

    def token(self, sub: str, role: str = "viewer", **claims: Any) -> str:
        """Sign a token, as the merchant's backend would."""
        facts = {"sub": sub, "role": role, "exp": int(time.time()) + 3_600, **claims}
        return jwt.encode({k: v for k, v in facts.items() if v is not None}, self.secret, "HS256")

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str | None = "",
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Send a request: `by` a token, None for nobody, the API key if nothing is said."""
        key = self.api_key if by == "" else by
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return await self.http.request(method, path, json=body, headers=headers, params=query)

    async def get(self, path: str, *, by: str | None = "", **query: Any) -> Any:
        """Read something that is there."""
        response = await self.ask("GET", path, by=by, query=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any, *, by: str | None = "", status: int = 201) -> Any:
        """Post something that is taken."""
        response = await self.ask("POST", path, body, by=by)
        assert response.status_code == status, response.text
        return response.json()

    async def refuses(
        self, status: int, code: str, method: str, path: str, body: Any = None, **how: Any
    ) -> Message:
        """Send a request that is refused, and return the error, whose shape is checked."""
        response = await self.ask(method, path, body, **how)
        assert (response.status_code, response.json().get("code")) == (status, code), response.text
        return whole_error(response.json())

    async def product(self, price: int = 5000, **stock: int) -> Message:
        """Make a product with a variant for each label: its SKUs are `<product_id>-<label>`."""
        product_id = named("shirt")
        variants = [
            {"sku": f"{product_id}-{label}", "label": label, "price": price, "stock": units}
            for label, units in stock.items()
        ]
        made: Message = await self.post(
            "/api/products",
            {"product_id": product_id, "title": f"Shirt {product_id}", "variants": variants},
        )
        return made

    async def session(self, *shelf: Message, start: bool = True, **fields: Any) -> str:
        """Make a session which offers all units of the products given, and start it."""
        made = await self.post("/api/sessions", {"title": "Autumn drop", **fields})
        session_id: str = made["id"]
        self.session_ids.append(session_id)
        for product in shelf:
            await self.add(session_id, product)
        if start:
            await self.host(session_id, "session.start")
        return session_id

    async def end_sessions(self) -> None:
        """End the sessions that it made, if they are live: a hundred are much work for a server."""
        for session_id in self.session_ids:
            path = f"/api/sessions/{session_id}/commands"
            response = await self.ask("POST", path, {"type": "session.end"})
            assert response.status_code in (200, 409), response.text

    async def add(self, session_id: str, product: Message, **fields: Any) -> list[Message]:
        """Put a product on the shelf, with all its units if nothing else is said."""
        units = {variant["sku"]: variant["stock"] for variant in product["variants"]}
        fields = {"units": units, **fields}
        return await self.host(
            session_id, "product.add", product_id=product["product_id"], **fields
        )

    async def host(
        self, session_id: str, kind: str, *, by: str | None = "", **fields: Any
    ) -> list[Message]:
        """Give a command over HTTP, which is carried out; return its events."""
        path = f"/api/sessions/{session_id}/commands"
        answer = await self.post(path, {"type": kind, **fields}, by=by, status=200)
        events: list[Message] = answer["events"]
        return events

    async def host_refused(
        self, status: int, code: str, session_id: str, kind: str, **fields: Any
    ) -> Message:
        """Give a command over HTTP, which is refused; return the error. No event comes of it."""
        before = await self.log(session_id)
        path = f"/api/sessions/{session_id}/commands"
        error = await self.refuses(status, code, "POST", path, {"type": kind, **fields})
        assert await self.log(session_id) == before
        return error

    async def snapshot(self, session_id: str) -> Message:
        """Read the session."""
        session: Message = await self.get(f"/api/sessions/{session_id}")
        return session

    async def left(self, session_id: str) -> dict[str, int]:
        """Read the units left by SKU."""
        shelf = (await self.snapshot(session_id))["shelf"]
        return {v["sku"]: v["left"] for product in shelf for v in product["variants"]}

    async def stock(self, product_id: str) -> list[int]:
        """Read the catalogue's units of each variant."""
        product = await self.get(f"/api/products/{product_id}")
        return [variant["stock"] for variant in product["variants"]]

    async def log(self, session_id: str, after: int = 0) -> list[Message]:
        """Read the whole log after an offset."""
        page = await self.get(f"/api/sessions/{session_id}/events", after=after, limit=200)
        events: list[Message] = page["events"]
        return events

    async def reserve(self, session_id: str, **body: Any) -> httpx.Response:
        """Reserve over HTTP, for a buyer named by `viewer_id`, with the API key."""
        return await self.ask("POST", f"/api/sessions/{session_id}/reservations", body)

    async def order(self, order_id: str) -> Message:
        """Read an order."""
        order: Message = await self.get(f"/api/orders/{order_id}")
        return order

    @asynccontextmanager
    async def joined(
        self, session_id: str, sub: str | None = None, role: str = "viewer", **claims: Any
    ) -> AsyncIterator[Client]:
        """Join a session, anonymously or with a token."""
        token = None if sub is None else self.token(sub, role, **claims)
        async with connected(self.ws, session_id) as client:
            await client.hello(token)
            yield client


async def eventually(read: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """Read until it is what is wanted."""
    deadline = anyio.current_time() + PATIENCE_S
    while (seen := await read()) != wanted:
        assert anyio.current_time() < deadline, f"it stays {seen}, not {wanted}"
        await anyio.sleep(0.05)


async def refused(client: Client, code: str, kind: str, **fields: Any) -> Message:
    """Send a command that is refused; return the error, whose shape is checked."""
    answer = await client.ask(kind, **fields)
    assert (answer["type"], answer.get("code")) == ("error", code), answer
    del answer["ref"]
    return whole_error(answer)


async def reserved(client: Client, sku: str, **fields: Any) -> Message:
    """Put a unit in the cart."""
    wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, **fields}
    answer = await client.ask("reserve", **wanted)
    assert answer["type"] == "reserved", answer
    assert {name: answer[name] for name in ("rid", "sku", "quantity")} == {
        name: wanted[name] for name in ("rid", "sku", "quantity")
    }
    return answer


async def bought(client: Client, sku: str, **fields: Any) -> Message:
    """Buy a unit where payment is direct; return the `confirmed`."""
    wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, **fields}
    answer = await client.ask("buy", **wanted)
    assert answer["type"] == "reserved", answer
    return await client.wait_for_type("confirmed", order_id=wanted["rid"])


def whole_error(error: Message) -> Message:
    """Check that an error has what its code promises, and nothing of our insides."""
    assert error["type"] == "error"
    more = {
        "sold_out": {"left"},
        "limit": {"limit", "left"},
        "price_changed": {"price"},
        "conflict": {"reason"},
        "rate_limited": {"retry_after_ms"},
    }.get(error["code"], set())
    assert set(error) == {"type", "code", "message", *more}, error
    assert error["message"], error
    for inside in ("Traceback", "asyncpg", "redis", "msgspec", "liveshop."):
        assert inside not in error["message"], error
    return error
