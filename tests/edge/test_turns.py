"""A turn is a ticket: its rightful user, its time, and how often it may be used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from liveshop.core import limits
from liveshop.core.settings import Settings
from liveshop.edge.handshake import turn_of
from liveshop.edge.turns import Turns
from tests.client import Client, connected, joined
from tests.edge.stub_engine import NOW_MS, SETTINGS, Clock, Running, running

OTHER_SECRET = "another secret of thirty-two bytes"
PROXIED = {"trusted_proxies": (ip_network("127.0.0.0/8"),)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def turns(clock: Clock, settings: Settings = SETTINGS) -> Turns:
    return Turns(settings, clock)


def test_every_node_with_the_secret_honours_a_turn_from_its_instant_on(clock: Clock) -> None:
    here, there = turns(clock), turns(clock)
    ticket = here.issue("s1", 5_000, own_line=True)
    assert len(ticket) <= limits.TURN_CHARS_MAX
    turn = there.read("s1", ticket)
    assert turn is not None
    assert (turn.at_ms, turn.own_line, turn.text) == (clock.now_ms + 5_000, True, ticket)
    waits = []
    for ms in (0, 4_999, 1):
        clock.advance(ms)
        waits.append(there.wait_ms(turn))
    assert waits == [5_000, 1, 0]


def test_a_turn_is_over_a_minute_after_its_instant(clock: Clock) -> None:
    here = turns(clock)
    ticket = here.issue("s1", 5_000, own_line=False)
    clock.advance(5_000 + limits.TURN_VALID_MS - 1)
    assert here.read("s1", ticket) is not None
    clock.advance(1)
    assert here.read("s1", ticket) is None


def test_no_two_turns_are_alike(clock: Clock) -> None:
    here = turns(clock)
    assert len({here.issue("s1", 0, own_line=False) for _ in range(1_000)}) == 1_000


def test_a_forged_turn_is_none(clock: Clock) -> None:
    here = turns(clock)
    ticket = here.issue("s1", 5_000, own_line=False)
    at_ms = str(clock.now_ms + 5_000)
    forged = [
        ticket.replace(at_ms, str(clock.now_ms), 1),
        ticket.replace("s", "o", 1),
        ticket[:-1] + ("0" if ticket[-1] != "0" else "1"),
        ticket[:-32] + "0" * 32,
        ticket[:-33],
        ticket.upper(),
        f" {ticket}",
        f"{ticket}\n",
        "",
        "٣" + ticket,
        "x" * 10_000,
    ]
    assert [here.read("s1", text) for text in forged] == [None] * len(forged)
    assert here.read("s2", ticket) is None
    assert turns(clock, replace(SETTINGS, secret=OTHER_SECRET)).read("s1", ticket) is None
    assert here.read("s1", ticket) is not None


def test_turns_hold_while_one_secret_replaces_another(clock: Clock) -> None:
    old = turns(clock, replace(SETTINGS, secret_second=OTHER_SECRET))
    new = turns(clock, Settings(secret=OTHER_SECRET, secret_second=SETTINGS.secret))
    assert new.read("s1", old.issue("s1", 0, own_line=False)) is not None
    assert old.read("s1", new.issue("s1", 0, own_line=False)) is not None


def test_a_node_without_a_secret_honours_its_own_turns_alone(clock: Clock) -> None:
    keyed = Settings(jwt_public_key="-----BEGIN PUBLIC KEY-----")
    here, there = turns(clock, keyed), turns(clock, keyed)
    ticket = here.issue("s1", 0, own_line=False)
    assert here.read("s1", ticket) is not None
    assert there.read("s1", ticket) is None


def test_a_spent_turn_is_none_until_it_would_be_over_and_is_forgotten_then(clock: Clock) -> None:
    here = turns(clock)
    for _ in range(3):
        turn = here.read("s1", here.issue("s1", 0, own_line=False))
        assert turn is not None
        here.spend(turn)
        assert here.read("s1", turn.text) is None
    clock.advance(limits.TURN_VALID_MS)
    late = here.read("s1", here.issue("s1", 0, own_line=False))
    assert late is not None
    here.spend(late)
    assert here.read("s1", late.text) is None
    assert len(here) == 1


@pytest.mark.parametrize(
    ("path", "turn"),
    [
        ("/ws/sessions/s1", None),
        ("/ws/sessions/s1?", None),
        ("/ws/sessions/s1?turn=12s-ab", "12s-ab"),
        ("/ws/sessions/s1?turn=12%73-ab", "12s-ab"),
        ("/ws/sessions/s1?x=1&turn=12s-ab&turn=13", "12s-ab"),
        ("/ws/sessions/s1?turn", ""),
        ("/ws/sessions/s1?turns=12s-ab", None),
        (f"/ws/sessions/s1?turn={'1' * 100}", "1" * 100),
        (f"/ws/sessions/s1?turn={'1' * 101}", None),
        (f"/ws/sessions/s1?{'x&' * 15}turn=1", "1"),
        (f"/ws/sessions/s1?{'x&' * 16}turn=1", None),
    ],
)
def test_a_turn_is_read_from_the_query(path: str, turn: str | None) -> None:
    assert turn_of(path) == turn


@asynccontextmanager
async def full(**changed: Any) -> AsyncIterator[Running]:
    """Serve one joiner a second, with both of the first places taken."""
    async with running(joins_per_second_max=1, **changed) as here:
        assert here.server.gateway.turnstile.admits(here.clock.now_ms, "198.51.100.1")
        assert here.server.gateway.turnstile.admits(here.clock.now_ms, "198.51.100.2")
        yield here


async def refused(here: Running, turn: str | None = None, **client: Any) -> dict[str, Any]:
    """Knock, and return the `moved` that came in place of a welcome."""
    async with connected(here.url, "s1", turn=turn, **client) as early:
        assert (await early.closed()).code == 4001
        (moved,) = early.messages
        assert set(moved) == {"type", "retry_after_ms", "turn"}
        return moved


async def let_in(here: Running, turn: str) -> None:
    async with connected(here.url, "s1", turn=turn) as client:
        await client.hello()


async def test_a_turn_that_has_come_is_let_in_ahead_of_newcomers() -> None:
    async with full() as here:
        moved = await refused(here)
        # Newcomers take each place as it comes.
        for second in range(3):
            here.clock.advance(1_000)
            address = f"203.0.113.{second}"
            assert here.server.gateway.turnstile.admits(here.clock.now_ms, address)
        await refused(here)
        await let_in(here, moved["turn"])


async def test_one_that_comes_too_early_is_told_what_is_left_to_wait_and_keeps_its_turn() -> None:
    async with full() as here:
        turnstile = here.server.gateway.turnstile
        while turnstile.turn_ms(here.clock.now_ms, "127.0.0.1") < 30_000:
            pass
        moved = await refused(here)
        assert 31_500 <= moved["retry_after_ms"] <= 36_000
        again = await refused(here, moved["turn"])
        assert again["turn"] == moved["turn"]
        assert 30_500 <= again["retry_after_ms"] <= 36_000
        here.clock.advance(20_000)
        assert [turnstile.admits(here.clock.now_ms, each) for each in ("a", "b", "c")] == [
            *(True, True, False)
        ]
        later = await refused(here, moved["turn"])
        assert later["turn"] == moved["turn"]
        assert 10_500 <= later["retry_after_ms"] <= 16_000


async def test_a_turn_lets_one_in_and_is_then_as_good_as_none() -> None:
    async with full() as here:
        moved = await refused(here)
        here.clock.advance(1_000)
        assert here.server.gateway.turnstile.admits(here.clock.now_ms, "203.0.113.1")
        await let_in(here, moved["turn"])
        again = await refused(here, moved["turn"])
        assert again["turn"] != moved["turn"]


@pytest.mark.parametrize("shown", ["", "x", f"{NOW_MS}s0123456789ab-{'0' * 32}"])
async def test_a_forged_turn_waits_like_a_newcomer(shown: str) -> None:
    async with full() as here:
        moved = await refused(here, shown)
        assert moved["turn"] not in ("", shown)


async def test_one_address_that_knocks_without_end_leaves_the_others_their_turns() -> None:
    async with running(joins_per_second_max=20, **PROXIED) as here:
        turnstile = here.server.gateway.turnstile
        flood = {"X-Forwarded-For": "2001:db8:1:2::1"}
        for _ in range(2_000):
            if not turnstile.admits(here.clock.now_ms, "2001:db8:1:2::/64"):
                turnstile.turn_ms(here.clock.now_ms, "2001:db8:1:2::/64")
        async with connected(here.url, "s1", headers=flood) as client:
            assert (await client.closed()).code == 4001
            assert client.messages[0]["retry_after_ms"] > limits.TURN_MS_MAX
        # Of another address, although it is of the same /48.
        near = {"X-Forwarded-For": "2001:db8:1:3::1"}
        async with connected(here.url, "s1", headers=near) as client:
            await client.hello()


async def test_viewers_of_a_draining_node_are_given_a_turn_that_has_come() -> None:
    async with running(drain_ms=100) as here, joined(here.url, "s1") as client:
        here.server.should_exit = True
        moved = await client.wait_for_type("moved")
        turn = Turns(SETTINGS, here.engine.node.now_ms).read("s1", moved["turn"])
        assert turn is not None
        assert not turn.own_line
        assert turn.at_ms <= here.engine.node.now_ms()


async def test_a_full_node_gives_no_turns() -> None:
    async with running(connections_max=1) as here, joined(here.url, "s1"):
        async with connected(here.url, "s1") as late:
            assert (await late.closed()).code == 4001
            assert set(late.messages[0]) == {"type", "retry_after_ms"}


async def test_no_turn_is_looked_at_while_there_is_room() -> None:
    async with running() as here:
        spent = here.server.gateway.turns
        ticket = spent.issue("s1", 0, own_line=False)
        clients: list[Client] = []
        for _ in range(2):
            async with connected(here.url, "s1", turn=ticket) as client:
                await client.hello()
                clients.append(client)
        assert len(clients) == 2
        assert spent.read("s1", ticket) is not None
