"""Payment elsewhere, told to either node, and orders that are given up."""

from functools import partial

from tests.client import Client, Message
from tests.system.shop import SystemShop, eventually, named, new_rid
from tests.upgrade.nodes import ReleaseNode, TwoReleases

_PRICE = 5_000
_FAILED = "/api/orders/{order_id}/failed"
_ABANDON = "/api/orders/{order_id}/abandon"


async def pay(both: TwoReleases) -> None:
    """Buy by each node and tell the other of the money: it is confirmed, told and counted once."""
    for here, there in both.ways:
        product, session_id = await _offer(here)
        sku = product["variants"][0]["sku"]
        ada = named("ada")
        async with (
            here.shop.joined(session_id, ada) as buyer,
            there.shop.joined(session_id, ada) as phone,
        ):
            order = await _pending(buyer, sku)
            await phone.wait_for_type("checkout", order_id=order)
            paid = named("pay")
            for shop in (there.shop, here.shop):
                told = await _confirm(shop, order, paid)
                assert told == (200, "confirmed")
            for client in (buyer, phone):
                await client.wait_for_type("confirmed", order_id=order)
            assert await _confirm(here.shop, order, named("pay")) == (409, "conflict")
            await _give_up(both, buyer, phone, sku)
        for node in both.nodes:
            status = (await node.shop.order(order))["status"]
            assert status == "confirmed"
            await node.shop.host(session_id, "product.pin", product_id=product["product_id"])
            await node.shop.host(session_id, "product.unpin", product_id=product["product_id"])
        await there.shop.host(session_id, "session.end")
        for node in both.nodes:
            await eventually(partial(node.shop.stock, product["product_id"]), [9])


async def _give_up(both: TwoReleases, buyer: Client, phone: Client, sku: str) -> None:
    """Give orders up by a node that can: the other reads them as void, and late money as such."""
    for node, other in both.ways:
        if not node.serves(_FAILED):
            continue
        for path, kind in ((_FAILED, "refused"), (_ABANDON, "released")):
            order = await _pending(buyer, sku)
            owner = (await node.shop.order(order))["viewer_id"]
            query = {} if path == _FAILED else {"viewer_id": owner}
            told = await node.shop.ask("POST", path.format(order_id=order), query=query)
            assert told.status_code == 200, told.text
            for client in (buyer, phone):
                await client.wait_for_type(kind, rid=order)
            for each in both.nodes:
                assert (await each.shop.order(order))["status"] == "void"
            status, code = await _confirm(other.shop, order, named("late"))
            assert (status, code) == (410, "expired")
            # The same rid once more is told how it ended, whichever node is asked.
            for client in (buyer, phone):
                since = len(client.messages)
                await client.send("buy", rid=order, sku=sku, quantity=1)
                await client.wait_for_type(kind, rid=order, since=since)


async def _offer(node: ReleaseNode) -> tuple[Message, str]:
    product = await node.shop.product(S=10)
    url = "https://pay.example/{order_id}"
    session_id = await node.shop.session(product, payment="checkout", checkout_url=url)
    return product, session_id


async def _pending(buyer: Client, sku: str) -> str:
    rid = new_rid()
    answer = await buyer.ask("buy", rid=rid, sku=sku, quantity=1)
    assert answer["type"] == "reserved", answer
    await buyer.wait_for_type("checkout", order_id=rid)
    return rid


async def _confirm(shop: SystemShop, order: str, payment: str) -> tuple[int, str]:
    body = {"payment_id": payment, "amount": _PRICE}
    answer = await shop.ask("POST", f"/api/orders/{order}/confirm", body)
    told = answer.json()
    return answer.status_code, told.get("code") or told["status"]
