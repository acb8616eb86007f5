"""The bus between nodes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink
from tests.stores.redis.harness import linked
from tests.waiting import until


class Heard:
    """A node's ear: the messages heard, and how often it was told that it may have missed some."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.messages: list[tuple[str, bytes]] = []
        self.reconnects = 0
        bus.on_message = lambda session_id, payload: self.messages.append((session_id, payload))
        bus.on_reconnect = self._count

    def _count(self) -> None:
        self.reconnects += 1


@asynccontextmanager
async def listening(url: str, link: RedisLink) -> AsyncIterator[Heard]:
    bus = Bus(url, link)
    heard = Heard(bus)
    async with anyio.create_task_group() as tasks:
        await tasks.start(bus.run)
        await until(lambda: bus.alive)
        yield heard
        tasks.cancel_scope.cancel()


async def test_every_node_that_listens_hears_a_session_and_no_other(redis_url: str) -> None:
    async with (
        linked(redis_url) as link,
        listening(redis_url, link) as one,
        listening(redis_url, link) as two,
    ):
        await one.bus.subscribe("s1")
        await two.bus.subscribe("s1")
        await two.bus.subscribe("s2")
        payload = b"\x00\xff any bytes"
        await one.bus.publish("s2", b"other")
        await one.bus.publish("s1", payload)
        await until(lambda: len(one.messages) + len(two.messages) == 3)
        assert one.messages == [("s1", payload)]
        assert two.messages == [("s2", b"other"), ("s1", payload)]


async def test_unsubscribed_session_is_heard_no_more(redis_url: str) -> None:
    async with linked(redis_url) as link, listening(redis_url, link) as node:
        await node.bus.subscribe("s1")
        await node.bus.subscribe("s2")
        await node.bus.unsubscribe("s1")
        await node.bus.publish("s1", b"lost")
        await node.bus.publish("s2", b"heard")
        await until(lambda: bool(node.messages))
        assert node.messages == [("s2", b"heard")]


async def test_bus_that_was_cut_hears_again_and_says_that_it_missed_something(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link, listening(redis_url, link) as node:
        await node.bus.subscribe("s1")
        assert node.reconnects == 1
        await link.call("CLIENT", "KILL", "TYPE", "pubsub")
        await until(lambda: node.reconnects == 2)
        assert node.bus.alive
        await node.bus.publish("s1", b"again")
        await until(lambda: bool(node.messages))
        assert node.messages == [("s1", b"again")]


async def test_silence_is_noticed_within_two_seconds_and_a_bit(redis_url: str) -> None:
    """A connection that is there but dead: the server stops answering everybody."""
    async with linked(redis_url) as link, listening(redis_url, link) as node:
        await node.bus.subscribe("s1")
        await link.call("CLIENT", "PAUSE", 3000)
        with anyio.fail_after(2.8):
            await until(lambda: not node.bus.alive)
        await until(lambda: node.bus.alive)
        assert node.reconnects == 2


async def test_subscription_made_while_the_bus_is_away_holds_later(redis_url: str) -> None:
    async with linked(redis_url) as link:
        bus = Bus(redis_url, link)
        node = Heard(bus)
        await bus.subscribe("s1")
        async with anyio.create_task_group() as tasks:
            await tasks.start(bus.run)
            await until(lambda: bus.alive)
            await bus.publish("s1", b"heard")
            await until(lambda: bool(node.messages))
            tasks.cancel_scope.cancel()
        assert node.messages == [("s1", b"heard")]


async def test_a_bus_that_comes_back_asks_for_all_its_sessions_in_one_command(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link, listening(redis_url, link) as node:
        for session_id in ("s1", "s2", "s3"):
            await node.bus.subscribe(session_id)
        await link.call("CONFIG", "RESETSTAT")
        await link.call("CLIENT", "KILL", "TYPE", "pubsub")
        await until(lambda: node.reconnects == 2)
        assert "cmdstat_subscribe:calls=1," in await link.call("INFO", "commandstats")
        await node.bus.publish("s3", b"again")
        await until(lambda: node.messages == [("s3", b"again")])
