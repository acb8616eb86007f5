"""A guest's name and mail are sealed and nowhere else, and after its erasure they are nowhere."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

import asyncpg
import pytest
from anyio import to_thread

from liveshop.core.roles import Role
from tests.client import Client, connected
from tests.edge.http.api import Api, Json, token
from tests.features.change_feed.test_http import working
from tests.features.guests.guest import MAIL, NAME, Guest, buy, let_in
from tests.features.guests.search import is_logged, places
from tests.waiting import wait_until

_WORDS: Final = (NAME, *NAME.split(), MAIL, MAIL.partition("@")[0])
Find = Callable[[], set[str]]


@pytest.fixture
def find(api: Api, postgres_url: str, redis_url: str) -> Find:
    """Return where the name or the mail is found, or a part of them."""
    return lambda: set[str]().union(
        *(places(words, api, postgres_url, redis_url) for words in _WORDS)
    )


@pytest.fixture
def shown(api: Api, caplog: pytest.LogCaptureFixture) -> tuple[Guest, str, str]:
    """A guest who has done all that there is to do, its session, and its order."""
    caplog.set_level(logging.DEBUG)
    session_id, sku = api.go_live()
    guest = let_in(api, session_id, email=MAIL)
    order_id = api.portal.call(partial(_do_everything, guest, session_id, sku))
    return guest, session_id, order_id


async def _do_everything(guest: Guest, session_id: str, sku: str) -> str:
    """Chat, have it pinned, like, buy, be muted, banned and let in again; return the order."""
    url = guest.api.url.replace("http", "ws", 1)
    async with connected(url, session_id) as moderator:
        await moderator.hello(token(Role.MODERATOR, "mo"))
        async with guest.joined() as client:
            said = [await client.ask("say", text=text) for text in ("one", "two")]
            await client.send("like", count=3)
            order_id = str((await buy(client, sku))["order_id"])
            await _ask(moderator, "chat.pin", id=said[0]["id"])
            pinned = await client.wait_for_type("chat.pinned")
            assert pinned["message"]["viewer"] == {"id": guest.sub, "name": "Guest"}
            await _ask(moderator, "viewer.mute", viewer_id=guest.sub)
            await _ask(moderator, "viewer.unmute", viewer_id=guest.sub)
            await _ask(moderator, "viewer.ban", viewer_id=guest.sub)
        await moderator.wait_for_type("viewer.banned", viewer_id=guest.sub, name=None)
        await _ask(moderator, "viewer.unban", viewer_id=guest.sub)
    return order_id


async def _ask(moderator: Client, kind: str, **fields: str) -> None:
    answer = await moderator.ask(kind, **fields)
    assert answer["type"] == "ok", answer


def _chat(session_id: str) -> str:
    return f"{{s:{session_id}}}:chat"


def test_the_name_is_nowhere_in_the_clear_but_in_the_newest_chat_and_the_mail_nowhere(
    shown: tuple[Guest, str, str], find: Find, caplog: pytest.LogCaptureFixture
) -> None:
    guest, session_id, _ = shown
    assert find() == {_chat(session_id)}
    assert not any(is_logged(words, caplog) for words in _WORDS)
    events = guest.api.host.get(f"/api/sessions/{session_id}/events").text
    assert guest.sub in events
    assert not any(words in events for words in _WORDS)


def test_after_an_erasure_name_and_mail_are_nowhere_and_the_order_stays_without_a_name(
    shown: tuple[Guest, str, str], find: Find, caplog: pytest.LogCaptureFixture
) -> None:
    guest, _, order_id = shown
    answer = guest.http.delete("/api/guests/me")
    assert (answer.status_code, answer.content) == (204, b"")
    assert find() == set()
    assert not any(is_logged(words, caplog) for words in _WORDS)
    for caller in (guest.api.host, guest.http):
        order = caller.get(f"/api/orders/{order_id}").json()
        assert (order["viewer_id"], order["status"]) == (guest.sub, "confirmed")
        assert order["name"] is None
    assert guest.http.get("/api/guests/me").status_code == 404


def test_an_erasure_takes_away_what_the_guest_said_for_everyone_and_may_be_repeated(
    shown: tuple[Guest, str, str],
) -> None:
    guest, session_id, _ = shown
    for _ in range(2):
        assert guest.http.delete("/api/guests/me").status_code == 204
    kinds = [
        event["type"]
        for event in guest.api.host.get(f"/api/sessions/{session_id}/events").json()["events"]
    ]
    assert kinds.count("chat.deleted") == 2
    session = guest.api.anyone.get(f"/api/sessions/{session_id}").json()
    assert session["chat_pinned"] == []


def test_a_forgotten_guest_is_called_by_its_id_where_it_is_joined_and_where_it_joins_again(
    api: Api, find: Find
) -> None:
    session_id, _ = api.go_live()
    guest = let_in(api, session_id, email=MAIL)

    async def stay_and_come_back() -> list[str]:
        async with guest.joined() as client:
            await client.ask("say", text="before")
            await _forget(guest)
            async with guest.joined() as again:
                for each in (client, again):
                    assert (await each.ask("say", text="after"))["type"] == "ok"
                chats = [await again.wait_for_type("chat")]
            return [each["viewer"]["name"] for each in chats[0]["messages"]]

    assert set(api.portal.call(stay_and_come_back)) == {guest.sub}
    assert find() == set()


async def _forget(guest: Guest) -> None:
    answer = await to_thread.run_sync(partial(guest.http.delete, "/api/guests/me"))
    assert answer.status_code == 204


def test_what_a_guest_holds_and_may_do_is_not_changed_by_its_erasure(api: Api) -> None:
    session_id, sku = api.go_live(limit=2)
    guest = let_in(api, session_id)

    async def hold_and_buy() -> tuple[str, str]:
        async with guest.joined() as client:
            await buy(client, sku)
            await _forget(guest)
            await buy(client, sku)
            refused = await client.ask(
                "buy", rid="0" * 8 + "-0000" * 3 + "-" + "1" * 12, sku=sku, quantity=1
            )
            return refused["type"], refused["code"]

    assert api.portal.call(hold_and_buy) == ("error", "limit")
    wait_until(lambda: len(guest.http.get("/api/orders").json()["orders"]) == 2)


def test_a_guest_whose_erasure_a_node_was_not_told_of_is_called_by_its_id_within_seconds(
    api: Api, find: Find, postgres_url: str
) -> None:
    session_id, _ = api.go_live()
    guest = let_in(api, session_id, email=MAIL)

    async def stay() -> None:
        async with guest.joined() as client:
            await client.ask("say", text="before")
            connection = await asyncpg.connect(postgres_url)
            for table in ("person", "person_key"):
                await connection.execute(f"DELETE FROM {table}")
            await connection.close()
            await to_thread.run_sync(wait_until, lambda: find() == set())
            assert (await client.ask("say", text="after"))["type"] == "ok"

    api.portal.call(stay)
    assert find() == set()


@pytest.mark.feature("change_feed")
def test_other_systems_hear_once_that_a_guest_is_forgotten_and_no_name(
    api: Api, postgres_url: str
) -> None:
    session_id, _ = api.go_live()
    guest = let_in(api, session_id, email=MAIL)
    for _ in range(2):
        assert guest.http.delete("/api/guests/me").status_code == 204

    def told() -> list[Json]:
        messages = api.host.get("/api/changes", params={"types": "customer.*"}).json()["messages"]
        return [each for each in messages if each["subject"] == f"customer/{guest.sub}"]

    with working(api, postgres_url):
        wait_until(lambda: told() != [])
        ended = api.host.post(f"/api/sessions/{session_id}/commands", json={"type": "session.end"})
        assert ended.status_code == 200
        ends = {"types": "session.ended"}
        wait_until(lambda: api.host.get("/api/changes", params=ends).json()["messages"] != [])
    ((kind, data),) = [(each["type"], each["data"]) for each in told()]
    assert (kind, data) == ("customer.erased", {"viewer_id": guest.sub, "session_id": session_id})
