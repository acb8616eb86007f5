"""The honest crowd: one process that watches, buys, joins and asks all the time, and measures."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import uvloop

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit.frames import Target
from tests.hostile.victim import NETWORK, SECRET, HostileShow
from tests.hostile.visitors import ANSWER_S_MAX, Hall, Notes, Visitor, come_from

_TOKEN_S: Final = 36_000
_JOINS_AT_ONCE: Final = 20
_BUYERS: Final = 100
_BUY_EVERY_S: Final = 4.0
_EVENT_EVERY_S: Final = 0.25
_CHATTERS: Final = 5
_SAY_EVERY_S: Final = 1.0
_PROBE_EVERY_S: Final = 0.1
_PROBES: Final = ("/healthz", "/joinable", "/api/sessions/{session_id}")


@dataclass(frozen=True)
class Guests:
    """The facts of the show that the crowd is told."""

    host: str
    port: int
    show: HostileShow
    viewers: int

    def address(self, kind: int, number: int) -> str:
        """Return the address of a visitor: each has one, far from that of any other."""
        if ":" in self.host:
            return f"{NETWORK}:{kind:x}:{number:x}::1"
        return f"127.{kind}.{number // 250 % 250}.{number % 250 + 1}"


def serve(pipe: Connection, guests: Guests) -> None:
    """Bring the crowd in, and measure for so many seconds whenever asked, until the pipe ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_Crowd(guests).run(pipe))


class _Crowd:
    def __init__(self, guests: Guests) -> None:
        self._guests = guests
        self._hall = Hall()
        self._visitors: list[Visitor] = []
        self._prices = itertools.cycle(range(1_000, 9_999))

    async def run(self, pipe: Connection) -> None:
        """Live until the other end of the pipe is closed."""
        asked: asyncio.Queue[Any] = asyncio.Queue()

        def take() -> None:
            try:
                asked.put_nowait(pipe.recv())
            except EOFError:
                loop.remove_reader(pipe.fileno())
                asked.put_nowait(None)

        loop = asyncio.get_running_loop()
        loop.add_reader(pipe.fileno(), take)
        async with asyncio.TaskGroup() as tasks:
            running: list[asyncio.Task[None]] = []
            while (request := await asked.get()) is not None:
                try:
                    if request[0] == "join":
                        await self._join()
                        running = [tasks.create_task(each) for each in self._habits()]
                        answer: Any = len(self._visitors)
                    else:
                        answer = await self._measure(*request[1])
                    reply = (False, answer)
                except Exception as error:
                    reply = (True, f"{request[0]}: {type(error).__name__}: {error}")
                # The loop has made it one that does not block.
                os.set_blocking(pipe.fileno(), True)
                pipe.send(reply)
            for task in running:
                task.cancel()
            for visitor in self._visitors:
                visitor.leave()

    async def _measure(self, seconds: float) -> Notes:
        for visitor in self._visitors:
            visitor.unanswered(time.monotonic_ns())
        self._hall.notes = Notes()
        await asyncio.sleep(seconds)
        late = sum(visitor.unanswered(time.monotonic_ns()) for visitor in self._visitors)
        notes = self._hall.notes
        if late:
            notes.wrong["a purchase was not answered"] += late
        self._hall.notes = Notes()
        notes.lags = dict(notes.lags)
        return notes

    async def _join(self) -> None:
        gate = asyncio.Semaphore(_JOINS_AT_ONCE)

        async def join(number: int) -> None:
            role = Role.HOST if number == 0 else Role.VIEWER
            name = f"viewer-{number}"
            token = make_token(SECRET, viewer_id=name, role=role, ttl_s=_TOKEN_S)
            async with gate:
                visitor = await self._come(self._guests.address(1, number), token)
                self._visitors.append(visitor)
                if number == 0:
                    self._visitors[0], self._visitors[-1] = visitor, self._visitors[0]

        await join(0)
        async with asyncio.TaskGroup() as joins:
            for number in range(1, self._guests.viewers):
                joins.create_task(join(number))

    async def _come(self, address: str, token: str | None) -> Visitor:
        guests = self._guests
        target = Target(guests.port, f"/ws/sessions/{guests.show.session_id}")
        loop, bare = asyncio.get_running_loop(), come_from(address)
        try:
            await asyncio.wait_for(
                loop.sock_connect(bare, (guests.host, guests.port)), ANSWER_S_MAX
            )
            _, visitor = await loop.create_connection(
                lambda: Visitor(self._hall, target, token), sock=bare
            )
        except BaseException:
            bare.close()
            raise
        await asyncio.wait_for(visitor.watching, ANSWER_S_MAX)
        return visitor

    def _habits(self) -> Iterator[Coroutine[Any, Any, None]]:
        show, host = self._guests.show, self._visitors[0]
        buyers = self._visitors[1 : 1 + _BUYERS]
        chatters = self._visitors[-_CHATTERS:]
        yield _again(_EVENT_EVERY_S, lambda: self._reprice(host))
        for number, buyer in enumerate(buyers):
            sku = show.skus[number % len(show.skus)]
            yield _again(_BUY_EVERY_S, _calling(buyer.buy, sku))
        for chatter in chatters:
            yield _again(_SAY_EVERY_S, _calling(chatter.say))
        addresses = (self._guests.address(2, number) for number in itertools.count())
        yield _spawning(_PROBE_EVERY_S, lambda: self._probe_join(next(addresses)))
        for path in _PROBES:
            filled = path.format(session_id=show.session_id)
            yield _spawning(_PROBE_EVERY_S, _calling(self._probe_http, filled, path, addresses))

    async def _reprice(self, host: Visitor) -> None:
        host.reprice(self._guests.show.product_id, self._guests.show.skus, next(self._prices))

    async def _probe_join(self, address: str) -> None:
        notes, since_ns = self._hall.notes, time.monotonic_ns()
        try:
            visitor = await self._come(address, None)
        except (OSError, TimeoutError) as error:
            notes.wrong[f"a join failed: {_why(error)}"] += 1
            return
        notes.add("join", since_ns, time.monotonic_ns())
        visitor.leave()

    async def _probe_http(self, path: str, name: str, addresses: Iterator[str]) -> None:
        notes, since_ns = self._hall.notes, time.monotonic_ns()
        try:
            status = await asyncio.wait_for(self._get(path, next(addresses)), ANSWER_S_MAX)
        except (OSError, TimeoutError) as error:
            notes.wrong[f"{name} failed: {_why(error)}"] += 1
            return
        notes.add(name, since_ns, time.monotonic_ns())
        if status != 200:
            notes.wrong[f"{name} was answered {status}"] += 1

    async def _get(self, path: str, address: str) -> int:
        loop = asyncio.get_running_loop()
        with come_from(address) as bare:
            await loop.sock_connect(bare, (self._guests.host, self._guests.port))
            head = f"GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
            await loop.sock_sendall(bare, head.encode())
            answer = b""
            while more := await loop.sock_recv(bare, 65_536):
                answer += more
        if not answer.startswith(b"HTTP/1.1 "):
            raise ConnectionError("closed without an answer")
        return int(answer[9:12])


def _why(error: OSError | TimeoutError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    return error.strerror or str(error)


def _calling(function: Callable[..., Any], *args: Any) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        result = function(*args)
        if result is not None:
            await result

    return call


async def _again(every_s: float, do: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again, at random moments so that nothing falls into step."""
    await asyncio.sleep(random.uniform(0, every_s))
    while True:
        await do()
        await asyncio.sleep(random.uniform(0.5, 1.5) * every_s)


async def _spawning(every_s: float, do: Callable[[], Awaitable[None]]) -> None:
    """Do something at its times, however long the last one still takes."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(_as_task(do))
            await asyncio.sleep(random.uniform(0.5, 1.5) * every_s)


async def _as_task(do: Callable[[], Awaitable[None]]) -> None:
    await do()
