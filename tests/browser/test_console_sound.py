"""The sound of orders: nothing until it is turned on, then a tick each, a chime for a large one."""

from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.buyers import buys
from tests.browser.shop import BrowserShow, open_page, token

_TICK = [1_175]
_CHIME = [880, 1_319]
# The notes that were begun, by their pitch, and how often a context was made.
_LISTEN = """
  window.notes = [];
  window.contexts = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...at) {
    notes.push(Math.round(this.frequency.value));
    return start.apply(this, at);
  };
  window.AudioContext = class extends AudioContext {
    constructor() { super(); contexts += 1; }
  };
"""


def _orders(page: Page) -> Locator:
    return page.get_by_role("region", name="Orders").get_by_role("article")


async def _buy(show: BrowserShow, name: str, *, quantity: int = 1) -> None:
    await buys(show, token(name, Role.VIEWER), "OCEAN-M", quantity=quantity)


async def _hears(page: Page, notes: list[int]) -> None:
    await page.wait_for_function(f"() => JSON.stringify(notes) === '{_json(notes)}'")


def _json(notes: list[int]) -> str:
    return "[" + ",".join(map(str, notes)) + "]"


async def test_orders_are_heard_from_when_the_sound_is_turned_on_by_key(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, "about:blank")
    await host.add_init_script(_LISTEN)
    await host.goto(live.host())
    await expect(host.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    await _buy(live, "ada")
    await expect(_orders(host)).to_have_count(1)
    assert await host.evaluate("[notes, contexts]") == [[], 0]
    await host.keyboard.press("m")
    await expect(host.get_by_text("Orders are heard now. M turns the sound off.")).to_be_visible()
    await _buy(live, "bo")
    await _hears(host, _TICK)
    await _buy(live, "cy", quantity=2)  # €100.00
    await _hears(host, [*_TICK, *_CHIME])
    # An order that is heard of again, as when it is cancelled, makes no sound again.
    live.cancel(live.orders()[0]["order_id"])
    await expect(host.get_by_role("region", name="Orders")).to_contain_text("cancelled")
    await host.keyboard.press("m")
    await expect(host.get_by_text("The sound of orders is off.")).to_be_visible()
    await _buy(live, "di")
    await expect(_orders(host)).to_have_count(4)
    assert await host.evaluate("notes") == [*_TICK, *_CHIME]


async def test_the_menu_turns_the_sound_on_and_sets_from_which_amount_on_it_chimes(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, "about:blank")
    await host.add_init_script(_LISTEN)
    await host.goto(live.host())
    await host.get_by_role("button", name="Menu", exact=True).click()
    await expect(host.get_by_label("Sound of orders")).not_to_be_checked()
    await host.get_by_label("Sound of orders").check()
    least = host.get_by_label("Chime from, EUR")
    await expect(least).to_have_value("100.00")
    await least.fill("dear")
    await expect(host.get_by_text("dear is not a price in EUR.")).to_be_visible()
    await least.fill("49.90")
    await _buy(live, "ada")
    await _hears(host, _CHIME)
    await host.reload()
    await host.get_by_role("button", name="Menu", exact=True).click()
    # Off again, as always at first; the amount is remembered.
    await expect(host.get_by_label("Sound of orders")).not_to_be_checked()
    await host.get_by_label("Sound of orders").check()
    await expect(least).to_have_value("49.90")


async def test_a_moderator_is_offered_no_sound_of_orders(
    browser: Browser, live: BrowserShow
) -> None:
    bearer = token("mo", Role.MODERATOR)
    page = await open_page(browser, f"{live.node.url}/host/{live.session_id}#token={bearer}")
    await page.get_by_role("button", name="Menu", exact=True).click()
    await expect(page.get_by_label("Light colours")).to_be_visible()
    await expect(page.get_by_label("Sound of orders")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_text("Sound of orders on or off")).to_have_count(0)
