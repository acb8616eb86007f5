"""After a repair the nodes load Redis again on their own, and sell on."""

from liveshop.stores.audit.look import audit
from liveshop.stores.audit.repair import repair
from liveshop.stores.redis.packing import SEPARATOR, session_key
from tests.engine.world import EngineShop
from tests.waiting import until


async def test_units_that_leaked_in_redis_are_for_sale_after_a_repair(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    link, database = session.node.link, session.node.database
    ada = await shop.join(session_id, "ada")
    rid = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved", rid=rid)
    stock = session_key(session_id, "stock")
    await link.call("HSET", stock, f"sOBS-M{SEPARATOR}held", 3)
    shop.buy(ada, "OBS-M")
    assert (await ada.sees("error"))["code"] == "sold_out"
    found = await audit(database, link, looks=1)
    assert [finding.check for finding in found] == ["row_holds_what_is_reserved"]
    epoch = session.epochs.newest
    assert len(await repair(database, link, found)) == 1
    await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
    shop.buy(ada, "OBS-M", quantity=2)
    await ada.sees("confirmed")
    assert ada.of("refused") == []
    assert await audit(database, link) == []


async def test_a_row_that_redis_had_wrong_at_a_higher_version_does_not_come_back(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=3)
    contexts = [(await each.engine.rooms.get(session_id)).session for each in (shop, other)]
    for each in (shop, other):
        await each.opened(session_id)
    link, database = contexts[0].node.link, contexts[0].node.database
    wrong = (f"sOBS-M{SEPARATOR}sold", 2, f"sOBS-M{SEPARATOR}version", 500)
    await link.call("HSET", session_key(session_id, "stock"), *wrong)
    await link.call("HINCRBY", session_key(session_id, "cfg"), "tick", 1)
    await until(lambda: all(each.rows["sOBS-M"].version == 500 for each in contexts))
    found = await audit(database, link, looks=1)
    assert [finding.check for finding in found] == ["row_is_copied"]
    epoch = contexts[0].epochs.newest
    assert len(await repair(database, link, found)) == 1
    await until(lambda: all(each.epochs.newest > epoch and each.epochs.buying for each in contexts))
    assert [each.rows["sOBS-M"].sold for each in contexts] == [0, 0]
    await shop.host(session_id, "product.pin", product_id="shirt")
    await other.host(session_id, "product.unpin", product_id="shirt")
    assert await audit(database, link) == []
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M", quantity=3)
    await ada.sees("confirmed")


async def test_a_plan_that_is_not_what_the_log_says_is_found_and_loaded_again(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=3, OBS_L=3)
    await shop.stock("mug", MUG=5)
    mug = {"product_id": "mug", "units": {"MUG": 5}, "prices": {"MUG": 700}, "limit": 2}
    await shop.host(session_id, "product.add", **mug)
    await shop.host(session_id, "product.reprice", product_id="shirt", prices={"OBS-M": 4000})
    await shop.host(
        session_id, "sale.start", product_id="shirt", percent=50, duration_ms=60_000, units=2
    )
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    link, database = session.node.link, session.node.database
    plan = session_key(session_id, "plan")
    assert await audit(database, link) == []
    offer = await link.call("HGET", plan, "sOBS-M")
    sale = SEPARATOR.join(offer.split(SEPARATOR)[2:])
    damages = [
        ("HSET", "sMUG", f"1{SEPARATOR}2", "sMUG: Redis 1 2, the log says 700 2"),
        ("HSET", "sMUG", f"700{SEPARATOR}9", "sMUG: Redis 700 9, the log says 700 2"),
        ("HSET", "sOBS-M", f"4000{SEPARATOR}10", "sOBS-M: Redis 4000 10, the log says 4000 10 @"),
        ("HSET", "sHAT", f"1{SEPARATOR}1", "sHAT: Redis 1 1, the log says nothing"),
        ("HDEL", "sOBS-L", "", "sOBS-L: Redis nothing, the log says 5000 10 @"),
        ("HSET", "status", "paused", "status: Redis paused, the log says live"),
        ("HSET", "hold_ms", "1", "hold_ms: Redis 1, the log says 300000"),
    ]
    for command, field, value, what in damages:
        await link.call(command, plan, field, *([value] if value else []))
        found = await audit(database, link, looks=1)
        assert [finding.check for finding in found] == ["plan_is_logged"]
        assert found[0].what.startswith(f"the plan's {what}")
        epoch = session.epochs.newest
        await repair(database, link, found)
        await until(lambda: session.epochs.newest > epoch and session.epochs.buying)  # noqa: B023
        assert await audit(database, link) == []
    assert SEPARATOR.join((await link.call("HGET", plan, "sOBS-M")).split(SEPARATOR)[2:]) == sale


async def test_a_time_far_ahead_is_found_and_set_back_with_what_is_held(shop: EngineShop) -> None:
    session_id = await shop.live(hold_ms=300_000, OBS_M=3)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    link, database = session.node.link, session.node.database
    month_ms = 30 * 86_400_000
    ahead_ms = await link.now_ms() + month_ms
    await link.call("HSET", session_key(session_id, "cfg"), "hi_ms", ahead_ms)
    ada = await shop.join(session_id, "ada")
    rid = shop.reserve(ada, "OBS-M")
    assert (await ada.sees("reserved", rid=rid))["expires_at_ms"] >= ahead_ms + 300_000
    found = await audit(database, link, looks=1)
    assert [(each.promise, each.check) for each in found] == [("P4", "time_is_near")]
    epoch = session.epochs.newest
    done = await repair(database, link, found)
    assert "its time is set back by 259" in done[0]
    await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
    assert await audit(database, link) == []
    now_ms = await link.now_ms()
    [held] = await session.units.mine("ada")
    assert held.rid == rid
    assert now_ms + 200_000 < held.deadline_ms <= now_ms + 300_000
    bo = await shop.join(session_id, "bo")
    shop.reserve(bo, "OBS-M")
    assert (await bo.sees("reserved"))["expires_at_ms"] <= await link.now_ms() + 300_000
    shop.buy(bo, "OBS-M")
    assert (await bo.sees("confirmed"))["at_ms"] <= await link.now_ms()
