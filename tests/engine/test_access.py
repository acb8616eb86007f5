"""A node knows the bans that its rooms need, reads what has changed, and has limits for them."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final

import anyio
import pytest

from liveshop.core import limits
from liveshop.core.access import Ban, Place
from liveshop.core.errors import LimitReached
from liveshop.core.roles import Role
from liveshop.engine.access import Access
from liveshop.stores.postgres.access import AccessLists
from liveshop.stores.postgres.database import Database
from tests.engine.banning import ADA, HOST, MO, knock, order
from tests.engine.world import EngineShop, open_shop
from tests.faults.proxy import Proxy
from tests.waiting import until

_NO_END: Final = "NULL"


async def _fill(
    database: Database, count: int, place: Place, *, until_ms: str = _NO_END, first: int = 1
) -> None:
    """Ban many at once, each change with a version of its own."""
    await database.commit(
        "WITH turn AS (UPDATE access SET version = version + $1 RETURNING version)"
        " INSERT INTO ban (viewer_id, session_id, shop, role, by, at_ms, until_ms, version)"
        f" SELECT 'v' || n, $2, $3, 2, 'mo', 1, {until_ms}, turn.version - $1 + n - $4 + 1"
        " FROM turn, generate_series($4::int, $4 + $1::int - 1) n",
        count,
        *place,
        first,
    )


class _CountedLists(AccessLists):
    """The lists, and how many rows each reading returned."""

    def __init__(self, database: Database, *, page_max: int) -> None:
        super().__init__(database, page_max=page_max)
        self.pages: list[int] = []

    async def bans_changed(self, *, after: int, up_to: int) -> AsyncIterator[list[Ban]]:
        async for page in super().bans_changed(after=after, up_to=up_to):
            self.pages.append(len(page))
            yield page


def _access(shop: EngineShop, lists: AccessLists) -> Access:
    return Access(lists, shop.engine.node.bus, shop.engine.node.now_ms)


def _known(access: Access, *places: Place) -> list[int]:
    return [access.bans.count(place) for place in places]


async def test_a_node_knows_the_bans_of_its_rooms_and_of_no_others(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    here, elsewhere = await shop.plan(), await shop.plan()
    for place, count in (((here, None), 3), ((elsewhere, None), 5), ((None, None), 7)):
        await _fill(shop.database, count, place)
    await _fill(shop.database, 9, (None, "north"))
    places: tuple[Place, ...] = ((here, None), (elsewhere, None), (None, None), (None, "north"))
    async with open_shop(redis_url, postgres_url) as newer:
        access = newer.engine.node.access
        await access.require()
        assert _known(access, *places) == [0, 0, 0, 0]
        assert not access.bans
        await newer.engine.rooms.get(here)
        assert _known(access, *places) == [3, 0, 7, 0]
        await newer.engine.rooms.get(elsewhere)
        assert _known(access, *places) == [3, 5, 7, 0]


async def test_the_bans_of_a_place_are_forgotten_with_the_last_room_that_needs_them(
    shop: EngineShop,
) -> None:
    access, session_ids = shop.engine.node.access, [await shop.plan(), await shop.plan()]
    places: list[tuple[Place, ...]] = [((None, None), (each, None)) for each in session_ids]
    for place in ((None, None), *(each[1] for each in places)):
        await _fill(shop.database, 2, place)
    for each in places:
        await access.need(each)
    access.need_no_longer(places[0])
    assert _known(access, (None, None), places[0][1], places[1][1]) == [2, 0, 2]
    access.need_no_longer(places[1])
    assert not access.bans


async def test_a_change_is_read_alone_however_many_bans_there_are(shop: EngineShop) -> None:
    session_id = await shop.plan()
    place: Place = (session_id, None)
    lists = _CountedLists(shop.database, page_max=100)
    access = _access(shop, lists)
    await _fill(shop.database, 1_000, place)
    await access.need([place])
    await access.refresh()
    assert (access.bans.count(place), lists.pages) == (1_000, [])
    await _fill(shop.database, 1, place, first=5_000)
    await access.refresh()
    assert (access.bans.count(place), lists.pages) == (1_001, [1])
    await access.refresh()
    assert lists.pages == [1]


async def test_many_changes_at_once_are_read_in_pages_and_none_is_left_out(
    shop: EngineShop,
) -> None:
    session_id, other_id = await shop.plan(), await shop.plan()
    place: Place = (session_id, None)
    lists = _CountedLists(shop.database, page_max=7)
    access = _access(shop, lists)
    await access.need([place])
    await access.refresh()
    await _fill(shop.database, 10, place)
    await _fill(shop.database, 10, (other_id, None))
    await _fill(shop.database, 3, place, first=50)
    await access.refresh()
    assert lists.pages == [7, 7, 7, 2]
    assert _known(access, place, (other_id, None)) == [13, 0]


async def test_a_place_is_read_in_pages_the_newest_bans_last(shop: EngineShop) -> None:
    session_id = await shop.plan()
    place: Place = (session_id, None)
    await _fill(shop.database, 20, place, first=30)
    await _fill(shop.database, 3, place, first=1)
    access = _access(shop, AccessLists(shop.database, page_max=7))
    await access.need([place])
    now_ms = shop.engine.node.now_ms()
    names = [ban.viewer_id for ban in access.bans.in_place(place, now_ms)]
    assert names == [f"v{n}" for n in (*range(30, 50), 1, 2, 3)]


async def test_a_place_has_a_limit_of_bans_in_force_and_the_refusal_names_what_makes_room(
    shop: EngineShop,
) -> None:
    session_id, second = await shop.plan(), await shop.plan()
    await _fill(shop.database, 20, (session_id, None), until_ms="1000", first=20_000)  # are over
    await _fill(shop.database, limits.BANS_PER_PLACE_MAX - 1, (session_id, None))
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada", duration_ms=86_400_000)
    with pytest.raises(LimitReached) as refusal:
        await order(shop, session_id, MO, "viewer.ban", viewer_id="cy")
    assert refusal.value.message == (
        "bans here: the limit is 10000, 0 left;"
        " lift some with `viewer.unban`, or ban for a time with `duration_ms`"
    )
    assert (await knock(shop, session_id, ADA)).closed == 4503
    await order(shop, session_id, MO, "viewer.ban", viewer_id="v1", duration_ms=60_000)  # again
    await order(shop, second, MO, "viewer.ban", viewer_id="cy")  # another session
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="cy", everywhere=True)
    await order(shop, session_id, MO, "viewer.unban", viewer_id="v1")
    await order(shop, session_id, MO, "viewer.ban", viewer_id="cy")


async def test_of_many_bans_at_once_only_as_many_are_made_as_have_room(shop: EngineShop) -> None:
    session_id = await shop.plan()
    await _fill(shop.database, limits.BANS_PER_PLACE_MAX - 2, (session_id, None))
    refused: list[str] = []

    async def ban(name: str) -> None:
        try:
            await order(shop, session_id, MO, "viewer.ban", viewer_id=name)
        except LimitReached:
            refused.append(name)

    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(ban, f"new{number}")
    assert len(refused) == 6
    assert shop.engine.node.access.bans.count((session_id, None)) == limits.BANS_PER_PLACE_MAX


async def test_a_node_that_has_lost_postgres_knows_what_changed_meanwhile_once_it_is_back(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    async with (
        Proxy(postgres_url).listening() as postgres,
        open_shop(redis_url, postgres.url) as cut_off,
    ):
        kept = await cut_off.join(session_id, "bo")
        staff = await cut_off.join(session_id, "staff", Role.MODERATOR)
        await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
        await staff.sees("viewer.banned", viewer_id="ada", until_ms=None)
        postgres.refuse()
        await until(lambda: not cut_off.engine.node.database.reachable)
        await order(shop, session_id, MO, "viewer.unban", viewer_id="ada")
        # As if it had been for a day: nothing tells of the ban that was lifted.
        await shop.database.commit("DELETE FROM ban WHERE until_ms IS NOT NULL")
        await order(shop, session_id, MO, "viewer.ban", viewer_id="bo")
        assert kept.closed is None
        await postgres.accept()
        await kept.until(lambda: kept.closed == 4503)
        await staff.sees("viewer.banned", viewer_id="bo", until_ms=None)
        await staff.until(_lifted(staff.inbox, "ada"))
        assert (await knock(cut_off, session_id, ADA)).closed is None


def _lifted(inbox: list[dict[str, Any]], viewer_id: str) -> Callable[[], bool]:
    def told() -> bool:
        return any(
            message["type"] == "viewer.banned"
            and message["viewer_id"] == viewer_id
            and message["until_ms"] is not None
            for message in inbox
        )

    return told


async def test_nodes_agree_with_a_list_of_all_after_each_of_many_changes(
    shop: EngineShop, other: EngineShop
) -> None:
    session_ids = [await shop.plan() for _ in range(3)]
    banned: set[tuple[str | None, str]] = set()
    for number in range(60):
        session_id, viewer_id = session_ids[number * 7 % 3], f"v{number * 5 % 8}"
        everywhere = number % 11 == 3
        where = (None if everywhere else session_id, viewer_id)
        kind = "viewer.unban" if where in banned else "viewer.ban"
        node = (shop, other)[number % 2]
        fields: dict[str, Any] = {"viewer_id": viewer_id, "everywhere": everywhere}
        await order(node, session_id, HOST, kind, **fields)
        banned ^= {where}
        for each in (shop, other):
            if number >= 10:  # later, the room is there
                await each.engine.rooms.get(session_id)
            await each.engine.node.access.refresh()
            loaded = [known for known in session_ids if each.engine.rooms.loaded(known)]
            if loaded:
                expected = {where for where in banned if where[0] in (None, *loaded)}
                # A ban ends when the node that lifts it says, and the clock of that may be ahead.
                await until(partial(_knows, each, loaded, expected))


def _knows(node: EngineShop, session_ids: list[str], expected: set[tuple[str | None, str]]) -> bool:
    return _all_known(node, session_ids) == expected


def _all_known(node: EngineShop, session_ids: list[str]) -> set[tuple[str | None, str]]:
    bans, now_ms = node.engine.node.access.bans, node.engine.node.now_ms()
    places: list[Place] = [(None, None), *((each, None) for each in session_ids)]
    return {
        (ban.session_id, ban.viewer_id) for place in places for ban in bans.in_place(place, now_ms)
    }
