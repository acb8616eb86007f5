"""The console by keyboard: what each key does, how it is taken back, and where the focus stays."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.shop import BrowserShow, choose, open_page, take_back
from tests.waiting import wait_until


@pytest.fixture
def full(live: BrowserShow) -> Iterator[BrowserShow]:
    """A live show with the shirt, number 1, and three products more."""
    for product_id in ("cap", "mug", "pot"):
        live.add_product(product_id, [""], product_id.title())
    yield live


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _stage(page: Page) -> Locator:
    return page.get_by_role("region", name="On air")


async def _on_air(page: Page, title: str) -> None:
    """Wait until a product is shown, and none besides it."""
    await expect(_stage(page).get_by_role("article", name=title)).to_be_visible()
    await expect(_stage(page).get_by_role("list", name="Also shown")).to_have_count(0)


def _pinned(show: BrowserShow) -> list[str]:
    """Return what is pinned, as the log tells it."""
    pins = [
        each for each in show.events() if each["type"] in ("product.pinned", "product.unpinned")
    ]
    return list(pins[-1]["pinned"]) if pins else []


async def test_undo_of_the_next_pin_brings_back_all_that_was_shown(
    browser: Browser, full: BrowserShow
) -> None:
    full.command("product.pin", product_id="ocean")
    full.command("product.pin", product_id="cap")
    host = await open_page(browser, full.host())
    await expect(_stage(host).get_by_role("article", name="Cap")).to_be_visible()
    await host.keyboard.press("Enter")
    await _on_air(host, "Mug")
    wait_until(lambda: _pinned(full) == ["mug"])
    await take_back(host, "Mug")
    await expect(_stage(host).get_by_role("article", name="Cap")).to_be_visible()
    wait_until(lambda: _pinned(full) == ["ocean", "cap"])


async def test_behind_the_last_product_the_console_says_so_and_then_starts_over(
    browser: Browser, full: BrowserShow
) -> None:
    full.command("product.pin", product_id="pot")
    host = await open_page(browser, full.host())
    await _on_air(host, "Pot")
    await host.keyboard.press("Enter")
    await expect(host.get_by_text("That was the last. ⏎ again starts over.")).to_be_visible()
    assert _pinned(full) == ["pot"]
    await host.keyboard.press("Enter")
    await _on_air(host, "Ocean Shirt")


async def test_a_number_and_enter_pin_that_product_wherever_it_stands(
    browser: Browser, full: BrowserShow
) -> None:
    for number in range(5, 13):
        full.add_product(f"bead{number}", [""], f"Bead {number}")
    full.command("shelf.order", product_ids=["bead12"])
    host = await open_page(browser, full.host())
    await expect(_button(host, "Pin Bead 12")).to_be_visible()
    await host.keyboard.press("1")
    await host.keyboard.press("2")
    await expect(host.get_by_role("status").filter(has_text="12")).to_contain_text("Bead 12")
    await host.keyboard.press("Enter")
    await _on_air(host, "Bead 12")
    for key in ("9", "9", "Enter"):
        await host.keyboard.press(key)
    await expect(host.get_by_text("There is no product 99.")).to_be_visible()
    for key in ("2", "Escape", "Enter"):
        await host.keyboard.press(key)
    # The digits were taken back: the next of the run is shown, not number 2.
    await _on_air(host, "Ocean Shirt")


async def test_a_pin_replaces_and_with_shift_adds_until_three_are_shown(
    browser: Browser, full: BrowserShow
) -> None:
    host = await open_page(browser, full.host())
    await _button(host, "Pin Ocean Shirt").click()
    await _on_air(host, "Ocean Shirt")
    await _button(host, "Pin Mug").click()
    await _on_air(host, "Mug")
    wait_until(lambda: _pinned(full) == ["mug"])
    await _button(host, "Pin Cap").click(modifiers=["Shift"])
    await expect(_stage(host).get_by_role("article", name="Cap")).to_be_visible()
    for key in ("4", "Shift+Enter"):
        await host.keyboard.press(key)
    await expect(_stage(host).get_by_role("article", name="Pot")).to_be_visible()
    wait_until(lambda: _pinned(full) == ["mug", "cap", "pot"])
    await _button(host, "Pin Ocean Shirt").click(modifiers=["Shift"])
    own = "3 products are shown already. Unpin one of them to show Ocean Shirt too"
    await expect(host.get_by_text(own)).to_be_visible()
    assert _pinned(full) == ["mug", "cap", "pot"]
    await _button(host, "Pin Ocean Shirt").click()
    await _on_air(host, "Ocean Shirt")


async def test_back_shows_the_product_before_this_one(browser: Browser, full: BrowserShow) -> None:
    host = await open_page(browser, full.host())
    await _button(host, "Pin Pot").click()
    await _on_air(host, "Pot")
    await _button(host, "Pin Cap").click()
    await _on_air(host, "Cap")
    await host.keyboard.press("b")
    await _on_air(host, "Pot")
    await host.reload()
    await _on_air(host, "Pot")
    # A page that has seen nothing goes by the run of show.
    await host.keyboard.press("b")
    await _on_air(host, "Mug")


async def test_the_planned_sale_starts_at_once_and_can_be_taken_back(
    browser: Browser, full: BrowserShow
) -> None:
    full.command("product.pin", product_id="ocean")
    host = await open_page(browser, full.host())
    await choose(host, "Ocean Shirt")
    await _button(host, "Plan a sale of Ocean Shirt").click()
    await host.get_by_label("Percent off").fill("30")
    await host.get_by_label("Seconds", exact=True).fill("90")
    await _button(host, "Save the plan").click()
    await expect(host.get_by_role("dialog")).to_have_count(0)
    await host.keyboard.press("s")
    await expect(_stage(host).get_by_role("timer", name="Sale ends")).to_contain_text("01:")
    await expect(_stage(host)).to_contain_text("€35.00")
    await take_back(host, "Ocean Shirt")
    await expect(_stage(host).get_by_role("timer")).to_have_count(0)
    await host.keyboard.press("Shift+S")
    await expect(host.get_by_role("heading", name="Flash sale of Ocean Shirt")).to_be_visible()


async def test_a_sale_ends_only_by_a_key_that_is_held_and_comes_back_as_it_was(
    browser: Browser, full: BrowserShow
) -> None:
    full.command("product.pin", product_id="cap")
    full.command("product.pin", product_id="ocean")
    for product_id in ("cap", "ocean"):
        full.command("sale.start", product_id=product_id, percent=20, duration_ms=600_000)
    host = await open_page(browser, full.host())
    timer = _stage(host).get_by_role("timer", name="Sale ends")
    await expect(timer).to_be_visible()
    await host.keyboard.press("e")
    await expect(host.get_by_text("Hold E a little longer to end the sale.")).to_be_visible()
    assert full.events()[-1]["type"] == "sale.started"
    await host.keyboard.down("e")
    await expect(timer).to_have_count(0)
    await host.keyboard.up("e")
    ended = full.events()[-1]
    assert (ended["type"], ended["product_id"]) == ("sale.ended", "ocean")
    await take_back(host, "Ocean Shirt")
    await expect(timer).to_be_visible()
    again = full.events()[-1]
    assert again["prices"] == {"OCEAN-M": 4000, "OCEAN-L": 4000}
    # The sale of another product is never ended by the key.
    full.command("sale.end", product_id="ocean")
    await expect(timer).to_have_count(0)
    await host.keyboard.down("e")
    await host.keyboard.press("?")
    await expect(host.get_by_role("dialog")).to_be_visible()
    await host.keyboard.up("e")
    assert full.events()[-1]["product_id"] == "ocean"


async def test_units_are_added_while_a_product_is_sold(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    await expect(_stage(host).get_by_role("article")).to_be_visible()
    await host.keyboard.press("+")
    form = host.get_by_role("dialog", name="Restock Ocean Shirt")
    await form.get_by_label("Variant").select_option("L")
    await form.get_by_role("button", name="+10").click()
    await form.get_by_role("button", name="Add units").click()
    await expect(host.get_by_text("Ocean Shirt: 10 more units.")).to_be_visible()
    await expect(_stage(host).get_by_role("list", name="Units")).to_contain_text("L 20")
    await host.keyboard.press("+")
    await form.get_by_label("Units").fill("900")
    await form.get_by_role("button", name="Add units").click()
    await expect(form.get_by_role("alert")).to_contain_text("There are only 30 units for this.")
    assert [each["units"] for each in live.events() if each["type"] == "stock.added"] == [
        {"OCEAN-L": 10}
    ]


async def test_a_key_holds_the_show_and_goes_on_with_it(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await expect(_button(host, "Pause")).to_be_visible()
    await host.keyboard.press("h")
    await expect(_button(host, "Resume")).to_be_visible()
    await host.keyboard.press("h")
    await expect(_button(host, "Pause")).to_be_visible()


async def test_the_palette_lists_commands_and_products_and_carries_one_out(
    browser: Browser, full: BrowserShow
) -> None:
    host = await open_page(browser, full.host())
    await expect(_button(host, "Pause")).to_be_visible()
    await host.keyboard.press("Control+k")
    palette = host.get_by_role("dialog", name="Commands")
    words = palette.get_by_role("combobox", name="Command or product")
    await expect(words).to_be_focused()
    names = await palette.get_by_role("option").all_inner_texts()
    for name in ("Back to the one before", "Pause", "Edit show", "Pin 3 · Mug", "End"):
        assert any(name in each for each in names), name
    await words.fill("mug")
    await words.press("Enter")
    await _on_air(host, "Mug")
    await host.keyboard.press("Control+k")
    await words.fill("more units")
    await words.press("Enter")
    await expect(host.get_by_role("dialog", name="Restock Mug")).to_be_visible()


async def test_the_focus_is_never_lost_by_what_it_does(browser: Browser, full: BrowserShow) -> None:
    host = await open_page(browser, full.host())
    pin = _button(host, "Pin Ocean Shirt")
    await pin.focus()
    await host.keyboard.press("Enter")
    unpin = host.get_by_role("region", name="Run of show").get_by_role(
        "button", name="Unpin Ocean Shirt"
    )
    await expect(unpin).to_be_focused()
    pause = _button(host, "Pause")
    await pause.focus()
    await host.keyboard.press("Enter")
    await expect(_button(host, "Resume")).to_be_focused()
    await host.keyboard.press("Enter")
    await expect(_button(host, "Pause")).to_be_focused()
    unpin = _stage(host).get_by_role("button", name="Unpin Ocean Shirt")
    await unpin.focus()
    await host.keyboard.press("Enter")
    await expect(_stage(host).get_by_role("article")).to_have_count(0)
    await host.wait_for_function("document.activeElement !== document.body")


async def test_a_button_under_way_keeps_the_focus_and_cannot_be_pressed_twice(
    browser: Browser, full: BrowserShow
) -> None:
    host = await open_page(browser, full.host())
    pin = _button(host, "Pin Mug")
    await pin.focus()
    await host.context.set_offline(True)
    await expect(pin).to_have_attribute("aria-disabled", "true")
    await expect(pin).to_be_focused()
    await host.keyboard.press("Enter")
    await host.context.set_offline(False)
    await expect(pin).to_have_attribute("aria-disabled", "false")
    await expect(pin).to_be_focused()
    assert _pinned(full) == []


async def test_the_key_after_a_slash_is_typed_into_the_search_however_fast(
    browser: Browser, full: BrowserShow
) -> None:
    host = await open_page(browser, full.host())
    await expect(_button(host, "Pin Ocean Shirt")).to_be_visible()
    focused = await host.evaluate("""() => {
      const press = { key: "/", bubbles: true, cancelable: true };
      document.body.dispatchEvent(new KeyboardEvent("keydown", press));
      return document.activeElement.id;
    }""")
    assert focused == "run-search"
