"""A cluster: each session is with the primary that has its slot, wherever that goes."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from redis.crc import key_slot

from liveshop.core.errors import Unavailable
from liveshop.core.roles import Role
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.cluster import ClusterLink
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.live import SessionLive
from liveshop.stores.redis.packing import session_key, session_keys
from liveshop.stores.redis.ways import bus_over, link_to
from tests.valkeys import Member, members, password_of
from tests.waiting import until

# Of the first half of the slots, and of the second.
LOW, HIGH = "s2", "s1"
_HALF = 8_192


class Pair:
    """Two primaries without replicas, each with half of the slots."""

    def __init__(self, servers: list[Member]) -> None:
        self.members = servers
        low, high = self.members
        low.ask("CLUSTER", "ADDSLOTSRANGE", 0, _HALF - 1)
        high.ask("CLUSTER", "ADDSLOTSRANGE", _HALF, 2 * _HALF - 1)
        low.ask("CLUSTER", "MEET", *high.address, high.cluster_port)
        for each in self.members:
            each.until_says("cluster_slots_ok", str(2 * _HALF))
            each.until_says("cluster_state", "ok")

    @property
    def url(self) -> str:
        low = self.members[0]
        return f"redis+cluster://:{password_of(low)}@127.0.0.1:{low.port}"

    def give(self, session_id: str, to: Member) -> None:
        """Make another primary the owner of a session's slot, which is empty."""
        slot = key_slot(session_key(session_id, "cfg").encode())
        new = to.ask("CLUSTER", "MYID")
        for each in sorted(self.members, key=lambda each: each is not to):
            each.ask("CLUSTER", "SETSLOT", slot, "NODE", new)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = members(tmp_path, 2, "cluster-enabled yes")
    try:
        yield Pair(made)
    finally:
        for each in made:
            each.stop()


@asynccontextmanager
async def joined(url: str) -> AsyncIterator[tuple[ClusterLink, Bus, list[tuple[str, bytes]]]]:
    """Run a link and a bus until the test is over."""
    link = link_to(url)
    assert isinstance(link, ClusterLink)
    bus, heard = bus_over(url, link), []
    bus.on_message = lambda session_id, payload: heard.append((session_id, payload))
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        await tasks.start(bus.run)
        await until(lambda: link.whole and bus.alive)
        yield link, bus, heard
        tasks.cancel_scope.cancel()


def test_all_keys_of_a_session_are_in_one_slot() -> None:
    for session_id, low in ((LOW, True), (HIGH, False)):
        keys = (*session_keys(session_id), session_key(session_id, "bus"))
        (slot,) = {key_slot(key.encode()) for key in keys}
        assert (slot < _HALF) is low


async def test_a_session_is_called_where_its_slot_is_with_the_functions_there(pair: Pair) -> None:
    async with joined(pair.url) as (link, _, _):
        library = Library()
        for session_id in (LOW, HIGH):
            live = SessionLive(link, library, session_id)
            assert await live.unmute("troll", Role.HOST) is False
            await library.call(link, "peek", session_keys(session_id))
            await link.call("SET", session_key(session_id, "mark"), session_id)
        assert abs(await link.now_ms() - await link.at(session_key(HIGH, "cfg")).now_ms()) < 5_000
    for member, session_id in zip(pair.members, (LOW, HIGH), strict=True):
        assert library.name in str(member.ask("FUNCTION", "LIST"))
        assert member.ask("KEYS", "*") == [session_key(session_id, "mark")]


async def test_the_bus_is_heard_over_every_primary_by_who_listens(pair: Pair) -> None:
    async with joined(pair.url) as (_, one, by_one), joined(pair.url) as (_, two, by_two):
        await one.subscribe(LOW)
        await one.subscribe(HIGH)
        await two.subscribe(HIGH)
        await two.publish(LOW, b"low")
        await two.publish(HIGH, b"high")
        await until(lambda: len(by_one) + len(by_two) == 3)
        assert set(by_one) == {(LOW, b"low"), (HIGH, b"high")}
        assert by_two == [(HIGH, b"high")]
        await one.unsubscribe(HIGH)
        await two.publish(HIGH, b"again")
        await until(lambda: len(by_two) == 2)
        assert len(by_one) == 2


async def test_calls_and_bus_follow_a_slot_to_another_primary(pair: Pair) -> None:
    async with joined(pair.url) as (link, bus, heard):
        reconnects: list[str] = []
        bus.on_reconnect = lambda: reconnects.append("missed")
        await bus.subscribe(LOW)
        before = link.at(session_key(LOW, "cfg"))
        pair.give(LOW, pair.members[1])
        with pytest.raises(Unavailable):
            await before.call("GET", session_key(LOW, "cfg"))
        high = pair.members[1].address
        await until(lambda: link.owner(session_key(LOW, "cfg")) == high)
        await until(lambda: bool(reconnects))
        assert await link.call("GET", session_key(LOW, "cfg")) is None
        await bus.publish(LOW, b"there")
        await until(lambda: heard == [(LOW, b"there")])


async def test_a_cluster_is_found_although_the_first_server_that_is_named_is_silent(
    pair: Pair,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        named = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{pair.members[0].port}"
        password = password_of(pair.members[0])
        async with joined(f"redis+cluster://:{password}@{named}") as (link, _, _):
            assert sorted(link.shards) == sorted(each.address for each in pair.members)


async def test_while_one_primary_is_away_the_others_sessions_go_on(pair: Pair) -> None:
    async with joined(pair.url) as (link, _, _):
        low, high = (link.at(session_key(each, "cfg")) for each in (LOW, HIGH))
        pair.members[1].ask("CONFIG", "SET", "cluster-require-full-coverage", "no")
        pair.members[0].kill()
        await until(lambda: not low.connected)
        assert link.connected
        assert not link.whole
        with pytest.raises(Unavailable):
            await link.call("GET", session_key(LOW, "cfg"))
        assert high.connected
        pair.members[0].start()
        await until(lambda: link.whole)
