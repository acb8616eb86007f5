"""The right to close a descriptor that a transport and a socket of ours share."""

import asyncio
import gc
import itertools
import os
import socket
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import pytest

from liveshop.core.frames import text_frame
from liveshop.edge.raw_socket import RawSocket
from liveshop.edge.viewer_socket import ViewerSocket
from tests.edge.raw_viewer import HEAD, TEXT, frame
from tests.edge.stub_engine import Running, running
from tests.waiting import until

# A viewer that joins: its request, and the first message behind it.
_JOIN = HEAD.format(path="/ws/sessions/s1", more="").encode() + frame(TEXT, b'{"type":"hello"}')
_numbers = itertools.count(1)


class _Transport(asyncio.BaseTransport):
    """A transport as far as its descriptor matters."""

    def __init__(self, bare: socket.socket) -> None:
        super().__init__({"socket": bare})
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_a_descriptor_that_is_wrapped_again_and_let_go_of_stays_open(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    raw, transport = RawSocket(), _Transport(near)
    for number in range(3):
        raw.attach(transport)
        gc.collect()
        assert raw.socket.send(b"%d" % number) == 1
        os.fstat(near.fileno())
    raw.detach()
    raw.detach()
    del raw
    os.fstat(near.fileno())
    assert far.recv(10) == b"012"


def test_a_detached_socket_takes_nothing_and_one_of_a_closing_transport_stays_detached(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    raw, transport = RawSocket(), _Transport(near)
    assert raw.socket.send(b"x") == 0
    raw.attach(transport)
    transport.closing = True
    raw.attach(transport)
    assert raw.socket.send(b"x") == 0
    far.setblocking(False)
    with pytest.raises(BlockingIOError):
        far.recv(1)


def _fill(descriptor: int) -> int:
    """Fill the kernel's buffer around the transport; return how many bytes it took."""
    filled = 0
    with socket.socket(fileno=os.dup(descriptor)) as bare:
        bare.setblocking(False)
        try:
            while True:
                filled += bare.send(b"x" * 1_024)
        except BlockingIOError:
            return filled


async def _read_with(client: socket.socket, read: bytes, parts: Sequence[bytes]) -> bytes:
    """Read on until all these parts have come, in whatever order."""
    while not all(part in read for part in parts):
        some = await asyncio.get_running_loop().sock_recv(client, 65_536)
        assert some, f"the connection ended after {read[-100:]!r}"
        read += some
    return read


def _read_what_is_there(client: socket.socket) -> bytes:
    """Read what the kernel has, without letting the loop go on."""
    read = b""
    with suppress(BlockingIOError):
        while some := client.recv(65_536):
            read += some
    return read


class _CountedTransport:
    """Passes everything on, and counts what is written through it."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes | memoryview) -> None:
        self.writes += 1
        self.transport.write(data)  # type: ignore[attr-defined]


class _CountedSocket(ViewerSocket):
    """A viewer's socket that writes through a counted transport, or around it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.counted = _CountedTransport(transport)
        super().connection_made(cast(asyncio.BaseTransport, self.counted))


@asynccontextmanager
async def _running() -> AsyncIterator[Running]:
    async with running() as here:
        counted = partial(_CountedSocket, here.server.gateway)
        here.server.config.ws_protocol_class = cast(type[_CountedSocket], counted)
        yield here


def _writes_directly(viewer: _CountedSocket, client: socket.socket) -> bool:
    """Whether a frame comes to the client around the transport."""
    before = viewer.counted.writes
    numbered = text_frame(b"[%d]" % next(_numbers))
    viewer.write(numbered)
    return _read_what_is_there(client).endswith(numbered) and viewer.counted.writes == before


async def _joined(here: Running) -> _CountedSocket:
    """Wait until somebody has joined; return the server's end of it."""
    await until(lambda: here.engine.viewers)
    (viewer,) = here.engine.viewers
    assert isinstance(viewer, _CountedSocket)
    return viewer


async def _crowded(here: Running, client: socket.socket) -> tuple[_CountedSocket, int]:
    """Join where the kernel takes no byte; return the viewer and how many bytes fill it."""
    await until(lambda: here.server.server_state.connections)
    (http,) = here.server.server_state.connections
    descriptor = http.transport.get_extra_info("socket").fileno()
    filled = 0
    while more := _fill(descriptor):
        filled += more
        await asyncio.sleep(0.01)
    client.send(_JOIN)
    return await _joined(here), filled


async def test_nothing_overtakes_a_handshake_that_did_not_leave_whole() -> None:
    async with _running() as here:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.connect(here.address)
            client.setblocking(False)
            viewer, filled = await _crowded(here, client)
            # The kernel has room again before the loop tells the transport so.
            read = _read_what_is_there(client)
            assert read == b"x" * len(read)
            viewer.write(text_frame(b'["last"]'))
            parts = (b"HTTP/1.1 101 ", b'"welcome"', b'"session"', b'["last"]')
            answer = await _read_with(client, read, parts)
            places = [answer.index(part) for part in parts]
            assert (places[0], places) == (filled, sorted(places))


async def test_a_viewer_whose_handshake_was_kept_writes_directly_and_keeps_its_descriptor() -> None:
    async with _running() as here:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.connect(here.address)
            client.setblocking(False)
            viewer, _ = await _crowded(here, client)
            await until(lambda: _writes_directly(viewer, client))
            gc.collect()
            assert _writes_directly(viewer, client)


async def test_a_viewer_that_is_cut_off_no_longer_writes_to_its_descriptor() -> None:
    async with _running() as here:
        with socket.socket() as client:
            client.connect(here.address)
            client.setblocking(False)
            client.send(_JOIN)
            viewer = await _joined(here)
            await until(lambda: _writes_directly(viewer, client))
            viewer.abort()
            # Before the loop tells of the loss, the number may already be another client's.
            viewer.write(text_frame(b"[1]"))
            assert await asyncio.get_running_loop().sock_recv(client, 1) == b""


async def test_joiners_that_do_not_read_share_the_bytes_of_one_snapshot() -> None:
    count, size = 50, 1_000_000
    async with running() as here:
        snapshot = text_frame(b'["' + b"x" * (size - 4) + b'"]')
        clients = [socket.create_connection(here.address) for _ in range(count)]
        try:
            for client in clients:
                client.send(_JOIN)
            await until(lambda: len(here.engine.viewers) == count)
            held = sys.getrefcount(snapshot)
            tracemalloc.start()
            for viewer in here.engine.viewers:
                viewer.write(snapshot)
            grown, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert sys.getrefcount(snapshot) == held + count, "each transport refers to the frame"
            assert grown < size
        finally:
            for client in clients:
                client.close()
        await until(lambda: len(here.server.gateway) == 0)
