"""The first page: the list of shows, and the ways in for a host."""

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.shop import BrowserShow, open_page

_SESSIONS = "**/api/sessions?*"


async def test_a_token_opens_the_form_and_what_is_refused_is_said(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, show.node.url)
    await expect(page.get_by_text("No shows yet. A host plans one below.")).to_be_visible()
    show.plan("For all")
    await page.get_by_label("Your token").fill("made up")
    await page.get_by_role("button", name="Use it").click()
    status = page.get_by_role("status")
    await expect(status).to_have_text(
        "This token is not valid, or has expired. The list is what everybody sees."
    )
    await expect(page.get_by_role("link", name="For all", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Use another token").click()
    await page.get_by_label("Your token").fill(show.host_token)
    await page.get_by_role("button", name="Use it").click()
    await expect(page.get_by_role("link", name="Host Autumn drop")).to_be_visible()
    await expect(status).to_be_empty()
    await page.get_by_label("Address of the video").fill("ftp://shop.example/show")
    await page.get_by_label("Title").fill(" ")
    await page.get_by_role("button", name="Plan it").click()
    await expect(page.locator("input[name=title]:invalid")).to_be_focused()
    await page.get_by_label("Title").fill("Winter drop")
    await page.get_by_role("button", name="Plan it").click()
    await expect(status).to_contain_text("stream_url")
    await expect(page.get_by_role("button", name="Plan it")).to_be_enabled()
    assert page.url == f"{show.node.url}/"


async def test_two_clicks_at_once_plan_one_show(browser: Browser, show: BrowserShow) -> None:
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    await page.get_by_label("Title").fill("Once")
    button = page.get_by_role("button", name="Plan it")
    await button.evaluate("button => { button.click(); button.click(); }")
    await expect(page.get_by_role("heading", name="Once")).to_be_visible()
    await page.goto(show.node.url)
    rows = page.get_by_role("region", name="Shows").get_by_role("listitem")
    await expect(rows.filter(has_text="Autumn drop")).to_have_count(1)
    await expect(rows.filter(has_text="Once")).to_have_count(1)


async def test_after_a_lost_answer_the_list_tells_whether_the_show_is_there(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/api/sessions", lose)
    await page.get_by_label("Title").fill("Planned unheard")
    await page.get_by_role("button", name="Plan it").click()
    await expect(page.get_by_role("status")).to_have_text(
        "The server cannot be reached. The show may have been planned anyway: look at the list "
        "before you try again."
    )
    await expect(page.get_by_role("link", name="Planned unheard", exact=True)).to_be_visible()
    await expect(page.get_by_label("Title")).to_have_value("Planned unheard")


async def test_a_show_is_planned_with_the_keyboard_alone(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    await page.get_by_label("Title").focus()
    await page.keyboard.type("Winter drop")
    await page.get_by_label("Starts at").fill("2035-01-02T18:30")
    await page.get_by_label("Currency").focus()
    await page.keyboard.type("jpy")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Winter drop")).to_be_visible()
    await expect(page.get_by_text("Scheduled")).to_be_visible()
    assert page.url.startswith(f"{show.node.url}/host/")
    await page.goto(show.node.url)
    row = page.get_by_role("region", name="Shows").get_by_role("listitem")
    await expect(row.filter(has_text="Winter drop")).to_contain_text("Jan 2, 2035")
    await row.get_by_role("link", name="Winter drop", exact=True).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{show.node.url}/watch/*")
    await expect(page.get_by_role("timer")).to_be_visible()


async def test_shows_stand_on_air_then_planned_then_over(
    browser: Browser, show: BrowserShow
) -> None:
    draft_id, over_id = show.session_id, show.plan("Over")
    for session_id, command in ((over_id, "session.start"), (over_id, "session.end")):
        show.session_id = session_id
        show.command(command)
    show.plan("Far", starts_at_ms=4_000_000_000_000)
    show.plan("Near", starts_at_ms=3_000_000_000_000)
    show.session_id = show.plan("On air")
    show.command("session.start")
    show.session_id = draft_id
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    rows = page.get_by_role("region", name="Shows").get_by_role("listitem")
    order = ["Live On air", "Scheduled Near", "Scheduled Far", "Draft Autumn drop", "Ended Over"]
    await expect(rows).to_have_count(len(order))
    for number, words in enumerate(order):
        await expect(rows.nth(number)).to_contain_text(words)


async def test_the_list_says_that_it_is_read_that_it_failed_and_is_read_again(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank")
    shown = asyncio.Event()

    async def fail(route: Route) -> None:
        await shown.wait()
        await route.abort()

    await page.route(_SESSIONS, fail)
    await page.goto(live.node.url)
    await expect(page.get_by_text("Reading the shows…")).to_be_visible()
    shown.set()
    status = page.get_by_role("status")
    await expect(status).to_have_text(
        "The shows cannot be listed now: The server cannot be reached."
    )
    await page.unroute(_SESSIONS)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("link", name="Autumn drop", exact=True)).to_be_visible()
    await expect(status).to_be_empty()


@pytest.mark.parametrize(
    ("language", "shows", "action"),
    [
        ("el", "Εκπομπές", "Προγραμματισμός"),
        ("zh", "直播列表", "安排"),
        ("ru", "Эфиры", "Запланировать"),
    ],
)
async def test_the_list_speaks_the_language_that_is_chosen(
    browser: Browser, show: BrowserShow, language: str, shows: str, action: str
) -> None:
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    title = page.locator("input[name=title]")
    await title.fill("Half written")
    await page.locator("select.language").select_option(language)
    await expect(page.get_by_role("heading", name=shows, exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name=action, exact=True)).to_be_visible()
    await expect(title).to_have_value("Half written")
    assert await page.locator("html").get_attribute("lang") == language
