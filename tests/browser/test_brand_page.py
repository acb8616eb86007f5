"""A shop's brand in the pages: its host sets it and sees it, and everybody meets it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page

pytestmark = pytest.mark.feature("brand")

_YELLOW = "#ffe100"


def _button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _brand(browser: Browser, show: BrowserShow) -> Page:
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    await page.get_by_role("link", name="Brand").click()
    await expect(page.get_by_label("Name of the shop")).to_be_visible()
    return page


async def test_a_host_sets_the_brand_and_visitors_meet_it(
    browser: Browser, show: BrowserShow, picture: Path
) -> None:
    page = await _brand(browser, show)
    await page.get_by_label("Name of the shop").fill("Kiln & Linen")
    await page.get_by_label("Colour as #rrggbb").fill("#c2330a")
    await page.get_by_label("Font", exact=True).fill("Georgia, serif")
    await page.get_by_label("Where viewers sign in").fill("https://shop.example/login")
    for field in ("Logo", "Cover", "Icon of the browser's tab", "Picture for shared links"):
        group = page.get_by_role("group", name=field)
        await group.locator("input[type=file]").set_input_files(picture)
        await expect(group.get_by_role("img")).to_be_visible()
    await _button(page, "Save the brand").click()
    await expect(page.get_by_text("Saved. Pages that are opened from now on")).to_be_visible()
    # The page of the host is one of the shop's, too.
    await expect(page.get_by_role("banner")).to_contain_text("Kiln & Linen")
    brand = show.get("/api/brand")
    assert (brand["name"], brand["colour"]) == ("Kiln & Linen", "#c2330a")
    assert (brand["font"], brand["sign_in_url"]) == ("Georgia, serif", "https://shop.example/login")
    pictures = {brand[each] for each in ("logo", "cover", "favicon", "share_picture")}
    assert len(pictures) == 1 and pictures.pop().startswith("/media/")
    visitor = await open_page(browser, show.node.url)
    await expect(visitor.get_by_role("banner")).to_contain_text("Kiln & Linen")
    await expect(visitor).to_have_title("Kiln & Linen")
    icon = visitor.locator("link[rel=icon]")
    await expect(icon).to_have_attribute("href", brand["logo"].replace("1280.webp", "icon.png"))
    shown = visitor.get_by_role("button", name="For hosts")
    await expect(shown).to_have_css("font-family", "Georgia, serif")
    logo = visitor.get_by_role("banner").locator("img")
    await expect(logo).to_have_js_property("naturalWidth", 320)


async def test_a_field_that_is_emptied_is_as_without_a_brand(
    browser: Browser, show: BrowserShow
) -> None:
    show.put("/api/brand", {"name": "Kiln", "colour": "#c2330a", "font": "Georgia"})
    page = await _brand(browser, show)
    await expect(page.get_by_label("Name of the shop")).to_have_value("Kiln")
    for label in ("Name of the shop", "Colour as #rrggbb", "Font"):
        await page.get_by_label(label, exact=True).fill("")
    await _button(page, "Save the brand").click()
    await expect(page.get_by_text("Saved. Pages")).to_be_visible()
    brand = show.get("/api/brand")
    assert [brand[each] for each in ("name", "colour", "font")] == [None, None, None]
    await expect(page.get_by_role("banner")).to_contain_text("Live shopping")


async def test_the_preview_shows_the_colours_that_the_server_solved_before_they_are_saved(
    browser: Browser, show: BrowserShow
) -> None:
    page = await _brand(browser, show)
    await page.get_by_label("Colour as #rrggbb").fill(_YELLOW)
    preview = page.get_by_role("region", name="How viewers see it")
    for theme in ("Light", "Dark"):
        solved = show.get(f"/api/brand/colours?colour=%23{_YELLOW[1:]}")[theme.lower()]
        figure = preview.get_by_role("figure").filter(has_text=theme)
        await expect(figure).to_contain_text(f"Text on the button {solved['text_contrast']}:1")
        await expect(figure).to_contain_text(f"on the page {solved['page_contrast']}:1")
        button = figure.locator(".preview-buy")
        digits = (int(solved["brand"][at : at + 2], 16) for at in (1, 3, 5))
        await expect(button).to_have_css("background-color", f"rgb{tuple(digits)}")
        assert solved["text_contrast"] >= 4.5
        # Yellow can be seen on a dark page, and not on a light one.
        moved = figure.get_by_text("so that it can be seen")
        await expect(moved).to_have_count(1 if theme == "Light" else 0)
    assert show.get("/api/brand")["colour"] is None


async def test_what_the_server_refuses_is_said_and_what_was_typed_stays(
    browser: Browser, show: BrowserShow
) -> None:
    page = await _brand(browser, show)
    await page.get_by_label("Name of the shop").fill("Kiln")
    await page.get_by_label("Font", exact=True).fill("inherit")
    await _button(page, "Save the brand").click()
    alert = page.get_by_role("alert").filter(has_text="It was not saved")
    await expect(alert).to_contain_text("inherit")
    await expect(page.get_by_label("Name of the shop")).to_have_value("Kiln")
    assert show.get("/api/brand")["name"] is None


@pytest.mark.feature("bought")
async def test_a_host_chooses_how_buyers_are_named(browser: Browser, show: BrowserShow) -> None:
    page = await _brand(browser, show)
    choice = page.get_by_role("radiogroup", name="How buyers are named to viewers")
    await expect(choice.get_by_label("Somebody, without a name")).to_be_checked()
    await choice.get_by_label("First name and initial").check()
    await expect(choice.get_by_role("status")).to_have_text("Saved.")
    assert show.get("/api/bought") == {"names": "first"}
    await page.reload()
    await expect(choice.get_by_label("First name and initial")).to_be_checked()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_page_fits_its_screen_and_pleases_axe(
    browser: Browser, show: BrowserShow, size: str, theme: str
) -> None:
    show.put("/api/brand", {"name": "Kiln & Linen", "colour": _YELLOW, "font": "Georgia, serif"})
    page = await _brand(browser, show)
    await look(page, size, theme)
    await expect(page.get_by_text("Text on the button")).to_have_count(2)
    assert await displeasures(page, theme) == []
