"""The records of a show: samples once for all nodes, looks, who has joined."""

import pytest

from liveshop.core.roles import Role
from liveshop.engine.rooms.room import Room
from liveshop.features.figures import room as sampler
from liveshop.features.figures.room import Sampler
from liveshop.features.figures.store import Figures
from tests.engine.world import EngineShop
from tests.waiting import until

NOW_MS = 1_790_000_000_000


@pytest.fixture(autouse=True)
def no_other_sample_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all recording to the test; a room would record at the instants that are due."""
    monkeypatch.setattr(sampler, "SAMPLE_MS", 365 * 86_400_000)


def _sampler(room: Room) -> Sampler:
    sampler = room.session.parts["figures"]
    assert isinstance(sampler, Sampler)
    return sampler


async def _figures(shop: EngineShop, session_id: str) -> Figures:
    return (await shop.engine.rooms.get(session_id)).session.node.stores[Figures]


async def test_two_nodes_keep_one_sample_with_the_viewers_of_both(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    await shop.join(session_id, "ada")
    await other.join(session_id, "bo")
    rooms = [await each.engine.rooms.get(session_id) for each in (shop, other)]
    await until(lambda: {room.session.broadcast.gauges.viewers for room in rooms} == {2})
    for room in rooms:
        await _sampler(room).record(NOW_MS)
    figures = await _figures(shop, session_id)
    audience = await figures.audience(session_id)
    assert (audience.viewers_peak, audience.viewers_average) == (2, 2)
    series = await figures.gauge_series(session_id, NOW_MS, 10_000)
    assert series == {0: (2, 0, 0)}


async def test_visitors_are_known_by_token_or_name_and_staff_are_none(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    room = await shop.engine.rooms.get(session_id)
    for name in ("ada", "ada", "bo"):
        await shop.join(session_id, name)
    await shop.join(session_id, "mo", Role.MODERATOR)
    await shop.join(session_id)
    for visitor in ("phone", "phone", None):
        _sampler(room).joined(None, visitor)
    await _sampler(room).record(NOW_MS)
    audience = await (await _figures(shop, session_id)).audience(session_id)
    assert audience.visitors == 3


async def test_product_views_are_counted_for_what_is_on_the_shelf(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    viewer = await shop.join(session_id)
    for _ in range(3):
        shop.send(viewer, "look", product_id="shirt")
    shop.send(viewer, "look", product_id="hat", ref=7)
    assert (await viewer.sees("error", ref=7))["code"] == "not_found"
    room = await shop.engine.rooms.get(session_id)
    await _sampler(room).record(NOW_MS)
    await _sampler(room).record(NOW_MS + 10_000)
    assert await (await _figures(shop, session_id)).looks(session_id) == {"shirt": 3}


async def test_nothing_is_sampled_before_the_show_and_once_more_after_it(shop: EngineShop) -> None:
    await shop.stock(SHIRT_M=5)
    session_id = await shop.plan()
    room = await shop.engine.rooms.get(session_id)
    figures = room.session.node.stores[Figures]
    await _sampler(room).record(NOW_MS)
    assert await figures.gauge_series(session_id, 0, 1) == {}
    await shop.host(session_id, "session.start")
    await _sampler(room).record(NOW_MS)
    await shop.host(session_id, "session.end")
    for step in (1, 2):
        await _sampler(room).record(NOW_MS + step * 10_000)
    assert list(await figures.gauge_series(session_id, NOW_MS, 10_000)) == [0, 1]
