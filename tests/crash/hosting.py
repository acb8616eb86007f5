"""The host during a stampede: a flash sale, pins, pauses, and orders that are cancelled."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import anyio
import httpx

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET
from tests.crash.history import Addition, History

PRODUCT_PRICE = 5_000
# Less than a unit costs in the sale, so that an order with the coupon has all of it off.
COUPON_AMOUNT = 700
SALE_PERCENT = 20
# Of each SKU, that the host may add to those that the offer begins with.
MORE_UNITS = 60
_DAY_S = 86_400
_PAUSE_S = (0.02, 0.3)
_RETRY_S = 0.1
_RESOLVE_S_MAX = 20


@dataclass(frozen=True)
class Offer:
    """The offer of a run: SKUs of one product, how many of each, and how long carts are held."""

    product_id: str
    units: dict[str, int]
    limit: int
    sale_units: int
    sale_limit: int
    hold_ms: int
    payment: str = "direct"
    coupon_units: int = 0
    coupon_limit: int = 0


class Host:
    """Gives commands over HTTP to any node, and notes what came of them."""

    def __init__(self, urls: tuple[str, ...], history: History, random: Random) -> None:
        self._urls = urls
        self._history = history
        self._random = random
        token = make_token(SECRET, viewer_id="host", role=Role.HOST, ttl_s=_DAY_S)
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(headers=headers, trust_env=False, timeout=5)
        self.session_id = ""

    async def open(self, offer: Offer) -> None:
        """Make the product and a live session which offers it."""
        variants = [
            {"sku": sku, "label": sku, "price": PRODUCT_PRICE, "stock": units + MORE_UNITS}
            for sku, units in offer.units.items()
        ]
        product = {"product_id": offer.product_id, "title": "Shirt", "variants": variants}
        await self._made("/api/products", product)
        session = {"title": "Stampede", "hold_ms": offer.hold_ms, "payment": offer.payment}
        if offer.payment == "checkout":
            session["checkout_url"] = "https://pay.example/{order_id}"
        session = await self._made("/api/sessions", session)
        self.session_id = session["id"]
        add = {"product_id": offer.product_id, "units": offer.units, "limit": offer.limit}
        assert await self.command("product.add", **add) == "ok"
        assert await self.command("session.start") == "ok"
        if offer.coupon_units:
            await self._open_coupon(offer)

    async def _open_coupon(self, offer: Offer) -> None:
        coupon = {"type": "offer.open", "kind": "code", "label": "Coupon", "amount": COUPON_AMOUNT}
        coupon |= {"units": offer.coupon_units, "per_buyer": offer.coupon_limit}
        opened = await self._made(f"/api/sessions/{self.session_id}/commands", coupon)
        self._history.coupon = opened["events"][0]["offer"]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def run(self, offer: Offer, over: Callable[[], bool]) -> None:
        """Start a flash sale, and go on with smaller things until the stampede is over."""
        sale = {"product_id": offer.product_id, "percent": SALE_PERCENT, "duration_ms": 5_000}
        sale |= {"units": offer.sale_units, "limit": offer.sale_limit}
        await self.command("sale.start", **sale)
        while not over():
            what = self._random.random()
            if what < 0.1:
                await self.command("sale.start", **sale)
            elif what < 0.12:
                await self.command("sale.end", product_id=offer.product_id)
            elif what < 0.16:
                await self.command("session.pause")
                await self.command("session.resume")
            else:
                pin = self._random.choice(("product.pin", "product.unpin"))
                await self.command(pin, product_id=offer.product_id)
            await anyio.sleep(self._random.uniform(*_PAUSE_S))

    async def resolve(self, offer: Offer) -> None:
        """Ask again, by the same rid, for each addition of which it is unknown whether it came."""
        with anyio.fail_after(_RESOLVE_S_MAX):
            for addition in self._history.additions:
                while not addition.outcomes:
                    await self._add(offer, addition)
                    await anyio.sleep(_RETRY_S)

    async def add_stock(self, offer: Offer, over: Callable[[], bool]) -> None:
        """Add some units again and again; ask again for an addition without a known end."""
        additions = self._history.additions
        while not over():
            if not additions or additions[-1].outcomes:
                rid = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
                sku = self._random.choice(sorted(offer.units))
                additions.append(Addition(rid, sku, self._random.randint(1, 3)))
            await self._add(offer, additions[-1])
            await anyio.sleep(self._random.uniform(*_PAUSE_S))

    async def _add(self, offer: Offer, addition: Addition) -> None:
        units = {addition.sku: addition.units}
        more = {"product_id": offer.product_id, "units": units, "rid": addition.rid}
        addition.answered.append(await self.command("stock.add", **more))

    async def cancel(self, over: Callable[[], bool]) -> None:
        """Cancel confirmed orders, one after the other, until the stampede is over."""
        while not over():
            await self._cancel_one()
            await anyio.sleep(self._random.uniform(*_PAUSE_S))

    async def command(self, kind: str, **fields: Any) -> str:
        """Give a command; return 'ok', the code of a refusal, or 'unknown'."""
        path = f"/api/sessions/{self.session_id}/commands"
        outcome = await self._post(path, {"type": kind, **fields})
        self._history.hosted[f"{kind} {outcome}"] += 1
        return outcome

    async def insist(self, kind: str, **fields: Any) -> None:
        """Give a command until it is carried out, or was before."""
        with anyio.fail_after(20):
            # Nobody sets an event for a store that is back.
            while await self.command(kind, **fields) not in ("ok", "conflict"):  # noqa: ASYNC110
                await anyio.sleep(_RETRY_S)

    async def _cancel_one(self) -> None:
        orders = sorted(self._history.confirmed_orders().keys() - self._history.cancels.keys())
        if orders:
            order_id = self._random.choice(orders)
            self._history.cancels[order_id].append("unknown")
            outcome = await self._post(f"/api/orders/{order_id}/cancel", None)
            self._history.cancels[order_id].append(outcome)

    async def _made(self, path: str, body: Any) -> Any:
        answer = await self._http.post(self._urls[0] + path, json=body)
        return answer.raise_for_status().json()

    async def _post(self, path: str, body: Any) -> str:
        url = self._random.choice(self._urls)
        try:
            answer = await self._http.post(url + path, json=body)
        except httpx.TransportError:
            return "unknown"
        if answer.headers["Content-Type"] != "application/json":
            # The answer of a load balancer: a node that has gone may have done what was asked.
            return "unknown"
        return "ok" if answer.is_success else str(answer.json()["code"])
