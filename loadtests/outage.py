"""`python -m loadtests.outage`: take everything from Redis in a live session, again and again."""

import asyncio
import json
import random
import shutil
import signal
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Final

import click
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit import system
from loadtests.kit.shop import Node, Room, Shop, open_shop
from loadtests.kit.worker import WorkerFailed

_JOINS_AT_ONCE: Final = 50
_BUYERS: Final = 20
_BUYS_EVERY_S: Final = 0.5
_TOKEN_S: Final = 3_600
_BEFORE_S: Final = 2.0
_AWAY_S: Final = (0.5, 3.0)
_WAIT_S: Final = 20.0
_SELLING_S_MAX: Final = 2.0
_CLOSED, _OPEN = '"buying":false', '"buying":true'


@dataclass
class _Viewer:
    """A connection that notes what it is told, and when."""

    socket: ClientConnection
    name: str | None
    told_s: dict[str, float] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    confirmed_s: list[float] = field(default_factory=list)
    gone: bool = False

    async def listen(self) -> None:
        try:
            async for frame in self.socket:
                self._hear(str(frame))
        except ConnectionClosed:
            pass
        self.gone = True

    async def buy(self, sku: str) -> None:
        """Buy one unit after the other, whatever the answer is."""
        with suppress(ConnectionClosed):
            while True:
                rid = str(uuid.uuid4())
                self.answers[rid] = []
                wanted = {"type": "buy", "rid": rid, "sku": sku, "quantity": 1}
                await self.socket.send(json.dumps(wanted))
                await asyncio.sleep(random.uniform(0, 2 * _BUYS_EVERY_S))

    def _hear(self, frame: str) -> None:
        for word in (_CLOSED, _OPEN):
            if word in frame:
                self.told_s[word] = time.monotonic()
        if self.name is None:
            return
        for message in json.loads(frame):
            if message["type"] == "confirmed":
                self.confirmed_s.append(time.monotonic())
                self.answers[message["order_id"]].append("confirmed")
            elif message["type"] in ("refused", "expired"):
                self.answers[message["rid"]].append(message["type"])


@dataclass(frozen=True)
class _Outage:
    """The outcome of one loss of Redis."""

    away_s: float
    told: int
    selling_s: float
    told_again_s: float


class _Evening:
    """A live session with everyone in it."""

    def __init__(self, shop: Shop, node: Node, viewers: int) -> None:
        self._valkey = shop.stores.valkey
        self._secret = shop.secret
        self._room: Room = shop.bench
        self._address = node.url.replace("http", "ws", 1)
        self._count = viewers
        self.viewers: list[_Viewer] = []
        self.gone = 0

    async def run(self, times: int) -> list[_Outage]:
        """Let everyone in, and take Redis away so many times."""
        outages = []
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            await self._join(stack, tasks)
            running = [
                tasks.create_task(viewer.buy(self._room.skus[0]))
                for viewer in self.viewers
                if viewer.name is not None
            ]
            for _ in range(times):
                await asyncio.sleep(_BEFORE_S)
                outages.append(await self._lose_redis())
            await asyncio.sleep(_BEFORE_S)
            for task in running:
                task.cancel()
            self.gone = sum(viewer.gone for viewer in self.viewers)
            # The last purchases have their answers before all hang up.
            await asyncio.sleep(_BEFORE_S)
            for viewer in self.viewers:
                viewer.socket.transport.abort()
        return outages

    async def _join(self, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
        gate = asyncio.Semaphore(_JOINS_AT_ONCE)

        async def join(number: int) -> None:
            name = f"buyer-{number}" if number < _BUYERS else None
            async with gate:
                address = f"{self._address}/ws/sessions/{self._room.session_id}"
                socket = await stack.enter_async_context(
                    connect(address, max_size=None, ping_interval=None, compression=None)
                )
                token = name and make_token(
                    self._secret, viewer_id=name, role=Role.VIEWER, ttl_s=_TOKEN_S
                )
                await socket.send(json.dumps({"type": "hello", "token": token}))
                viewer = _Viewer(socket, name)
                await socket.recv()
                self.viewers.append(viewer)
                tasks.create_task(viewer.listen())

        async with asyncio.TaskGroup() as joins:
            for number in range(self._count):
                joins.create_task(join(number))

    async def _lose_redis(self) -> _Outage:
        killed_s = time.monotonic()
        self._valkey.kill()
        shutil.rmtree(self._valkey.folder / "appendonlydir")
        away_s = random.uniform(*_AWAY_S)
        await asyncio.sleep(away_s)
        told = sum(viewer.told_s.get(_CLOSED, 0) > killed_s for viewer in self.viewers)
        # In this thread: the process would end with any other.
        self._valkey.start()
        back_s = time.monotonic()
        selling_s = await self._until(lambda: self._first_sale(back_s))
        again_s = await self._until(lambda: self._all_told(back_s))
        return _Outage(away_s, told, selling_s - back_s, again_s - back_s)

    def _first_sale(self, since_s: float) -> float | None:
        sales = [at for viewer in self.viewers for at in viewer.confirmed_s if at > since_s]
        return min(sales, default=None)

    def _all_told(self, since_s: float) -> float | None:
        told = [viewer.told_s.get(_OPEN, 0.0) for viewer in self.viewers if not viewer.gone]
        return max(told) if min(told) > since_s else None

    async def _until(self, found: Callable[[], float | None]) -> float:
        deadline = time.monotonic() + _WAIT_S
        while (at := found()) is None:
            if time.monotonic() > deadline:
                raise WorkerFailed(f"selling has not gone on after {_WAIT_S:.0f} s")
            await asyncio.sleep(0.01)
        return at


@click.command()
@click.option("--viewers", type=click.IntRange(_BUYERS, 10_000), default=1_000, show_default=True)
@click.option("--times", type=click.IntRange(1, 100), default=5, show_default=True)
def main(viewers: int, times: int) -> None:
    """Kill Redis and start it again empty, in a live session that is bought from all the time.

    Viewers keep their connection and are told that buying is paused; selling has to go on within
    2 s of Redis' return. At the end `liveshop audit` has the last word.
    """
    system.allow_every_file()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with open_shop() as shop, shop.node() as node:
            evening = _Evening(shop, node, viewers)
            outages = asyncio.run(evening.run(times))
            sound, said = shop.audit()
    except WorkerFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo("| away s | told that it paused | selling again after s | all told after s |")
    click.echo("|---|---|---|---|")
    for each in outages:
        click.echo(
            f"| {each.away_s:.1f} | {each.told} of {viewers} | {each.selling_s:.2f} "
            f"| {each.told_again_s:.2f} |"
        )
    answers = [found for each in evening.viewers for found in each.answers.values()]
    twice = sum(len(set(found)) > 1 for found in answers)
    sold = sum("confirmed" in found for found in answers)
    click.echo(
        f"\n{evening.gone} of {viewers} viewers lost their connection; {len(answers)} purchases, "
        f"{sold} confirmed, {twice} with two answers. "
        f"Audit: {'no findings' if sound else said}"
    )
    slowest_s = max(each.selling_s for each in outages)
    if evening.gone or twice or not sound or slowest_s > _SELLING_S_MAX:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
