"""Joining and talking, over real sockets, with a client that knows only the protocol's text."""

import json

import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from liveshop.core import limits, wire
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from liveshop.features.chat.rules import Say
from tests.client import Client, Closed, connected, joined
from tests.edge.raw_viewer import raw_viewer
from tests.edge.stub_engine import NOW_MS, SECRET, Running, running
from tests.waiting import until


def token(role: Role = Role.VIEWER, viewer_id: str = "u_81", session_id: str | None = None) -> str:
    return make_token(SECRET, viewer_id=viewer_id, role=role, ttl_s=60, session_id=session_id)


async def closed_after_hello(client: Client, given: str) -> Closed:
    with pytest.raises(Closed) as closed:
        await client.hello(given)
    return closed.value


async def test_an_anonymous_viewer_is_welcomed_with_its_ref() -> None:
    async with running() as here, connected(here.url, "s1") as client:
        assert await client.hello() == {
            "type": "welcome",
            "ref": 1,
            "viewer": None,
            "now_ms": NOW_MS,
            "ping_ms": 25_000,
            "reservations": [],
            "orders": [],
        }
        assert client.offset == 41


async def test_a_token_gives_the_viewer_its_identity() -> None:
    async with running() as here, connected(here.url, "s1") as client:
        welcome = await client.hello(token(Role.HOST))
        assert welcome["viewer"] == {"id": "u_81", "name": "u_81", "role": "host"}


@pytest.mark.parametrize("offered", [[], ["liveshop.v1"], ["other", "liveshop.v1"], ["other"]])
async def test_the_subprotocol_is_accepted_offered_or_not(offered: list[str]) -> None:
    async with running() as here, connected(here.url, "s1", subprotocols=offered) as client:
        await client.hello()
        chosen = "liveshop.v1" if "liveshop.v1" in offered else None
        assert client.connection.subprotocol == chosen


@pytest.mark.parametrize(
    ("offer", "agreed"),
    [
        (None, False),
        ("permessage-deflate", True),
        ("permessage-deflate; client_max_window_bits", True),
        ("permessage-deflate; client_max_window_bits=9", True),
        ("permessage-deflate; server_max_window_bits=15", True),
        ("permessage-deflate; server_max_window_bits=14", False),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("permessage-deflate; colour=red", False),
        ("x-webkit-deflate-frame", False),
    ],
)
async def test_compression_is_agreed_on_where_one_deflated_frame_suits_all(
    offer: str | None, agreed: bool
) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        more = "" if offer is None else f"Sec-WebSocket-Extensions: {offer}\r\n"
        head = await viewer.shake_hands(more=more)
        (extensions,) = [
            line.partition(": ")[2]
            for line in head.split("\r\n")
            if line.startswith("Sec-WebSocket-Extensions")
        ] or [""]
        accepted = extensions.split("; ")[:3]
        wanted = ["permessage-deflate", "server_no_context_takeover", "client_no_context_takeover"]
        assert accepted == (wanted if agreed else [""])


async def test_shared_frames_come_compressed_to_those_who_agreed_and_replies_plain() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        shared = here.engine.snapshots["s1"] = wire.shared_frame(
            {"type": "session", "a": "b" * 999}
        )
        await viewer.shake_hands(more="Sec-WebSocket-Extensions: permessage-deflate\r\n")
        await viewer.say({"type": "hello"})
        assert await viewer.kind() == "welcome"
        with anyio.fail_after(10):
            compressed = await viewer.receive_exactly(len(shared.deflated))
        assert compressed == shared.deflated != shared.plain
        await viewer.say({"type": "time", "client_ms": 1})
        assert await viewer.kind() == "time"


async def test_clients_with_and_without_compression_read_the_same() -> None:
    async with running() as here:
        here.engine.snapshots["s1"] = wire.shared_frame(
            {"type": "session", "offset": 41, "text": "ü" * 5_000}
        )
        for compression in ("deflate", None):
            async with connected(here.url, "s1", compression=compression) as client:
                await client.hello()
                assert client.snapshot == {"type": "session", "offset": 41, "text": "ü" * 5_000}
                assert (await client.ask("time", client_ms=1))["now_ms"] == NOW_MS


async def test_commands_reach_the_engine_and_answers_the_viewer() -> None:
    async with running() as here, joined(here.url, "s1", token()) as client:
        assert await client.ask("time", client_ms=5) == {
            "type": "time",
            "ref": 2,
            "client_ms": 5,
            "now_ms": NOW_MS,
        }
        await client.send("like", count=3)
        assert await client.ask("say", text="hi") == {"type": "ok", "ref": 3}
        assert here.engine.submitted[-1] == Say(ref=3, text="hi")


@pytest.mark.parametrize("bad", ["", "a.b.c", token(session_id="s2"), token() + "x"])
async def test_a_bad_token_closes_with_4502_and_no_message(bad: str) -> None:
    async with running() as here, connected(here.url, "s1") as client:
        assert (await closed_after_hello(client, bad)).code == 4502
        assert client.messages == []
        assert here.engine.viewers == {}


async def test_a_bug_answers_internal_and_the_connection_goes_on() -> None:
    async with running() as here, joined(here.url, "s1") as client:
        assert await client.ask("like", count=13) == {
            "type": "error",
            "ref": 2,
            "code": "internal",
            "message": "something went wrong on our side",
        }
        assert (await client.ask("time", client_ms=1))["type"] == "time"


async def test_an_unknown_session_closes_with_4505_before_any_hello() -> None:
    async with running() as here, connected(here.url, "nowhere") as client:
        assert (await client.closed()).code == 4505


@pytest.mark.parametrize("path", ["", "%00", "a" * 65, "a%1Fb"])
async def test_what_cannot_be_a_session_closes_with_4505_and_no_look_up(path: str) -> None:
    async with running() as here, connected(here.url, path) as client:
        assert (await client.closed()).code == 4505
        assert here.engine.looked_up == []


async def test_many_who_wait_for_one_session_cost_one_look_up() -> None:
    async with running() as here:
        here.engine.store_answers = type(here.engine.store_answers)()
        async with (
            connected(here.url, "nowhere") as first,
            connected(here.url, "nowhere") as second,
        ):
            await until(lambda: len(here.server.gateway) == 2)
            here.engine.store_answers.set()
            assert (await first.closed()).code == 4505
            assert (await second.closed()).code == 4505
        assert here.engine.looked_up == ["nowhere"]


async def _close_code(here: Running, session_id: str) -> int:
    async with connected(here.url, session_id) as client:
        return (await client.closed()).code


async def test_an_address_that_makes_sessions_up_is_sent_away_with_no_look_up() -> None:
    async with running() as here:
        burst, per_second = limits.STRAYS_RATE[1], limits.STRAYS_RATE[0]
        codes = [await _close_code(here, f"made-up-{n}") for n in range(burst + 2)]
        assert codes == [4505] * burst + [4001] * 2
        assert len(here.engine.looked_up) == burst
        async with joined(here.url, "s1"):  # which is loaded
            pass
        here.clock.advance(1_000 // per_second)
        async with joined(here.url, "s2"):  # which is there, and so takes no turn of those
            pass
        assert await _close_code(here, "made-up") == 4505
        assert await _close_code(here, "made-up-too") == 4001


async def test_a_session_that_is_known_not_to_be_there_costs_no_turn_and_no_look_up() -> None:
    async with running() as here:
        here.engine.known_missing.add("stale")
        codes = {await _close_code(here, "stale") for _ in range(limits.STRAYS_RATE[1] + 2)}
        assert (codes, here.engine.looked_up) == ({4505}, [])
        assert await _close_code(here, "made-up") == 4505


async def test_a_session_in_a_store_that_is_away_counts_for_nobody() -> None:
    async with running() as here:
        for _ in range(limits.STRAYS_RATE[1] + 2):
            async with connected(here.url, "s3"):
                await until(lambda: len(here.server.gateway) == 1)
            await until(lambda: len(here.server.gateway) == 0)
        assert await _close_code(here, "made-up") == 4505


@pytest.mark.parametrize("session_id", ["s2", "s3"])
async def test_a_session_that_is_not_loaded_is_left_to_the_engine(session_id: str) -> None:
    async with running() as here, joined(here.url, session_id):
        assert list(here.engine.viewers.values()) == [session_id]
        assert here.engine.looked_up == [session_id]


async def test_an_upgrade_elsewhere_is_not_found() -> None:
    async with running() as here:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{here.url}/ws/elsewhere", proxy=None):
                pass
        response = refused.value.response
        assert response.status_code == 404
        assert json.loads(response.body) == {
            "type": "error",
            "code": "not_found",
            "message": "there is no WebSocket at /ws/elsewhere here",
        }
        assert len(here.server.gateway) == 0


@pytest.mark.parametrize(
    ("origin", "origins", "welcome"),
    [
        (None, (), True),
        ("own", (), True),
        ("https://shop.example", ("https://shop.example",), True),
        ("https://shop.example", (), False),
        ("http://shop.example", ("https://shop.example",), False),
        ("null", (), False),
        ("http://127.0.0.1:1", (), False),
    ],
)
async def test_an_origin_is_allowed_or_4506_before_any_hello(
    origin: str | None, origins: tuple[str, ...], welcome: bool
) -> None:
    async with running(origins=origins) as here:
        given = here.url.replace("ws:", "http:") if origin == "own" else origin
        async with connected(here.url, "s1", origin=given) as client:
            if welcome:
                await client.hello()
            else:
                assert (await client.closed()).code == 4506
                assert here.engine.viewers == {}


async def test_the_engine_is_told_once_of_each_who_leaves() -> None:
    async with running() as here:
        async with joined(here.url, "s1"), joined(here.url, "s1"):
            assert len(here.engine.viewers) == 2
        async with connected(here.url, "s1"):
            pass
        await until(lambda: len(here.server.gateway) == 0)
        assert (here.engine.viewers, here.engine.lost) == ({}, 2)
