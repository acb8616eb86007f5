"""Bans and revocations in PostgreSQL: how many there may be, and what a look at them reads."""

import pytest

from liveshop.core import limits
from liveshop.core.access import Place, Revocation
from liveshop.core.roles import Role
from liveshop.stores.postgres.access import AccessLists
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

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
        " SELECT concat_ws(':', $2::text, $3::text, n), n::text, $2, $3, 3, 'ho', 1, n"
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


async def test_a_node_that_begins_reads_all_revocations_in_pages(database: Database) -> None:
    await _fill(database, 25, (None, None))
    lists = AccessLists(database, page_max=10)
    for after, sizes in ((-1, [10, 10, 5]), (15, [10]), (24, [1]), (25, [])):
        changed = lists.revocations_changed(after=after, up_to=25, now_ms=_NOW)
        names = [[each.revocation_id for each in page] async for page in changed]
        assert [len(page) for page in names] == sizes
        found = [name for page in names for name in page]
        assert found == [str(n) for n in range(max(after, 0) + 1, 26)]


async def test_what_ended_a_day_ago_is_taken_out_some_at_a_time_and_all_else_stays(
    database: Database,
) -> None:
    kept_ms = limits.ACCESS_ENDED_KEPT_MS
    await database.commit(
        "INSERT INTO ban (viewer_id, shop, role, by, at_ms, until_ms, version)"
        " SELECT 'v' || n, 'north', 2, 'mo', 1,"
        " CASE WHEN n <= 12 THEN $1::bigint - 1 WHEN n <= 15 THEN $1 END, n"
        " FROM generate_series(1, 20) n",
        _NOW - kept_ms,
    )
    lists = AccessLists(database, page_max=10)
    left = []
    for _ in range(3):
        await lists.revoke(_revocation("r1", (None, None)))
        ((count,),) = await database.fetch("SELECT count(*) FROM ban")
        left.append(count)
    assert left == [10, 8, 8]


_LOOKS = {
    "version": (),
    "bans_changed": ("0", "1", "10"),
    "banned_places": ("ARRAY['s1', '']", "ARRAY['', 'north']"),
    "bans_of_place": ("'s1'", "''", "0", "1", "10"),
    "revocations_changed": ("0", "1", "1", "10"),
    "drop_ended": ("1", "10"),
}


@pytest.mark.parametrize("name", _LOOKS)
async def test_no_look_at_the_lists_reads_them_whole(database: Database, name: str) -> None:
    await _fill(database, 20_000, (None, "north"))
    await database.commit(
        "INSERT INTO ban (viewer_id, shop, role, by, at_ms, until_ms, version)"
        " SELECT 'v' || n, 'shop' || n % 9, 2, 'mo', 1, NULLIF(n % 3, 0) * 1000, n"
        " FROM generate_series(1, 20000) n"
    )
    for table in ("ban", "revocation"):
        await database.commit(f"VACUUM ANALYZE {table}")
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE asked AS {queries('access')[name]}")
        given = f"({', '.join(_LOOKS[name])})" if _LOOKS[name] else ""
        plan = [line for (line,) in await connection.fetch(f"EXPLAIN EXECUTE asked{given}")]
        await connection.execute("DEALLOCATE asked")
    tables = ("on ban", "on revocation")
    whole = [line for line in plan if "Seq Scan" in line and any(each in line for each in tables)]
    assert not whole, "\n".join(plan)
