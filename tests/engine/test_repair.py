"""After a repair the nodes load Redis anew by themselves, and sell on."""

from liveshop.stores.audit.look import audit
from liveshop.stores.audit.repair import repair
from liveshop.stores.redis.packing import SEPARATOR, session_key
from tests.engine.world import Shop, until


async def test_units_that_leaked_in_redis_are_for_sale_after_a_repair(shop: Shop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    context = (await shop.engine.room(session_id)).context
    link, database = context.node.link, context.node.database
    ada = await shop.join(session_id, "ada")
    rid = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved", rid=rid)
    stock = session_key(session_id, "stock")
    await link.call("HSET", stock, f"sOBS-M{SEPARATOR}held", 3)
    shop.buy(ada, "OBS-M")
    assert (await ada.sees("error"))["code"] == "sold_out"
    found = await audit(database, link, looks=1)
    assert [finding.check for finding in found] == ["row_holds_what_is_reserved"]
    epoch = context.epoch
    assert len(await repair(database, link, found)) == 1
    await until(lambda: context.epoch > epoch and context.buying)
    shop.buy(ada, "OBS-M", quantity=2)
    await ada.sees("confirmed")
    assert ada.of("refused") == []
    assert await audit(database, link) == []


async def test_a_row_that_redis_had_wrong_at_a_higher_version_does_not_come_back(
    shop: Shop, other: Shop
) -> None:
    session_id = await shop.live(OBS_M=3)
    contexts = [(await each.engine.room(session_id)).context for each in (shop, other)]
    for each in (shop, other):
        await each.opened(session_id)
    link, database = contexts[0].node.link, contexts[0].node.database
    wrong = (f"sOBS-M{SEPARATOR}sold", 2, f"sOBS-M{SEPARATOR}version", 500)
    await link.call("HSET", session_key(session_id, "stock"), *wrong)
    await link.call("HINCRBY", session_key(session_id, "cfg"), "tick", 1)
    await until(lambda: all(each.rows["sOBS-M"].version == 500 for each in contexts))
    found = await audit(database, link, looks=1)
    assert [finding.check for finding in found] == ["row_is_copied"]
    epoch = contexts[0].epoch
    assert len(await repair(database, link, found)) == 1
    await until(lambda: all(each.epoch > epoch and each.buying for each in contexts))
    assert [each.rows["sOBS-M"].sold for each in contexts] == [0, 0]
    await shop.host(session_id, "product.pin", product_id="shirt")
    await other.host(session_id, "product.unpin", product_id="shirt")
    assert await audit(database, link) == []
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M", quantity=3)
    await ada.sees("confirmed")
