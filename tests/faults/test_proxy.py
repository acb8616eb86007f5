"""The proxy does to connections what it says: a fault test is worth what its faults are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from tests.faults.proxy import Proxy, Then


@dataclass
class Echo:
    """A server that answers every line with itself, and keeps what it was asked."""

    url: str = ""
    asked: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.asked.append(line)
            writer.write(line)
        writer.close()


@asynccontextmanager
async def echoing() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1")
    echo.url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield echo
    finally:
        server.close()


@asynccontextmanager
async def spoiled() -> AsyncIterator[tuple[Echo, Proxy]]:
    async with echoing() as echo, Proxy(echo.url).listening() as proxy:
        yield echo, proxy


class Caller:
    """A client that asks line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, line: bytes) -> bytes:
        """Return the answer to a line, and nothing if the connection is closed."""
        self.writer.write(line)
        try:
            return await self.reader.readline()
        except ConnectionError:
            return b""

    async def hears_nothing(self) -> bool:
        with anyio.move_on_after(0.1) as waited:
            await self.reader.read(1)
        return waited.cancelled_caught


@asynccontextmanager
async def calling(proxy: Proxy) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()


async def test_what_nobody_spoils_passes_both_ways() -> None:
    async with spoiled() as (echo, proxy), calling(proxy) as one, calling(proxy) as two:
        assert await one.ask(b"1\n") == b"1\n"
        assert await two.ask(b"2\n") == b"2\n"
        assert echo.asked == [b"1\n", b"2\n"]
        assert proxy.connections == 2


def test_the_url_differs_in_its_address_only() -> None:
    proxy = Proxy("postgresql://me:word@db:5432/shop?x=1")
    proxy.port = 99
    assert proxy.url == "postgresql://me:word@127.0.0.1:99/shop?x=1"
    assert Proxy("redis://cache:6379/0").url == "redis://127.0.0.1:0/0"


async def test_a_cut_resets_who_is_there_and_lets_others_in() -> None:
    async with spoiled() as (_, proxy):
        async with calling(proxy) as caller:
            await caller.ask(b"1\n")
            proxy.cut()
            assert await caller.ask(b"2\n") == b""
        async with calling(proxy) as caller:
            assert await caller.ask(b"3\n") == b"3\n"


async def test_who_is_refused_is_refused_by_the_kernel_until_clients_are_accepted() -> None:
    async with spoiled() as (_, proxy):
        async with calling(proxy) as caller:
            await caller.ask(b"1\n")
            proxy.refuse()
            assert await caller.ask(b"2\n") == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)
        await proxy.accept()
        async with calling(proxy) as caller:
            assert await caller.ask(b"3\n") == b"3\n"


async def test_in_silence_nothing_passes_and_nothing_closes() -> None:
    async with spoiled() as (echo, proxy), calling(proxy) as caller:
        await caller.ask(b"1\n")
        proxy.silence()
        caller.writer.write(b"2\n")
        assert await caller.hears_nothing()
        async with calling(proxy) as late:
            late.writer.write(b"3\n")
            assert await late.hears_nothing()
        assert echo.asked == [b"1\n"]
        proxy.resume()
        assert await caller.reader.readline() == b"2\n"


@pytest.mark.parametrize("then", list(Then))
async def test_a_lost_reply_is_to_a_request_that_was_carried_out(then: Then) -> None:
    async with spoiled() as (echo, proxy), calling(proxy) as caller, calling(proxy) as other:
        proxy.lose_replies(b"COMMIT", then=then)
        assert await caller.ask(b"INSERT\n") == b"INSERT\n"
        caller.writer.write(b"COM")
        await asyncio.sleep(0)
        caller.writer.write(b"MIT\n")
        if then is Then.CUT:
            with pytest.raises(ConnectionResetError):
                await caller.reader.readline()
        else:
            assert await caller.hears_nothing()
        assert echo.asked == [b"INSERT\n", b"COMMIT\n"]
        if then is Then.SILENCE_ALL:
            other.writer.write(b"COMMIT\n")
            assert await other.hears_nothing()
        else:
            assert await other.ask(b"COMMIT\n") == b"COMMIT\n"
            assert proxy.replies_lost == 1


async def test_delay_holds_back_both_ways_and_slowness_what_the_server_says() -> None:
    async with spoiled() as (_, proxy), calling(proxy) as caller:
        proxy.delay_s = 0.1
        started = anyio.current_time()
        assert await caller.ask(b"1\n") == b"1\n"
        assert anyio.current_time() - started >= 0.2
        proxy.delay_s, proxy.bytes_per_s = 0, 1_000
        started = anyio.current_time()
        assert len(await caller.ask(b"x" * 199 + b"\n")) == 200
        assert anyio.current_time() - started >= 0.19
        proxy.bytes_per_s = None
        assert await caller.ask(b"2\n") == b"2\n"


async def test_a_server_that_is_away_is_a_cut() -> None:
    async with spoiled() as (_, proxy), Proxy("tcp://127.0.0.1:1").listening() as nowhere:
        async with calling(nowhere) as caller:
            assert await caller.ask(b"1\n") == b""
        assert proxy.connections == 0


def test_code_that_blocks_runs_it_in_a_thread() -> None:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(echoing()) as echo,
        portal.wrap_async_context_manager(Proxy(echo.url).listening()) as proxy,
    ):
        portal.call(proxy.refuse)
        portal.call(proxy.accept)
        assert portal.call(_asked, proxy, b"1\n") == b"1\n"


async def _asked(proxy: Proxy, line: bytes) -> bytes:
    async with calling(proxy) as caller:
        return await caller.ask(line)
