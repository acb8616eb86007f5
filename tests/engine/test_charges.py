"""Charges and memos on their way through a node: to the order, back from it, and through losses."""

from uuid import uuid4

import anyio
import pytest
from redis import Redis

from liveshop.core.commands import Buy, Reserve
from liveshop.core.decision import Decision, NewRow
from liveshop.core.events import ProductPinned
from liveshop.core.model import Charge, Order, charge_rid
from liveshop.engine.fanout.mailbox import ViewerAsker
from liveshop.engine.rooms.room import Room
from liveshop.stores.audit.look import audit
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.sessions import Sessions
from tests.engine.world import EngineShop, Watcher, held_up
from tests.waiting import until

USES = "@90"
USE = Charge(row=USES, units=1, limit=2)
MEMO = '{"claim":"c1"}'


class Offering:
    """A session that has three units of a row besides its SKUs' and sales', and its buyer."""

    def __init__(self, shop: EngineShop, room: Room, ada: Watcher) -> None:
        self.shop, self.room, self.ada = shop, room, ada
        self.session_id = room.session.session_id

    @classmethod
    async def open(
        cls, shop: EngineShop, payment: str = "direct", hold_ms: int = 300_000
    ) -> "Offering":
        session_id = await shop.live(payment=payment, hold_ms=hold_ms, OBS_M=5)
        await shop.opened(session_id)
        room = await shop.engine.rooms.get(session_id)
        offset = room.session.state.offset + 1
        pinned = ProductPinned(
            offset=offset, at_ms=room.session.clock.now_ms(), product_id="shirt", pinned=["shirt"]
        )
        decision = Decision(events=(pinned,), rows=(NewRow(row=USES, units=3),))
        sessions = shop.engine.node.stores[Sessions]
        status = room.session.state.status
        appended = await sessions.append(session_id, decision, status, expected_offset=offset - 1)
        assert appended is not None
        await room.command_log.catch_up()
        rows = await sessions.rows(session_id)
        await room.session.units.copy(room.session.epochs.newest, rows)
        return cls(shop, room, await shop.join(session_id, "ada"))

    def asker(self, ref: int) -> ViewerAsker:
        return ViewerAsker(self.room.session.audience, self.ada, ref)

    async def reserve(self, *charges: Charge, memo: str | None = None) -> str:
        """Reserve a unit and return the rid."""
        command = Reserve(rid=str(uuid4()), sku="OBS-M", quantity=1)
        self.room.purchase("ada", command, self.asker(1), charges=charges, memo=memo)
        await self.ada.sees("reserved", rid=command.rid)
        return command.rid

    async def checkout(self, *rids: str, charges: tuple[Charge, ...] = ()) -> str:
        """Order reservations and return the order's id."""
        order_id = str(uuid4())
        await self.room.cart.checkout("ada", order_id, list(rids), self.asker(2), charges)
        return order_id

    async def order(self, order_id: str) -> Order:
        return await self.shop.engine.node.stores[Orders].get(order_id)

    async def sold(self) -> dict[str, int]:
        rows = await self.shop.engine.node.stores[Sessions].rows(self.session_id)
        return {row.row: row.sold for row in rows}

    def held(self, redis_url: str) -> dict[str, int]:
        """Return the units held of each row of which any are."""
        with Redis.from_url(redis_url, decode_responses=True) as redis:
            stock = redis.hgetall(f"{{s:{self.session_id}}}:stock")
        held = {name: int(n) for name, n in stock.items() if name.endswith("\x1fheld")}
        return {name.removesuffix("\x1fheld"): units for name, units in held.items() if units}

    async def is_at_rest(self, redis_url: str) -> None:
        """Wait until nothing is held, and see that the audit finds nothing."""
        await until(lambda: not self.held(redis_url))
        node = self.shop.engine.node
        assert await audit(self.shop.database, node.link, session_id=self.session_id) == []


async def test_an_order_takes_its_charges_and_keeps_its_memo(
    shop: EngineShop, redis_url: str
) -> None:
    offering = await Offering.open(shop)
    rid = await offering.reserve(memo=MEMO)
    order_id = await offering.checkout(rid, charges=(USE,))
    told = await offering.ada.sees("confirmed", ref=2)
    assert (told["rids"], told["total"]) == ([rid], 5_000)
    order = await offering.order(order_id)
    assert (order.charges, order.lines[0].memo) == ((USE,), MEMO)
    assert await offering.sold() == {"sOBS-M": 1, USES: 1}
    await offering.is_at_rest(redis_url)


async def test_a_buy_takes_the_charges_of_its_reservation(shop: EngineShop, redis_url: str) -> None:
    offering = await Offering.open(shop)
    command = Buy(rid=str(uuid4()), sku="OBS-M", quantity=1)
    offering.room.purchase("ada", command, offering.asker(1), charges=(USE,), memo=MEMO)
    await offering.ada.sees("confirmed", order_id=command.rid)
    order = await offering.order(command.rid)
    assert (order.charges, order.lines[0].memo) == ((USE,), MEMO)
    await offering.is_at_rest(redis_url)


async def test_charges_of_reservations_and_of_their_order_are_one_of_each_row(
    shop: EngineShop, redis_url: str
) -> None:
    offering = await Offering.open(shop)
    rid = await offering.reserve(Charge(row=USES, units=2))
    use = Charge(row=USES, units=1, limit=3)
    order_id = await offering.checkout(rid, charges=(use,))
    await offering.ada.sees("confirmed", order_id=order_id)
    assert (await offering.order(order_id)).charges == (Charge(row=USES, units=3, limit=3),)
    assert (await offering.sold())[USES] == 3
    await offering.is_at_rest(redis_url)


async def test_a_cancelled_order_gives_its_charges_back(shop: EngineShop, redis_url: str) -> None:
    offering = await Offering.open(shop)
    order_id = await offering.checkout(await offering.reserve(), charges=(USE,))
    await offering.ada.sees("confirmed", order_id=order_id)
    await shop.engine.orders.cancel(order_id)
    assert await offering.sold() == {"sOBS-M": 0, USES: 0}
    await offering.is_at_rest(redis_url)


async def test_an_order_that_is_never_paid_gives_its_charges_back(
    shop: EngineShop, redis_url: str
) -> None:
    offering = await Offering.open(shop, payment="checkout", hold_ms=1_500)
    rid = await offering.reserve()
    await offering.checkout(rid, charges=(USE,))
    await offering.ada.sees("checkout")
    assert offering.held(redis_url) == {"sOBS-M": 1, USES: 1}
    await offering.ada.sees("expired", rid=rid)
    await offering.is_at_rest(redis_url)
    assert await offering.sold() == {"sOBS-M": 0, USES: 0}
    # The buyer is told of what it reserved, and of nothing else.
    assert [each["rid"] for each in offering.ada.of("expired")] == [rid]


async def test_an_order_that_waits_keeps_its_charges_through_a_loss_until_it_is_paid(
    shop: EngineShop, redis_url: str
) -> None:
    offering = await Offering.open(shop, payment="checkout")
    rid = await offering.reserve(USE)
    order_id = await offering.checkout(rid, charges=(USE,))
    await offering.ada.sees("checkout")
    await _lose_redis(offering, redis_url)
    assert offering.held(redis_url) == {"sOBS-M": 1, USES: 2}
    await shop.engine.orders.confirm(order_id, "pay-1", 5_000)
    assert await offering.sold() == {"sOBS-M": 1, USES: 2}
    await offering.is_at_rest(redis_url)


async def test_an_order_that_a_loss_of_its_charge_only_overtakes_holds_the_charge_again(
    shop: EngineShop, redis_url: str
) -> None:
    offering = await Offering.open(shop, payment="checkout")
    rid, session, order_id = await offering.reserve(), offering.room.session, str(uuid4())
    epoch = session.epochs.newest
    async with (
        held_up(session.node.stores[Orders], "pend"),
        anyio.create_task_group() as tasks,
    ):
        asked = ("ada", order_id, [rid], offering.asker(2), (USE,))
        tasks.start_soon(offering.room.cart.checkout, *asked)
        await until(lambda: offering.room.writer.has(order_id))
        # The rebuild finds the reservation of the order, and not the charge that came after it.
        with Redis.from_url(redis_url) as redis:
            redis.hdel(f"{{s:{offering.session_id}}}:res", charge_rid(order_id))
        session.epochs.reload()
        await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
        assert offering.held(redis_url) == {"sOBS-M": 1}
    await offering.ada.sees("checkout", order_id=order_id)
    # The order was stored after the rebuild had read which orders wait: Redis is loaded again.
    await until(lambda: session.epochs.newest == epoch + 2 and session.epochs.buying)
    assert offering.held(redis_url) == {"sOBS-M": 1, USES: 1}
    await shop.engine.orders.confirm(order_id, "pay-1", 5_000)
    assert await offering.sold() == {"sOBS-M": 1, USES: 1}
    await offering.is_at_rest(redis_url)


@pytest.mark.parametrize("lost", [False, True])
async def test_charges_of_a_checkout_whose_node_died_end_with_it(
    shop: EngineShop, redis_url: str, lost: bool
) -> None:
    offering = await Offering.open(shop, hold_ms=1_500)
    rid, session = await offering.reserve(), offering.room.session
    # Another node's checkout, which never came to its COMMIT.
    paid = await session.units.pay(
        session.epochs.newest, buyer="ada", order_id=str(uuid4()), rids=[rid], charges=(USE,)
    )
    assert paid.charge is not None
    if lost:
        epoch = session.epochs.newest
        session.epochs.reload()
        await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
        assert offering.held(redis_url) == {"sOBS-M": 1, USES: 1}
    await offering.ada.sees("expired", rid=rid)
    await offering.is_at_rest(redis_url)
    assert [each["rid"] for each in offering.ada.of("expired")] == [rid]


async def test_a_checkout_whose_charges_are_used_up_is_refused_and_the_cart_stays(
    shop: EngineShop, redis_url: str
) -> None:
    offering = await Offering.open(shop)
    first = await offering.checkout(await offering.reserve(), charges=(Charge(row=USES, units=3),))
    await offering.ada.sees("confirmed", order_id=first)
    rid = await offering.reserve()
    with pytest.raises(Exception, match=f"{USES} has 0 left, 1 requested"):
        await offering.checkout(rid, charges=(USE,))
    order_id = await offering.checkout(rid)
    await offering.ada.sees("confirmed", order_id=order_id)
    await offering.is_at_rest(redis_url)


async def _lose_redis(offering: Offering, redis_url: str) -> None:
    session = offering.room.session
    epoch = session.epochs.newest
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
