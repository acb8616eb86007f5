"""The effects of time and limits on connections; the tests tell the gateway the time."""

import gc
import os
from contextlib import AsyncExitStack
from ipaddress import ip_network

import anyio
import pytest

from liveshop.core.connection import Connection
from liveshop.core.frames import text_frame
from liveshop.core.roles import Role
from liveshop.edge.http_deadline import Deadline
from liveshop.edge.http_protocol import HttpProtocol
from liveshop.edge.http_transport import HttpTransport
from liveshop.edge.raw_socket import RawSocket
from liveshop.edge.tokens import make_token
from liveshop.edge.viewer_socket import ViewerSocket
from liveshop.edge.websocket import WebSocket
from tests.client import Client, Closed, connected, joined
from tests.edge.raw_viewer import CLOSE, PING, PONG, TEXT, RawViewer, frame, raw_viewer
from tests.edge.stub_engine import SECRET, Running, running
from tests.samples import sample
from tests.waiting import until

PER_VIEWER = (ViewerSocket, RawSocket, Connection, HttpProtocol, HttpTransport, Deadline)
OFFER = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
BIG = text_frame(b"x" * 1_000_000)


def token(viewer_id: str, shop: str | None = None) -> str:
    return make_token(SECRET, viewer_id=viewer_id, role=Role.VIEWER, ttl_s=60, shop=shop)


def only_viewer(here: Running) -> ViewerSocket:
    (viewer,) = here.engine.viewers
    assert isinstance(viewer, ViewerSocket)
    return viewer


async def assert_is_there(viewer: RawViewer) -> None:
    await viewer.say({"type": "time", "client_ms": 1})
    assert await viewer.kind() == "time"


async def test_without_a_hello_in_ten_seconds_the_connection_closes_with_4500() -> None:
    async with running() as here, connected(here.url, "s1") as silent:
        await until(lambda: len(here.server.gateway) == 1)
        here.clock.advance(10_000)
        assert (await silent.closed()).code == 4500


async def test_a_hello_with_a_bad_field_may_be_repeated() -> None:
    async with running() as here, connected(here.url, "s1") as client:
        answer = await client.ask("hello", colour="red")
        assert (answer["code"], answer["message"]) == (
            "bad_request",
            "Object contains unknown field `colour`",
        )
        await client.hello()


async def test_who_answers_pings_stays_and_who_does_not_is_closed_with_4003() -> None:
    async with (
        running() as here,
        raw_viewer(here.address) as deaf,
        raw_viewer(here.address) as well,
    ):
        await deaf.join()
        await well.join()
        here.clock.advance(25_000)
        assert await deaf.read() == await well.read() == (PING, b"")
        await well.send(PONG)
        await assert_is_there(well)
        here.clock.advance(9_900)
        await assert_is_there(deaf)
        here.clock.advance(100)
        assert await deaf.close_code() == 4003
        await assert_is_there(well)


async def test_pings_go_out_again_and_again() -> None:
    async with running(ping_ms=1_000) as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        for _ in range(15):
            here.clock.advance(1_000)
            assert await viewer.read() == (PING, b"")
            await viewer.send(PONG)
            await assert_is_there(viewer)


async def test_a_viewer_that_does_not_read_is_closed_with_4002_and_then_cut() -> None:
    async with running() as here, raw_viewer(here.address, receive_buffer=4096) as stuck:
        await stuck.join()
        victim = only_viewer(here)
        async with joined(here.url, "s1") as well:
            descriptors = len(os.listdir("/proc/self/fd"))
            victim.write(BIG)
            here.clock.advance(1_900)
            await well.ask("time", client_ms=1)
            assert len(here.engine.viewers) == 2
            here.clock.advance(100)
            # Closed, and cut a second later.
            await until(lambda: victim.due_ms == here.clock.now_ms + 1_000)
            here.clock.advance(1_000)
            await until(lambda: here.engine.lost == 1)
            victim.write(BIG)
            victim.close(4001, "too late")
            await until(lambda: len(os.listdir("/proc/self/fd")) == descriptors - 1)
            assert (await well.ask("time", client_ms=1))["type"] == "time"
            # Bytes that were not read are not kept for it by the kernel either.
            with anyio.fail_after(10), pytest.raises(anyio.BrokenResourceError):
                while True:
                    await stuck.stream.receive()


async def test_a_slow_viewer_that_wakes_up_learns_why_it_was_closed() -> None:
    async with running() as here, raw_viewer(here.address, receive_buffer=4096) as slow:
        await slow.join()
        victim = only_viewer(here)
        victim.write(BIG)
        here.clock.advance(2_000)
        await until(lambda: victim.due_ms == here.clock.now_ms + 1_000)
        assert len((await slow.read())[1]) == 1_000_000
        opcode, payload = await slow.read()
        assert (opcode, payload[:2]) == (CLOSE, (4002).to_bytes(2, "big"))


async def test_a_viewer_that_catches_up_in_time_stays() -> None:
    async with running() as here, raw_viewer(here.address, receive_buffer=4096) as slow:
        await slow.join()
        victim = only_viewer(here)
        victim.write(BIG)
        assert len((await slow.read())[1]) == 1_000_000
        await assert_is_there(slow)
        here.clock.advance(2_000)
        await assert_is_there(slow)
        assert len(here.engine.viewers) == 1


async def test_what_is_written_while_a_viewer_reads_slowly_arrives_in_order() -> None:
    async with running() as here, raw_viewer(here.address, receive_buffer=4096) as slow:
        await slow.join()
        victim = only_viewer(here)
        for round_ in range(2):  # the second time after it has caught up
            small = [text_frame(b"%d %d" % (round_, number)) for number in range(50)]
            for frame in (BIG, *small[:25], BIG, *small[25:]):
                victim.write(frame)
            payloads = [(await slow.read())[1] for _ in range(52)]
            expected = [b"%d %d" % (round_, number) for number in range(50)]
            assert payloads[1:26] + payloads[27:] == expected
            assert {len(payloads[0]), len(payloads[26])} == {1_000_000}
        await assert_is_there(slow)


async def test_one_connection_more_than_a_viewer_may_have_closes_with_4504() -> None:
    async with running(connections_per_viewer_max=2) as here, AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(joined(here.url, "s1", token("u_1")))
        await stack.enter_async_context(joined(here.url, "s1", token("u_2")))
        async with connected(here.url, "s1") as third:
            with pytest.raises(Closed) as closed:
                await third.hello(token("u_1"))
            assert closed.value.code == 4504
        await stack.aclose()
        await until(lambda: len(here.server.gateway) == 0)
        async with joined(here.url, "s1", token("u_1")):
            pass


async def test_one_connection_more_than_an_address_may_have_closes_with_4504() -> None:
    proxied = {"trusted_proxies": (ip_network("127.0.0.0/8"),)}
    async with running(connections_per_address_max=1, **proxied) as here:
        first_client = {"X-Forwarded-For": "198.51.100.1"}
        other_client = {"X-Forwarded-For": "198.51.100.2"}
        async with (
            connected(here.url, "s1", headers=first_client),
            connected(here.url, "s1", headers=first_client) as second,
            connected(here.url, "s1", headers=other_client) as other,
        ):
            assert (await second.closed()).code == 4504
            await other.hello()


async def test_viewers_of_one_64_are_counted_as_one_address() -> None:
    proxied = {"trusted_proxies": (ip_network("127.0.0.0/8"),)}
    async with running(connections_per_address_max=1, **proxied) as here:
        async with (
            connected(here.url, "s1", headers={"X-Forwarded-For": "2001:db8:1:2::1"}),
            connected(
                here.url, "s1", headers={"X-Forwarded-For": "[2001:db8:1:2::2]:5678"}
            ) as near,
            connected(here.url, "s1", headers={"X-Forwarded-For": "2001:db8:1:3::1"}) as far,
        ):
            assert (await near.closed()).code == 4504
            await far.hello()


async def test_viewers_whose_address_cannot_be_read_share_an_allowance_that_is_not_the_proxys(
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxied = {"trusted_proxies": (ip_network("127.0.0.0/8"),)}
    async with running(connections_per_address_max=1, **proxied) as here:
        async with (
            connected(here.url, "s1") as proxy,
            connected(here.url, "s1", headers={"X-Forwarded-For": "198.51.100.1, _hidden"}) as one,
            connected(here.url, "s1", headers={"X-Forwarded-For": "198.51.100.2, unknown"}) as two,
        ):
            await proxy.hello()
            await one.hello()
            assert (await two.closed()).code == 4504
        assert sample(here.engine.node.metrics, "unreadable_clients_total") == 2
    (line,) = [each for each in caplog.records if each.name == "liveshop.edge.clients"][:1]
    assert line.getMessage() == (
        "the client that the proxy 127.0.0.1 names cannot be read: '198.51.100.1, _hidden'"
    )


async def test_who_joins_a_node_too_fast_is_told_when_to_come_back() -> None:
    async with running(joins_per_second_max=1) as here:
        async with joined(here.url, "s1"), joined(here.url, "s1"):
            told = []
            for _ in range(3):
                async with connected(here.url, "s1") as early:
                    assert (await early.closed()).code == 4001
                    (moved,) = early.messages
                    assert moved["type"] == "moved"
                    told.append(moved["retry_after_ms"])
            # A second later for each, and a random wait besides.
            waits = [told[turn] - (turn + 1) * 1_000 for turn in range(3)]
            assert all(500 <= wait <= 5_000 for wait in waits)
            here.clock.advance(told[0])
            async with joined(here.url, "s1"):
                pass


async def test_no_joiner_is_told_to_wait_for_more_than_about_a_minute() -> None:
    async with running(joins_per_second_max=1) as here:
        turnstile = here.server.gateway.turnstile
        while turnstile.admits(here.clock.now_ms, "127.0.0.1"):
            pass
        while turnstile.turn_ms(here.clock.now_ms, "127.0.0.1") < 100_000:
            pass
        async with connected(here.url, "s1") as early:
            await early.closed()
            assert 60_500 <= early.messages[0]["retry_after_ms"] <= 65_000


async def taken(clients: list[Client], count: int) -> int:
    """Ask so often, by turns, and return how many answers were no refusal."""
    asks = [await each.ask("time", client_ms=1) for _ in range(count) for each in clients]
    return sum(answer["type"] == "time" for answer in asks)


async def test_all_connections_of_a_viewer_may_do_together_what_one_may() -> None:
    async with running() as here, AsyncExitStack() as stack:

        async def comes(given: str | None) -> Client:
            return await stack.enter_async_context(joined(here.url, "s1", given))

        mallory = [await comes(token("mallory")) for _ in range(4)]
        assert await taken(mallory, 15) == 39  # of forty, `hello` of the first was one
        others = [await comes(token("ada")), await comes(None), await comes(None)]
        assert [await taken([each], 40) for each in others] == [39, 39, 39]
        here.clock.advance(1_000)
        assert await taken(mallory, 10) == 20
        # One that goes and comes back has what the others have left.
        await stack.enter_async_context(joined(here.url, "s1", token("mallory")))
        assert await taken([await comes(token("mallory"))], 1) == 0


async def test_viewers_whom_two_shops_call_the_same_share_nothing() -> None:
    async with running(connections_per_viewer_max=1) as here, AsyncExitStack() as stack:
        for shop in ("mugs", "hats", None):
            ada = joined(here.url, "s1", token("ada", shop))
            assert await taken([await stack.enter_async_context(ada)], 40) == 39


async def test_a_viewer_that_was_away_with_all_its_connections_begins_again() -> None:
    async with running() as here:
        for _ in range(2):
            async with joined(here.url, "s1", token("ada")) as client:
                assert await taken([client], 40) == 39
            await until(lambda: len(here.server.gateway) == 0)


async def test_closed_connections_are_counted_by_their_code() -> None:
    async with running() as here:
        async with joined(here.url, "s1"):
            pass
        async with raw_viewer(here.address) as vanishing:
            await vanishing.join()
        async with joined(here.url, "s1", token("u_1")) as client:
            await client.connection.send(b"binary")
            assert (await client.closed()).code == 4501
        async with raw_viewer(here.address) as made_up:
            await made_up.join()
            await made_up.send(CLOSE, (3_999).to_bytes(2, "big"))
            assert await made_up.close_code() == 3_999
        await until(lambda: here.engine.lost == 4)
        counted = {
            sample.labels["code"]: sample.value
            for family in here.engine.node.metrics.closes.collect()
            for sample in family.samples
            if sample.name.endswith("_total")
        }
        assert counted == {"1000": 2.0, "1006": 1.0, "4501": 1.0}


async def test_open_connections_are_counted_whether_they_have_joined_or_not() -> None:
    async with running() as here:
        metrics = here.engine.node.metrics
        async with joined(here.url, "s1"), connected(here.url, "s1"):
            await until(lambda: sample(metrics, "connections") == 2)
        await until(lambda: sample(metrics, "connections") == 0)
        assert sample(metrics, "connections_max") == 50_000


async def test_a_full_node_answers_moved_and_closes_with_4001() -> None:
    async with running(connections_max=1) as here, joined(here.url, "s1"):
        async with connected(here.url, "s1") as late:
            assert (await late.closed()).code == 4001
            (moved,) = late.messages
            assert moved["type"] == "moved"
            assert 500 <= moved["retry_after_ms"] <= 5_000


@pytest.mark.parametrize(
    "last",
    [b"", frame(CLOSE, b"\x03\xe8"), frame(TEXT, b"\xff"), frame(TEXT, b"{}", masked=False)],
    ids=["vanishing", "closing", "a bad message", "a bad frame"],
)
async def test_viewers_leave_nothing_behind_for_the_collector(last: bytes) -> None:
    async with running() as here:
        async with joined(here.url, "s1", token("u_1")):
            pass  # objects that are made only once are made here
        await until(lambda: here.engine.lost == 1)
        gc.collect()
        gc.disable()
        try:
            # Four ways to go, 250 viewers each.
            for number in range(250):
                async with raw_viewer(here.address) as viewer:
                    await viewer.join(OFFER if number % 2 else "")
                    await viewer.stream.send(last)
                    if last:
                        assert (await viewer.read())[0] == CLOSE
            await until(lambda: here.engine.lost == 251)
            left = [each for each in gc.get_objects() if isinstance(each, PER_VIEWER)]
            # One that reads is kept for whoever says something next.
            kept = [each for each in gc.get_objects() if isinstance(each, WebSocket)]
            assert (left, len(kept) <= 1) == ([], True)
            assert gc.collect() == 0
        finally:
            gc.enable()
