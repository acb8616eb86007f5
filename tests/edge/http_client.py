"""A client of HTTP made of a bare socket, which may send anything and reads what comes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


class HttpClient:
    """Sends bytes at once, and reads answers one by one."""

    def __init__(self, bare: socket.socket) -> None:
        self.bare = bare
        self._read = b""

    def send(self, data: bytes) -> None:
        """Send bytes, which are few."""
        assert self.bare.send(data) == len(data)

    async def answer(self) -> tuple[int, bytes, bytes]:
        """Return status, head and body of the next answer."""
        with anyio.fail_after(10):
            while b"\r\n\r\n" not in self._read:
                await self._more()
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            fields = head.lower().split(b"\r\n")
            (size,) = [int(f.split(b":")[1]) for f in fields if f.startswith(b"content-length:")]
            while len(self._read) < size:
                await self._more()
        body, self._read = self._read[:size], self._read[size:]
        return int(head[9:12]), head, body

    async def status(self) -> int:
        """Return the status of the next answer."""
        return (await self.answer())[0]

    async def ask(self, request: bytes = GET) -> int:
        """Send a request and return the status of its answer."""
        self.send(request)
        return await self.status()

    async def rest(self) -> bytes:
        """Return all that comes until the server hangs up."""
        with anyio.fail_after(10):
            try:
                while True:
                    await self._more()
            except EOFError:
                rest, self._read = self._read, b""
                return rest

    async def _more(self) -> None:
        data = await asyncio.get_running_loop().sock_recv(self.bare, 65_536)
        if not data:
            raise EOFError
        self._read += data


@asynccontextmanager
async def http_client(
    address: tuple[str, int], *, local: str = "127.0.0.1", receive_buffer: int | None = None
) -> AsyncIterator[HttpClient]:
    """Connect a bare socket."""
    with socket.socket() as bare:
        if receive_buffer is not None:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        bare.bind((local, 0))
        bare.connect(address)
        bare.setblocking(False)
        yield HttpClient(bare)
