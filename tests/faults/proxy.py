"""A way to a server that can be spoiled: between a node and a store, a viewer and a node.

In a test's own loop: `async with Proxy(url).listening() as proxy`, then give `proxy.url` to the
client. From code that blocks, in a thread: `with start_blocking_portal() as portal,
portal.wrap_async_context_manager(Proxy(url).listening()) as proxy`, then `portal.call(proxy.cut)`.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit, urlunsplit

_CHUNK_BYTES = 65_536
_SLICES_PER_S = 20


class Then(Enum):
    """The client's view instead of the lost reply: three ways."""

    CUT = auto()  # its connection is reset
    SILENCE = auto()  # its connection stays open, and nothing comes
    SILENCE_ALL = auto()  # so do all connections, until `resume`


@dataclass(eq=False)
class _Way:
    """One client's connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    lost: Then | None = None  # set once a reply of this connection is to be lost
    counted: bool = False
    answered_bytes: int = 0

    def cut(self) -> None:
        """Reset both ends."""
        _reset(self.client)
        _reset(self.server)


class Proxy:
    """Passes bytes between clients and the server behind `url`, and does what it is told to them.

    `delay_s` holds back whatever passes, in both directions. `bytes_per_s` slows down what the
    server says. Of what the server says on a connection only the first `answer_bytes_max` bytes
    pass, and `held_back` is set when there were more. All three may be changed at any time, and
    hold for the next bytes.
    """

    def __init__(self, url: str) -> None:
        self.delay_s = 0.0
        self.bytes_per_s: int | None = None
        self.answer_bytes_max: int | None = None
        self.held_back = asyncio.Event()
        self.port = 0
        self.replies_lost = 0
        self._address = urlsplit(url)
        self._ways: set[_Way] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._passing = asyncio.Event()
        self._passing.set()
        self._pattern = b""
        self._to_lose = 0
        self._then = Then.CUT

    @property
    def url(self) -> str:
        """Where clients connect."""
        user, at, _ = self._address.netloc.rpartition("@")
        return urlunsplit(self._address._replace(netloc=f"{user}{at}127.0.0.1:{self.port}"))

    @property
    def passing(self) -> bool:
        """Whether anything passes: False in silence."""
        return self._passing.is_set()

    @property
    def connections(self) -> int:
        """How many connections pass through here now."""
        return len(self._ways)

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["Proxy"]:
        """Accept connections for the length of a block, then cut them."""
        self.port = port
        await self.accept()
        try:
            yield self
        finally:
            self.refuse()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks)

    async def accept(self) -> None:
        """Let clients in, on the port of before."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Cut every connection, and refuse new ones until `accept`: there is no server."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self) -> None:
        """Reset every connection; new ones are let in."""
        for way in self._ways:
            way.cut()

    def silence(self) -> None:
        """Pass nothing and close nothing until `resume`: every connection is half-open.

        New connections are let in and hear nothing. Bytes that come meanwhile pass afterwards.
        """
        self._passing.clear()

    def resume(self) -> None:
        """End the silence."""
        self._passing.set()

    def lose_replies(self, to: bytes = b"", *, times: int = 1, then: Then = Then.CUT) -> None:
        """Forward the next requests that contain some bytes, and drop what the server replies.

        The request is carried out. The reply, and all that follows on its connection, never
        comes; `then` says what does. `replies_lost` counts. With `times` 0 the loss ends.
        """
        self._pattern, self._to_lose, self._then = to, times, then

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served in a task"
        self._tasks.add(task)
        try:
            host, port = self._address.hostname, self._address.port
            server_reader, server_writer = await asyncio.open_connection(host, port)
            way = _Way(writer, server_writer)
            self._ways.add(way)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._forward(reader, way))
                    tasks.create_task(self._answer(server_reader, way))
            finally:
                way.cut()
                self._ways.discard(way)
        except (OSError, asyncio.CancelledError):
            pass  # the server is away, or the test over: this is the task's outermost frame
        finally:
            _reset(writer)
            self._tasks.discard(task)

    async def _forward(self, client: asyncio.StreamReader, way: _Way) -> None:
        tail = b""  # a request may come in two pieces
        with suppress(OSError):
            while data := await client.read(_CHUNK_BYTES):
                await self._hold_back()
                way.server.write(data)
                tail += data
                if self._to_lose and way.lost is None and self._pattern in tail:
                    self._to_lose -= 1
                    way.lost = self._then
                    if self._then is Then.SILENCE_ALL:
                        self.silence()
                tail = tail[1 - len(self._pattern) :] if len(self._pattern) > 1 else b""
                await way.server.drain()
        await self._passing.wait()
        # A request that was forwarded still arrives, and is carried out.
        way.server.close()

    async def _answer(self, server: asyncio.StreamReader, way: _Way) -> None:
        with suppress(OSError):
            while data := await server.read(_CHUNK_BYTES):
                if way.lost is None:
                    await self._hold_back()
                    await self._tell(way.client, self._allowed(way, data))
                    continue
                self.replies_lost += not way.counted
                way.counted = True
                if way.lost is Then.CUT:
                    break
        await self._passing.wait()
        if way.lost in (None, Then.CUT):
            _reset(way.client)

    def _allowed(self, way: _Way, data: bytes) -> bytes:
        if self.answer_bytes_max is None:
            return data
        allowed = data[: max(0, self.answer_bytes_max - way.answered_bytes)]
        way.answered_bytes += len(data)
        if len(allowed) < len(data):
            self.held_back.set()
        return allowed

    async def _hold_back(self) -> None:
        await asyncio.sleep(self.delay_s)
        await self._passing.wait()

    async def _tell(self, client: asyncio.StreamWriter, data: bytes) -> None:
        while data:
            slice_bytes = len(data)
            if self.bytes_per_s is not None:
                slice_bytes = max(1, self.bytes_per_s // _SLICES_PER_S)
                await asyncio.sleep(1 / _SLICES_PER_S)
            client.write(data[:slice_bytes])
            await client.drain()
            data = data[slice_bytes:]


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection so that the other end is told by a reset, as if a cable was pulled."""
    if not writer.is_closing():
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
