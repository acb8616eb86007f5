"""Nobody is banned from below; the staff is told of bans, and takes back what is held."""

from uuid import uuid4

import pytest
from redis.asyncio import Redis

from liveshop.core.access import Revocation
from liveshop.core.claims import Grant
from liveshop.core.errors import Banned, Conflict, Forbidden, LiveshopError
from liveshop.core.roles import Identity, Role
from tests.engine.banning import ADA, HOST, MO, deaf, is_released, knock, order
from tests.engine.world import EngineShop, open_shop
from tests.waiting import until


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.HOST, Role.ADMIN])
async def test_a_moderator_bans_nobody_of_the_staff_wherever_they_are(
    shop: EngineShop, other: EngineShop, role: Role
) -> None:
    session_id = await shop.live(OBS_M=5)
    here = await shop.join(session_id, "here", role)
    there = await other.join(session_id, "there", role)
    gone = await other.join(session_id, "gone", role)
    other.engine.viewer_admission.disconnect(gone)
    for viewer_id in ("here", "there", "gone", "mo"):
        with pytest.raises(Forbidden):
            await order(shop, session_id, MO, "viewer.ban", viewer_id=viewer_id)
    assert (here.closed, there.closed) == (None, None)
    assert (await knock(shop, session_id, Identity("gone", "gone", role))).closed is None


async def test_a_host_bans_moderators_but_not_hosts(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    mo = await shop.join(session_id, "mo", Role.MODERATOR)
    await shop.join(session_id, "other-host", Role.HOST)
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="mo")
    assert mo.closed == 4503
    with pytest.raises(Banned):
        await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    with pytest.raises(Forbidden):
        await order(shop, session_id, HOST, "viewer.ban", viewer_id="other-host")


async def test_an_id_that_is_banned_before_its_host_comes_keeps_the_host_not_out(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ho")
    assert (await knock(shop, session_id, HOST)).closed is None
    assert (await knock(shop, session_id, Identity("ho", "ho", Role.VIEWER))).closed == 4503


async def test_a_ban_everywhere_is_a_hosts_and_holds_in_the_shops_other_shows(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    second = await shop.plan()
    await shop.host(second, "session.start")
    there = await other.join(second, "ada")
    everywhere = {"viewer_id": "ada", "everywhere": True}
    with pytest.raises(Forbidden):
        await order(shop, session_id, MO, "viewer.ban", **everywhere)
    bound = Identity("ho", "Ho", Role.HOST, bound=True)
    with pytest.raises(Forbidden):
        await order(shop, session_id, bound, "viewer.ban", **everywhere)
    assert there.closed is None
    await order(shop, session_id, HOST, "viewer.ban", **everywhere)
    await there.until(lambda: there.closed == 4503)
    for by in (MO, HOST):
        with pytest.raises(Conflict):
            await order(shop, session_id, by, "viewer.unban", viewer_id="ada")
    with pytest.raises(Forbidden):
        await order(shop, session_id, MO, "viewer.unban", **everywhere)
    assert (await knock(shop, second, ADA)).closed == 4503
    await order(shop, second, HOST, "viewer.unban", **everywhere)
    assert (await knock(shop, session_id, ADA)).closed is None


async def test_a_moderator_neither_lifts_nor_replaces_the_ban_of_a_host(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada")
    refusals: list[type[LiveshopError]] = []
    for kind in ("viewer.unban", "viewer.ban"):
        with pytest.raises(LiveshopError) as refusal:
            await order(shop, session_id, MO, kind, viewer_id="ada")
        refusals.append(refusal.type)
    assert refusals == [Forbidden, Conflict]
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada", duration_ms=60_000)


async def test_moderators_and_hosts_are_told_who_is_banned_when_they_join_and_when_it_changes(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.join(session_id, "ada")
    mo = await other.join(session_id, "mo", Role.MODERATOR)
    bo = await other.join(session_id, "bo")
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada")
    told = {"type": "viewer.banned", "viewer_id": "ada", "name": "ada", "until_ms": None}
    assert await mo.sees("viewer.banned") == {**told, "everywhere": False}
    late = await shop.join(session_id, "ho", Role.HOST)
    assert late.of("viewer.banned") == [{**told, "everywhere": False}]
    await order(shop, session_id, HOST, "viewer.unban", viewer_id="ada")
    await mo.sees_many("viewer.banned", 2)
    lifted = mo.of("viewer.banned")[1]
    assert lifted["until_ms"] <= shop.engine.node.now_ms()
    assert bo.of("viewer.banned") == []
    after = await shop.join(session_id, "another", Role.HOST)
    assert after.of("viewer.banned") == []


async def test_a_host_takes_a_held_reservation_back_and_its_buyer_is_told(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    ada = await other.join(session_id, "ada")
    rid, bought = other.reserve(ada, "OBS-M", 2), other.buy(ada, "OBS-M")
    await ada.sees("reserved", rid=rid)
    await ada.sees("confirmed", order_id=bought)
    for viewer_id, of in (("bo", rid), ("ada", str(uuid4())), ("ada", bought)):
        with pytest.raises(LiveshopError):
            await order(shop, session_id, HOST, "hold.release", viewer_id=viewer_id, rid=of)
    assert ada.of("released") == []
    for _ in range(2):  # again, it is the same answer
        await order(shop, session_id, HOST, "hold.release", viewer_id="ada", rid=rid)
    assert await ada.sees("released", rid=rid) == {"type": "released", "rid": rid, "sku": "OBS-M"}
    assert len(ada.of("released")) == 1
    assert await is_released(shop, session_id, rid)


async def test_one_of_the_staff_whose_token_has_ended_is_written_nothing_for_the_staff(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ended = await shop.join(session_id, "ended", Role.HOST)
    host = await shop.join(session_id, "host", Role.HOST)
    ada = await shop.join(session_id, "ada")
    await host.sees("stats")
    before = len(ended.inbox)
    shop.engine.viewer_admission.lapse(ended)
    rid = shop.buy(ada, "OBS-M")
    await order(shop, session_id, MO, "viewer.ban", viewer_id="bo")
    await host.sees("order", order_id=rid)
    await host.sees("viewer.banned")
    await host.sees("stats", orders=1)
    kinds = {message["type"] for message in ended.inbox[before:]}
    assert kinds.isdisjoint({"order", "stats", "viewer.banned", "viewer.muted"})


async def test_a_revocation_is_known_to_every_node_and_to_the_next(
    shop: EngineShop, other: EngineShop, redis_url: str, postgres_url: str
) -> None:
    grant = Grant(ADA, None, token_id="t1")
    revocation = Revocation(
        revocation_id="r1",
        jti="t1",
        sub=None,
        before_ms=None,
        session_id=None,
        shop=None,
        role=Role.HOST,
        at_ms=shop.engine.node.now_ms(),
        by="ho",
        ends_ms=None,
    )
    async with deaf(other):
        await shop.engine.node.access.revoke(revocation)
        assert shop.engine.node.access.revocations.reach(grant)
        await until(lambda: other.engine.node.access.revocations.reach(grant))
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    async with open_shop(redis_url, postgres_url) as newer:
        await newer.engine.node.access.require()
        assert newer.engine.node.access.revocations.reach(grant)


async def test_a_ban_everywhere_holds_in_its_shop_and_in_no_other(shop: EngineShop) -> None:
    shows = {
        of: (
            await shop.engine.create_session(
                title="Show",
                currency="EUR",
                payment="direct",
                hold_ms=300_000,
                starts_at_ms=1_790_000_000_000,
                shop=of,
            )
        ).id
        for of in ("north", "south", None)
    }
    await order(shop, shows["north"], HOST, "viewer.ban", viewer_id="ada", everywhere=True)
    closed = {of: (await knock(shop, show, ADA)).closed for of, show in shows.items()}
    assert closed == {"north": 4503, "south": None, None: None}
