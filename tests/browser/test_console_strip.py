"""The strip of sums during the show: each of one source, and what nobody knows is a dash."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.buyers import buys
from tests.browser.shop import BrowserShow, open_page, token
from tests.client import joined

_SOON_MS = 6_000


def _tile(page: Page, name: str) -> Locator:
    tiles = page.get_by_role("region", name="Figures").locator("dl div")
    return tiles.filter(has=page.get_by_text(name, exact=True)).locator("dd")


async def _buy(show: BrowserShow, *names: str) -> None:
    for name in names:
        await buys(show, token(name, Role.VIEWER), "OCEAN-M", quantity=2)


@pytest.mark.feature("figures")
async def test_the_strip_tells_revenue_carts_and_who_came_back(
    browser: Browser, live: BrowserShow
) -> None:
    await _buy(live, "ada", "bo")
    live.command("session.end")
    live.begin_another("The next one")
    await _buy(live, "ada", "cy")
    url = live.node.url.replace("http", "ws", 1)
    async with joined(url, live.session_id, token("di", Role.VIEWER)) as client:
        await client.ask("reserve", rid=str(uuid4()), sku="OCEAN-M", quantity=2)
    host = await open_page(browser, live.host())
    for name, value in (("Revenue", "€200.00"), ("In carts", "2"), ("Returning", "1")):
        await expect(_tile(host, name)).to_have_text(value)


@pytest.mark.feature("figures")
async def test_one_sum_has_one_value_wherever_it_stands(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    await expect(_tile(host, "Revenue")).to_have_text("€0.00")
    await _buy(live, "ada")
    card = host.get_by_role("article", name="Ocean Shirt")
    orders = host.get_by_role("region", name="Orders")
    # Sooner than the summary is read again: all of them are the server's totals.
    await expect(card).to_contain_text("2 sold · €100.00", timeout=_SOON_MS)
    await expect(orders).to_contain_text("1 · €100.00", timeout=_SOON_MS)
    await expect(host.get_by_role("banner")).to_contain_text("€100.00", timeout=_SOON_MS)
    await expect(_tile(host, "Revenue")).to_have_text("€100.00", timeout=_SOON_MS)


@pytest.mark.feature("figures")
async def test_the_token_of_one_show_is_told_of_no_buyers_who_came_back(
    browser: Browser, live: BrowserShow
) -> None:
    bearer = token("ivo", Role.HOST, session_id=live.session_id)
    host = await open_page(browser, f"{live.node.url}/host/{live.session_id}#token={bearer}")
    await expect(_tile(host, "Returning")).to_have_text("–")
    await expect(_tile(host, "Revenue")).to_have_text("€0.00")


_CUT = """(strip) => {
  const { left, right } = strip.parentElement.getBoundingClientRect();
  const inside = (box) => box.left >= left - 1 && box.right <= right + 1;
  return [...strip.children].filter((tile) => tile.scrollWidth > tile.clientWidth
    || !inside(tile.getBoundingClientRect())).map((tile) => tile.textContent);
}"""


@pytest.mark.feature("figures")
async def test_no_sum_of_the_strip_is_cut_off_at_any_size(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 128_450_00})
    live.command("product.pin", product_id="ocean")
    await _buy(live, "ada")
    host = await open_page(browser, live.host())
    await expect(_tile(host, "Revenue")).to_have_text("€256,900.00")
    strip = host.locator(".strip")  # whatever its name is in each language
    for width, height in ((390, 844), (844, 390), (820, 1180), (1280, 720), (1440, 900)):
        await host.set_viewport_size({"width": width, "height": height})
        for language in ("en", "el", "ru", "zh"):
            await host.locator("select.language").evaluate(_CHOOSE, language)
            await expect(host.locator(f"html[lang={language}]")).to_be_attached()
            assert await strip.evaluate(_CUT) == [], (width, language)


_CHOOSE = """(select, language) => {
  select.value = language;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}"""
_OF = """async ({ buyers, visitors }) => {
  await (await import("/pages/shared/i18n.js")).loadLanguage();
  const { conversionOf } = await import("/features/figures/page/conversion.js");
  return conversionOf({ buyers, visitors }).value;
}"""


@pytest.mark.feature("figures")
@pytest.mark.parametrize(
    ("buyers", "visitors", "said"),
    [(1, 1, "1 of 1"), (5, 19, "5 of 19"), (5, 20, "25%"), (30, 25, "100%"), (0, None, "–")],
)
async def test_of_fewer_than_twenty_visitors_no_percentage_is_told(
    browser: Browser, show: BrowserShow, buyers: int, visitors: int | None, said: str
) -> None:
    host = await open_page(browser, show.host())
    await expect(host.get_by_role("heading", name="Run of show")).to_be_visible()
    assert await host.evaluate(_OF, {"buyers": buyers, "visitors": visitors}) == said
