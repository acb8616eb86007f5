"""Money that came for units that are gone."""

import asyncpg
import pytest

from liveshop.core.errors import Conflict
from tests.engine.world import EngineShop
from tests.waiting import until


async def test_a_buyer_whose_units_are_gone_is_told_as_soon_as_the_money_comes(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=2, payment="checkout")
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("checkout")
    connection = await asyncpg.connect(postgres_url)
    taken = "UPDATE stock SET sold = units, version = version + 1 WHERE session_id = $1"
    await connection.execute(taken, session_id)  # as by others, while Redis had lost the hold
    await connection.close()
    for _ in range(2):
        with pytest.raises(Conflict, match="refund_due: sold_out"):
            await shop.engine.orders.confirm(rid, "pay-1", 5000)
    refused = await ada.sees("refused")
    assert refused == {"type": "refused", "rid": rid, "sku": "OBS-M", "code": "sold_out"}
    session = (await shop.engine.rooms.get(session_id)).session
    await until(lambda: not session.broadcast.stats or session.broadcast.stats.held == 0)
    shop.buy(ada, "OBS-M", rid=rid, ref=2)
    await ada.sees("reserved", ref=2)
    await ada.until(lambda: len(ada.of("refused")) == 2)
    assert ada.of("refused") == [refused, refused]
