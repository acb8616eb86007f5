"""A way to Postgres that can be cut at a given moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

_CHUNK_BYTES = 65_536


class Proxy:
    """Passes bytes between clients and the server behind `url`.

    With `cut_at` set, the next message of a client that contains it reaches the server and is
    carried out, but its answer is lost, and the connection with it. `silent_at` does the same to
    a server that falls silent: nothing more comes from any connection, and none is closed.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.cut_at: bytes | None = None
        self.silent_at: bytes | None = None
        self._heard = asyncio.Event()
        self._heard.set()

    @property
    def url(self) -> str:
        """Where clients connect."""
        user, _, _ = self._address.netloc.rpartition("@")
        return urlunsplit(self._address._replace(netloc=f"{user}@127.0.0.1:{self.port}"))

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["Proxy"]:
        """Accept connections for the length of a block, then cut them."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            self._heard.set()
            while self._open:
                self.cut()
                await asyncio.sleep(0)

    def cut(self) -> None:
        """Cut every connection."""
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._address.hostname, self._address.port
        server_reader, server_writer = await asyncio.open_connection(host, port)
        both = {writer, server_writer}
        self._open |= both
        lost = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass_on(reader, server_writer, lost))
                tasks.create_task(self._pass_back(server_reader, writer, lost))
        finally:
            for each in both:
                each.transport.abort()
            self._open -= both

    async def _pass_on(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await client.read(_CHUNK_BYTES):
                if self.cut_at is not None and self.cut_at in data:
                    self.cut_at = None
                    lost.set()
                if self.silent_at is not None and self.silent_at in data:
                    self._heard.clear()
                server.write(data)
        server.transport.abort()

    async def _pass_back(
        self, server: asyncio.StreamReader, client: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await server.read(_CHUNK_BYTES):
                if lost.is_set():
                    break
                await self._heard.wait()
                client.write(data)
        client.transport.abort()
