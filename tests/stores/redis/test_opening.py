"""Connections to Redis that are given up: the other end, whatever it is, sees them end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest

from liveshop.core import limits
from liveshop.core.errors import Unavailable
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.opening import close_connection, keep_opening, open_connection
from tests.faults.proxy import Proxy
from tests.waiting import until

# AUTH, CLIENT SETINFO twice and PING are answered by +OK and +PONG: after none of it, in the midst
# of an answer, and between two.
_ANSWERED_BYTES = (0, 3, 5, 10, 15, 20)
# More than the kernel takes for a server that does not read, on both sides of a connection.
_CALL_BYTES = 32 * 1_048_576
_BUFFER_BYTES = 65_536


def _on(use_uvloop: bool, test: Callable[[], Awaitable[None]]) -> None:
    # As servers run, and as whoever embeds a link may run it: each closes sockets in its own way.
    anyio.run(test, backend_options={"use_uvloop": use_uvloop})


@pytest.mark.parametrize("use_uvloop", [False, True])
@pytest.mark.parametrize("kind", ["redis", "redis+cluster", "redis+sentinel"])
@pytest.mark.parametrize("answered_bytes", _ANSWERED_BYTES)
def test_a_connection_whose_opening_is_cancelled_is_closed(
    redis_url: str, answered_bytes: int, kind: str, use_uvloop: bool
) -> None:
    async def give_up() -> None:
        async with Proxy(redis_url).listening() as proxy:
            proxy.answer_bytes_max = answered_bytes
            url = _at(redis_url, kind, f"127.0.0.1:{proxy.port}", "127.0.0.1:1")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_open_and_fail_if_it_opens, url)
                await proxy.held_back.wait()
                assert proxy.connections == 1
                tasks.cancel_scope.cancel()
            await until(lambda: not proxy.connections)

    _on(use_uvloop, give_up)


@pytest.mark.parametrize("use_uvloop", [False, True])
def test_of_a_clusters_servers_the_slower_one_is_let_go(redis_url: str, use_uvloop: bool) -> None:
    async def open_one() -> None:
        async with Proxy(redis_url).listening() as fast, Proxy(redis_url).listening() as slow:
            slow.answer_bytes_max = 5
            fast.silence()
            url = _at(
                redis_url, "redis+cluster", f"127.0.0.1:{slow.port}", f"127.0.0.1:{fast.port}"
            )
            async with anyio.create_task_group() as tasks:
                opened: list[Any] = []

                async def open_it() -> None:
                    opened.append(await open_connection(url, decode=True))

                tasks.start_soon(open_it)
                await slow.held_back.wait()
                fast.resume()
            assert opened[0].port == fast.port
            await until(lambda: not slow.connections)
            assert fast.connections == 1
            await close_connection(opened[0])
            await until(lambda: not fast.connections)

    _on(use_uvloop, open_one)


@pytest.mark.parametrize("use_uvloop", [False, True])
def test_a_connection_that_a_server_does_not_read_is_closed_and_no_more_of_it_is_sent(
    use_uvloop: bool,
) -> None:
    """A call whose caller was told that its outcome is unknown does not arrive a minute later."""

    async def hang() -> None:
        async with _hanging_server() as (port, clients):
            link = RedisLink(f"redis://127.0.0.1:{port}")
            async with anyio.create_task_group() as tasks:
                await tasks.start(link.run)
                await until(lambda: link.connected)
                with pytest.raises(Unavailable):
                    await link.call("SET", "key", b"x" * _CALL_BYTES, timeout_ms=100)
                assert not link.connected
                tasks.cancel_scope.cancel()
            with anyio.fail_after(10):
                assert 0 < len(await clients[0].read()) < _CALL_BYTES

    _on(use_uvloop, hang)


@pytest.mark.parametrize("use_uvloop", [False, True])
def test_a_link_whose_callers_have_all_given_up_writes_nothing_and_ends(
    redis_url: str, use_uvloop: bool
) -> None:
    """asyncio of Python 3.12 and 3.13 never finishes with a list that has no bytes in it."""

    async def give_up() -> None:
        async with Proxy(redis_url).listening() as proxy:
            link = RedisLink(proxy.url)
            async with anyio.create_task_group() as tasks:
                await tasks.start(link.run)
                await until(lambda: link.connected)
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await link.call("ECHO", "nobody hears it")
                assert await link.call("ECHO", "next") == "next"
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await link.call("ECHO", "nobody hears it")
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
            await until(lambda: not proxy.connections)

    _on(use_uvloop, give_up)


async def test_a_server_that_does_not_answer_in_time_is_said_to_do_so(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "REDIS_CONNECT_MS_MAX", 100)
    async with Proxy(redis_url).listening() as proxy, anyio.create_task_group() as tasks:
        proxy.silence()
        tasks.start_soon(partial(keep_opening, proxy.url, decode=True))
        await until(lambda: bool(caplog.records))
        tasks.cancel_scope.cancel()
    assert caplog.messages[0] == "Redis cannot be reached: no answer in time"


async def _open_and_fail_if_it_opens(url: str) -> None:
    await close_connection(await open_connection(url, decode=True))
    pytest.fail("the server was silent, and yet the connection was opened")


def _at(url: str, kind: str, *servers: str) -> str:
    """Return the URL of the same Redis elsewhere."""
    login = urlsplit(url).netloc.rpartition("@")[0]
    if kind == "redis":
        return f"redis://{login}@{servers[0]}"
    # Sentinels have a password of their own.
    options = f"/name?sentinel_password={login[1:]}" if kind == "redis+sentinel" else ""
    return f"{kind}://{login}@{','.join(servers)}{options}"


@asynccontextmanager
async def _hanging_server() -> AsyncIterator[tuple[int, list[asyncio.StreamReader]]]:
    """Give the port of a server that lets clients in and stops reading, and what it can read."""
    clients: list[asyncio.StreamReader] = []
    writers: list[asyncio.StreamWriter] = []

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(reader)
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError):  # the link has been stopped
            await reader.readuntil(b"LIB-VER\r\n")
            writer.write(b"+OK\r\n+OK\r\n")
            await reader.readuntil(b"PING\r\n")
            writer.write(b"+PONG\r\n")

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    server = await asyncio.start_server(let_in, sock=listener)
    try:
        yield listener.getsockname()[1], clients
    finally:
        for each in writers:
            each.transport.abort()
        server.close()
        await server.wait_closed()
