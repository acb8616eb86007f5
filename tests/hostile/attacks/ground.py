"""The means of an attacker: addresses of its own, sockets, tokens, and a time to stop."""

import asyncio
import json
import math
import random
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit.frames import TEXT, client_frame
from tests.hostile.victim import SECRET, HostileShow
from tests.hostile.visitors import come_from

MALLORY: Final = "127.0.0.2"
HUNDRED: Final = tuple(f"127.0.1.{last}" for last in range(1, 101))
TOKEN_S: Final = 36_000
_READ_BYTES: Final = 65_536
_OPENING_AT_ONCE: Final = 100
_LOOK_S: Final = 0.5
_PACE_S: Final = 0.01
_SLICE: Final = 200  # sockets that are looked at in one go


@dataclass
class Told:
    """The outcome of an attack: counts for the curious, and what must not have happened."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Ground:
    """Where an attack takes place and how long it lasts."""

    host: str
    port: int
    show: HostileShow
    others: tuple[str, ...]  # sessions that the attack has asked for
    seconds: float
    until_s: float
    files_max: int
    told: Told = field(default_factory=Told)

    @property
    def goes_on(self) -> bool:
        """Whether the attack's time is not over."""
        return time.monotonic() < self.until_s

    @property
    def counts(self) -> Counter[str]:
        """The counts of the attack."""
        return self.told.counts

    @property
    def path(self) -> str:
        """Where viewers of the show connect."""
        return f"/ws/sessions/{self.show.session_id}"

    async def rest(self) -> None:
        """Wait for the end of the attack's time."""
        await asyncio.sleep(max(0.0, self.until_s - time.monotonic()))

    def files(self, wanted: int) -> int:
        """Return how many sockets of so many this machine lets both sides have."""
        return min(wanted, self.files_max)


@dataclass(frozen=True)
class Attack:
    """An attack: its description, and how it is held; it may need its own settings and sessions."""

    name: str
    point: int
    what: str
    hold: Callable[[Ground], Awaitable[None]]
    settings: Mapping[str, str] = field(default_factory=dict)
    others: str = ""  # the state of the sessions that it needs: scheduled, settled or large
    others_count: int = 0
    stores_stay_quiet: bool = False
    host: str = "127.0.0.1"


def token(name: str, role: Role = Role.VIEWER) -> str:
    """Sign a token, as the merchant's backend would for anyone who logs in."""
    return make_token(SECRET, viewer_id=name, role=role, ttl_s=TOKEN_S)


def get(path: str, *fields: str) -> bytes:
    """Return a GET request."""
    return request("GET", path, *fields)


def request(method: str, path: str, *fields: str, body: bytes = b"") -> bytes:
    """Return a request; a body has its length said by one of the fields."""
    lines = (f"{method} {path} HTTP/1.1", "Host: shop", *fields, "", "")
    return "\r\n".join(lines).encode("latin-1") + body


def upgrade(path: str, *fields: str) -> bytes:
    """Return a request for an upgrade."""
    return get(
        path,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *fields,
    )


async def connect(
    ground: Ground, address: str = MALLORY, *, receive_buffer: int = 0
) -> socket.socket:
    """Connect from an address of the attacker's."""
    bare = come_from(address)
    try:
        bare.setblocking(False)
        bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.sock_connect(bare, (ground.host, ground.port)), 10)
    except BaseException:
        bare.close()
        raise
    ground.counts["connections"] += 1
    return bare


@asynccontextmanager
async def connected(
    ground: Ground, address: str = MALLORY, *, receive_buffer: int = 0
) -> AsyncIterator[socket.socket]:
    """Connect for as long as the `with` lasts."""
    bare = await connect(ground, address, receive_buffer=receive_buffer)
    try:
        yield bare
    finally:
        bare.close()


async def send(bare: socket.socket, data: bytes, seconds: float = 5.0) -> bool:
    """Send bytes; False if the node has hung up, or does not take them."""
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_sendall(bare, data), seconds)
    except (OSError, TimeoutError):
        return False
    return True


async def receive(bare: socket.socket, seconds: float = 5.0) -> bytes:
    """Return what comes next; nothing if the node has hung up, or says nothing."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.sock_recv(bare, _READ_BYTES), seconds)
    except (OSError, TimeoutError):
        return b""


async def answered(bare: socket.socket, data: bytes, seconds: float = 5.0) -> bytes:
    """Send a request and return what came until the first answer was whole."""
    if not await send(bare, data):
        return b""
    answer = b""
    while not _is_whole(answer):
        more = await receive(bare, seconds)
        if not more:
            break
        answer += more
    return answer


async def enter(bare: socket.socket, path: str, name: str | None, *fields: str) -> bytes:
    """Join a show, and read only the response to the upgrade, which is returned.

    Bytes that follow a request for an upgrade before its answer are no frame yet.
    """
    response = await answered(bare, upgrade(path, *fields))
    hello = {"type": "hello", "token": name and token(name)}
    await send(bare, client_frame(TEXT, json.dumps(hello).encode()))
    return response


async def welcomed(bare: socket.socket, seconds: float = 2.0) -> bool:
    """Read on; return True once the snapshot comes, False if the node hangs up or falls silent."""
    heard = b""
    while more := await receive(bare, seconds):
        heard += more
        if b'"type":"session"' in heard:
            return True
    return False


def status_of(answer: bytes) -> str:
    """Return the status of an answer, `nothing` if there was none."""
    return answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.1 ") else "nothing"


def closed(bare: socket.socket) -> bool:
    """Whether the node has hung up; the bytes that it has sent are read and forgotten."""
    try:
        while bare.recv(_READ_BYTES):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


Greet = Callable[[socket.socket], Awaitable[None]]


@dataclass(frozen=True)
class Herd:
    """Many sockets that are held open; where the node closes one, another takes its place."""

    ground: Ground
    count: int
    greet: Greet
    addresses: Sequence[str] = (MALLORY,)
    per_second: int = 750  # connections opened, at most
    receive_buffer: int = 0
    drip: Callable[[socket.socket], None] | None = None  # each says this now and then
    drip_s: float = 1.0
    watched: bool = True  # read, to see whether the node has hung up
    open_s_max: float = math.inf  # for how long the node may leave one open
    _under_way: list[int] = field(default_factory=lambda: [0])

    async def hold(self) -> None:
        """Open them, hold them, and open them again, until the time is over."""
        held: dict[socket.socket, float] = {}
        ground, started = self.ground, time.monotonic()
        opened = 0
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look_after(held))
                while ground.goes_on:
                    due = int((time.monotonic() - started) * self.per_second)
                    # Where there were enough for a while, none is made up for later.
                    opened = max(opened, due - _OPENING_AT_ONCE)
                    for _ in range(min(due - opened, self.count - len(held) - self._under_way[0])):
                        opened += 1
                        tasks.create_task(self._open(held))
                    await asyncio.sleep(_PACE_S)
        finally:
            ground.counts["open at the end"] = len(held)
            now_s = time.monotonic()
            late = sum(now_s - since_s > self.open_s_max for since_s in held.values())
            if late:
                ground.told.wrong[f"open for over {self.open_s_max:.0f} s"] += late
            for bare in held:
                bare.close()

    async def _look_after(self, held: dict[socket.socket, float]) -> None:
        """Let each say something now and then, and drop those that the node has closed."""
        counts, dripped_s = self.ground.counts, time.monotonic()
        while self.ground.goes_on:
            await asyncio.sleep(_LOOK_S)
            counts["most at once"] = max(counts["most at once"], len(held))
            drips = self.drip is not None and time.monotonic() - dripped_s > self.drip_s
            if drips:
                dripped_s = time.monotonic()
            for number, bare in enumerate(tuple(held)):
                if drips and self.drip is not None:
                    with suppress(OSError):
                        self.drip(bare)
                if self.watched and closed(bare):
                    counts["closed by the node"] += 1
                    del held[bare]
                    bare.close()
                if number % _SLICE == 0:
                    await asyncio.sleep(0)

    async def _open(self, held: dict[socket.socket, float]) -> None:
        self._under_way[0] += 1
        try:
            address = random.choice(self.addresses)
            bare = await connect(self.ground, address, receive_buffer=self.receive_buffer)
            try:
                await self.greet(bare)
            except BaseException:
                bare.close()
                raise
            # Only now may others read from it.
            held[bare] = time.monotonic()
        except (OSError, TimeoutError):
            self.ground.counts["not let in"] += 1
        finally:
            self._under_way[0] -= 1


async def at_once(count: int, do: Callable[[int], Awaitable[None]]) -> None:
    """Do something in so many tasks at once; the network's errors are counted by them."""

    async def one(number: int) -> None:
        with suppress(OSError, TimeoutError):
            await do(number)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(one(number))


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return True
