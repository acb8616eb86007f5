"""Viewers who were refused and do not hang up take nobody's place, and are only so many."""

import sys
from contextlib import AsyncExitStack
from ipaddress import ip_address
from typing import Any

from liveshop.core import limits
from liveshop.core.settings import Settings
from liveshop.edge.gateway import Gateway
from liveshop.edge.tokens import Tokens
from tests.edge.http_client import http_client
from tests.edge.raw_viewer import HEAD, raw_viewer
from tests.edge.stub_engine import SECRET, Clock, StubEngine, running
from tests.waiting import until

UPGRADE = HEAD.format(path="/ws/sessions/s1", more="").encode()
ELSEWHERE = HEAD.format(path="/ws/sessions/%00", more="").encode()
FOREIGN = HEAD.format(path="/ws/sessions/s1", more="Origin: https://evil.example\r\n").encode()


async def test_an_address_beyond_its_limit_leaves_the_others_their_places() -> None:
    changed = {"connections_max": 5, "connections_per_address_max": 3}
    async with running(**changed) as here, AsyncExitStack() as stack:
        for sent in [UPGRADE] * 10 + [ELSEWHERE] * 5 + [FOREIGN] * 5:
            # None of them answers its close, or hangs up.
            knocking = http_client(here.address, local="127.0.0.2")
            (await stack.enter_async_context(knocking)).send(sent)
        await until(lambda: len(here.server.gateway) == 20)
        for _ in range(2):
            await (await stack.enter_async_context(raw_viewer(here.address))).join()
        # Now it is full, of viewers.
        late = await stack.enter_async_context(raw_viewer(here.address))
        await late.shake_hands()
        assert await late.kind() == "moved"


class Knocking:
    """A guest that is refused, and does not hang up."""

    session_id = ""
    origin_allowed = True
    identity = None
    due_ms = 1_000_000_000

    def __init__(self, address: str) -> None:
        self.address = address
        self.codes: list[int] = []
        self.aborted = False

    def close(self, code: int, reason: str) -> None:
        self.codes.append(code)

    def abort(self) -> None:
        self.aborted = True


def test_the_oldest_of_too_many_that_were_refused_is_cut_off() -> None:
    clock, engine = Clock(), StubEngine()
    gateway = Gateway(Settings(secret=SECRET), engine, Tokens(secret=SECRET), clock)
    address = str(ip_address("192.0.2.1"))  # no constant, which may live for ever
    knocking: list[Any] = [Knocking(address) for _ in range(limits.REFUSED_CONNECTIONS_MAX + 2)]
    referred = sys.getrefcount(address)
    for each in knocking:
        gateway.open(each)
    assert [each.codes for each in knocking] == [[4505]] * len(knocking)
    assert [each.aborted for each in knocking[:3]] == [True, True, False]
    for each in knocking:
        gateway.closed(each)
    assert len(gateway) == 0
    assert sys.getrefcount(address) == referred, "an address is forgotten with its last guest"
    again: list[Any] = [Knocking(address) for _ in range(limits.REFUSED_CONNECTIONS_MAX)]
    for each in again:
        gateway.open(each)
    # None of those who have gone is still counted.
    assert not any(each.aborted for each in (*knocking[2:], *again))
