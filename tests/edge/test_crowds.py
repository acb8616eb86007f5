"""Too many HTTP connections: which make room for others, and what the reserve is for."""

from contextlib import AsyncExitStack
from ipaddress import ip_network
from typing import Any

import pytest

from liveshop.core import limits
from liveshop.core.settings import Settings
from liveshop.edge.entrance import Entrance
from liveshop.edge.http_protocol import HttpProtocol
from liveshop.edge.wheel import Wheel
from tests.edge.http_client import GET, HttpClient, http_client
from tests.edge.raw_viewer import raw_viewer
from tests.edge.stub_engine import Running, running
from tests.waiting import until

NEVER = b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n"


class Visitor:
    """A connection as the entrance knows it."""

    def __init__(self) -> None:
        self.told = 0
        self.counted_by: str | None = None
        self.rests = False

    def make_room(self) -> None:
        self.told += 1


def entrance(**changed: object) -> Entrance:
    return Entrance(Settings(**changed), Wheel(0), lambda: 0)  # type: ignore[arg-type]


def enter(here: Entrance, address: str, *, answered: bool = True) -> Visitor:
    """Let a visitor in, of whom a request comes and perhaps is answered."""
    visitor = Visitor()
    assert here.enter(visitor, address)
    here.work(visitor)
    if answered:
        here.rest(visitor)
    return visitor


def test_the_one_that_has_rested_longest_makes_room_for_its_address() -> None:
    here = entrance(http_connections_per_address_max=3)
    first, second, third = (enter(here, "192.0.2.1") for _ in range(3))
    other = enter(here, "192.0.2.2")
    for each in (first, second):
        here.work(each)
    for each in (second, first):  # the second request is answered first
        here.rest(each)
    enter(here, "192.0.2.1")
    assert [each.told for each in (first, second, third, other)] == [0, 0, 1, 0]
    enter(here, "192.0.2.1")
    assert [each.told for each in (first, second, third, other)] == [0, 1, 1, 0]
    assert len(here) == 4


def test_one_with_a_request_under_way_makes_no_room() -> None:
    here = entrance(http_connections_per_address_max=2)
    working = [enter(here, "192.0.2.1", answered=False) for _ in range(2)]
    late = Visitor()
    assert not here.enter(late, "192.0.2.1")
    assert [each.told for each in working] == [0, 0]
    here.leave(working[0])
    assert here.enter(Visitor(), "192.0.2.1")


def test_a_network_is_counted_as_one_address() -> None:
    here = entrance(http_connections_per_address_max=1)
    first = enter(here, "2001:db8:1:2::1")
    enter(here, "2001:db8:1:2:3::1")
    enter(here, "2001:db8:1:3::1")
    assert first.told == 1


def test_a_trusted_proxy_is_not_counted_and_makes_no_room() -> None:
    here = entrance(http_connections_per_address_max=1, trusted_proxies=(ip_network("10.0.0.0/8"),))
    proxies = [enter(here, "10.0.0.1") for _ in range(5)]
    assert [each.told for each in proxies] == [0] * 5


def test_the_one_that_has_rested_longest_makes_room_for_the_node() -> None:
    here = entrance(trusted_proxies=(ip_network("10.0.0.0/8"),))
    proxy = enter(here, "10.0.0.1")
    crowd = [
        enter(here, f"192.0.2.{number % 200}") for number in range(limits.HTTP_CONNECTIONS_MAX - 1)
    ]
    enter(here, "198.51.100.1")
    assert [each.told for each in crowd[:2]] == [1, 0]
    assert proxy.told == 0
    assert len(here) == limits.HTTP_CONNECTIONS_MAX


def test_a_newcomer_gets_into_the_reserve_where_the_oldest_makes_room() -> None:
    here = entrance(http_connections_per_address_max=1)
    enter(here, "192.0.2.1", answered=False)
    reserve = [Visitor() for _ in range(limits.HTTP_RESERVE_CONNECTIONS_MAX + 2)]
    for each in reserve:
        assert not here.enter(each, "192.0.2.1")
    assert [each.told for each in reserve[:3]] == [1, 1, 0]
    assert len(here) == 1 + limits.HTTP_RESERVE_CONNECTIONS_MAX


async def filled(here: Running, stack: AsyncExitStack, count: int) -> list[HttpClient]:
    """Connect clients, each with a request under way."""
    clients = [await stack.enter_async_context(http_client(here.address)) for _ in range(count)]
    for each in clients:
        each.send(NEVER)
    await until(lambda: len(here.server.server_state.tasks) == count)
    return clients


async def test_one_connection_more_than_an_address_may_have_closes_its_longest_idle_one() -> None:
    async with (
        running(http_connections_per_address_max=2) as here,
        http_client(here.address) as first,
        http_client(here.address) as second,
        http_client(here.address, local="127.0.0.2") as other,
    ):
        for each in (other, first, second, first):
            assert await each.ask() == 200
        async with http_client(here.address) as third:
            assert await third.ask() == 200
            assert await second.rest() == b""
            for each in (other, first, third):
                assert await each.ask() == 200


@pytest.mark.parametrize("said", [b"", b"\r\n", b"G", GET[:-1]])
async def test_a_connection_without_a_whole_head_makes_room_once_it_is_a_second_old(
    said: bytes,
) -> None:
    async with running(http_connections_per_address_max=1) as here, AsyncExitStack() as stack:
        silent = await stack.enter_async_context(http_client(here.address))
        if said:
            silent.send(said)
        await until(lambda: len(here.server.server_state.connections) == 1)
        here.clock.advance(900)
        late = await stack.enter_async_context(http_client(here.address))
        assert await late.ask() == 503
        here.clock.advance(200)
        (connection,) = here.server.server_state.connections
        assert isinstance(connection, HttpProtocol)
        await until(lambda: connection.rests)
        late = await stack.enter_async_context(http_client(here.address))
        assert await late.ask() == 200
        assert await silent.rest() == b""


async def test_half_a_head_behind_an_answer_makes_room() -> None:
    async with running(http_connections_per_address_max=1) as here, AsyncExitStack() as stack:
        for said in (GET + b"G", GET + GET[:-1]):
            first = await stack.enter_async_context(http_client(here.address))
            assert await first.ask(said) == 200
            late = await stack.enter_async_context(http_client(here.address))
            assert await late.ask() == 200
            assert await first.rest() == b""
            late.bare.close()
            await until(lambda: not here.server.server_state.connections)


async def test_where_every_connection_of_an_address_is_busy_the_next_is_503() -> None:
    async with running(http_connections_per_address_max=2) as here, AsyncExitStack() as stack:
        await filled(here, stack, 2)
        late = await stack.enter_async_context(http_client(here.address))
        late.send(GET)
        status, head, body = await late.answer()
        assert (status, b"connection: close" in head.lower()) == (503, True)
        assert b'"code":"busy"' in body
        assert await late.rest() == b""
        elsewhere = await stack.enter_async_context(http_client(here.address, local="127.0.0.2"))
        assert await elsewhere.ask() == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/joinable", "/metrics"])
async def test_health_is_told_however_many_connections_there_are(path: str) -> None:
    async with running(http_connections_per_address_max=1) as here, AsyncExitStack() as stack:
        await filled(here, stack, 1)
        late = await stack.enter_async_context(http_client(here.address))
        late.send(f"GET {path}?x=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        status, head, _ = await late.answer()
        assert (status, b"connection: close" in head.lower()) == (200, True)
        assert await late.rest() == b""


async def test_a_viewer_may_upgrade_however_many_connections_its_address_has() -> None:
    async with running(http_connections_per_address_max=1) as here, AsyncExitStack() as stack:
        await filled(here, stack, 1)
        for _ in range(3):
            viewer = await stack.enter_async_context(raw_viewer(here.address))
            await viewer.join()


async def test_in_the_reserve_a_head_has_two_seconds() -> None:
    async with running(http_connections_per_address_max=1) as here, AsyncExitStack() as stack:
        await filled(here, stack, 1)
        late = await stack.enter_async_context(http_client(here.address))
        late.send(b"GET /healthz")
        await until(lambda: len(here.server.server_state.connections) == 2)
        here.clock.advance(1_900)
        early = await stack.enter_async_context(http_client(here.address))
        assert await early.ask() == 503
        here.clock.advance(100)
        assert await late.status() == 503


async def test_a_proxy_is_not_counted_as_one_client() -> None:
    trusted = (ip_network("127.0.0.0/8"),)
    async with (
        running(http_connections_per_address_max=1, trusted_proxies=trusted) as here,
        AsyncExitStack() as stack,
    ):
        clients = [await stack.enter_async_context(http_client(here.address)) for _ in range(3)]
        for each in (*clients, *clients):
            assert await each.ask() == 200
        connections: list[Any] = list(here.server.server_state.connections)
        await until(lambda: {each.due_ms for each in connections} == {here.clock.now_ms + 75_000})
