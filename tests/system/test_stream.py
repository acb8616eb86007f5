"""The address of the video: staff read it always, viewers only while the show is live."""

import json
from functools import partial
from typing import Any

import pytest

from tests.client import Client, Message
from tests.reference_client import ReferenceClient
from tests.system.shop import SystemShop, eventually

STREAM = "https://video.example/autumn/live.m3u8"
_STARTS_MS = 1_990_000_000_000
# The commands that lead to each state of a show, and what viewers are shown in it.
_LIFE: list[tuple[str | None, str | None]] = [
    (None, None),
    ("session.start", STREAM),
    ("session.pause", None),
    ("session.resume", STREAM),
    ("session.end", None),
]


async def _planned(shop: SystemShop, **fields: Any) -> str:
    return await shop.session(
        start=False, **{"starts_at_ms": _STARTS_MS, "stream_url": STREAM, **fields}
    )


async def _seen_over_http(shop: SystemShop, session_id: str, by: str | None) -> set[str | None]:
    """Return the addresses that a session over HTTP has, read and listed."""
    read = await shop.get(f"/api/sessions/{session_id}", by=by)
    page = (await shop.get("/api/sessions", by=by, limit=200))["sessions"]
    (listed,) = [each for each in page if each["id"] == session_id]
    return {read["stream_url"], listed["stream_url"]}


async def _seen_by_joining(
    shop: SystemShop, session_id: str, sub: str | None, role: str = "viewer", **claims: Any
) -> str | None:
    async with shop.joined(session_id, sub, role, **claims) as client:
        assert client.snapshot is not None
        seen: str | None = client.snapshot["stream_url"]
        return seen


async def test_viewers_are_shown_the_video_only_while_the_show_is_live(shop: SystemShop) -> None:
    session_id = await _planned(shop)
    for command, expected in _LIFE:
        if command is not None:
            await shop.host(session_id, command)
        for by in (None, shop.token("ada")):
            assert await _seen_over_http(shop, session_id, by) == {expected}, command
        # A snapshot may be older than the answer to a command by the time of a flush.
        for sub in (None, "ada"):
            await eventually(partial(_seen_by_joining, shop, session_id, sub), expected)


async def test_staff_read_where_the_video_is_at_any_time(shop: SystemShop) -> None:
    session_id = await _planned(shop)
    for command, _ in _LIFE:
        if command is not None:
            await shop.host(session_id, command)
        for role in ("moderator", "host", "admin"):
            for claims in ({}, {"session": session_id}):
                by = shop.token("staff", role, **claims)
                assert await _seen_over_http(shop, session_id, by) == {STREAM}, (command, role)
                joined = await _seen_by_joining(shop, session_id, "staff", role, **claims)
                assert joined == STREAM, (command, role)
        assert await _seen_over_http(shop, session_id, "") == {STREAM}, command


async def test_a_token_for_another_session_is_shown_what_viewers_are(shop: SystemShop) -> None:
    session_id, another = await _planned(shop), await _planned(shop)
    by = shop.token("mo", "moderator", session=another)
    page = (await shop.get("/api/sessions", by=by, limit=200))["sessions"]
    seen = {each["id"]: each["stream_url"] for each in page}
    assert (seen[session_id], seen[another]) == (None, STREAM)


async def test_a_session_that_is_made_is_answered_with_its_stream(shop: SystemShop) -> None:
    made = await shop.post("/api/sessions", {"title": "Drop", "stream_url": STREAM})
    assert made["stream_url"] == STREAM


async def test_the_log_tells_viewers_of_no_stream_while_the_show_is_not_live(
    shop: SystemShop,
) -> None:
    session_id = await _planned(shop)
    path = f"/api/sessions/{session_id}/events"
    for command, expected in _LIFE:
        if command is not None:
            await shop.host(session_id, command)
        for by in (None, shop.token("ada")):
            told = json.dumps(await shop.get(path, by=by))
            assert (STREAM in told) is (expected is not None), command
    by_staff = await shop.get(path, by=shop.token("mo", "moderator"))
    assert [(each["status"], each["stream_url"]) for each in by_staff["events"]] == [
        ("live", STREAM), ("paused", None), ("live", STREAM), ("ended", None),
    ]  # fmt: skip


def _known(client: Client) -> Message:
    """Return what a client knows that applied each message to the snapshot."""
    reference = ReferenceClient()
    for message in client.messages:
        if message["type"] in ("session", "session.stream") or "at_ms" in message:
            reference.receive(json.loads(json.dumps(message)))
    return reference.session


async def test_who_applies_the_events_knows_what_a_fresh_snapshot_says(shop: SystemShop) -> None:
    session_id = await _planned(shop)
    async with (
        shop.joined(session_id) as viewer,
        shop.joined(session_id, "mo", "moderator") as staff,
    ):
        for command, expected in _LIFE[1:]:
            since = len(staff.messages)
            (event,) = await shop.host(session_id, command or "")
            for client in (viewer, staff):
                told = await client.wait_for_type(event["type"], offset=event["offset"])
                assert told == {**event, "stream_url": expected}
            if expected is None:
                await staff.wait_for_type("session.stream", since=since, stream_url=STREAM)
            assert _known(viewer)["stream_url"] == expected
            assert _known(staff)["stream_url"] == STREAM
        assert viewer.of_type("session.stream") == []
        assert len(staff.of_type("session.stream")) == 2


async def test_a_show_without_a_video_tells_staff_of_none(shop: SystemShop) -> None:
    session_id = await _planned(shop, stream_url=None)
    async with shop.joined(session_id, "host", "host") as host:
        for command, _ in _LIFE[1:]:
            (event,) = await shop.host(session_id, command or "")
            told = await host.wait_for_type(event["type"], offset=event["offset"])
            assert told["stream_url"] is None
        await host.ask("time", client_ms=1)
        assert host.of_type("session.stream") == []


@pytest.mark.parametrize("role", ["viewer", "moderator"])
async def test_what_is_told_on_one_node_is_told_on_the_other(
    shop: SystemShop, other: SystemShop, role: str
) -> None:
    session_id = await _planned(shop)
    async with other.joined(session_id, "mo", role) as client:
        await shop.host(session_id, "session.start")
        await client.wait_for_type("session.started", stream_url=STREAM)
        await shop.host(session_id, "session.pause")
        await client.wait_for_type("session.paused", stream_url=None)
        if role == "moderator":
            await client.wait_for_type("session.stream", stream_url=STREAM)
