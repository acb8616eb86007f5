"""Pictures that are uploaded from the pages: chosen, dropped and pasted, and what may go wrong."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.axe import displeasures
from tests.browser.life import THEMES, look
from tests.browser.shop import BrowserShow, open_page

_HAND_OVER = """(box, { kind, name }) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 20 });
  return new Promise((done) => canvas.toBlob((blob) => {
    const files = new DataTransfer();
    files.items.add(new File([blob], name, { type: "image/png" }));
    const event = kind === "drop"
      ? new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })
      : new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true });
    box.dispatchEvent(event);
    done(event.defaultPrevented);
  }));
}"""
_UPLOADS = "**/api/uploads"


def _button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _covered(browser: Browser, show: BrowserShow) -> tuple[Page, Locator]:
    """Open the form that plans a show; return its page and the field of its cover."""
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    await _button(page, "Plan a show").click()
    field = page.get_by_role("group", name="Cover")
    await expect(_button(field, "Choose a picture")).to_be_visible()
    return page, field


async def test_a_picture_is_chosen_replaced_and_removed_and_the_focus_stays(
    browser: Browser, show: BrowserShow, picture: Path
) -> None:
    page, field = await _covered(browser, show)
    async with page.expect_file_chooser() as chooser:
        await _button(field, "Choose a picture").press("Enter")
    await (await chooser.value).set_files(picture)
    shown = field.get_by_role("img", name="Picture: Cover")
    # 400 pixels are more than the smallest file has, which is enough for the form.
    await expect(shown).to_have_js_property("naturalWidth", 320)
    await expect(_button(field, "Replace")).to_be_focused()
    first = await shown.get_attribute("src")
    assert await field.evaluate(_HAND_OVER, {"kind": "drop", "name": "other.png"})
    await expect(shown).to_have_js_property("naturalWidth", 40)
    assert await shown.get_attribute("src") != first
    await _button(field, "Remove").click()
    await expect(shown).to_have_count(0)
    await expect(_button(field, "Choose a picture")).to_be_focused()


async def test_a_picture_is_pasted_where_the_focus_is(browser: Browser, show: BrowserShow) -> None:
    page, field = await _covered(browser, show)
    title = page.get_by_label("Title")
    await title.focus()
    assert not await title.evaluate(_HAND_OVER, {"kind": "paste", "name": "pasted.png"})
    await _button(field, "Choose a picture").focus()
    assert await field.evaluate(_HAND_OVER, {"kind": "paste", "name": "pasted.png"})
    await expect(field.get_by_role("img", name="Picture: Cover")).to_be_visible()


async def test_what_is_no_picture_or_too_large_is_said_in_a_sentence(
    browser: Browser, show: BrowserShow, tmp_path: Path
) -> None:
    page, field = await _covered(browser, show)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    chosen, alert = field.locator("input[type=file]"), field.get_by_role("alert")
    words = tmp_path / "words.jpg"
    words.write_text("no picture")
    await chosen.set_input_files(words)
    await expect(alert).to_have_text(
        "This file cannot be used: it has to be a JPEG, PNG or WebP picture that does not move."
    )
    asked.clear()
    large = tmp_path / "large.png"
    large.write_bytes(bytes(11 * 1_048_576))
    await chosen.set_input_files(large)
    await expect(alert).to_have_text("This picture has 11.0 MB, and 10 MB are the most.")
    assert asked == []
    await expect(_button(field, "Choose a picture")).to_be_visible()


async def test_an_upload_shows_how_far_it_is_is_waited_for_and_cancelled(
    browser: Browser, show: BrowserShow, picture: Path
) -> None:
    page, field = await _covered(browser, show)
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await page.route(_UPLOADS, hold)
    await field.locator("input[type=file]").set_input_files(picture)
    await expect(field.get_by_role("progressbar", name="Upload under way")).to_be_visible()
    await page.get_by_label("Title").fill("Winter drop")
    await _button(page, "Plan it").click()
    alert = page.get_by_role("dialog").get_by_role("alert").last
    await expect(alert).to_contain_text("A picture is still being uploaded.")
    for theme in THEMES:
        await look(page, "phone", theme)
        assert await displeasures(page, theme) == []
    await _button(field, "Cancel").click()
    await expect(field.get_by_role("alert")).to_have_text("The upload was cancelled.")
    await expect(_button(field, "Choose a picture")).to_be_focused()
    go_on.set()
    await _button(page, "Plan it").click()
    await expect(page.get_by_role("heading", name="Winter drop")).to_be_visible()
    sessions = show.get("/api/sessions")["sessions"]
    (planned,) = [each for each in sessions if each["title"] == "Winter drop"]
    assert planned["cover_url"] is None


async def test_a_line_that_breaks_is_said_and_the_picture_can_be_sent_again(
    browser: Browser, show: BrowserShow, picture: Path
) -> None:
    page, field = await _covered(browser, show)
    await page.route(_UPLOADS, lambda route: route.abort())
    await field.locator("input[type=file]").set_input_files(picture)
    await expect(field.get_by_role("alert")).to_have_text("The line was down. Try again.")
    await page.unroute(_UPLOADS)
    await field.locator("input[type=file]").set_input_files(picture)
    await expect(field.get_by_role("img", name="Picture: Cover")).to_be_visible()
    await expect(field.get_by_role("alert")).to_be_empty()
