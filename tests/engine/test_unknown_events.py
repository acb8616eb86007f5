"""Events of a newer release, as a node meets them during a rolling upgrade."""

import asyncpg
import orjson

from liveshop.core import wire
from liveshop.core.events import UnknownEvent
from liveshop.stores.postgres.sessions import Sessions
from tests.engine.world import EngineShop
from tests.samples import sample

_OPENED = {
    "type": "tournament.opened",
    "offset": 3,
    "at_ms": 1_790_000_000_000,
    "tournament": {"id": "t1", "names": ["Ada", "Bo"]},
}


async def _append_as_a_newer_node(postgres_url: str, session_id: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        async with connection.transaction():
            moved = await connection.execute(
                "UPDATE session SET head_offset = 3 WHERE id = $1 AND head_offset = 2", session_id
            )
            assert moved == "UPDATE 1"
            await connection.execute(
                """
                INSERT INTO event (session_id, "offset", at_ms, type, body)
                VALUES ($1, 3, $2, $3, $4::jsonb)
                """,
                session_id,
                _OPENED["at_ms"],
                _OPENED["type"],
                wire.encode_one(_OPENED).decode(),
            )
    finally:
        await connection.close()


async def test_an_unknown_event_is_shown_as_it_came_and_changes_nothing(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    ada = await shop.join(session_id, "ada")
    before = await shop.engine.rooms.view(session_id)
    await _append_as_a_newer_node(postgres_url, session_id)
    assert await ada.sees("tournament.opened") == _OPENED
    after = await shop.engine.rooms.view(session_id)
    assert after["offset"] == 3
    assert (after["shelf"], after["status"]) == (before["shelf"], before["status"])
    assert sample(shop.engine.node.metrics, "unknown_events_total") == 1
    (pinned,) = await shop.host(session_id, "product.pin", product_id="shirt")
    assert pinned.offset == 4
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("confirmed", rids=[rid])


async def test_a_session_with_an_unknown_event_is_loaded_and_its_log_told(
    shop: EngineShop, other: EngineShop, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    await _append_as_a_newer_node(postgres_url, session_id)
    bo = await other.join(session_id, "bo")
    assert (await bo.sees("session"))["offset"] == 3
    sessions = (await other.engine.rooms.get(session_id)).session.node.stores[Sessions]
    events = await sessions.events(session_id, after=2, limit=9)
    assert events == [UnknownEvent(offset=3, at_ms=1_790_000_000_000, body=_OPENED)]
    assert orjson.loads(wire.encode(events)) == [_OPENED]
