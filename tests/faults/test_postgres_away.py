"""While Postgres is away nothing is confirmed; a purchase under way gets one answer afterwards."""

import anyio
import pytest

from liveshop.core.limits import POSTGRES_SILENCE_MS_MAX
from tests.engine.world import Watcher
from tests.faults.spoiled import (
    Spoiled,
    answered,
    ended,
    final,
    nothing_is_held,
    open_spoiled,
    told,
)
from tests.waiting import until

BUYERS = 30


async def _buy_while_it_goes(
    spoiled: Spoiled, session_id: str
) -> tuple[list[Watcher], dict[str, Watcher]]:
    """Have many buy; take Postgres away after their reservations, before their orders."""
    buyers = [await spoiled.shop.join(session_id, f"buyer-{n}") for n in range(BUYERS)]
    spoiled.postgres.delay_s = 0.2
    rids = {spoiled.shop.buy(buyer, "OBS-M", ref=1): buyer for buyer in buyers}
    for buyer in buyers:
        await buyer.sees("reserved")
    spoiled.postgres.refuse()
    spoiled.postgres.delay_s = 0
    return buyers, rids


@pytest.mark.feature("chat", "likes")
async def test_orders_under_way_are_confirmed_after_its_return_and_once(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        shop = spoiled.shop
        session_id = await shop.live(OBS_M=BUYERS + 1)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        held = shop.reserve(ada, "OBS-M")
        await ada.sees("reserved")
        _, rids = await _buy_while_it_goes(spoiled, session_id)
        await ada.sees("pulse", buying=False)
        told_before = sum(final(buyer, rid) == ["confirmed"] for rid, buyer in rids.items())
        shop.buy(ada, "OBS-M", ref=2)
        shop.send(ada, "checkout", order_id=held, rids=[held], ref=3)
        shop.send(ada, "say", text="is it just me?", ref=4)
        shop.send(ada, "like", count=20)
        for ref, answer in ((2, "unavailable"), (3, "unavailable"), (4, "ok")):
            await answered(ada, ref)
            assert told(ada, ref) == [answer]
        await ada.sees("chat")
        await ada.sees("pulse", likes=20)
        late = await shop.join(session_id)
        assert late.of("session")[0]["buying"] is False
        confirmed = sum(final(buyer, rid) == ["confirmed"] for rid, buyer in rids.items())
        assert confirmed == told_before, "nothing is confirmed meanwhile"
        await spoiled.postgres.accept()
        for rid, buyer in rids.items():
            await buyer.sees("confirmed", order_id=rid)
        await shop.opened(session_id)
        shop.send(ada, "checkout", order_id=held, rids=[held], ref=5)
        await ada.sees("confirmed", ref=5)
        assert {rid: final(buyer, rid) for rid, buyer in rids.items()} == {
            rid: ["confirmed"] for rid in rids
        }
        assert sorted(await spoiled.orders()) == sorted([*rids, held])


async def test_orders_whose_time_runs_out_meanwhile_get_one_answer_and_leak_nothing(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        shop = spoiled.shop
        session_id = await shop.live(OBS_M=BUYERS + 1, hold_ms=1_000)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        held = shop.reserve(ada, "OBS-M")
        deadline_ms = (await ada.sees("reserved"))["expires_at_ms"]
        _, rids = await _buy_while_it_goes(spoiled, session_id)
        await until(lambda: shop.engine.node.now_ms() > deadline_ms + 1_000)
        assert final(ada, held) == []
        await spoiled.postgres.accept()
        await ada.sees("expired", rid=held)
        for rid, buyer in rids.items():
            await ended(buyer, rid)
        await nothing_is_held(shop, session_id)
        answers = {rid: final(buyer, rid) for rid, buyer in rids.items()}
        assert {len(each) for each in answers.values()} == {1}
        sold = [rid for rid, answer in answers.items() if answer == ["confirmed"]]
        assert sorted(await spoiled.orders()) == sorted(sold)
        assert await spoiled.ask_postgres("SELECT sold FROM stock") == [(len(sold),)]
        room = await shop.engine.rooms.get(session_id)
        await until(
            lambda: (
                room.session.broadcast.view()["shelf"][0]["variants"][0]["left"]
                == BUYERS + 1 - len(sold)
            )
        )


async def test_a_postgres_that_falls_silent_closes_buying_and_comes_back(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        shop = spoiled.shop
        session_id = await shop.live(OBS_M=5)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        spoiled.postgres.silence()
        with anyio.fail_after(POSTGRES_SILENCE_MS_MAX / 1000 + 2):
            await ada.sees("pulse", buying=False)
        shop.buy(ada, "OBS-M", ref=1)
        assert told(ada, 1) == ["unavailable"]
        assert not shop.engine.node.health.postgres
        spoiled.postgres.resume()
        await until(lambda: shop.engine.node.health.ready)
        await shop.opened(session_id)
        rid = shop.buy(ada, "OBS-M", ref=2)
        await ada.sees("confirmed", order_id=rid)
