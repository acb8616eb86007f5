"""Products and variants have numbers, by which people and keys name them."""

from functools import partial

from tests.client import Message
from tests.system.shop import SystemShop, eventually


def _numbers(session: Message | None) -> dict[str, tuple[int, list[int]]]:
    assert session is not None
    return {
        product["product_id"]: (product["number"], [v["number"] for v in product["variants"]])
        for product in session["shelf"]
    }


async def _read(shop: SystemShop, session_id: str) -> dict[str, tuple[int, list[int]]]:
    return _numbers(await shop.snapshot(session_id))


async def _join(shop: SystemShop, session_id: str) -> dict[str, tuple[int, list[int]]]:
    async with shop.joined(session_id) as newcomer:
        return _numbers(newcomer.snapshot)


async def test_numbers_are_in_the_order_of_adding_and_for_good(
    shop: SystemShop, other: SystemShop
) -> None:
    products = [await shop.product(S=5, M=5), await shop.product(S=5), await shop.product(S=5)]
    first, second, third = (each["product_id"] for each in products)
    session_id = await shop.session(start=False, starts_at_ms=1_990_000_000_000)
    async with other.joined(session_id) as client:
        for number, product in enumerate(products, 1):
            (event,) = await shop.add(session_id, product)
            assert event["product"]["number"] == number
            told = await client.wait_for_type("product.added", offset=event["offset"])
            assert told["product"] == event["product"]
    await shop.host(session_id, "product.remove", product_id=first)
    await shop.host(session_id, "shelf.order", product_ids=[third])
    expected = {third: (3, [1]), second: (2, [1])}
    for node in (shop, other):
        for seen in (_read, _join):
            await eventually(partial(seen, node, session_id), expected)
    units = {f"{first}-M": 1}
    (back,) = await other.add(session_id, products[0], units=units, kept=True)
    assert (back["product"]["number"], back["product"]["variants"][0]["number"]) == (1, 2)
    await eventually(partial(_read, shop, session_id), {**expected, first: (1, [2])})


async def test_each_session_numbers_its_own_products(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    units = {product["variants"][0]["sku"]: 1}
    for _ in range(2):
        session_id = await shop.session()
        (event,) = await shop.add(session_id, product, units=units)
        assert event["product"]["number"] == 1
