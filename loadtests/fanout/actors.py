"""A host who publishes and buyers who buy, on schedule whether or not they are answered.

They are few, so they may use a library; they have a process of their own, so that a crowd that
is being read does not delay what they measure.
"""

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit.worker import answer_requests

# The server lets one connection buy five times a second.
_PURCHASES_PER_BUYER: Final = 4
_ANSWER_S_MAX: Final = 10.0
_TOKEN_S: Final = 3_600


@dataclass(frozen=True)
class Script:
    """The work of `seconds`: rates are per second, `skus` are bought and repriced."""

    port: int
    secret: str
    session_id: str
    product_id: str
    skus: tuple[str, ...]
    seconds: float
    publishes: float = 0.0
    purchases: float = 0.0


@dataclass
class Played:
    """When it happened, in nanoseconds of the monotonic clock; `published` is by offset."""

    published: dict[int, int] = field(default_factory=dict)
    answered: dict[int, int] = field(default_factory=dict)
    reserved_ms: list[float] = field(default_factory=list)
    confirmed_ms: list[float] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    unanswered: int = 0
    refused: dict[str, int] = field(default_factory=dict)


class _Play:
    """One script, played once."""

    def __init__(self, script: Script) -> None:
        self.played = Played()
        self._script = script
        self._waiting: dict[str, int] = {}
        self._commands: dict[int, int] = {}

    async def run(self) -> Played:
        script = self._script
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            host = await self._join(stack, "bench-host", Role.HOST)
            count = -(-int(script.purchases) // _PURCHASES_PER_BUYER)
            buyers = [
                await self._join(stack, f"bench-{uuid.uuid4()}", Role.VIEWER) for _ in range(count)
            ]
            listening = [
                tasks.create_task(self._listen(each), name="listen") for each in (host, *buyers)
            ]
            turns, prices = itertools.cycle(buyers), itertools.cycle(range(5_000, 6_000))
            publishing = tasks.create_task(
                self._beat(script.publishes, lambda beat: self._publish(host, beat, next(prices)))
            )
            await self._beat(script.purchases, lambda _: self._buy(next(turns)))
            await publishing
            deadline = time.monotonic() + _ANSWER_S_MAX
            while self._waiting and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
                if all(each.done() for each in listening):
                    break
            for each in listening:
                each.cancel()
        self.played.unanswered = len(self._waiting)
        return self.played

    async def _join(self, stack: AsyncExitStack, viewer_id: str, role: Role) -> ClientConnection:
        script = self._script
        address = f"ws://127.0.0.1:{script.port}/ws/sessions/{script.session_id}"
        connecting = connect(address, compression=None, max_size=None, ping_interval=None)
        connection = await stack.enter_async_context(connecting)
        token = make_token(script.secret, viewer_id=viewer_id, role=role, ttl_s=_TOKEN_S)
        await connection.send(json.dumps({"type": "hello", "token": token}))
        while b'"type":"session"' not in await connection.recv(decode=False):
            pass
        return connection

    async def _beat(self, per_second: float, act: Callable[[int], Awaitable[None]]) -> None:
        if not per_second:
            return
        started = time.monotonic()
        for beat in range(int(self._script.seconds * per_second)):
            await asyncio.sleep(max(0.0, started + beat / per_second - time.monotonic()))
            try:
                await act(beat)
            except ConnectionClosed:
                return  # the server is being stopped, which some scripts are about

    async def _publish(self, host: ClientConnection, ref: int, price: int) -> None:
        script = self._script
        prices = dict.fromkeys(script.skus, price)
        command = {"type": "product.reprice", "product_id": script.product_id, "prices": prices}
        self._commands[ref] = time.monotonic_ns()
        await host.send(json.dumps(command | {"ref": ref}))

    async def _buy(self, buyer: ClientConnection) -> None:
        rid, sku = str(uuid.uuid4()), self._script.skus[0]
        self._waiting[rid] = time.monotonic_ns()
        await buyer.send(json.dumps({"type": "buy", "rid": rid, "sku": sku, "quantity": 1}))

    async def _listen(self, connection: ClientConnection) -> None:
        try:
            while True:
                frame = await connection.recv(decode=False)
                now_ns = time.monotonic_ns()
                # Messages to all viewers are not for us.
                if not frame.startswith((b'[{"type":"pulse"', b'[{"type":"product.')):
                    for message in json.loads(frame):
                        self._hear(message, now_ns)
        except ConnectionClosed:
            return

    def _hear(self, message: dict[str, Any], now_ns: int) -> None:
        played = self.played
        match message["type"]:
            case "ok" if message.get("ref") in self._commands:
                played.published[message["offset"]] = self._commands.pop(message["ref"])
                played.answered[message["offset"]] = now_ns
            case "reserved" if message["rid"] in self._waiting:
                played.reserved_ms.append((now_ns - self._waiting[message["rid"]]) / 1e6)
            case "confirmed":
                sent_ns = self._waiting.pop(message["order_id"], None)
                if sent_ns is not None:
                    played.confirmed_ms.append((now_ns - sent_ns) / 1e6)
                    played.confirmed.append(message["order_id"])
            case "error" | "refused":
                code = message["code"]
                played.refused[code] = played.refused.get(code, 0) + 1


def _play(script: Script) -> Played:
    return uvloop.run(_Play(script).run())


def serve(pipe: Connection) -> None:
    """Play scripts until the pipe is closed."""
    answer_requests(pipe, {"play": _play})
