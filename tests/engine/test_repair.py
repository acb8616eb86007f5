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
