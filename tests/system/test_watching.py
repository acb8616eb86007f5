"""Watching: gauges, chat, likes, mutes, and that what is told adds up to what is shown."""

import itertools
import json
from typing import Any

import anyio
import pytest

from tests.client import Client, Message
from tests.reference_client import ReferenceClient
from tests.system.conftest import PING_MS
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, refused, reserved

_GAUGES = {"viewers", "likes", "left", "sales", "buying"}
_SHARED = ("status", "pinned", "shelf", "sales", "viewers", "likes", "buying", "chat_pinned")


def _said(client: Client) -> list[Message]:
    return [message for chat in client.of_type("chat") for message in chat["messages"]]


async def _heard(client: Client, text: str) -> Message:
    """Wait until somebody has said it; return what was said."""
    await client.wait_for(
        lambda message: (
            message["type"] == "chat" and text in [said["text"] for said in message["messages"]]
        )
    )
    return next(said for said in _said(client) if said["text"] == text)


@pytest.mark.feature("likes")
async def test_a_pulse_has_what_changed_and_nothing_else(shop: SystemShop) -> None:
    product = await shop.product(S=5, M=5)
    small = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    async with shop.joined(session_id) as client:
        await client.wait_for_type("pulse", viewers=1)
        await client.send("like", count=20)
        await client.send("like", ref=5, count=1)
        await client.wait_for_type("pulse", likes=21)
        async with shop.joined(session_id, "ada") as buyer:
            await client.wait_for_type("pulse", viewers=2)
            await reserved(buyer, small, quantity=2)
            await client.wait_for_type("pulse", left={small: 3})
        await client.wait_for_type("pulse", viewers=1)
        pulses = client.of_type("pulse")
        assert [m for m in client.messages if m.get("ref") == 5] == []
    for pulse in pulses:
        assert list(pulse)[:2] == ["type", "now_ms"]
        assert set(pulse) - {"type", "now_ms"} <= _GAUGES
    told: Message = {}
    for pulse in pulses:
        for name in _GAUGES & set(pulse):
            assert pulse[name] != told.get(name), f"{name} was told before"
            told[name] = pulse[name]
    instants = [pulse["now_ms"] for pulse in pulses]
    assert instants == sorted(instants)


async def test_a_pulse_comes_within_ping_ms_though_nothing_changed(other: SystemShop) -> None:
    session_id = await other.session()
    async with other.joined(session_id) as client:
        await client.wait_for_type("pulse", viewers=1)
        since = len(client.messages)
        pulses = [
            await client.wait_for(lambda m: set(m) == {"type", "now_ms"}, since=since),
        ]
        for _ in range(2):
            since = client.messages.index(pulses[-1]) + 1
            pulses.append(
                await client.wait_for(lambda m: set(m) == {"type", "now_ms"}, since=since)
            )
    for earlier, later in itertools.pairwise(pulses):
        assert 0 < later["now_ms"] - earlier["now_ms"] < PING_MS * 1.6


@pytest.mark.feature("chat")
async def test_what_is_said_is_heard_by_all_once_and_in_order(shop: SystemShop) -> None:
    session_id = await shop.session()
    texts = ["hi", "<b>bold</b>", "\N{PILE OF POO}" * 200, "ü \N{ARABIC LETTER MEEM}"]
    async with shop.joined(session_id, "ada", name="Ada") as ada, shop.joined(session_id) as any_:
        answers = [await ada.ask("say", text=text) for text in texts]
        assert [list(answer) for answer in answers] == [["type", "ref", "id"]] * 4
        assert {answer["type"] for answer in answers} == {"ok"}
        for client in (ada, any_):
            await _heard(client, texts[-1])
            assert [said["text"] for said in _said(client)] == texts
            assert [said["id"] for said in _said(client)] == [a["id"] for a in answers]
            for said in _said(client):
                assert list(said) == ["id", "at_ms", "viewer", "text"]
                assert said["viewer"] == {"id": "ada", "name": "Ada"}
            assert all(list(c) == ["type", "messages", "dropped"] for c in client.of_type("chat"))
    async with shop.joined(session_id) as later:
        assert later.snapshot is not None
        assert [said["text"] for said in later.snapshot["chat"]] == texts


@pytest.mark.feature("chat")
async def test_chat_is_pinned_and_deleted_for_all(shop: SystemShop) -> None:
    session_id = await shop.session()
    async with shop.joined(session_id, "mo", "moderator") as mo:
        ids = [(await mo.ask("say", text=f"message {number}"))["id"] for number in range(4)]
        for number in range(3):
            answer = await mo.ask("chat.pin", id=ids[number])
            event = await mo.wait_for_type("chat.pinned", offset=answer["offset"])
            assert event["id"] == ids[number]
        error = await refused(mo, "limit", "chat.pin", id=ids[3])
        assert (error["limit"], error["left"]) == (3, 0)
        await refused(mo, "conflict", "chat.pin", id=ids[0])
        await mo.ask("chat.unpin", id=ids[1])
        await mo.wait_for_type("chat.unpinned", id=ids[1])
        await refused(mo, "conflict", "chat.unpin", id=ids[1])
        await mo.ask("chat.delete", id=ids[0])
        deleted = await mo.wait_for_type("chat.deleted")
        assert list(deleted) == ["type", "offset", "at_ms", "id"]
        for code, kind in (("not_found", "chat.delete"), ("not_found", "chat.pin")):
            await refused(mo, code, kind, id="1-0")
        await refused(mo, "not_found", "chat.pin", id=ids[0])
        async with shop.joined(session_id) as later:
            assert later.snapshot is not None
            assert [said["id"] for said in later.snapshot["chat_pinned"]] == [ids[2]]
            assert [said["id"] for said in later.snapshot["chat"]] == ids[1:]


@pytest.mark.feature("chat")
async def test_a_muted_viewer_hears_itself_and_nobody_else_does(shop: SystemShop) -> None:
    session_id = await shop.session()
    name = named("troll")
    async with (
        shop.joined(session_id, name) as troll,
        shop.joined(session_id, name) as troll_too,
        shop.joined(session_id, "bo") as bo,
        shop.joined(session_id, "mo", "moderator") as mo,
        shop.joined(session_id, "hana", "host") as hana,
    ):
        before = await shop.log(session_id)
        answer = await mo.ask("viewer.mute", viewer_id=name, duration_ms=86_400_000)
        assert (answer["type"], "offset" in answer) == ("ok", False)
        for staff in (mo, hana):
            told = await staff.wait_for_type("viewer.muted")
            assert list(told) == ["type", "viewer_id", "until_ms"]
            assert told["viewer_id"] == name
        assert (await troll.ask("say", text="buy elsewhere"))["type"] == "ok"
        for own in (troll, troll_too):
            await _heard(own, "buy elsewhere")
        await mo.ask("viewer.unmute", viewer_id=name)
        await troll.ask("say", text="sorry")
        await _heard(bo, "sorry")
        await _heard(hana, "sorry")
        for client in (bo, troll):
            assert client.of_type("viewer.muted") == []
        assert [said["text"] for said in _said(bo)] == ["sorry"]
        assert [said["text"] for said in _said(troll)] == ["buy elsewhere", "sorry"]
        assert await shop.log(session_id) == before
    async with shop.joined(session_id) as later:
        assert later.snapshot is not None
        assert [said["text"] for said in later.snapshot["chat"]] == ["sorry"]


@pytest.mark.feature("chat")
async def test_only_the_last_fifty_messages_are_shown(shop: SystemShop) -> None:
    session_id = await shop.session()
    said: list[str] = []

    async def talk(number: int) -> None:
        async with shop.joined(session_id, named("talker")) as client:
            for part in range(5):
                answer = await client.ask("say", text=f"{number}-{part}")
                said.append(answer["id"])

    async with shop.joined(session_id) as listener:
        for number in range(12):
            await talk(number)
        dropped = 0
        with anyio.fail_after(10):
            while len(_said(listener)) + dropped < 60:
                dropped = sum(chat["dropped"] for chat in listener.of_type("chat"))
                await anyio.sleep(0.05)
        heard = [message["id"] for message in _said(listener)]
        assert heard == [each for each in said if each in heard]
        async with shop.joined(session_id) as later:
            assert later.snapshot is not None
            assert [message["id"] for message in later.snapshot["chat"]] == heard[-50:]


def _show(first: str, second: str) -> list[tuple[str, Message]]:
    """Return what a host does with two products, of variants S, M and L."""
    sale = {"percent": 33, "duration_ms": 60_000, "units": 8, "limit": 8}
    return [
        ("product.pin", {"product_id": first}),
        ("product.add", {"product_id": second, "units": {f"{second}-L": 4}, "limit": 4}),
        ("product.reprice", {"product_id": first, "prices": {f"{first}-S": 4500}}),
        ("sale.start", {"product_id": first, **sale}),
        ("sale.start", {"product_id": second, "percent": 5, "duration_ms": 60_000}),
        ("buy", {"sku": f"{first}-S", "quantity": 4}),
        ("reserve", {"sku": f"{first}-M", "quantity": 2}),
        ("say", {"text": "so cheap"}),
        ("session.pause", {}),
        ("product.pin", {"product_id": second}),
        ("session.resume", {}),
        ("buy", {"sku": f"{second}-L", "quantity": 3}),
        ("sale.end", {"product_id": first}),
        ("product.unpin", {"product_id": first}),
        ("product.remove", {"product_id": first}),
    ]


@pytest.mark.feature("chat", "likes")
async def test_snapshot_events_and_pulses_add_up_to_a_fresh_snapshot(shop: SystemShop) -> None:
    first, second = await shop.product(S=4, M=9), await shop.product(990, L=6)
    session_id = await shop.session(first)
    viewer = ReferenceClient()
    async with (
        shop.joined(session_id, "hana", "host") as hana,
        shop.joined(session_id) as watcher,
    ):
        for kind, fields in _show(first["product_id"], second["product_id"]):
            rid = {"rid": new_rid()} if kind in ("buy", "reserve") else {}
            answer = await hana.ask(kind, **fields, **rid)
            assert answer["type"] != "error", (kind, answer)
            if kind == "buy":
                order = await hana.wait_for_type("confirmed", order_id=rid["rid"])
            if kind == "say":
                await hana.ask("chat.pin", id=answer["id"])
        await shop.post(f"/api/orders/{order['order_id']}/cancel", None, status=200)
        await hana.send("like", count=7)
        await eventually(lambda: _total(shop, session_id, "likes"), 7)
        last = (await shop.log(session_id))[-1]["offset"]
        await watcher.wait_for(lambda m: m.get("offset") == last)

        async def differences() -> list[str]:
            for message in json.loads(json.dumps(watcher.messages[1:])):
                viewer.receive(message)
            fresh = await shop.snapshot(session_id)
            return [name for name in _SHARED if viewer.session[name] != fresh[name]]

        await eventually(differences, [])
    assert viewer.session["shelf"][0]["variants"][0]["left"] == 4
    assert viewer.session["offset"] == last


async def _total(shop: SystemShop, session_id: str, name: str) -> Any:
    return (await shop.snapshot(session_id))[name]


async def test_events_have_consecutive_offsets_and_the_log_is_what_was_told(
    shop: SystemShop,
) -> None:
    product = await shop.product(S=1)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    session_id = await shop.session(product)
    async with shop.joined(session_id, "ada") as client:
        for _ in range(3):
            await shop.host(session_id, "product.pin", product_id=name)
            await shop.host(session_id, "product.unpin", product_id=name)
        await bought(client, sku)
        await client.wait_for_type("product.sold_out")
        await shop.host(session_id, "session.end")
        await client.wait_for_type("session.ended")
        told = client.events
    log = await shop.log(session_id)
    assert [event["offset"] for event in log] == list(range(1, len(log) + 1))
    assert log[2:] == told
    for event in log:
        assert list(event)[:3] == ["type", "offset", "at_ms"]
    assert [e["at_ms"] for e in log] == sorted(e["at_ms"] for e in log)
