"""Shows with offers on nodes in this process, and viewers who take them and buy."""

import json
from typing import Any
from uuid import uuid4

from redis import Redis

from liveshop.core.model import Order
from liveshop.core.roles import Role
from liveshop.engine.rooms.room import Room
from liveshop.stores.audit.findings import Finding
from liveshop.stores.audit.look import audit
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.sessions import Sessions
from tests.engine.world import EngineShop, Watcher
from tests.vocabulary import VOCABULARY
from tests.waiting import until

# A shirt costs this, in whatever size.
PRICE = 5_000


class OfferShow:
    """A live session with shirts, on one node or more."""

    def __init__(self, shop: EngineShop, session_id: str) -> None:
        self.shop = shop
        self.session_id = session_id

    async def open(self, kind: str = "code", **fields: Any) -> str:
        """Open an offer and return its name; a code takes 5.00 off the order."""
        asked = {"kind": kind, "label": "Live"} | fields
        if kind == "code" and "percent" not in asked:
            asked = {"amount": 500} | asked
        (opened,) = await self.command({"type": "offer.open"} | asked)
        offer: str = opened.offer
        return offer

    async def host(self, name: str, **fields: Any) -> list[Any]:
        """Carry out a host's command."""
        return await self.command({"type": name} | fields)

    async def command(self, message: dict[str, Any]) -> list[Any]:
        """Carry out a host's command as it comes."""
        return await self.shop.engine.execute(self.session_id, VOCABULARY.command(message))

    async def join(
        self, name: str, role: Role = Role.VIEWER, *, on: EngineShop | None = None
    ) -> Watcher:
        """Let a viewer in."""
        return await (on or self.shop).join(self.session_id, name, role)

    async def ask(
        self, viewer: Watcher, kind: str, *, on: EngineShop | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Send a command and return its answer, without `ref`."""
        ref = len(viewer.inbox) + 1_000_000
        (on or self.shop).send(viewer, kind, ref=ref, **fields)
        answer = await viewer.until(
            lambda: next((each for each in viewer.inbox if each.get("ref") == ref), None)
        )
        return {name: value for name, value in answer.items() if name != "ref"}

    async def take(self, viewer: Watcher, **fields: Any) -> dict[str, Any]:
        """Take an offer, under a rid of its own if none is given."""
        return await self.ask(viewer, "offer.take", **({"rid": str(uuid4())} | fields))

    async def reserve(self, viewer: Watcher, *skus: str, quantity: int = 1) -> list[str]:
        """Reserve units of some SKUs and return the rids."""
        rids = [self.shop.reserve(viewer, sku, quantity) for sku in skus]
        for rid in rids:
            await viewer.sees("reserved", rid=rid)
        return rids

    async def checkout(self, viewer: Watcher, rids: list[str], **fields: Any) -> dict[str, Any]:
        """Order reservations and return the answer."""
        return await self.ask(viewer, "checkout", order_id=str(uuid4()), rids=rids, **fields)

    async def buy(
        self, viewer: Watcher, sku: str = "OBS-M", *, on: EngineShop | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Buy, and return the last answer: `confirmed`, `checkout`, `refused` or an error."""
        rid = fields.pop("rid", None) or str(uuid4())
        (on or self.shop).buy(viewer, sku, rid=rid, ref=7, **fields)

        def last() -> dict[str, Any] | None:
            for message in viewer.inbox:
                named = rid in message.get("rids", ()) or message.get("rid") == rid
                kind = message["type"]
                if kind == "error" and message.get("ref") == 7:
                    return message
                if named and kind in ("confirmed", "refused", "checkout"):
                    return message
            return None

        found: dict[str, Any] = await viewer.until(last)
        return found

    async def order(self, order_id: str) -> Order:
        """Return an order as it is stored."""
        return await self.shop.engine.node.stores[Orders].get(order_id)

    async def why(self, order_id: str) -> Any:
        """Return the reasons of an order's price, and the offset that it was priced at."""
        query = "SELECT why, priced_at FROM orders WHERE id = $1"
        (record,) = await self.shop.database.fetch(query, order_id)
        why = record["why"]
        return None if why is None else json.loads(why), record["priced_at"]

    async def sold(self) -> dict[str, int]:
        """Return what is sold of each row."""
        rows = await self.shop.engine.node.stores[Sessions].rows(self.session_id)
        return {row.row: row.sold for row in rows}

    async def room(self) -> Room:
        """Return the session's room on the node."""
        return await self.shop.engine.rooms.get(self.session_id)

    def held(self, redis_url: str) -> dict[str, int]:
        """Return the units held of each row of which any are."""
        with Redis.from_url(redis_url, decode_responses=True) as redis:
            stock = redis.hgetall(f"{{s:{self.session_id}}}:stock")
        held = {name: int(n) for name, n in stock.items() if name.endswith("\x1fheld")}
        return {name.removesuffix("\x1fheld"): units for name, units in held.items() if units}

    async def audit(self) -> list[Finding]:
        """Return what the audit finds."""
        node = self.shop.engine.node
        files = [feature.audit for feature in VOCABULARY.features if feature.audit]
        return await audit(self.shop.database, node.link, looks=1, files=files)

    async def is_at_rest(self, redis_url: str) -> None:
        """Wait until nothing is held, and see that the audit finds nothing."""
        await until(lambda: not self.held(redis_url))
        assert await self.audit() == []

    async def lose_redis(self, redis_url: str) -> None:
        """Empty Redis, and wait until it is loaded again."""
        session = (await self.room()).session
        epoch = session.epochs.newest
        with Redis.from_url(redis_url) as redis:
            redis.flushall()
        await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
