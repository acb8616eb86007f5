"""The merchant's backend: reports payments, some of them wrong, twice or too late."""

import uuid
from collections.abc import Callable
from random import Random

import anyio
import httpx
from anyio.abc import TaskGroup

from tests.crash.history import UNDECIDED, History, Payment

_ATTEMPTS_MAX = 40
_RETRY_S = 0.1
_LOOK_S = 0.02


class Merchant:
    """Pays for the orders that buyers were sent to the checkout with."""

    def __init__(
        self, urls: tuple[str, ...], history: History, random: Random, hold_ms: int
    ) -> None:
        self._urls = urls
        self._history = history
        self._random = random
        self._hold_s = hold_ms / 1000
        self._seen: set[str] = set()
        # Without a limit: a request that times out while it connects keeps its place in the pool
        # for good, and after a hundred of them nothing was reported any longer.
        places = httpx.Limits(max_connections=None)
        self._http = httpx.AsyncClient(trust_env=False, timeout=5, limits=places)
        # Whether everything is paid for at once, as it should be.
        self.reliable = False

    async def open(self, admin_token: str) -> None:
        """Get an API key."""
        answer = await self._http.post(
            f"{self._urls[0]}/api/keys",
            json={"name": "crash"},
            headers={"Authorization": f"Bearer {admin_token}"},
        )
        key = answer.raise_for_status().json()["key"]
        self._http.headers["Authorization"] = f"Bearer {key}"

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def run(self, over: Callable[[], bool]) -> None:
        """Pay until all is over; payments that were begun are finished."""
        async with anyio.create_task_group() as tasks:
            while not over():
                for order_id in sorted(self._history.asked.keys() - self._seen):
                    self._seen.add(order_id)
                    self._plan(order_id, tasks)
                await anyio.sleep(_LOOK_S)

    async def resolve(self) -> None:
        """Report every payment again until it is known what became of it."""
        for payment in self._history.payments.values():
            for _ in range(_ATTEMPTS_MAX):
                if payment.decided:
                    break
                await self._report(payment)

    def _plan(self, order_id: str, tasks: TaskGroup) -> None:
        attempts = [self._history.attempts[rid] for rid in self._history.asked[order_id]]
        prices = [each.reserved["price"] for each in attempts if each.reserved is not None]
        what = 0.0 if self.reliable else self._random.random()
        if what > 0.95:
            tasks.start_soon(self._fail, order_id, self._random.uniform(0, self._hold_s * 0.5))
            return
        if len(prices) < len(attempts) or what > 0.9:
            return  # a buyer who does not know the price does not pay, nor do others
        total = sum(price * each.quantity for price, each in zip(prices, attempts, strict=True))
        total = self._history.totals.get(order_id, total)
        waits_s = self._random.uniform(0, self._hold_s * 0.2)
        if what > 0.85:
            waits_s = self._hold_s * self._random.uniform(0.9, 1.5)
        if 0.8 < what < 0.85:
            total += 1
        if 0.7 < what < 0.8:
            tasks.start_soon(self._pay, order_id, total, waits_s)
        tasks.start_soon(self._pay, order_id, total, waits_s)

    async def _fail(self, order_id: str, waits_s: float) -> None:
        """Report, to any node, that a payment has failed."""
        await anyio.sleep(waits_s)
        url = self._random.choice(self._urls)
        self._history.failed[order_id] += 1
        self._history.send("merchant", {"type": "failed", "order_id": order_id})
        try:
            answer = await self._http.post(f"{url}/api/orders/{order_id}/failed")
        except httpx.TransportError:
            return  # it may have been carried out: whatever is told of it then is right
        code = "ok" if answer.is_success else str(answer.json()["code"])
        self._history.note("merchant", {"order_id": order_id, "answer": code})

    async def _pay(self, order_id: str, amount: int, waits_s: float) -> None:
        payment_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        payment = Payment(payment_id, order_id, amount)
        if not self.reliable:
            await anyio.sleep(waits_s)
        self._history.payments[payment_id] = payment
        for _ in range(3):
            if not payment.decided:
                await self._report(payment)

    async def _report(self, payment: Payment) -> None:
        """Report a payment, the first time or again, to any node."""
        url = self._random.choice(self._urls)
        message = {"payment_id": payment.payment_id, "amount": payment.amount}
        self._history.send("merchant", message | {"order_id": payment.order_id})
        try:
            answer = await self._http.post(
                f"{url}/api/orders/{payment.order_id}/confirm", json=message
            )
        except httpx.TransportError:
            payment.answered.append("unavailable")
            await anyio.sleep(_RETRY_S)
            return
        code = "ok" if answer.is_success else str(answer.json()["code"])
        self._history.note("merchant", message | {"order_id": payment.order_id, "answer": code})
        payment.answered.append(code)
        if code in UNDECIDED:
            await anyio.sleep(_RETRY_S)
