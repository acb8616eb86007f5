"""Buyers over real WebSockets, who note everything that they ask for and are told."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import anyio
from anyio.abc import TaskGroup
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET
from tests.crash.history import UNDECIDED, Attempt, Checkout, History, Message, now_ms

CONNECT_S_MAX = 3.0
ANSWER_S_MAX = 4.0
PRIVATE = (
    *("welcome", "reserved", "checkout", "confirmed"),
    *("released", "expired", "refused", "cancelled"),
)
_DAY_S = 86_400
_RETRY_S = (0.05, 0.4)
# The share of carts for which a coupon is named, and what is told once that is used up or closed.
_HUNTS = 0.5
_USED_UP = ("sold_out", "limit", "not_found")
# How long a buyer looks around between two purchases.
_PAUSE_S = (0.1, 0.9)


@dataclass(frozen=True)
class Shelf:
    """The goods that buyers choose from."""

    session_id: str
    skus: tuple[str, ...]
    urls: tuple[str, ...]


class Line:
    """One connection of a buyer, joined; it insists on events without a gap."""

    def __init__(self, via: str, buyer: "Buyer", connection: ClientConnection) -> None:
        self.via = via
        self.open = True
        self.answers: dict[int, Message] = {}
        self._buyer = buyer
        self._connection = connection
        self._offset: int | None = None

    async def read(self) -> None:
        """Take messages in until the connection ends."""
        try:
            async for frame in self._connection:
                for message in json.loads(frame):
                    self._take(message)
        except ConnectionClosed:
            pass
        finally:
            self.open = False
            self._buyer.wake()

    async def send(self, message: Message) -> None:
        """Send a command; raises ConnectionClosed."""
        self._buyer.history.send(self.via, message)
        await self._connection.send(json.dumps(message))

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    def _take(self, message: Message) -> None:
        kind = message["type"]
        if kind in PRIVATE:
            self._buyer.history.heard(self.via, self._buyer.name, message)
        elif kind == "session":
            self._offset = message["offset"]
        elif "offset" in message and kind != "ok":
            if self._offset is None or message["offset"] != self._offset + 1:
                gap = f"{self.via} saw {message} after offset {self._offset}"
                self._buyer.history.findings.append(gap)
            self._offset = message["offset"]
        elif kind in ("error", "voted"):
            self._buyer.history.note(self.via, message)
        else:
            return
        if message.get("ref") is not None:
            self.answers[message["ref"]] = message
        self._buyer.wake()


@dataclass(eq=False)
class Buyer:
    """Buys, fills and empties a cart, and asks again after every fault."""

    name: str
    shelf: Shelf
    history: History
    random: Random
    tasks: TaskGroup
    over: Callable[[], bool]
    lines: list[Line] = field(default_factory=list)
    mine: list[Attempt] = field(default_factory=list)
    _ref: int = 0
    _news: anyio.Event = field(default_factory=anyio.Event)

    def wake(self) -> None:
        """Let whoever waits look again."""
        self._news.set()
        self._news = anyio.Event()

    async def run(self) -> None:
        """Shop until the stampede is over."""
        while not self.over():
            await self._shop()
            await anyio.sleep(self.random.uniform(*_PAUSE_S))
            if self.mine and self.mine[-1].answered[-1:] == ["unavailable"]:
                await anyio.sleep(self.random.uniform(*_PAUSE_S))

    async def close(self) -> None:
        """End all connections."""
        for line in self.lines:
            await line.close()

    async def line(self) -> Line | None:
        """Return one of the connections, now and then a new one on any node; None if none works."""
        self.lines = [line for line in self.lines if line.open]
        if not self.lines or (len(self.lines) < 2 and self.random.random() < 0.05):
            await self._connect()
        return self.random.choice(self.lines) if self.lines else None

    async def until(self, true: Callable[[], bool], within_s: float = ANSWER_S_MAX) -> bool:
        """Wait for something to be heard."""
        with anyio.move_on_after(within_s):
            while not true():
                await self._news.wait()
        return true()

    async def ask(self, line: Line, message: Message) -> Message | None:
        """Send a command and return what answers it by `ref`, None if nothing does."""
        self._ref += 1
        ref = self._ref
        try:
            await line.send(message | {"ref": ref})
        except ConnectionClosed:
            return None
        await self.until(lambda: ref in line.answers or not line.open)
        return line.answers.pop(ref, None)

    async def purchase(self, line: Line, attempt: Attempt) -> None:
        """Send a `buy` or `reserve`, the first time or again, and wait for its `reserved`."""
        attempt.sent += 1
        answer = await self.ask(
            line,
            {
                "type": attempt.command,
                "rid": attempt.rid,
                "sku": attempt.sku,
                "quantity": attempt.quantity,
            },
        )
        if answer is not None:
            self.history.answer_attempt(attempt.rid, answer)

    async def check_out(self, line: Line, checkout: Checkout) -> None:
        """Send a `checkout`, the first time or again."""
        checkout.sent += 1
        checkout.sent_at_ms = checkout.sent_at_ms or now_ms()
        message = {"type": "checkout", "order_id": checkout.order_id, "rids": checkout.rids}
        if checkout.codes:
            message["codes"] = checkout.codes
        answer = await self.ask(line, message)
        if answer is None:
            return
        if checkout.codes and answer.get("code") in _USED_UP:
            # Nothing has changed, and the cart is still there: it is ordered at its full price.
            checkout.codes, checkout.sent = [], checkout.sent - 1
            self.history.errors[f"coupon {answer['code']}"] += 1
        else:
            self.history.answer_checkout(checkout.order_id, answer)

    async def decide(self, attempt: Attempt) -> bool:
        """Ask for a `buy`, when all is at rest, until it is decided; False if it never is."""
        for _ in range(20):
            if attempt.decided:
                return True
            line = await self.line()
            if line is None:
                await anyio.sleep(self.random.uniform(*_RETRY_S))
                continue
            if not attempt.decided:
                await self.purchase(line, attempt)
            if attempt.reserved is not None or attempt.finals:
                await self.until(lambda: bool(attempt.finals))
            elif not attempt.decided:
                # A refusal decides nothing about what was sent before and never answered.
                refused = attempt.answered and attempt.answered[-1] not in UNDECIDED
                if refused and attempt.answered[-1] != "reserved":
                    attempt.closed = True
                await anyio.sleep(self.random.uniform(*_RETRY_S))
        return attempt.decided

    async def decide_checkout(self, checkout: Checkout) -> bool:
        """Ask for an order until it is decided; False if that takes too long."""
        for _ in range(20):
            if checkout.confirmed or checkout.errors:
                return True
            line = await self.line()
            if line is not None and not checkout.confirmed:
                await self.check_out(line, checkout)
            await self.until(lambda: checkout.confirmed, self.random.uniform(*_RETRY_S))
        return checkout.confirmed or bool(checkout.errors)

    def attempt(self, command: str, sku: str, quantity: int) -> Attempt:
        """Make a new rid."""
        rid = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        attempt = Attempt(rid, self.name, command, sku, quantity)
        self.history.attempts[rid] = attempt
        self.mine.append(attempt)
        return attempt

    async def _connect(self) -> None:
        url = self.random.choice(self.shelf.urls)
        via = f"{self.name}@{self.shelf.urls.index(url)}"
        try:
            with anyio.fail_after(CONNECT_S_MAX):
                connection = await connect(
                    f"{url.replace('http', 'ws', 1)}/ws/sessions/{self.shelf.session_id}",
                    compression=None,
                    ping_interval=None,
                    close_timeout=1,
                    max_size=None,
                    proxy=None,
                )
        except (OSError, TimeoutError, WebSocketException):
            await anyio.sleep(self.random.uniform(*_RETRY_S))
            return
        line = Line(via, self, connection)
        self.tasks.start_soon(line.read)
        token = make_token(SECRET, viewer_id=self.name, role=Role.VIEWER, ttl_s=_DAY_S)
        self._ref += 1
        ref = self._ref
        try:
            await connection.send(json.dumps({"type": "hello", "ref": ref, "token": token}))
        except ConnectionClosed:
            return
        await self.until(lambda: ref in line.answers or not line.open)
        if line.open and line.answers.pop(ref, None) is not None:
            self.lines.append(line)
        else:
            await connection.close()
            await anyio.sleep(self.random.uniform(*_RETRY_S))

    async def _shop(self) -> None:
        line = await self.line()
        if line is None:
            return
        sku = self.random.choice(self.shelf.skus)
        quantity = self.random.choice((1, 1, 1, 2))
        if self.random.random() < 0.55:
            await self._buy(line, self.attempt("buy", sku, quantity))
        else:
            await self._fill_cart(line, sku)

    async def _buy(self, line: Line, attempt: Attempt) -> None:
        await self.purchase(line, attempt)
        if self.random.random() < 0.1:
            other = await self.line()
            if other is not None:
                await self.purchase(other, attempt)
        if attempt.reserved is not None:
            asked = self.history.asked
            await self.until(lambda: bool(attempt.finals) or attempt.rid in asked)
            await self._may_abandon(attempt.rid, [attempt])
            await self.until(lambda: bool(attempt.finals))
        elif not attempt.decided and self.random.random() < 0.7:
            other = await self.line()
            if other is not None:
                await self.purchase(other, attempt)

    async def _fill_cart(self, line: Line, sku: str) -> None:
        cart = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            attempt = self.attempt("reserve", sku, 1)
            await self.purchase(line, attempt)
            if attempt.reserved is not None and not attempt.finals:
                cart.append(attempt)
            sku = self.random.choice(self.shelf.skus)
        what = self.random.random()
        if cart and what < 0.5:
            await self._order(cart)
        elif cart and what < 0.75:
            await self._release(cart[0])
        # The rest is left in the cart, to expire.

    async def _order(self, cart: list[Attempt]) -> None:
        order_id = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        checkout = Checkout(order_id, self.name, sorted(attempt.rid for attempt in cart))
        if self.random.random() < _HUNTS:
            checkout.codes = [self.history.coupon]
        self.history.checkouts[order_id] = checkout
        for attempt in cart:
            attempt.order_id = order_id
        for _ in range(3):
            line = await self.line()
            if line is not None:
                await self.check_out(line, checkout)
            if checkout.answered and self.random.random() < 0.9:
                break
        await self._may_abandon(order_id, cart)

    async def _may_abandon(self, order_id: str, attempts: list[Attempt]) -> None:
        """Give up one in ten of the orders that wait for their money, now and then twice."""
        if order_id not in self.history.asked or self.random.random() > 0.1:
            return
        for attempt in attempts:
            attempt.released = True
        for _ in range(self.random.choice((1, 1, 2))):
            line = await self.line()
            if line is not None:
                answer = await self.ask(line, {"type": "abandon", "order_id": order_id})
                self.history.abandoned[order_id] += answer is not None and answer["type"] == "ok"

    async def _release(self, attempt: Attempt) -> None:
        attempt.released = True
        line = await self.line()
        if line is not None:
            answer = await self.ask(line, {"type": "release", "rid": attempt.rid})
            if answer is not None:
                self.history.note_release(attempt, answer)
