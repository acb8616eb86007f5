"""Notes of what to say of a product: on the card of what is on air, for the staff only."""

import asyncio

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look, overflow
from tests.browser.shop import BrowserShow, choose, open_page, token

pytestmark = pytest.mark.feature("figures")

_LINE_PX = 50
_NOTE = "Hand-dyed in Nafplio.\nWashes at 60 °C."


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _note(page: Page) -> Locator:
    return page.get_by_role("region", name="On air").get_by_role("note", name="To say")


async def _write(page: Page, text: str) -> None:
    form = page.get_by_role("dialog", name="Notes on Ocean Shirt")
    await form.get_by_label("To say").fill(text)
    await _button(page, "Save").click()
    await expect(form).to_have_count(0)


async def test_a_host_notes_what_to_say_and_no_viewer_is_told(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    await choose(host, "Ocean Shirt")
    await _button(host, "Notes on Ocean Shirt").click()
    await _write(host, _NOTE)
    show.command("session.start")
    show.command("product.pin", product_id="ocean")
    await expect(_note(host)).to_have_text(_NOTE, use_inner_text=True)
    viewer = await open_page(browser, "about:blank")
    heard = list[str]()
    viewer.on(
        "websocket",
        lambda line: line.on("framereceived", lambda text: heard.append(str(text))),
    )
    await viewer.goto(show.watch("ada"))
    await expect(viewer.get_by_role("article", name="Ocean Shirt")).to_be_visible()
    assert "Ocean Shirt" in "".join(heard)
    assert "Nafplio" not in "".join(heard) + await viewer.content()
    moderator = await open_page(
        browser, f"{show.node.url}/host/{show.session_id}#token={token('mo', Role.MODERATOR)}"
    )
    await expect(_note(moderator)).to_contain_text("Nafplio")
    await expect(_button(moderator, "Notes on Ocean Shirt")).to_have_count(0)
    await moderator.keyboard.press("n")
    await expect(moderator.get_by_role("dialog")).to_have_count(0)


async def test_notes_are_written_by_a_key_and_taken_away_and_leave_the_planned_sale(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    sales = {"ocean": {"percent": 30, "duration_ms": 90_000}}
    path = f"/api/sessions/{live.session_id}/plan"
    host = await open_page(browser, live.host())
    await expect(_button(host, "Notes on Ocean Shirt")).to_be_visible()
    # Planned at another computer, which this one has not read again.
    live.put(path, {"sales": sales})
    await host.keyboard.press("n")
    await _write(host, _NOTE)
    await expect(_note(host)).to_contain_text("Nafplio")
    assert live.get(path) == {"sales": sales, "notes": {"ocean": _NOTE}}
    await host.keyboard.press("n")
    await expect(host.get_by_role("textbox", name="To say")).to_have_value(_NOTE)
    await _write(host, " ")
    await expect(_note(host)).to_have_count(0)
    assert live.get(path) == {"sales": sales, "notes": {}}


async def test_notes_that_another_host_writes_come_while_the_show_is_on(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, "about:blank")
    await host.clock.install()
    await host.goto(live.host())
    await expect(_button(host, "Notes on Ocean Shirt")).to_be_visible()
    live.put(f"/api/sessions/{live.session_id}/plan", {"sales": {}, "notes": {"ocean": "Say it"}})
    await host.clock.fast_forward(15_000)
    await expect(_note(host)).to_have_text("Say it")


async def test_a_late_answer_takes_no_note_away(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, "about:blank")
    await host.clock.install()
    await host.goto(live.host())
    await expect(_button(host, "Notes on Ocean Shirt")).to_be_visible()
    asked, written = asyncio.Event(), asyncio.Event()

    async def come_late(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await written.wait()
        await route.fulfill(response=answer)

    await host.route("**/plan", come_late, times=1)
    await host.clock.fast_forward(15_000)
    await asked.wait()
    await host.keyboard.press("n")
    await _write(host, _NOTE)
    async with host.expect_response("**/plan") as late:
        written.set()
    await (await late.value).finished()
    await host.keyboard.press("n")
    await expect(host.get_by_role("textbox", name="To say")).to_have_value(_NOTE)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_longest_notes_fit_next_to_the_product_and_please_axe(
    browser: Browser, live: BrowserShow, size: str, theme: str
) -> None:
    live.command("product.pin", product_id="ocean")
    notes = {"ocean": "Donaudampfschifffahrtsgesellschaft " * 14}
    live.put(f"/api/sessions/{live.session_id}/plan", {"sales": {}, "notes": notes})
    host = await open_page(browser, live.host())
    await look(host, size, theme)
    await expect(_note(host)).to_be_visible()
    assert await overflow(host) == 0
    # The notes leave the price on one line.
    price = await host.get_by_role("article").locator(".price").bounding_box()
    assert price is not None
    assert price["height"] < _LINE_PX
    assert await displeasures(host, theme) == []
    await host.keyboard.press("n")
    await expect(host.get_by_role("dialog")).to_be_visible()
    assert await displeasures(host, theme) == []
