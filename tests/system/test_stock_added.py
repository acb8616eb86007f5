"""More units of a product during a show, as the protocol has them."""

import pytest

from tests.client import Message
from tests.system.shop import SystemShop, bought, eventually, new_rid

_HEAD = ("type", "offset", "at_ms")


@pytest.fixture
async def shelved(shop: SystemShop) -> tuple[str, Message]:
    """A live show that has 2 of 5 units of S on its shelf, and nothing of 5 of M."""
    product = await shop.product(S=5, M=5)
    session_id = await shop.session()
    await shop.add(session_id, product, units={f"{product['product_id']}-S": 2}, limit=10)
    return session_id, product


@pytest.mark.feature("figures")
async def test_what_was_sold_out_is_sold_again_and_the_summary_counts_it(
    shop: SystemShop, shelved: tuple[str, Message]
) -> None:
    session_id, product = shelved
    name, sku = product["product_id"], f"{product['product_id']}-S"
    async with shop.joined(session_id, "ada") as ada, shop.joined(session_id) as guest:
        await bought(ada, sku, quantity=2)
        sold_out = await guest.wait_for_type("product.sold_out", sku=sku)
        (event,) = await shop.host(session_id, "stock.add", product_id=name, units={sku: 2})
        assert tuple(event) == (*_HEAD, "product_id", "units")
        assert event == await guest.wait_for_type("stock.added")
        assert (event["product_id"], event["units"]) == (name, {sku: 2})
        assert event["offset"] == sold_out["offset"] + 1
        await guest.wait_for_type("product.restocked", sku=sku, left=2)
        assert (await bought(ada, sku, quantity=2))["total"] == 10_000
        await eventually(lambda: shop.left(session_id), {sku: 0})
    assert event in await shop.log(session_id)
    assert await shop.stock(name) == [1, 5]
    summary = await shop.get(f"/api/sessions/{session_id}/summary")
    (line,) = summary["products"]
    assert (line["units"], line["allocated"]) == (4, 4)


async def test_a_host_on_a_socket_is_answered_once_for_a_rid(
    shop: SystemShop, shelved: tuple[str, Message]
) -> None:
    session_id, product = shelved
    name, sku = product["product_id"], f"{product['product_id']}-S"
    more = {"product_id": name, "units": {sku: 1}, "rid": new_rid()}
    async with shop.joined(session_id, "hana", "host") as host:
        first = await host.ask("stock.add", **more)
        event = await host.wait_for_type("stock.added", rid=more["rid"])
        assert (first["type"], first["offset"]) == ("ok", event["offset"])
        again = await host.ask("stock.add", **more)
        assert (again["type"], again["offset"]) == ("ok", event["offset"])
        other = await host.ask("stock.add", **{**more, "units": {sku: 2}})
        assert (other["type"], other["code"]) == ("error", "conflict")
    assert await shop.host(session_id, "stock.add", **more) == [event]
    await eventually(lambda: shop.left(session_id), {sku: 3})
    assert await shop.stock(name) == [2, 5]


async def test_what_is_refused_takes_nothing_out_of_the_catalogue(
    shop: SystemShop, shelved: tuple[str, Message]
) -> None:
    session_id, product = shelved
    name = product["product_id"]
    small, medium = f"{name}-S", f"{name}-M"
    log = await shop.log(session_id)
    for status, code, fields in (
        (409, "sold_out", {"product_id": name, "units": {small: 4}}),
        (400, "bad_request", {"product_id": name, "units": {small: 1, medium: 1}}),
        (400, "bad_request", {"product_id": name, "units": {small: -1}}),
        (404, "not_found", {"product_id": name, "units": {"none": 1}}),
        (404, "not_found", {"product_id": "none", "units": {small: 1}}),
    ):
        refused = await shop.host_refused(status, code, session_id, "stock.add", **fields)
        assert refused.get("left") == (3 if code == "sold_out" else None)
    assert await shop.log(session_id) == log
    assert await shop.stock(name) == [3, 5]
    assert await shop.left(session_id) == {small: 2}
