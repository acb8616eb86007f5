"""Nothing of an HTTP connection is left once it is lost, however far its requests had come."""

import asyncio
import gc
import select
from collections import Counter
from typing import Any

import pytest

from tests.edge.http_client import GET, HttpClient, http_client
from tests.edge.raw_viewer import HEAD
from tests.edge.stub_engine import Running, running
from tests.waiting import until

SLOW = GET.replace(b"/a", b"/slow")
CLOSE = GET.replace(b"Host", b"Connection: close\r\nHost")
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
UPGRADE = HEAD.format(path="/ws/sessions/s1", more="").encode()
# Objects with a connection's life would be left to the collector, which a node rarely runs.
KINDS = {"HttpProtocol", "HttpTransport", "RequestResponseCycle", "ViewerSocket"}


def answered(client: HttpClient) -> bool:
    return bool(select.select([client.bare], [], [], 0)[0])


async def come_and_go(here: Running, sent: bytes) -> None:
    async with http_client(here.address) as client:
        client.send(sent)
        # It may be over before anybody looks.
        await until(lambda: here.server.server_state.connections or answered(client))
        await asyncio.sleep(0.02)  # for some of it to be parsed
    await until(lambda: not here.server.server_state.connections)
    await until(lambda: not here.server.server_state.tasks and not len(here.server.gateway))


@pytest.mark.parametrize(
    "sent",
    [
        *(GET, GET + b"GET", SLOW, SLOW + GET * 5, CLOSE + GET * 5, SLOW + CLOSE + GET),
        *(POST + b"x", SLOW + POST + b"x", SLOW + b"\0", UPGRADE, GET + UPGRADE, SLOW + UPGRADE),
    ],
)
async def test_a_lost_connection_leaves_nothing_to_the_collector(sent: bytes) -> None:
    async with running() as here:
        await come_and_go(here, sent)  # objects that are imported or cached at first stay
        gc.collect()
        gc.disable()
        try:
            await come_and_go(here, sent)
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            left = Counter(type(each).__name__ for each in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
        assert {kind: count for kind, count in left.items() if kind in KINDS} == {}
        assert len(here.server.gateway.wheel) == 0


async def test_a_request_under_way_is_told_that_its_client_is_gone_though_others_came_behind() -> (
    None
):
    async with running() as here, http_client(here.address) as client:
        client.send(GET.replace(b"/a", b"/until-gone") + GET * 3)
        await until(lambda: here.server.server_state.connections)
        connections: list[Any] = list(here.server.server_state.connections)
        (connection,) = connections
        await until(lambda: len(connection.pipeline) == 3)
        connection.transport.abort()
        # It goes on until it is told.
        await until(lambda: not here.server.server_state.tasks)
