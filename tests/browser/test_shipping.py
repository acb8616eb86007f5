"""The parcel of an order: said by the shop or the host, seen by the buyer in the show's page."""

import pytest
from playwright.async_api import Browser, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.buyers import buys
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token
from tests.browser.viewer_words import open_orders

pytestmark = pytest.mark.feature("shipping", "change_feed")

_UPS = {"carrier": "UPS", "tracking": "1Z999"}


async def _bought(show: BrowserShow, name: str = "ada") -> str:
    return await buys(show, token(name, Role.VIEWER), "OCEAN-M")


@pytest.mark.parametrize("theme", THEMES)
async def test_a_buyer_finds_the_parcel_among_the_orders_of_the_show_s_page(
    browser: Browser, live: BrowserShow, theme: str
) -> None:
    order_id, other = await _bought(live), await _bought(live)
    live.put(f"/api/orders/{order_id}/fulfilment", _UPS)
    live.put(f"/api/orders/{other}/fulfilment", {"state": "delivered"})
    page = await open_page(browser, live.watch("ada"))
    await open_orders(page, count=2)
    orders = page.get_by_role("region", name="Your orders")
    shipped = orders.get_by_role("listitem").filter(has_text=order_id[:8])
    await expect(shipped).to_contain_text("On its way,")
    link = shipped.get_by_role("link", name="Track 1Z999")
    await expect(link).to_have_attribute("href", "https://www.ups.com/track?tracknum=1Z999")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    delivered = orders.get_by_role("listitem").filter(has_text=other[:8])
    await expect(delivered).to_contain_text("✓ Delivered,")
    await expect(delivered.get_by_role("link")).to_have_count(0)
    for size in EVERY_SIZE:
        await look(page, size, theme)
        assert await displeasures(page, theme) == [], size


async def test_a_host_says_in_orders_that_one_has_left_and_where_it_is(
    browser: Browser, live: BrowserShow
) -> None:
    order_id = await _bought(live)
    host = await open_page(browser, live.host())
    await host.get_by_role("button", name="Orders").first.click()
    orders = host.get_by_role("region", name="Orders")
    opens = orders.get_by_role("button", name="Shipping for u_ada")
    await opens.click()
    form = host.get_by_role("dialog", name="Shipping for u_ada")
    await form.get_by_label("Carrier").fill("UPS")
    await form.get_by_label("Tracking number").fill("1Z999")
    assert await displeasures(host, "light") == []
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    await expect(orders).to_contain_text("On its way,")
    await expect(orders.get_by_role("link", name="Track 1Z999")).to_be_visible()
    change = orders.get_by_role("button", name="Change shipping for u_ada")
    await change.click()
    await expect(form.get_by_label("Carrier")).to_have_value("UPS")
    await form.get_by_label("Where it is").select_option("Delivered")
    await form.get_by_role("button", name="Save").click()
    await expect(orders).to_contain_text("✓ Delivered,")
    # The console reads it again when it is opened again.
    await host.reload()
    await host.get_by_role("button", name="Orders").first.click()
    await expect(orders).to_contain_text("✓ Delivered,")
    (kept,) = live.get(f"/api/sessions/{live.session_id}/fulfilments")["fulfilments"]
    assert (kept["order_id"], kept["state"], kept["tracking"]) == (order_id, "delivered", "1Z999")
