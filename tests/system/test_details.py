"""`session.update`: a session says other things of itself, wherever it is shown."""

from functools import partial
from typing import Any

import anyio
import pytest

from tests.client import Message, connected
from tests.reference_client import ReferenceClient
from tests.system.shop import SystemShop, eventually, refused

_STREAM, _OTHER = "https://video.example/a.m3u8", "https://video.example/b.m3u8"
_COVER = "https://pictures.example/cover.jpg"
_STARTS_MS, _LATER_MS = 1_990_000_000_000, 1_990_000_600_000
_DETAILS = ("title", "status", "starts_at_ms", "stream_url", "cover_url")


async def _planned(shop: SystemShop, **fields: Any) -> str:
    return await shop.session(
        start=False, **{"starts_at_ms": _STARTS_MS, "stream_url": _STREAM, **fields}
    )


async def _listed(shop: SystemShop, session_id: str, by: str | None = None) -> Message | None:
    page = (await shop.get("/api/sessions", by=by, limit=200))["sessions"]
    return next((each for each in page if each["id"] == session_id), None)


def _details(session: Message | None) -> dict[str, Any]:
    assert session is not None
    return {name: session[name] for name in _DETAILS}


async def test_an_update_is_told_to_all_shown_to_newcomers_and_listed(shop: SystemShop) -> None:
    session_id = await _planned(shop)
    async with shop.joined(session_id) as viewer, shop.joined(session_id, "h", "host") as host:
        answer = await host.ask(
            "session.update", title="Spring drop", starts_at_ms=_LATER_MS, cover_url=_COVER
        )
        assert answer == {"type": "ok", "ref": answer["ref"], "offset": 1}
        for client in (viewer, host):
            told = await client.wait_for_type("session.updated")
            assert told == {
                "type": "session.updated",
                "offset": 1,
                "at_ms": told["at_ms"],
                "status": "scheduled",
                "title": "Spring drop",
                "starts_at_ms": _LATER_MS,
                "stream_url": None,
                "cover_url": _COVER,
            }
    expected = {
        "title": "Spring drop",
        "status": "scheduled",
        "starts_at_ms": _LATER_MS,
        "stream_url": None,
        "cover_url": _COVER,
    }
    async with shop.joined(session_id) as newcomer:
        assert _details(newcomer.snapshot) == expected
    assert _details(await shop.get(f"/api/sessions/{session_id}", by=None)) == expected
    assert _details(await _listed(shop, session_id)) == expected


async def test_the_events_of_an_update_over_http_are_answered_whole_to_the_host(
    shop: SystemShop,
) -> None:
    session_id = await _planned(shop)
    (event,) = await shop.host(session_id, "session.update", stream_url=_OTHER)
    assert (event["type"], event["stream_url"]) == ("session.updated", _OTHER)
    assert (await shop.snapshot(session_id))["stream_url"] == _OTHER
    (logged,) = (await shop.get(f"/api/sessions/{session_id}/events", by=None))["events"]
    assert logged == {**event, "stream_url": None}
    await shop.host(session_id, "session.start")
    (logged, started) = (await shop.get(f"/api/sessions/{session_id}/events", by=None))["events"]
    assert (logged["stream_url"], started["stream_url"]) == (None, _OTHER)


async def test_a_new_stream_is_told_at_once_while_live_and_at_the_resume_after_a_pause(
    shop: SystemShop,
) -> None:
    session_id = await _planned(shop)
    await shop.host(session_id, "session.start")
    async with shop.joined(session_id) as viewer, shop.joined(session_id, "m", "moderator") as mo:
        await shop.host(session_id, "session.update", stream_url=_OTHER)
        await viewer.wait_for_type("session.updated", status="live", stream_url=_OTHER)
        await shop.host(session_id, "session.pause")
        since = len(mo.messages)
        await shop.host(session_id, "session.update", stream_url=_STREAM)
        await viewer.wait_for_type("session.updated", status="paused", stream_url=None)
        await mo.wait_for_type("session.stream", since=since, stream_url=_STREAM)
        await shop.host(session_id, "session.resume")
        await viewer.wait_for_type("session.resumed", stream_url=_STREAM)
        told = [message for message in viewer.messages if message.get("stream_url") == _STREAM]
        assert [message["type"] for message in told] == ["session", "session.resumed"]


async def test_null_takes_a_stream_and_a_cover_away(shop: SystemShop) -> None:
    session_id = await _planned(shop, cover_url=_COVER)
    assert (await shop.snapshot(session_id))["cover_url"] == _COVER
    await shop.host(session_id, "session.update", stream_url=None, cover_url=None)
    shown = await shop.snapshot(session_id)
    assert (shown["stream_url"], shown["cover_url"]) == (None, None)
    await shop.host_refused(400, "bad_request", session_id, "session.update", title=None)


async def test_a_draft_that_is_given_a_start_is_announced_and_one_without_is_a_draft_again(
    shop: SystemShop,
) -> None:
    session_id = await shop.session(start=False)
    async with connected(shop.ws, session_id) as client:
        await client.send("hello", token=None)
        assert (await client.closed()).code == 4505
    await shop.host(session_id, "session.update", starts_at_ms=_STARTS_MS)
    assert _details(await _listed(shop, session_id))["status"] == "scheduled"
    async with shop.joined(session_id) as client:
        await shop.host(session_id, "session.update", starts_at_ms=None)
        await client.wait_for_type("session.updated", status="draft", starts_at_ms=None)
    assert await _listed(shop, session_id) is None
    await shop.refuses(404, "not_found", "GET", f"/api/sessions/{session_id}", by=None)
    await shop.host(session_id, "session.start")


@pytest.mark.parametrize("status", ["live", "paused", "ended"])
async def test_what_may_no_longer_change_is_a_conflict_and_changes_nothing(
    shop: SystemShop, status: str
) -> None:
    session_id = await _planned(shop)
    for command in {"live": [], "paused": ["pause"], "ended": ["end"]}[status]:
        await shop.host(session_id, "session.start")
        await shop.host(session_id, f"session.{command}")
    if status == "live":
        await shop.host(session_id, "session.start")
    before = _details(await shop.snapshot(session_id))
    refusals: list[Message] = [{"starts_at_ms": _LATER_MS}, {"starts_at_ms": None}]
    refusals.append({"title": "Spring drop", "starts_at_ms": _LATER_MS})
    if status == "ended":
        refusals += [{"title": "Spring drop"}, {"stream_url": _OTHER}, {"cover_url": _COVER}]
    for fields in refusals:
        await shop.host_refused(409, "conflict", session_id, "session.update", **fields)
    assert _details(await shop.snapshot(session_id)) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": 5},
        {"starts_at_ms": -1},
        {"starts_at_ms": "soon"},
        {"stream_url": "javascript:alert(1)"},
        {"stream_url": "video.m3u8"},
        {"cover_url": "http://pictures.example/cover.jpg"},
        {"cover_url": "//pictures.example/cover.jpg"},
    ],
)
async def test_a_bad_value_is_refused_by_its_field_as_for_a_new_session(
    shop: SystemShop, fields: Message
) -> None:
    session_id = await _planned(shop)
    (name,) = fields
    error = await shop.host_refused(400, "bad_request", session_id, "session.update", **fields)
    assert f"`{name}`" in error["message"]
    made = await shop.refuses(
        400, "bad_request", "POST", "/api/sessions", {"title": "Drop", **fields}
    )
    assert f"`{name}`" in made["message"]
    async with shop.joined(session_id, "h", "host") as host:
        await refused(host, "bad_request", "session.update", **fields)


async def test_only_hosts_update_a_session(shop: SystemShop) -> None:
    session_id = await _planned(shop)
    for sub, role, code in ((None, "viewer", "unauthorized"), ("a", "viewer", "forbidden"),
                            ("m", "moderator", "forbidden")):  # fmt: skip
        async with shop.joined(session_id, sub, role) as client:
            await refused(client, code, "session.update", title="Mine")
    assert await shop.log(session_id) == []


async def test_an_update_by_one_node_is_known_to_the_other(
    shop: SystemShop, other: SystemShop
) -> None:
    session_id = await _planned(shop)
    async with other.joined(session_id, "h", "host") as host:
        await host.wait_for_type("session")
        await shop.host(session_id, "session.update", title="Spring drop", stream_url=_OTHER)
        await host.wait_for_type("session.updated", title="Spring drop", stream_url=None)
        await host.wait_for_type("session.stream", stream_url=_OTHER)
        (event,) = await other.host(session_id, "session.start")
        assert event["stream_url"] == _OTHER

    async def shown() -> dict[str, Any]:
        return _details(await other.snapshot(session_id))

    await eventually(shown, _details(await shop.snapshot(session_id)))


async def test_hosts_who_update_at_the_same_moment_lose_nothing(
    shop: SystemShop, other: SystemShop
) -> None:
    session_id = await _planned(shop)
    fields: list[tuple[SystemShop, Message]] = [
        (shop, {"title": "Spring drop"}), (other, {"cover_url": _COVER}),
        (shop, {"starts_at_ms": _LATER_MS}), (other, {"stream_url": _OTHER}),
    ]  # fmt: skip
    async with shop.joined(session_id, "h", "host") as host:
        async with anyio.create_task_group() as tasks:
            for node, changed in fields:
                tasks.start_soon(partial(node.host, session_id, "session.update", **changed))
        await host.wait_for_type("session.stream", stream_url=_OTHER)
        known = ReferenceClient()
        await host.wait_for(lambda message: message.get("offset") == 4)
        for message in host.messages:
            if message["type"] in ("session", "session.stream") or "at_ms" in message:
                known.receive(message)
    expected = {
        "title": "Spring drop",
        "status": "scheduled",
        "starts_at_ms": _LATER_MS,
        "stream_url": _OTHER,
        "cover_url": _COVER,
    }
    assert _details(known.session) == expected
    assert _details(await shop.snapshot(session_id)) == expected
