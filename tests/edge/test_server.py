"""How the server ends, and what it rests on in uvicorn."""

import asyncio
import inspect
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from liveshop.edge.entrance import Entrance
from liveshop.edge.handshake import Head
from liveshop.edge.http_protocol import HttpProtocol
from liveshop.edge.wheel import Wheel
from tests.client import connected, joined
from tests.edge.raw_viewer import HEAD, raw_viewer
from tests.edge.stub_engine import SETTINGS, running
from tests.waiting import until


async def test_http_and_viewers_share_one_port() -> None:
    async with running() as here, joined(here.url, "s1"), httpx.AsyncClient() as http:
        answer = await http.get(here.url.replace("ws:", "http:") + "/api/products")
        assert (answer.status_code, answer.json()) == (200, {"path": "/api/products"})
        assert "server" not in answer.headers


async def test_a_stopping_server_sends_its_viewers_elsewhere() -> None:
    async with running() as here, joined(here.url, "s1") as one, connected(here.url, "s1") as two:
        await until(lambda: len(here.server.gateway) == 2)
        here.server.should_exit = True
        for client in (one, two):
            assert (await client.closed()).code == 4001
            moved = client.messages[-1]
            assert moved["type"] == "moved"
            assert 500 <= moved["retry_after_ms"] <= 5_000
        await until(lambda: here.engine.lost == 1)


async def test_viewers_go_in_waves_each_told_before_it_is_closed() -> None:
    crowd = 120  # waves are of fifty at least
    async with running(drain_ms=4_000) as here:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(joined(here.url, "s1")) for _ in range(crowd)
            ]
            here.server.should_exit = True
            seen: set[int] = set()
            while here.engine.lost < crowd:
                seen.add(here.engine.lost)
                await anyio.sleep(0.01)
            for client in clients:
                assert (await client.closed()).code == 4001
                assert client.messages[-1]["type"] == "moved"
            assert len({client.messages[-1]["retry_after_ms"] for client in clients}) > crowd // 2
        assert len(seen) > 2


async def test_what_was_asked_before_the_move_is_answered_before_the_close() -> None:
    async with running(drain_ms=4_000) as here, joined(here.url, "s1") as client:
        here.server.should_exit = True
        await client.wait_for_type("moved")
        assert (await client.ask("time", client_ms=1))["type"] == "time"
        assert (await client.closed()).code == 4001


async def test_a_stopping_node_is_not_ready_at_once_and_finishes_last() -> None:
    async with running(drain_ms=4_000) as here, joined(here.url, "s1") as client:
        assert (here.engine.retired, here.engine.finished) == (False, False)
        here.server.should_exit = True
        await client.wait_for_type("moved")
        assert (here.engine.retired, here.engine.finished) == (True, False)
        await client.closed()
        await until(lambda: here.engine.finished)


async def test_a_request_in_flight_is_answered_by_a_stopping_server() -> None:
    async with running() as here, await anyio.connect_tcp(*here.address) as stream:
        await stream.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: here.server.server_state.tasks)
        here.server.should_exit = True
        await until(lambda: here.engine.retired)
        with anyio.fail_after(10):
            assert (await stream.receive()).startswith(b"HTTP/1.1 200 ")


async def test_who_connects_to_a_stopping_node_is_sent_on() -> None:
    async with running() as here, raw_viewer(here.address) as late, joined(here.url, "s1") as one:
        await until(lambda: len(here.server.server_state.connections) == 1)
        here.server.should_exit = True
        await one.wait_for_type("moved")
        await late.shake_hands()
        assert await late.kind() == "moved"
        assert await late.close_code() == 4001


async def test_a_viewer_that_never_leaves_is_cut_when_the_drain_is_over() -> None:
    async with running(drain_ms=200) as here, raw_viewer(here.address) as deaf:
        await deaf.join()
        here.server.should_exit = True
        await until(lambda: here.engine.lost == 1)
        assert len(here.server.gateway) == 0


async def test_a_stopping_server_accepts_nobody() -> None:
    async with running() as here, raw_viewer(here.address) as deaf:
        await deaf.join()
        here.server.should_exit = True
        assert await deaf.kind() == "moved"
        with pytest.raises(OSError):
            await anyio.connect_tcp(*here.address)


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_closes_everyone_with_4000(again: signal.Signals) -> None:
    async with running(drain_ms=600_000) as here, joined(here.url, "s1") as client:
        here.server.handle_exit(signal.SIGTERM, None)
        here.server.handle_exit(again, None)
        assert (await client.closed()).code == 4000
        await until(lambda: here.engine.lost == 1)
        assert (here.engine.retired, here.engine.finished) == (True, False)


async def test_a_second_signal_waits_neither_for_who_is_deaf_nor_for_a_request() -> None:
    async with running(drain_ms=600_000) as here, raw_viewer(here.address) as deaf:
        await deaf.join()
        async with await anyio.connect_tcp(*here.address) as stream:
            await stream.send(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
            await until(lambda: here.server.server_state.tasks)
            here.server.handle_exit(signal.SIGTERM, None)
            assert await deaf.kind() == "moved"
            here.server.handle_exit(signal.SIGTERM, None)
            await until(lambda: here.engine.lost == 1)
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()
        assert len(here.server.gateway) == 0
        assert not here.engine.finished


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_with_0_and_runs_what_comes_after(
    how: signal.Signals,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.edge.serve_stub", str(port)]
    async with await anyio.open_process(command, stderr=None) as process:
        try:
            await until(lambda: _accepts(port))
            async with joined(f"ws://127.0.0.1:{port}", "s1") as client:
                process.send_signal(how)
                assert (await client.closed()).code == 4001
            assert process.stdout is not None
            assert await process.stdout.receive() == b"stopped cleanly"
            with anyio.fail_after(10):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()


async def test_a_server_that_is_cancelled_lets_go_of_its_port_and_its_viewers() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        here.cancel()
        await until(lambda: here.engine.lost == 1)
        assert not _accepts(here.address[1])


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Spy(asyncio.Protocol):
    """Writes down how the HTTP protocol treats the class of a viewer's socket."""

    calls: list[tuple[str, Any]] = []  # noqa: RUF012 - uvicorn makes the objects, not the test

    def connection_made(self, transport: Any) -> None:
        self.calls.append(("connection_made", transport.get_protocol() is self))
        self.transport = transport

    def shake_hands(self, head: Head) -> None:
        self.calls.append(("shake_hands", head))
        self.calls.append(("handed over", self.transport.get_protocol() is self))

    def listen(self, data: bytes) -> None:
        assert data == b""
        self.calls.append(("listen", self.transport.get_protocol() is self))

    def data_received(self, data: bytes) -> None:
        self.calls.append(("data_received", data))
        self.calls.append(("handed over", self.transport.get_protocol() is self))


async def test_an_upgrade_is_handed_over_as_the_viewers_socket_expects() -> None:
    config = uvicorn.Config(
        _app, http=HttpProtocol, ws=_Spy, interface="asgi3", lifespan="off", log_config=None
    )
    entrance = Entrance(SETTINGS, Wheel(0), lambda: 0)
    state = ServerState()
    loop = asyncio.get_running_loop()
    _Spy.calls.clear()
    server = await loop.create_server(
        lambda: HttpProtocol(entrance, config=config, server_state=state, app_state={}),
        "127.0.0.1",
        0,
    )
    more = "X-Name: one\r\nOrigin: one\r\nOrigin:  two\r\n"
    async with server, raw_viewer(server.sockets[0].getsockname()) as viewer:
        head = HEAD.format(path="/ws/sessions/s%201?x=1", more=more)
        await viewer.stream.send(head.encode())
        await until(lambda: len(_Spy.calls) == 4)
        await viewer.stream.send(b"frames")
        await until(lambda: len(_Spy.calls) == 6)
    fields = {
        "host": "127.0.0.1",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
        "origin": "one, two",
    }
    assert _Spy.calls == [
        ("connection_made", False),
        ("shake_hands", Head("GET", "/ws/sessions/s%201?x=1", fields)),
        ("handed over", False),
        ("listen", True),
        ("data_received", b"frames"),
        ("handed over", True),
    ]
    assert state.connections == set()


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("an upgrade does not reach the application")


async def test_uvicorns_server_has_the_parts_that_ours_replaces() -> None:
    server = uvicorn.Server(uvicorn.Config(_app, interface="asgi3", log_config=None))
    assert (server.should_exit, server.force_exit, server.started) == (False, False, False)
    assert list(inspect.signature(server.serve).parameters) == ["sockets"]
    assert list(inspect.signature(server.shutdown).parameters) == ["sockets"]
    assert list(inspect.signature(server.handle_exit).parameters) == ["sig", "frame"]
    with server.capture_signals():
        assert signal.getsignal(signal.SIGTERM) == server.handle_exit
