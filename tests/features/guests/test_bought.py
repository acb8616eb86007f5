"""The name of a guest where everyone is told of its purchase, as its shop chooses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import anyio.to_thread
import pytest

from tests.client import Client, connected
from tests.edge.http.api import Api, Caller
from tests.features.guests.guest import Guest, buy, let_in

pytestmark = pytest.mark.feature("bought")


async def _is_told(watcher: Client) -> str:
    pulse = await watcher.wait_for(lambda message: "bought" in message)
    (told,) = pulse["bought"]
    return str(told["name"])


async def _purchase(guest: Guest, sku: str) -> str:
    async with guest.joined() as client, _watching(guest) as watcher:
        await buy(client, sku)
        return await _is_told(watcher)


async def _late_payment(guest: Guest, backend: Caller, sku: str) -> str:
    async with _watching(guest) as watcher:
        async with guest.joined() as client:
            rid = str(uuid4())
            await client.ask("buy", rid=rid, sku=sku, quantity=1)
            checkout = await client.wait_for_type("checkout", order_id=rid)
        body = {"payment_id": "pay-1", "amount": 5000}
        path = f"/api/orders/{checkout['order_id']}/confirm"
        await anyio.to_thread.run_sync(partial(backend.post, path, json=body))
        return await _is_told(watcher)


@asynccontextmanager
async def _watching(guest: Guest) -> AsyncIterator[Client]:
    url = guest.api.url.replace("http", "ws", 1)
    async with connected(url, guest.made["session_id"]) as client:
        await client.hello(None)
        yield client


@pytest.mark.parametrize(("names", "told"), [("first", "Zephyrine Q."), ("somebody", "Somebody")])
def test_a_guest_who_buys_is_told_by_first_name_and_initial_if_its_shop_wants_names(
    api: Api, names: str, told: str
) -> None:
    session_id, sku = api.go_live()
    assert api.host.send("PUT", "/api/bought", json={"names": names}).status_code == 200
    assert api.portal.call(partial(_purchase, let_in(api, session_id), sku)) == told


def test_a_guest_who_has_gone_when_its_order_is_paid_is_told_by_the_name_that_is_kept(
    api: Api,
) -> None:
    session_id, sku = api.go_live(payment="checkout")
    assert api.host.send("PUT", "/api/bought", json={"names": "first"}).status_code == 200
    told = api.portal.call(partial(_late_payment, let_in(api, session_id), api.backend, sku))
    assert told == "Zephyrine Q."
