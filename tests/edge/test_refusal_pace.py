"""An address whose heads are refused again and again waits for each refusal; others do not."""

from contextlib import AsyncExitStack
from functools import partial
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from liveshop.core import limits
from liveshop.edge.refusals import Refusals
from liveshop.edge.wheel import Wheel
from tests.edge.http_client import GET, HttpClient, http_client
from tests.edge.raw_viewer import HEAD
from tests.edge.stub_engine import Clock, Running, running
from tests.waiting import until

GARBAGE = b"GARBAGE\r\n\r\n"
ELSEWHERE = HEAD.format(path="/elsewhere", more="").encode()
LONG = HEAD.format(path="/ws/sessions/s1", more=f"Sec-WebSocket-Protocol: {'a,' * 99}\r\n").encode()
OLD = HEAD.format(path="/ws/sessions/s1", more="").replace("Version: 13", "Version: 12").encode()
REFUSED = {"garbage": (GARBAGE, 400), "path": (ELSEWHERE, 404), "list": (LONG, 431)}


async def refuse(here: Running, sent: bytes, count: int, *, local: str = "127.0.0.1") -> None:
    """Be refused so many times, at once."""
    for _ in range(count):
        async with http_client(here.address, local=local) as client:
            assert await client.ask(sent) >= 400


async def says_nothing(client: HttpClient) -> None:
    """See that no answer comes while the clock stands still."""
    with anyio.move_on_after(0.3) as waited:
        await client.status()
    assert waited.cancelled_caught


@pytest.mark.parametrize("kind", REFUSED)
async def test_beyond_a_hundred_each_refusal_of_an_address_waits_for_a_second(kind: str) -> None:
    sent, status = REFUSED[kind]
    async with running() as here, AsyncExitStack() as stack:
        await refuse(here, sent, 100)
        client = await stack.enter_async_context(http_client(here.address))
        client.send(sent)
        await says_nothing(client)
        # Nobody else waits, at the same address or another.
        async with http_client(here.address) as other:
            assert await other.ask(GET) == 200
        await refuse(here, sent, 1, local="127.0.0.2")
        here.clock.advance(1_000)
        assert await client.status() == status
        assert await client.rest() == b""
        # By then there were twenty more.
        await refuse(here, sent, 20)
        late = await stack.enter_async_context(http_client(here.address))
        late.send(sent)
        await says_nothing(late)


async def test_what_comes_behind_a_refusal_that_waits_is_not_looked_at() -> None:
    async with running() as here:
        await refuse(here, GARBAGE, 100)
        async with http_client(here.address) as client:
            client.send(GARBAGE + GET)
            await says_nothing(client)
            client.send(GET * 3)
            here.clock.advance(1_000)
            assert await client.status() == 400
            assert await client.rest() == b""


@pytest.mark.parametrize("more", [0, 2 * limits.PARSED_AT_ONCE_BYTES])
async def test_frames_behind_a_declined_upgrade_that_waits_are_not_looked_at(more: int) -> None:
    async with running() as here:
        await refuse(here, ELSEWHERE, 100)
        async with http_client(here.address) as client:
            client.send(ELSEWHERE + b"\x83\x80\x00\x00\x00\x00" + bytes(more))
            await says_nothing(client)
            here.clock.advance(1_000)
            assert await client.status() == 404
            assert await client.rest() == b""


@pytest.mark.parametrize("sent", [GARBAGE, ELSEWHERE])
async def test_a_client_that_does_not_wait_for_its_refusal_is_forgotten(sent: bytes) -> None:
    async with running() as here:
        await refuse(here, sent, 100)
        async with http_client(here.address) as client:
            client.send(sent)
            await says_nothing(client)
        here.clock.advance(1_000)
        gateway = here.server.gateway
        await until(lambda: not here.server.server_state.connections and not len(gateway.wheel))


async def test_a_node_that_stops_keeps_nobody_waiting() -> None:
    async with AsyncExitStack() as stack:
        async with running() as here:
            await refuse(here, ELSEWHERE, 100)
            await refuse(here, GARBAGE, 100)
            declined, refused = [
                await stack.enter_async_context(http_client(here.address)) for _ in range(2)
            ]
            declined.send(ELSEWHERE)
            refused.send(GARBAGE)
            await says_nothing(declined)
            await says_nothing(refused)
        assert await declined.status() == 404
        assert await refused.rest() == b""


async def test_a_proxy_does_not_wait_but_the_client_that_it_names_does() -> None:
    trusted = (ip_network("127.0.0.0/8"),)

    def named(address: str) -> bytes:
        more = f"X-Forwarded-For: {address}\r\n"
        return HEAD.format(path="/elsewhere", more=more).encode()

    async with running(trusted_proxies=trusted) as here, http_client(here.address) as client:
        await refuse(here, GARBAGE, 101)
        await refuse(here, named("192.0.2.1"), 100)
        client.send(named("192.0.2.1"))
        await says_nothing(client)
        await refuse(here, named("192.0.2.2"), 1)
        here.clock.advance(1_000)
        assert await client.status() == 404


def test_the_pace_is_as_documented() -> None:
    assert (limits.REFUSALS_RATE, limits.REFUSAL_WAIT_MS) == ((20, 100), 1_000)


def test_of_more_answers_than_may_wait_the_oldest_is_given_at_once() -> None:
    clock, said = Clock(), list[int]()
    refusals = Refusals(Wheel(clock()), clock)
    for number in range(limits.REFUSALS_WAITING_MAX + 2):
        transport: Any = SimpleNamespace(pause_reading=lambda: None)
        refusals.later(transport, 1_000, partial(said.append, number))
    assert said == [0, 1]
    refusals.say_all()
    assert said == list(range(limits.REFUSALS_WAITING_MAX + 2))
