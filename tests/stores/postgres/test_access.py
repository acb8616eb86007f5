"""Revocations in PostgreSQL: how many there may be, in all and of one place."""

from liveshop.core import limits
from liveshop.core.access import Place, Revocation
from liveshop.core.roles import Role
from liveshop.stores.postgres.access import AccessLists
from liveshop.stores.postgres.database import Database

_NOW = 1_790_000_000_000
_PLACE_MAX = limits.REVOCATIONS_PER_PLACE_MAX


def _revocation(name: str, place: Place) -> Revocation:
    return Revocation(
        revocation_id=name,
        jti=name,
        sub=None,
        before_ms=None,
        session_id=place[0],
        shop=place[1],
        role=Role.HOST,
        at_ms=_NOW,
        by="ho",
        ends_ms=None,
    )


async def _fill(database: Database, count: int, place: Place) -> None:
    await database.commit(
        "INSERT INTO revocation (id, jti, session_id, shop, role, by, at_ms, version)"
        " SELECT concat_ws(':', $2::text, $3::text, n), n::text, $2, $3, 3, 'ho', 1, 1"
        " FROM generate_series(1, $1) n",
        count,
        *place,
    )


async def test_a_shop_that_has_used_up_its_revocations_leaves_room_for_all_others(
    database: Database,
) -> None:
    lists = AccessLists(database)
    full: tuple[Place, ...] = ((None, "north"), ("s1", None), ("s1", "north"))
    for place in full:
        await _fill(database, _PLACE_MAX - 1, place)
        last, next_one = (_revocation(f"{name}{place}", place) for name in ("last", "next"))
        assert await lists.revoke(last)
        assert not await lists.revoke(next_one)
        assert await lists.revoke(last)  # again takes no further room
    others: tuple[Place, ...] = ((None, "south"), ("s2", None), ("s2", "north"), (None, None))
    for place in others:
        assert await lists.revoke(_revocation(f"other{place}", place))


async def test_those_without_a_place_may_use_all_the_room_and_no_more(database: Database) -> None:
    lists = AccessLists(database)
    await _fill(database, limits.REVOCATIONS_MAX - 1, (None, None))
    assert await lists.revoke(_revocation("last", (None, None)))
    assert not await lists.revoke(_revocation("next", (None, None)))
    assert not await lists.revoke(_revocation("north", (None, "north")))
