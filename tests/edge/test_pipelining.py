"""Requests that come behind others are answered in order, and an upgrade behind them waits."""

import asyncio

import pytest

from tests.edge.http_client import GET, http_client
from tests.edge.raw_viewer import HEAD, TEXT, frame, raw_viewer
from tests.edge.stub_engine import passing, running
from tests.waiting import until

UPGRADE = HEAD.format(path="/ws/sessions/s1", more="").encode()
HELLO = frame(TEXT, b'{"type":"hello"}')
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


def get(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


async def test_an_upgrade_behind_requests_waits_until_they_are_answered() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.stream.send(get("/slow") + get("/2") + get("/3") + UPGRADE)
        for path in ("/slow", "/2", "/3"):
            assert (await viewer.read_answer()) == (200, f'{{"path":"{path}"}}'.encode())
        assert (await viewer.read_answer())[0] == 101
        await viewer.say({"type": "hello"})
        assert [await viewer.kind(), await viewer.kind()] == ["welcome", "session"]


async def test_an_upgrade_behind_one_request_waits_until_it_is_answered() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.stream.send(SLOW + UPGRADE + HELLO)
        assert (await viewer.read_answer()) == (200, b'{"path":"/slow"}')
        assert (await viewer.read_answer())[0] == 101
        assert [await viewer.kind(), await viewer.kind()] == ["welcome", "session"]


@pytest.mark.parametrize("packet", [1, 7, 60, 200, 10_000])
async def test_how_requests_and_an_upgrade_are_cut_into_packets_changes_nothing(
    packet: int,
) -> None:
    everything = get("/1") + get("/slow") + get("/bytes/5000") + UPGRADE + HELLO
    async with running() as here, passing(here.clock), raw_viewer(here.address) as viewer:
        for at in range(0, len(everything), packet):
            await viewer.stream.send(everything[at : at + packet])
        assert [(await viewer.read_answer())[0] for _ in range(4)] == [200, 200, 200, 101]
        assert [await viewer.kind(), await viewer.kind()] == ["welcome", "session"]


async def test_answers_that_the_kernel_does_not_take_come_before_an_upgrade_and_its_frames() -> (
    None
):
    size = 400_000
    async with running() as here, raw_viewer(here.address, receive_buffer=4_096) as viewer:
        everything = get(f"/bytes/{size}") + get(f"/bytes/{size}") + UPGRADE + HELLO
        await viewer.stream.send(everything)
        await until(lambda: len(here.server.gateway) == 1)
        for _ in range(2):
            assert await viewer.read_answer() == (200, b"x" * size)
        assert (await viewer.read_answer())[0] == 101
        assert [await viewer.kind(), await viewer.kind()] == ["welcome", "session"]


async def test_ten_thousand_requests_in_one_packet_are_answered_and_few_are_kept_at_a_time() -> (
    None
):
    count = 10_000
    async with running() as here, http_client(here.address) as client:
        request = get("/")
        sending = asyncio.create_task(
            asyncio.get_running_loop().sock_sendall(client.bare, request * count)
        )
        most = 0
        for _ in range(count):
            assert await client.status() == 200
            (connection,) = here.server.server_state.connections
            assert hasattr(connection, "pipeline")
            most = max(most, len(connection.pipeline))
        await sending
        assert most <= 1_024 // len(request)


@pytest.mark.parametrize(
    ("faulty", "status"), [(b"\0\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 431)]
)
async def test_what_cannot_be_read_is_refused_after_the_answers_to_what_came_before(
    faulty: bytes, status: int
) -> None:
    async with running() as here, http_client(here.address) as client:
        await asyncio.get_running_loop().sock_sendall(client.bare, SLOW + get("/2") + faulty)
        assert (await client.answer())[2] == b'{"path":"/slow"}'
        assert (await client.answer())[2] == b'{"path":"/2"}'
        assert await client.status() == status
        assert await client.rest() == b""


async def test_a_body_that_cannot_be_read_is_refused_in_its_turn() -> None:
    bad = b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n"
    async with running() as here:
        for before in (b"", SLOW):
            async with http_client(here.address) as client:
                client.send(before + bad)
                if before:
                    assert await client.status() == 200
                assert await client.status() == 400
                assert await client.rest() == b""
        await until(lambda: not here.server.server_state.tasks)


async def test_an_upgrade_to_something_else_is_ignored_and_what_follows_is_answered() -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(get("/1", "Connection: Upgrade\r\nUpgrade: h2c\r\n") + get("/2"))
        assert [(await client.answer())[2] for _ in range(2)] == [
            b'{"path":"/1"}',
            b'{"path":"/2"}',
        ]
        assert await client.ask(GET) == 200


async def test_a_request_behind_one_that_closes_is_not_answered() -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(get("/1", "Connection: close\r\n") + get("/2"))
        assert (await client.answer())[2] == b'{"path":"/1"}'
        assert await client.rest() == b""


async def test_a_stopping_server_answers_what_came_and_waits_for_no_client() -> None:
    async with running() as here, http_client(here.address) as idle:
        assert await idle.ask() == 200
        async with http_client(here.address) as busy:
            busy.send(SLOW + get("/2"))
            await until(lambda: here.server.server_state.tasks)
            here.server.should_exit = True
            assert await busy.status() == 200
            assert await busy.status() == 200
            assert await busy.rest() == b""
        assert await idle.rest() == b""


async def test_a_stopping_server_ends_a_connection_with_its_answer_unless_it_asks_for_health() -> (
    None
):
    async with (
        running(drain_ms=4_000) as here,
        http_client(here.address) as balancer,
        http_client(here.address) as client,
        raw_viewer(here.address) as viewer,
    ):
        await viewer.join()
        for each in (balancer, client):
            assert await each.ask() == 200
        here.server.should_exit = True
        assert await viewer.kind() == "moved"
        for _ in range(2):
            balancer.send(get("/joinable"))
            _, head, _ = await balancer.answer()
            assert b"connection: close" not in head
        client.send(GET)
        status, head, _ = await client.answer()
        assert (status, b"connection: close" in head) == (200, True)
        assert await client.rest() == b""


@pytest.mark.parametrize("path", ["/1", "/ws/sessions/s1"])
async def test_a_request_that_names_two_hosts_is_refused_after_what_came_before(path: str) -> None:
    request = UPGRADE if path.startswith("/ws") else get(path)
    two = request.replace(b"\r\nHost:", b"\r\nHOST: y\r\nHost:", 1)
    async with running() as here, http_client(here.address) as client:
        client.send(get("/slow") + two)
        assert await client.status() == 200
        status, _, body = await client.answer()
        assert (status, b"more than one Host" in body) == (400, True)
