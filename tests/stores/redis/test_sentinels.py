"""Sentinels: the link is to the server that most of them name, and goes when they name another."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
import redis

from liveshop.cli.subprocesses import free_port, stop
from liveshop.core.errors import Unavailable
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink
from tests.valkeys import NAME, Member, members, password_of, start_sentinel
from tests.waiting import until


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Member]]:
    """Two primaries that know nothing of each other."""
    made = members(tmp_path, 2)
    try:
        yield made
    finally:
        for each in made:
            each.stop()


@pytest.fixture
def sentinel(tmp_path: Path, two: list[Member]) -> Iterator[int]:
    """The port of a Sentinel that names the first."""
    port = free_port()
    process = start_sentinel(tmp_path, port, two[0], quorum=1)
    try:
        yield port
    finally:
        stop(process, signal.SIGTERM)


async def until_at(link: RedisLink, member: Member) -> None:
    """Wait until a link goes to this server."""
    with anyio.fail_after(30):
        while True:
            with suppress(Unavailable):
                if await link.call("CONFIG", "GET", "port") == ["port", str(member.port)]:
                    return
            await anyio.sleep(0.02)


def heard_at(member: Member) -> int:
    """Return how many listen to the session's channel at this server."""
    return int(member.ask("PUBSUB", "NUMSUB", "{s:s1}:bus")[1])


async def test_link_and_bus_follow_what_the_sentinels_name(
    two: list[Member], sentinel: int
) -> None:
    gone = free_port()
    password = password_of(two[0])
    url = f"redis+sentinel://:{password}@127.0.0.1:{gone},127.0.0.1:{sentinel}/{NAME}"
    link = RedisLink(url)
    bus = Bus(url, link)
    heard: list[bytes] = []
    bus.on_message = lambda _, payload: heard.append(payload)
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        await tasks.start(bus.run)
        await bus.subscribe("s1")
        await until(lambda: link.connected and bus.alive)
        await link.call("SET", "who", "first")
        assert two[0].ask("GET", "who") == "first"
        # The first answers still, as one would that is cut off only from the Sentinels.
        with redis.Redis(port=sentinel) as client:
            client.execute_command("SENTINEL", "REMOVE", NAME)
            client.execute_command("SENTINEL", "MONITOR", NAME, *two[1].address, 1)
        await until_at(link, two[1])
        await until(lambda: heard_at(two[1]) == 1 and bus.alive)
        await link.call("SET", "who", "second")
        assert (two[0].ask("GET", "who"), two[1].ask("GET", "who")) == ("first", "second")
        await bus.publish("s1", b"heard")
        await until(lambda: heard == [b"heard"])
        tasks.cancel_scope.cancel()


async def test_a_replica_is_not_taken_for_the_primary(
    two: list[Member], sentinel: int, caplog: pytest.LogCaptureFixture
) -> None:
    two[0].ask("REPLICAOF", *two[1].address)
    link = RedisLink(
        f"redis+sentinel://:{password_of(two[0])}@127.0.0.1:{sentinel}/{NAME}?socket_keepalive=1"
    )
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        refused = "the Sentinels name a server that is a replica"
        await until(lambda: link.connected or refused in caplog.text)
        assert refused in caplog.text
        assert not link.connected
        two[0].ask("REPLICAOF", "NO", "ONE")
        await until(lambda: link.connected)
        tasks.cancel_scope.cancel()
