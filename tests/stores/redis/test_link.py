"""The connection, and what a caller learns when Redis is away, slow or full."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from liveshop.cli.local_valkey import LocalValkey
from liveshop.core.errors import OutcomeUnknown, Unavailable
from liveshop.core.model import ReservationState
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import ErrorReply, FunctionMissing, Memory, RedisLink
from liveshop.stores.redis.unit_records import UnitsStatus
from tests.stores.redis.harness import OpenSession, line, linked
from tests.waiting import until


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[LocalValkey]:
    """A Valkey of the test's own, to be killed."""
    server = LocalValkey(tmp_path)
    server.start()
    yield server
    server.stop()


async def test_calls_made_at_once_get_their_own_replies(redis_url: str) -> None:
    async with linked(redis_url) as link:
        replies = await asyncio.gather(*(link.call("ECHO", str(n)) for n in range(500)))
        assert replies == [str(n) for n in range(500)]


async def test_what_cannot_be_packed_fails_its_caller_alone(redis_url: str) -> None:
    async with linked(redis_url) as link:
        with pytest.raises(UnicodeEncodeError):
            await link.call("ECHO", "cut \ud83d")
        assert await link.call("ECHO", "whole") == "whole"


async def test_link_starts_before_redis_does(valkey: LocalValkey) -> None:
    url = valkey.url
    valkey.stop()
    link = RedisLink(url)
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        with pytest.raises(Unavailable) as refused:
            await link.call("PING")
        assert type(refused.value) is Unavailable
        valkey.start()
        await until(lambda: link.connected)
        assert await link.call("PING") == "PONG"
        tasks.cancel_scope.cancel()


def test_a_connection_that_closes_before_a_call_is_written_is_opened_again(redis_url: str) -> None:
    async def call_on_a_closed_transport() -> None:
        async with linked(redis_url) as link:
            assert await link.call("PING") == "PONG"
            writer: Any = link._connection._writer  # type: ignore[union-attr]
            writer.transport.abort()
            with pytest.raises(OutcomeUnknown):
                await link.call("PING")
            await until(lambda: link.connected)
            assert await link.call("PING") == "PONG"

    # As servers run: uvloop refuses to write, where asyncio lets it vanish.
    anyio.run(call_on_a_closed_transport, backend_options={"use_uvloop": True})


async def test_what_was_sent_and_not_answered_is_unknown(valkey: LocalValkey) -> None:
    async with linked(valkey.url) as link, anyio.create_task_group() as tasks:
        outcomes: list[type[Exception]] = []

        async def wait() -> None:
            with pytest.raises(Unavailable) as refused:
                await link.call("BLPOP", "nothing", 0, timeout_ms=60_000)
            outcomes.append(refused.type)

        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        valkey.kill()
        await until(lambda: not link.connected)
        await until(lambda: bool(outcomes))
        assert outcomes == [OutcomeUnknown]


async def test_time_out_is_unknown_and_drops_the_connection(redis_url: str) -> None:
    async with linked(redis_url) as link:
        mine = await link.call("CLIENT", "ID")
        with pytest.raises(OutcomeUnknown):
            await link.call("BLPOP", "nothing", 0, timeout_ms=50)
        assert not link.connected
        await until(lambda: link.connected)
        assert await link.call("CLIENT", "ID") != mine


async def test_caller_that_gives_up_disturbs_nobody(redis_url: str) -> None:
    async with linked(redis_url) as link:
        with anyio.move_on_after(0.05):
            await link.call("BLPOP", "list", "0.2")
        assert await link.call("ECHO", "next") == "next"
        assert link.connected


async def test_call_goes_on_when_its_caller_is_cancelled(redis_url: str) -> None:
    async with linked(redis_url) as link:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.call, "SET", "key", "value")
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert await link.call("GET", "key") == "value"


async def test_error_replies_are_told_apart(redis_url: str) -> None:
    async with linked(redis_url) as link:
        with pytest.raises(FunctionMissing):
            await link.call("FCALL", "no_such_function", 0)
        with pytest.raises(ErrorReply) as wrong:
            await link.call("GET")
        assert "wrong number of arguments" in wrong.value.text
        assert wrong.value.message == "something went wrong on our side"


async def test_database_of_the_url_is_used(redis_url: str) -> None:
    async with linked(redis_url.removesuffix("/0") + "/3") as third, linked(redis_url) as first:
        await third.call("SET", "key", "in three")
        assert await first.call("GET", "key") is None
        await third.call("DEL", "key")


async def test_library_may_be_loaded_by_many_nodes_at_once(redis_url: str) -> None:
    async with linked(redis_url) as link:
        await link.call("FUNCTION", "FLUSH")
        library = Library()
        await asyncio.gather(*(library.load(link) for _ in range(5)))
        listed = await link.call("FUNCTION", "LIST")
        assert [entry[1] for entry in listed] == [library.name]


async def test_full_redis_can_be_emptied_by_selling(valkey: LocalValkey) -> None:
    async with linked(valkey.url) as link:
        session = await OpenSession.start(link)
        (reply,) = await session.reserve(line(rid="r1"))
        assert reply.reservation is not None
        await link.call("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(Unavailable) as refused:
            await session.reserve(line())
        assert type(refused.value) is Unavailable
        await session.units.release(1, buyer="ada", rid="r1")
        assert (await session.units.sweep(1)).status is UnitsStatus.OK
        assert await session.units.settle(1, [reply.reservation]) is UnitsStatus.OK
        state = (await session.units.peek(["r1"]))["r1"].state
        assert state is ReservationState.RELEASED


def test_memory_is_measured_against_maxmemory_or_else_the_machines() -> None:
    told = "# Memory\r\nused_memory:750\r\ntotal_system_memory:4000\r\nmaxmemory:{}\r\n"
    assert Memory.of(told.format(1000)) == Memory(used_bytes=750, max_bytes=1000)
    assert Memory.of(told.format(1000)).share == 0.75
    assert Memory.of(told.format(0)) == Memory(used_bytes=750, max_bytes=4000)
    assert Memory.of("").share == 0.0


async def test_a_link_says_how_much_memory_its_server_has(redis_url: str) -> None:
    async with linked(redis_url) as link:
        before = await link.call("CONFIG", "GET", "maxmemory")
        await link.call("CONFIG", "SET", "maxmemory", 500_000_000)
        try:
            memory = await link.memory()
        finally:
            await link.call("CONFIG", "SET", "maxmemory", before[1])
        assert memory.max_bytes == 500_000_000
        assert 0 < memory.used_bytes < 500_000_000
