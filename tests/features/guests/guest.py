"""A guest, as its browser knows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from tests.client import Client, Message, connected
from tests.edge.http.api import Api, Caller, Json

# No other text of a test has them in it, however it is written.
NAME: Final = "Zephyrine Quillfeather"
MAIL: Final = "zephyrine.q@Quillfeather.example"


@dataclass(frozen=True)
class Guest:
    """One who was let in: what it was answered, and the node."""

    api: Api
    made: Json

    @property
    def sub(self) -> str:
        """Its id."""
        return str(self.made["viewer_id"])

    @property
    def http(self) -> Caller:
        """It, over HTTP."""
        return self.api.with_token(self.made["token"])

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Client]:
        """Join its session."""
        url = self.api.url.replace("http", "ws", 1)
        async with connected(url, self.made["session_id"]) as client:
            await client.hello(self.made["token"])
            yield client


def let_in(api: Api, session_id: str, name: str = NAME, **fields: Any) -> Guest:
    """Have a guest let in."""
    made = api.anyone.post("/api/guests", json={"session": session_id, "name": name, **fields})
    assert made.status_code == 201, made.text
    return Guest(api, made.json())


async def buy(client: Client, sku: str) -> Message:
    """Buy a unit, and return what confirms it."""
    rid = str(uuid4())
    assert (await client.ask("buy", rid=rid, sku=sku, quantity=1))["type"] == "reserved"
    return await client.wait_for_type("confirmed", order_id=rid)
