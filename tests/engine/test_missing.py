"""Sessions that are not there are asked for once, and one that is made is there at once."""

from uuid import uuid4

import pytest

from liveshop.core import limits
from liveshop.core.errors import NotFound
from liveshop.engine.rooms.missing import Missing
from liveshop.stores.postgres.sessions import Sessions
from tests.engine.banning import ADA, knock
from tests.engine.world import EngineShop


class _Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _seek(missing: Missing, session_id: str, *, found: bool = False) -> bool:
    """Look for a session; return True if that took a query."""
    asked = False
    try:
        with missing.noting(session_id):
            asked = True
            if not found:
                raise NotFound("session", session_id)
    except NotFound:
        assert not found or not asked
    return asked


def test_an_id_that_is_not_there_is_asked_for_once_a_second() -> None:
    clock = _Clock()
    missing = Missing(clock)
    assert [_seek(missing, "a") for _ in range(3)] == [True, False, False]
    assert _seek(missing, "b")
    clock.now_s += limits.MISSING_KNOWN_MS / 1000
    assert [_seek(missing, "a") for _ in range(2)] == [True, False]


def test_what_is_there_is_not_remembered_as_missing() -> None:
    missing = Missing(_Clock())
    assert [_seek(missing, "a", found=True) for _ in range(2)] == [True, True]
    assert len(missing) == 0


def test_of_many_made_up_ids_the_oldest_is_forgotten() -> None:
    missing = Missing(_Clock())
    for number in range(limits.MISSING_KNOWN_MAX + 1):
        _seek(missing, str(number))
    assert len(missing) == limits.MISSING_KNOWN_MAX
    assert _seek(missing, "0")
    assert not _seek(missing, str(limits.MISSING_KNOWN_MAX))


async def test_a_made_up_session_is_one_query_for_all_who_ask_in_whatever_way(
    shop: EngineShop,
) -> None:
    rooms, made_up, asked = shop.engine.rooms, uuid4().hex, 0
    store = shop.engine.node.stores[Sessions]
    get = store.get

    async def counted(session_id: str) -> object:
        nonlocal asked
        asked += session_id == made_up
        return await get(session_id)

    store.get = counted  # type: ignore[method-assign, assignment]
    for seek in (rooms.look_up, rooms.look_up, rooms.show, rooms.get, rooms.view):
        with pytest.raises(NotFound):
            await seek(made_up)
    watcher = await knock(shop, made_up, ADA)
    assert watcher.closed == 4505
    assert asked == 1
    assert rooms.missing(made_up)


async def test_a_session_that_is_made_on_another_node_is_joinable_at_once(
    shop: EngineShop, other: EngineShop
) -> None:
    with pytest.raises(NotFound):
        await other.engine.rooms.look_up(uuid4().hex)
    for maker, node in ((shop, other), (other, shop), (shop, shop)):
        session_id = await maker.plan()
        await node.engine.rooms.look_up(session_id)
        viewer = await node.join(session_id, "ada")
        assert viewer.closed is None
        assert (await node.engine.rooms.view(session_id))["id"] == session_id


def test_a_session_that_was_made_under_an_id_that_was_missing_is_asked_for_at_once() -> None:
    missing = Missing(_Clock())
    assert _seek(missing, "a")
    missing.forget("a")
    missing.forget("b")
    assert _seek(missing, "a", found=True)
