"""The host's console: planning, moderating, undoing, rehearsing, and what a show came to."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, choose, from_menu, go_live, open_page, token
from tests.browser.viewer_words import BOUGHT, buy, open_shelf
from tests.waiting import wait_until

_SIZES = ((390, 844), (820, 1180), (1440, 900))
_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _run(page: Page) -> Locator:
    return page.get_by_role("region", name="Run of show")


async def _list_new(page: Page, title: str) -> None:
    await _button(page, "Add product…").click()
    await page.get_by_label("A new product").check()
    await page.get_by_label("Title of the product").fill(title)
    await page.get_by_label("Price in EUR").fill("12.50")
    await page.get_by_label("Units of each").fill("3")
    await _button(page, "Add to the shelf").click()
    await expect(_run(page).get_by_text(title, exact=True)).to_be_visible()


async def test_a_product_that_is_not_in_the_catalogue_is_listed_and_moved_by_keyboard(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    await _list_new(host, "Clay pot")
    rows = _run(host).get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await _list_new(host, "Soap")
    handle = host.get_by_role("button", name="Move Soap")
    await handle.press("ArrowUp")
    await expect(rows.nth(1)).to_contain_text("Soap")
    await expect(handle).to_be_focused()
    for place in (1, 0):
        await host.get_by_role("button", name="Move Clay pot").press("ArrowUp")
        await expect(rows.nth(place)).to_contain_text("Clay pot")
    await expect(rows.first).to_contain_text("Clay pot")
    await expect(host.get_by_text("Clay pot is number 1 of 3.")).to_be_visible()
    await viewer.reload()
    await open_shelf(viewer)
    shelf = viewer.get_by_role("tabpanel", name="Products").get_by_role("listitem")
    await expect(shelf.first).to_contain_text("Clay pot")
    await _button(host, "Undo").click()
    await expect(rows.nth(1)).to_contain_text("Clay pot")


async def test_a_product_is_dragged_to_its_place(browser: Browser, live: BrowserShow) -> None:
    host = await open_page(browser, live.host())
    await _list_new(host, "Clay pot")
    rows = _run(host).get_by_role("listitem")
    handle = host.get_by_role("button", name="Move Clay pot")
    await handle.scroll_into_view_if_needed()
    start, goal = await handle.bounding_box(), await rows.first.bounding_box()
    assert start is not None and goal is not None
    await host.mouse.move(start["x"] + 8, start["y"] + 8)
    await host.mouse.down()
    await host.mouse.move(start["x"] + 8, goal["y"] + 4, steps=5)
    await host.mouse.up()
    await expect(rows.first).to_contain_text("Clay pot")


async def test_a_show_is_run_by_keys_that_rest_while_one_types(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    stage = host.get_by_role("region", name="On air")
    await expect(_button(host, "Pin next: Ocean Shirt")).to_be_visible()
    await host.keyboard.press("Enter")
    await expect(stage.get_by_role("article", name="Ocean Shirt")).to_be_visible()
    await host.keyboard.press("s")
    await expect(host.get_by_role("heading", name="Flash sale of Ocean Shirt")).to_be_visible()
    await host.get_by_label("Percent off").fill("22")
    await host.get_by_label("Percent off").press("Enter")
    await expect(stage.get_by_role("timer", name="Sale ends")).to_contain_text("00:5")
    await host.keyboard.press("/")
    await host.keyboard.type("ue?")
    await expect(host.get_by_label("Search the run of show")).to_have_value("ue?")
    await host.get_by_label("Search the run of show").fill("")
    await host.get_by_label("Search the run of show").blur()
    await host.keyboard.down("e")
    await expect(stage.get_by_role("timer")).to_have_count(0)
    await host.keyboard.up("e")
    await host.keyboard.press("u")
    await expect(stage.get_by_role("article")).to_have_count(0)
    await host.keyboard.press("?")
    await expect(host.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    await host.keyboard.press("Escape")
    await expect(host.get_by_role("dialog")).to_have_count(0)


@pytest.mark.feature("figures")
async def test_a_sale_that_was_planned_is_there_on_another_computer(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    await choose(host, "Ocean Shirt")
    await _button(host, "Plan a sale of Ocean Shirt").click()
    await host.get_by_label("Percent off").fill("30")
    await host.get_by_label("Seconds", exact=True).fill("90")
    await _button(host, "Save the plan").click()
    await expect(_run(host)).to_contain_text("plan −30 %, 01:30")
    other = await open_page(browser, show.host())
    await expect(_run(other)).to_contain_text("plan −30 %, 01:30")
    await go_live(other)
    await choose(other, "Ocean Shirt")
    await _button(other, "Flash sale of Ocean Shirt").click()
    await expect(other.get_by_label("Percent off")).to_have_value("30")
    await expect(other.get_by_role("table")).to_contain_text("€35.00")
    await _button(other, "Start sale").click()
    await expect(_run(host)).to_contain_text("sale")


@pytest.mark.feature("chat")
async def test_the_chat_is_kept_in_order(browser: Browser, live: BrowserShow) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    await _button(host, "Words…").click()
    await host.get_by_label("Blocked words, one a line").fill("scam\nfake")
    await _button(host, "Save the words").click()
    await expect(host.get_by_role("dialog")).to_have_count(0)
    say = viewer.get_by_label("Say something")
    for text in ("what a scam", "what a scampi"):
        await say.fill(text)
        await _button(viewer, "Send").click()
        if text == "what a scam":
            await expect(viewer.get_by_text("what a scampi")).to_have_count(0)
    chat = host.get_by_role("region", name="Chat")
    await expect(chat.get_by_text("what a scampi")).to_be_visible()
    await expect(chat.get_by_text("what a scam", exact=True)).to_have_count(0)
    await _button(host, "Words…").click()
    await expect(host.get_by_label("Blocked words, one a line")).to_have_value("scam\nfake")
    await _button(host, "Not now").click()
    await host.get_by_label("Slow mode").select_option("00:30")
    other = await open_page(browser, live.host())
    await expect(other.get_by_label("Slow mode")).to_have_value("30000")


async def test_an_order_is_cancelled_in_two_steps(browser: Browser, live: BrowserShow) -> None:
    host = await open_page(browser, live.host())
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    await buy(viewer, "Ocean Shirt")
    orders = host.get_by_role("region", name="Orders")
    await expect(orders).to_contain_text("Ocean Shirt, M × 1")
    await orders.get_by_role("button", name="Cancel the order of").click()
    await _button(host, "Cancel the order").click()
    await expect(orders).to_contain_text("cancelled")
    wait_until(lambda: live.left("OCEAN-M") == 10)


async def test_a_draft_of_2048_variants_is_marked_and_some_of_it_is_offered(
    browser: Browser, live: BrowserShow
) -> None:
    labels = [f"Bead {number}" for number in range(2_048)]
    live.stock_product("beads", labels, status="draft")
    host = await open_page(browser, live.host())
    await _button(host, "Add product…").click()
    form = host.get_by_role("dialog")
    await expect(form.locator(".found-row", has_text="beads")).to_contain_text("Draft")
    await expect(form.locator(".found-row", has_text="beads")).to_contain_text("8,000+ in stock")
    await form.get_by_label("Search the catalogue by title or SKU").fill("beads")
    rows = form.locator("table.offer tbody tr")
    await expect(rows).to_have_count(200)
    await form.get_by_label("Search the 2,048 variants").fill("bead 2047")
    await expect(rows).to_have_count(1)
    await form.get_by_label("Units of Bead 2047").fill("3")
    await form.get_by_label("Search the 2,048 variants").fill("bead 1999")
    await form.get_by_label("Units of Bead 1999").fill("4")
    await _button(host, "Add to the shelf").click()
    await expect(form).not_to_be_visible()
    added = live.events()[-1]["product"]["variants"]
    assert [(v["sku"], v["left"]) for v in added] == [("beads-1999", 4), ("beads-2047", 3)]


@pytest.mark.feature("rehearsal")
async def test_a_rehearsal_is_for_nobody_else_and_leaves_no_trace(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    await expect(_button(host, "Go live")).to_be_visible()
    sent: list[str] = []
    host.on("request", lambda request: sent.append(request.url))
    await _button(host, "Rehearse").click()
    await expect(host.get_by_text("Rehearsal: nobody else sees this")).to_be_visible()
    await _button(host, "Go live").click()
    await _button(host, "Pin next: Ocean Shirt").click()
    await _button(host, "Flash sale of Ocean Shirt").first.click()
    await _button(host, "Start sale").click()
    stage = host.get_by_role("region", name="On air")
    await expect(stage.get_by_role("timer", name="Sale ends")).to_be_visible()
    await expect(host.get_by_role("region", name="Orders")).to_contain_text("Ocean Shirt")
    await _button(host, "Back to the show").click()
    await expect(host.get_by_text("Draft")).to_be_visible()
    await expect(host.get_by_role("region", name="Orders")).to_contain_text("No orders yet.")
    asked = {url.rpartition("/")[2] for url in sent if "/api/" in url}
    assert asked == {"prices", "rehearse"}
    assert show.events()[-1]["type"] == "product.added"
    assert show.orders() == []
    assert show.left("OCEAN-M") == 10


@pytest.mark.feature("chat")
async def test_moderators_have_what_their_role_may_do_and_nothing_else(
    browser: Browser, live: BrowserShow
) -> None:
    address = f"{live.node.url}/host/{live.session_id}#token={token('mo', Role.MODERATOR)}"
    page = await open_page(browser, address)
    await _button(page, "Pin Ocean Shirt").click()
    await expect(page.get_by_role("region", name="On air").get_by_role("article")).to_have_count(1)
    await expect(page.get_by_label("Slow mode")).to_be_visible()
    for name in ("Pause", "End…", "Add product…", "Remove Ocean Shirt", "Price of Ocean Shirt"):
        await expect(_button(page, name)).to_have_count(0)
    await expect(page.get_by_role("region", name="Orders")).to_have_count(0)


@pytest.mark.feature("figures")
async def test_what_a_show_came_to_is_told_at_its_end(browser: Browser, live: BrowserShow) -> None:
    host = await open_page(browser, live.host())
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    await buy(viewer, "Ocean Shirt")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    await _button(host, "End…").click()
    await _button(host, "End show").click()
    summary = host.get_by_role("region", name="Summary of the show")
    await expect(summary.get_by_role("row", name="Ocean Shirt")).to_contain_text("€50.00")
    async with host.expect_download() as download:
        await _button(host, "Products as CSV").click()
    path = await (await download.value).path()
    assert "ocean,Ocean Shirt" in path.read_text()


async def test_the_link_is_shared_as_text_and_as_a_picture(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    await from_menu(host, "Share")
    link = f"{show.node.url}/watch/{show.session_id}"
    await expect(host.get_by_role("textbox", name="Link for viewers")).to_have_value(link)
    await expect(host.get_by_role("img", name="QR code of the link for viewers")).to_be_visible()


async def test_nothing_overflows_in_any_language(browser: Browser, live: BrowserShow) -> None:
    for width, height in _SIZES:
        host = await open_page(browser, live.host(), width=width)
        await host.set_viewport_size({"width": width, "height": height})
        await _button(host, "Menu").click()
        for language in ("en", "el", "zh", "ru"):
            await host.locator("select.language").select_option(language)
            await expect(host.locator(f"html[lang={language}]")).to_be_attached()
            assert await host.evaluate(_OVERFLOW) == 0, (width, language)
        await host.context.close()


@pytest.mark.feature("chat")
async def test_a_viewer_is_banned_from_the_chat_is_told_so_and_let_in_again(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    await viewer.get_by_label("Say something").fill("buy elsewhere")
    await _button(viewer, "Send").click()
    chat = host.get_by_role("region", name="Chat")
    await expect(chat.get_by_text("buy elsewhere")).to_be_visible()
    await host.get_by_role("button", name="Actions on the message of ada").click()
    await _button(host, "Ban: ada").click()
    await expect(viewer.get_by_text("You can no longer join this show.")).to_be_visible()
    await chat.get_by_text("1 banned").click()
    banned = host.get_by_role("list", name="Banned viewers").get_by_role("listitem")
    await expect(banned).to_contain_text(["ada"])
    await host.reload()
    await chat.get_by_text("1 banned").click()
    await _button(host, "Let in again: ada").click()
    await expect(banned).to_have_count(0)
    await viewer.reload()
    await expect(viewer.get_by_label("Say something")).to_be_visible()


@pytest.mark.feature("chat")
async def test_the_staff_has_a_badge_in_the_chat_that_no_name_can_have(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    moderator_link = f"{live.node.url}/host/{live.session_id}#token={token('mo', Role.MODERATOR)}"
    moderator = await open_page(browser, moderator_link)
    for page, text in ((host, "welcome all"), (moderator, "I help")):
        await page.get_by_label("Say something").fill(text)
        await _button(page, "Send").click()
    viewer = await open_page(browser, live.watch("★ Host"))
    await viewer.get_by_label("Say something").fill("buy at my shop")
    await _button(viewer, "Send").click()
    badges = {"welcome all": ["Host"], "I help": ["Moderator"], "buy at my shop": []}
    for page in (host, moderator, viewer):
        for text, badge in badges.items():
            line = page.locator("li, p").filter(has_text=text).last
            await expect(line).to_be_attached()
            assert [
                each.strip() for each in await line.locator(".badge").all_inner_texts()
            ] == badge
    lines = moderator.get_by_role("region", name="Chat").get_by_role("listitem")
    for text, mutes in (("welcome all", 0), ("I help", 0), ("buy at my shop", 3)):
        line = lines.filter(has_text=text)
        await line.get_by_role("button", name="Actions on").click()
        await expect(line.get_by_role("button", name="Delete message")).to_be_visible()
        await expect(line.get_by_role("button", name="Mute")).to_have_count(mutes)


@pytest.mark.feature("chat")
async def test_a_message_of_nothing_visible_is_refused_in_words(
    browser: Browser, live: BrowserShow
) -> None:
    viewer = await open_page(browser, live.watch("ada"))
    await viewer.get_by_label("Say something").fill("\u3164\u2800")
    await _button(viewer, "Send").click()
    await expect(viewer.get_by_text("Others would see nothing of your message")).to_be_visible()
