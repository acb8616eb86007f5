"""A store goes away and comes back, under a live session."""

import pytest

from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.local_stores import LocalStores
from liveshop.cli.local_valkey import LocalValkey
from liveshop.stores.postgres.migrate import migrate
from tests.engine.world import EngineShop, open_shop
from tests.waiting import until


def _restart(store: LocalValkey | LocalPostgres) -> None:
    store.kill()
    store.start()


async def _sell_one(shop: EngineShop, session_id: str) -> str:
    buyer = await shop.join(session_id, f"buyer-{shop.engine.node.now_ms()}")
    rid = shop.buy(buyer, "OBS-M")
    await buyer.sees("confirmed")
    return rid


async def test_redis_comes_back_empty_and_selling_goes_on(own_stores: LocalStores) -> None:
    await migrate(own_stores.postgres.url)
    async with open_shop(own_stores.valkey.url, own_stores.postgres.url) as shop:
        session_id = await shop.live(OBS_M=2)
        await shop.opened(session_id)
        await _sell_one(shop, session_id)
        watcher = await shop.join(session_id, "ada")
        own_stores.valkey.kill()
        await watcher.sees("pulse", buying=False)
        shop.buy(watcher, "OBS-M", ref=1)
        assert (await watcher.sees("error", ref=1))["code"] == "unavailable"
        anonymous = await shop.join(session_id)
        assert anonymous.of("session")[0]["buying"] is False
        for file in (own_stores.valkey.folder / "appendonlydir").iterdir():
            file.unlink()
        own_stores.valkey.start()
        await watcher.sees("pulse", buying=True)
        shop.buy(watcher, "OBS-M", 2, ref=2)
        refused = await watcher.sees("error", ref=2)
        assert (refused["code"], refused["left"]) == ("sold_out", 1)
        await _sell_one(shop, session_id)
        assert watcher.closed is None


async def test_redis_comes_back_from_its_file_and_holds_survive(own_stores: LocalStores) -> None:
    await migrate(own_stores.postgres.url)
    async with open_shop(own_stores.valkey.url, own_stores.postgres.url) as shop:
        session_id = await shop.live(OBS_M=2)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        rid = shop.reserve(ada, "OBS-M")
        await ada.sees("reserved")
        room = await shop.engine.rooms.get(session_id)
        # The file is written every second; this makes sure of it.
        await room.session.node.link.call("WAITAOF", 1, 0, 5_000)
        epoch = room.session.epochs.newest
        _restart(own_stores.valkey)
        await until(lambda: room.session.epochs.buying and room.session.epochs.newest == epoch + 1)
        again = await shop.join(session_id, "ada")
        assert [each["rid"] for each in again.of("welcome")[0]["reservations"]] == [rid]
        bo = await shop.join(session_id, "bo")
        shop.buy(bo, "OBS-M", 2, ref=1)
        assert (await bo.sees("error", ref=1))["left"] == 1


@pytest.mark.feature("chat")
async def test_postgres_goes_away_and_what_is_held_stays_held(own_stores: LocalStores) -> None:
    await migrate(own_stores.postgres.url)
    async with open_shop(own_stores.valkey.url, own_stores.postgres.url) as shop:
        session_id = await shop.live(OBS_M=2)
        await shop.opened(session_id)
        ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
        rid = shop.reserve(ada, "OBS-M")
        await ada.sees("reserved")
        own_stores.postgres.kill()
        await ada.sees("pulse", buying=False)
        shop.buy(bo, "OBS-M", ref=1)
        assert (await bo.sees("error", ref=1))["code"] == "unavailable"
        shop.send(bo, "say", text="is it just me?", ref=2)
        await bo.sees("ok", ref=2)
        own_stores.postgres.start()
        await ada.until(lambda: _buying_again(ada.of("pulse")))
        shop.send(ada, "checkout", order_id=rid, rids=[rid], ref=3)
        assert (await ada.sees("confirmed", ref=3))["rids"] == [rid]


def _buying_again(pulses: list[dict[str, object]]) -> bool:
    said = [pulse["buying"] for pulse in pulses if "buying" in pulse]
    return said[-1:] == [True]


async def test_a_cancellation_while_redis_is_away_is_told_on_every_node(
    own_stores: LocalStores,
) -> None:
    urls = own_stores.valkey.url, own_stores.postgres.url
    await migrate(own_stores.postgres.url)
    async with open_shop(*urls) as shop, open_shop(*urls) as other:
        session_id = await shop.live_with(other, OBS_M=2)
        there = await other.join(session_id, "ada")
        rid = other.buy(there, "OBS-M")
        await there.sees("confirmed")
        room = await shop.engine.rooms.get(session_id)
        await until(lambda: room.session.peers.nodes == 2)
        own_stores.valkey.kill()
        await until(lambda: not room.session.epochs.buying)
        await shop.engine.orders.cancel(rid)
        own_stores.valkey.start()
        assert (await there.sees("cancelled"))["order_id"] == rid
