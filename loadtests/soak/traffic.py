"""Buyers and a host who do a bit of everything, for as long as they are told."""

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import httpx
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit.worker import answer_requests

# The server lets one connection buy five times a second.
_PURCHASES_PER_BUYER: Final = 2
_VISIT_S: Final = (10.0, 60.0)
_TOKEN_S: Final = 86_400
_HOST_EVERY_S: Final = 0.5
_CANCELLED: Final = 0.1
_ANSWER_S_MAX: Final = 10.0
# The fates of reservations; half of the carts are ordered.
_FATES: Final = ("bought", "order", "order", "release", "expire")


@dataclass(frozen=True)
class Plan:
    """The work to do: `skus` of a product with units for all, `scarce` of one that sells out."""

    url: str
    secret: str
    api_key: str
    session_id: str
    product_id: str
    skus: tuple[str, ...]
    scarce: str
    seconds: float
    purchases: float

    @property
    def buyers(self) -> int:
        """How many buyers it takes."""
        return max(2, round(self.purchases / _PURCHASES_PER_BUYER))


class _Traffic:
    """One plan, carried out once; `counts` says how often what was done and answered."""

    def __init__(self, plan: Plan, http: httpx.AsyncClient) -> None:
        self.counts: Counter[str] = Counter()
        self._plan = plan
        self._http = http
        self._until = time.monotonic() + plan.seconds

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._host(), name="host")
            for _ in range(self._plan.buyers):
                tasks.create_task(self._come_and_go(), name="buyer")

    def _over(self) -> bool:
        return time.monotonic() > self._until

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, min(seconds, self._until - time.monotonic())))

    # Buyers

    async def _come_and_go(self) -> None:
        await self._pause(random.uniform(0, 2))
        while not self._over():
            self.counts["visits"] += 1
            try:
                await self._visit()
            except* (OSError, WebSocketException):
                self.counts["visits: cut short"] += 1

    async def _visit(self) -> None:
        plan = self._plan
        address = f"{plan.url.replace('http', 'ws', 1)}/ws/sessions/{plan.session_id}"
        token = make_token(
            plan.secret, viewer_id=f"soak-{uuid.uuid4()}", role=Role.VIEWER, ttl_s=_TOKEN_S
        )
        leaves = min(self._until, time.monotonic() + random.uniform(*_VISIT_S))
        async with connect(address, max_size=None) as socket:
            await _send(socket, type="hello", token=token)
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen(socket), name="listen")
                while time.monotonic() < leaves and not listening.done():
                    wait_s = random.expovariate(_PURCHASES_PER_BUYER)
                    await asyncio.sleep(max(0.0, min(wait_s, leaves - time.monotonic())))
                    await self._act(socket)
                listening.cancel()

    async def _act(self, socket: ClientConnection) -> None:
        choice, sku = random.random(), random.choice(self._plan.skus)
        if choice < 0.05:
            sku = self._plan.scarce
        kind = "buy" if choice < 0.5 else "reserve"
        await _send(socket, type=kind, rid=_rid(kind), sku=sku, quantity=1)
        if random.random() < 0.2:
            await _send(socket, type="say", text=f"what a fine {sku}, {random.random()}")
        if random.random() < 0.5:
            await _send(socket, type="like", count=random.randint(1, 5))

    async def _listen(self, socket: ClientConnection) -> None:
        with suppress(WebSocketException):
            while True:
                frame = await socket.recv(decode=False)
                # Messages to all viewers are not for us.
                if not frame.startswith((b'[{"type":"pulse"', b'[{"type":"chat"')):
                    for message in json.loads(frame):
                        await self._hear(socket, message)

    async def _hear(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind in ("error", "refused"):
            self.counts[message["code"]] += 1
        elif kind in ("reserved", "confirmed", "released", "expired", "cancelled"):
            self.counts[kind] += 1
        if kind == "reserved":
            await self._go_on(socket, message["rid"])
        elif kind == "confirmed" and random.random() < _CANCELLED:
            path = f"/api/orders/{message['order_id']}/cancel"
            await self._ask(lambda: self._http.post(path), "cancels")

    async def _go_on(self, socket: ClientConnection, rid: str) -> None:
        match _FATES[int(rid[-1])]:
            case "order":
                await _send(socket, type="checkout", order_id=str(uuid.uuid4()), rids=[rid])
            case "release":
                await _send(socket, type="release", rid=rid)

    # The host

    async def _host(self) -> None:
        deeds = (self._pin, self._reprice, self._start_sale, self._end_sale)
        while not self._over():
            await self._pause(_HOST_EVERY_S)
            await random.choice(deeds)()

    async def _pin(self) -> None:
        await self._command(random.choice(("product.pin", "product.unpin")))

    async def _reprice(self) -> None:
        price = random.randint(4_000, 6_000)
        await self._command("product.reprice", prices=dict.fromkeys(self._plan.skus, price))

    async def _start_sale(self) -> None:
        units = random.choice((None, 200))
        await self._command("sale.start", percent=20, duration_ms=5_000, units=units, limit=5)

    async def _end_sale(self) -> None:
        if random.random() < 0.2:
            await self._command("sale.end")

    async def _command(self, kind: str, **fields: Any) -> None:
        path = f"/api/sessions/{self._plan.session_id}/commands"
        body = {"type": kind, "product_id": self._plan.product_id} | fields
        await self._ask(lambda: self._http.post(path, json=body), "commands")

    async def _ask(self, ask: Callable[[], Awaitable[httpx.Response]], what: str) -> None:
        try:
            answer = await ask()
        except httpx.HTTPError as error:
            self.counts[f"{what}: {type(error).__name__}"] += 1
        else:
            refused = "" if answer.is_success else f": {answer.json()['code']}"
            self.counts[f"{what}{refused}"] += 1


def _rid(kind: str) -> str:
    """Return a new rid that ends in the number of its fate."""
    fate = 0 if kind == "buy" else random.randrange(1, len(_FATES))
    return f"{str(uuid.uuid4())[:-1]}{fate}"


async def _send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def _play(plan: Plan) -> dict[str, int]:
    headers = {"Authorization": f"Bearer {plan.api_key}"}
    async with httpx.AsyncClient(base_url=plan.url, headers=headers, timeout=_ANSWER_S_MAX) as http:
        traffic = _Traffic(plan, http)
        await traffic.run()
        return dict(sorted(traffic.counts.items()))


def serve(pipe: Connection) -> None:
    """Carry out plans until the pipe is closed."""
    answer_requests(pipe, {"play": lambda plan: uvloop.run(_play(plan))})
