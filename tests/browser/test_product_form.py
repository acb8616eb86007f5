"""The form that puts products on the shelf, made on the spot or found in the catalogue."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, Request, WebSocketRoute, expect

from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserNode, BrowserShow, open_page


def _button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _form(page: Page) -> Locator:
    await page.get_by_role("button", name="Add").first.click()
    form = page.get_by_role("dialog", name="Add a product")
    await expect(form).to_be_visible()
    return form


def _product(show: BrowserShow, title: str) -> dict[str, object]:
    shelf = show.get(f"/api/sessions/{show.session_id}")["shelf"]
    (found,) = [each for each in shelf if each["title"] == title]
    product: dict[str, object] = show.get(f"/api/products/{found['product_id']}")
    return {**product, "shelf": found}


async def test_a_host_makes_a_product_in_colours_and_sizes_with_a_picture(
    browser: Browser, show: BrowserShow, picture: Path
) -> None:
    page = await open_page(browser, show.host())
    form = await _form(page)
    await form.get_by_label("A new product").check()
    await form.get_by_label("Title of the product").fill("Linen Shirt")
    await form.locator("input[type=file]").set_input_files(picture)
    await expect(form.get_by_role("img", name="Picture 1")).to_be_visible()
    await form.get_by_label("Price in EUR", exact=True).fill("59")
    await form.get_by_label("Price before").fill("72.50")
    await form.get_by_label("Colours").fill("Ocean, Sand, Ocean")
    await form.get_by_label("Sizes").fill("S, M")
    await form.get_by_label("Units of each").fill("4")
    await form.get_by_label("Units of Sand / M").fill("0")
    await form.get_by_label("Price of Ocean / M in EUR").fill("61")
    await form.get_by_label("Description").fill("Washed linen.")
    await form.get_by_label("At most per person").fill("2")
    await _button(form, "Add to the shelf").click()
    await expect(form).to_have_count(0)
    product = _product(show, "Linen Shirt")
    assert product["description"] == "Washed linen."
    assert str(product["image"]).startswith("/media/")
    variants = product["variants"]
    assert isinstance(variants, list)
    assert [(v["label"], v["price"], v["was"], v["stock"]) for v in variants] == [
        ("Ocean / S", 5900, 7250, 0),
        ("Ocean / M", 6100, 7250, 0),
        ("Sand / S", 5900, 7250, 0),
        ("Sand / M", 5900, 7250, 0),
    ]
    shelf = product["shelf"]
    assert isinstance(shelf, dict)
    assert [(v["label"], v["left"], v["limit"]) for v in shelf["variants"]] == [
        ("Ocean / S", 4, 2),
        ("Ocean / M", 4, 2),
        ("Sand / S", 4, 2),
    ]


async def test_one_product_after_another_is_made_without_leaving_the_form(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, show.host())
    form = await _form(page)
    await form.get_by_label("A new product").check()
    title = form.get_by_label("Title of the product")
    for name in ("Clay pot", "Soap"):
        await title.fill(name)
        await form.get_by_label("Price in EUR", exact=True).fill("12.50")
        await _button(form, "Add, then another").click()
        await expect(title).to_have_value("")
        await expect(title).to_be_focused()
    await title.fill("Tea")
    # Nothing is added without a price, and the next Enter adds and closes.
    await _button(form, "Add, then another").click()
    await expect(form.get_by_label("Price in EUR", exact=True)).to_be_focused()
    await page.keyboard.type("3")
    await page.keyboard.press("Enter")
    await expect(form).to_have_count(0)
    rows = page.get_by_role("region", name="Run of show").get_by_role("listitem")
    await expect(rows).to_have_count(4)


async def test_with_an_empty_catalogue_the_form_is_that_of_a_new_product(
    browser: Browser, node: BrowserNode
) -> None:
    show = BrowserShow(node, empty=True)
    page = await open_page(browser, show.host())
    form = await _form(page)
    await expect(form.get_by_label("A new product")).to_be_checked()
    await expect(form.get_by_label("Title of the product")).to_be_visible()
    show.close()


async def test_a_product_that_was_made_when_the_shelf_was_away_is_not_made_twice(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank")
    refused, made = list[str](), list[str]()

    def stand_between(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            command = json.loads(text)
            if command["type"] == "product.add" and not refused:
                refused.append(command["product_id"])
                why = {"type": "error", "code": "unavailable", "message": "away"}
                line.send(json.dumps([{**why, "ref": command["ref"]}]))
            else:
                server.send(text)

        line.on_message(pass_on)

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/products"):
            made.append(request.url)

    await page.route_web_socket("**/ws/**", stand_between)
    page.on("request", note)
    await page.goto(show.host())
    form = await _form(page)
    await form.get_by_label("A new product").check()
    await form.get_by_label("Title of the product").fill("Clay pot")
    await form.get_by_label("Price in EUR", exact=True).fill("12.50")
    await _button(form, "Add to the shelf").click()
    await expect(form.get_by_role("alert").last).not_to_be_empty()
    await _button(form, "Add to the shelf").click()
    await expect(form).to_have_count(0)
    assert _product(show, "Clay pot")["title"] == "Clay pot"
    assert (len(refused), len(made)) == (1, 1)


async def test_a_price_that_is_none_is_said_and_nothing_is_made(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, show.host())
    form = await _form(page)
    await form.get_by_label("A new product").check()
    await form.get_by_label("Title of the product").fill("Clay pot")
    await form.get_by_label("Price in EUR", exact=True).fill("dear")
    await _button(form, "Add to the shelf").click()
    await expect(form.get_by_role("alert").last).to_have_text("dear is not a price in EUR.")
    await expect(form.get_by_label("Title of the product")).to_have_value("Clay pot")
    assert len(show.get("/api/products")["products"]) == 1


async def test_a_long_list_is_walked_by_the_arrow_keys(browser: Browser, show: BrowserShow) -> None:
    for number in range(12):
        show.stock_product(f"mug-{number:02}", ["Red", "Blue", "Green"])
    page = await open_page(browser, show.host())
    form = await _form(page)
    search = form.get_by_label("Search the catalogue by title or SKU")
    await expect(search).to_be_focused()
    await expect(form.get_by_role("radio")).to_have_count(15)
    await page.keyboard.type("mug")
    await expect(form.get_by_role("radio")).to_have_count(14)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    second = form.get_by_role("radiogroup", name="Products found").get_by_role("radio").nth(1)
    await expect(second).to_be_checked()
    await expect(second).to_be_focused()
    units = form.get_by_label("Units of", exact=False)
    await expect(units).to_have_count(3)
    await units.first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(units.nth(1)).to_be_focused()
    await expect(units.first).to_have_value("10")
    await page.keyboard.type("7")
    await page.keyboard.press("Enter")
    await expect(form).to_have_count(0)
    run = page.get_by_role("region", name="Run of show")
    await expect(run).to_contain_text("mug-01")
    shelf = show.get(f"/api/sessions/{show.session_id}")["shelf"]
    assert [v["left"] for v in shelf[-1]["variants"]] == [10, 7, 10]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_form_fits_its_screen_and_pleases_axe(
    browser: Browser, show: BrowserShow, size: str, theme: str
) -> None:
    page = await open_page(browser, show.host(), width=1_280)
    form = await _form(page)
    await form.get_by_label("A new product").check()
    await form.get_by_label("Colours").fill("Ocean, Sand")
    await form.get_by_label("Sizes").fill("S, M, L, XL")
    await look(page, size, theme)
    assert await displeasures(page, theme) == []
