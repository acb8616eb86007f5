"""More units while a product is sold: out of the catalogue, and those that have just come in."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, open_page, token


def _form(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Restock Cap")


async def _add(page: Page) -> None:
    await _form(page).get_by_role("button", name="Add units").click()


def _stock(show: BrowserShow) -> list[int]:
    return [each["stock"] for each in show.get("/api/products/cap")["variants"]]


def _added(show: BrowserShow) -> list[dict[str, int]]:
    return [each["units"] for each in show.events() if each["type"] == "stock.added"]


@pytest.fixture
def given(live: BrowserShow) -> BrowserShow:
    """A live show that shows a cap whose every red one it was given; of the blue there are 37."""
    live.add_product("cap", ["Red", "Blue"], "Cap")
    live.command("stock.add", product_id="cap", units={"cap-0": 37})
    live.command("product.pin", product_id="cap")
    return live


async def test_units_that_have_just_come_in_are_added_where_the_show_has_the_whole_stock(
    browser: Browser, given: BrowserShow
) -> None:
    host = await open_page(browser, given.host())
    await expect(host.get_by_role("article", name="Cap")).to_be_visible()
    await host.keyboard.press("+")
    await expect(_form(host)).to_contain_text("Red 0 · Blue 37")
    await _form(host).get_by_label("Variant").select_option("Red")
    await expect(_form(host)).to_contain_text("0 in stock")
    await _add(host)
    await expect(_form(host).get_by_role("alert")).to_have_text("There are only 0 units for this.")
    assert _stock(given) == [0, 37]
    await _form(host).get_by_label("5 have just come in: add them to the stock first").check()
    await _add(host)
    await expect(_form(host)).to_have_count(0)
    await expect(host.get_by_role("list", name="Units")).to_contain_text("Red 45")
    assert (_stock(given), _added(given)[1:]) == ([0, 37], [{"cap-0": 5}])


async def test_only_the_units_that_lack_are_added_to_the_stock_and_once(
    browser: Browser, given: BrowserShow
) -> None:
    host = await open_page(browser, given.host())
    await expect(host.get_by_role("article", name="Cap")).to_be_visible()
    await host.keyboard.press("+")
    await _form(host).get_by_label("Variant").select_option("Blue")
    arrived = _form(host).get_by_role("checkbox")
    await expect(_form(host)).to_contain_text("37 in stock")
    await expect(arrived).to_have_count(0)
    await _form(host).get_by_label("Units").fill("40")
    await arrived.check()
    # The answer of the first attempt is lost: sent again, the wish brings nothing more.
    lost = list[str]()

    async def lose(route: object) -> None:
        await route.fetch()  # type: ignore[attr-defined]
        lost.append("answer")
        await route.abort()  # type: ignore[attr-defined]

    await host.route("**/api/products/stock", lose, times=1)
    await host.route("**/api/products/cap", lambda route: route.abort())
    await _add(host)
    await expect(_form(host).get_by_role("alert")).not_to_be_empty()
    assert (lost, _stock(given)) == (["answer"], [0, 40])
    await _add(host)
    await expect(_form(host)).to_have_count(0)
    assert (_stock(given), _added(given)[1:]) == ([0, 0], [{"cap-1": 40}])


async def test_a_host_of_one_session_changes_no_stock(browser: Browser, given: BrowserShow) -> None:
    bearer = token("ivo", Role.HOST, session_id=given.session_id)
    address = f"{given.node.url}/host/{given.session_id}#token={bearer}"
    host = await open_page(browser, address)
    await expect(host.get_by_role("article", name="Cap")).to_be_visible()
    await host.keyboard.press("+")
    await expect(_form(host)).to_contain_text("Red 0 · Blue 37")
    await expect(_form(host).get_by_role("checkbox")).to_have_count(0)


@pytest.mark.feature("rehearsal")
async def test_units_come_in_in_a_rehearsal_for_nobody_else(
    browser: Browser, show: BrowserShow
) -> None:
    show.add_product("cap", ["Red", "Blue"], "Cap")
    host = await open_page(browser, show.host())
    await host.get_by_role("button", name="Rehearse").click()
    await host.get_by_role("button", name="Pin Cap", exact=True).click()
    await expect(host.get_by_role("article", name="Cap")).to_be_visible()
    await host.keyboard.press("+")
    await _form(host).get_by_label("Variant").select_option("Red")
    await _form(host).get_by_label("Units").fill("10")
    await _form(host).get_by_label("7 have just come in: add them to the stock first").check()
    await _add(host)
    await expect(host.get_by_role("list", name="Units")).to_contain_text("Red 13")
    assert _stock(show) == [37, 37]
