"""The demo has a worker: a program next to it hears of a purchase within a second."""

import time

import pytest

from tests.features.webhooks.receiver import receiver
from tests.system.shop import SystemShop, bought
from tests.waiting import until


@pytest.mark.feature("webhooks")
async def test_a_receiver_next_to_the_demo_hears_of_a_purchase_within_a_second(
    shop: SystemShop,
) -> None:
    admin = shop.token("admin", "admin")
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    async with receiver() as own, shop.joined(session_id, "ada") as ada:
        hook = {"url": own.url, "types": ["order.*"], "session_id": session_id}
        made = await shop.post("/api/webhooks", hook, by=admin)
        await until(lambda: len(own.requests) == 1)
        # The library of Standard Webhooks verifies all that comes from here on.
        own.secret = made["secret"]
        order = await bought(ada, product["variants"][0]["sku"])
        confirmed_s = time.monotonic()
        await until(lambda: len(own.requests) == 2)
        assert time.monotonic() - confirmed_s < 1.0
        told = own.requests[1].message
        assert (told["type"], told["data"]["order_id"]) == ("order.confirmed", order["order_id"])
        listed = await shop.get("/api/changes", types="order.confirmed", limit=1_000)
        assert told in listed["messages"]
        removed = await shop.ask("DELETE", f"/api/webhooks/{made['id']}", by=admin)
        assert removed.status_code == 200
