"""Events of a node of the release before, which leaves out what that release did not know."""

from typing import Any

import asyncpg

from liveshop.core import wire
from tests.core.world import STREAM
from tests.engine.world import EngineShop

_NOW_MS = 1_790_000_000_000


async def _append(postgres_url: str, session_id: str, **event: Any) -> None:
    """Append an event as that node does."""
    status, offset = event.get("status", "scheduled"), event["offset"]
    connection = await asyncpg.connect(postgres_url)
    try:
        async with connection.transaction():
            moved = await connection.execute(
                "UPDATE session SET head_offset = $2, status = $3 "
                "WHERE id = $1 AND head_offset = $2 - 1",
                session_id,
                offset,
                status,
            )
            assert moved == "UPDATE 1"
            await connection.execute(
                'INSERT INTO event (session_id, "offset", at_ms, type, body) '
                "VALUES ($1, $2, $3, $4, $5::jsonb)",
                session_id,
                offset,
                _NOW_MS,
                event["type"],
                wire.encode_one({**event, "at_ms": _NOW_MS}).decode(),
            )
    finally:
        await connection.close()


async def test_a_start_by_an_earlier_release_tells_viewers_where_the_video_is(
    shop: EngineShop, postgres_url: str
) -> None:
    info = await shop.engine.create_session(
        title="Show",
        currency="EUR",
        payment="direct",
        hold_ms=300_000,
        starts_at_ms=_NOW_MS,
        stream_url=STREAM,
    )
    viewer = await shop.join(info.id)
    assert viewer.of("session")[0]["stream_url"] is None
    await _append(postgres_url, info.id, type="session.started", offset=1, status="live")
    assert (await viewer.sees("session.started"))["stream_url"] == STREAM
    await _append(postgres_url, info.id, type="session.paused", offset=2, status="paused")
    assert (await viewer.sees("session.paused"))["stream_url"] is None
    await _append(postgres_url, info.id, type="session.resumed", offset=3, status="live")
    assert (await viewer.sees("session.resumed"))["stream_url"] == STREAM
    newcomer = await shop.join(info.id)
    assert newcomer.of("session")[0]["stream_url"] == STREAM


async def test_what_an_earlier_release_puts_on_the_shelf_has_a_number(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id = await shop.plan()
    viewer = await shop.join(session_id)
    for offset, name in enumerate(("cap", "mug"), 1):
        skus = (f"{name}-S", f"{name}-M")
        facts: dict[str, Any] = {"label": "", "price": 1, "was": None, "limit": 1, "left": 1}
        variants = [{"sku": sku, **facts} for sku in skus]
        product = {"product_id": name, "title": name, "image": None, "variants": variants}
        await _append(
            postgres_url, session_id, type="product.added", offset=offset, product=product
        )
        told = (await viewer.sees("product.added", offset=offset))["product"]
        assert told["number"] == offset
        assert [variant["number"] for variant in told["variants"]] == [1, 2]
        newcomer = await shop.join(session_id)
        assert newcomer.of("session")[0]["shelf"][-1] == told
