"""The first page: the shop's shows for everybody, and the ways in for a host."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token

_SESSIONS = "**/api/sessions?*"
_FAR_MS = 4_000_000_000_000


def _button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _shows(page: Page) -> Locator:
    return page.get_by_role("region", name="Shows")


async def _lobby(browser: Browser, show: BrowserShow) -> Page:
    return await open_page(browser, f"{show.node.url}/#token={show.host_token}")


async def _plan_form(page: Page) -> Locator:
    await _button(page, "Plan a show").first.click()
    form = page.get_by_role("dialog", name="Plan a show")
    await expect(form.get_by_label("Title")).to_be_focused()
    return form


async def test_a_token_or_a_link_signs_a_host_in_and_a_refused_one_is_said(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, show.node.url)
    await expect(page.get_by_text("No shows yet")).to_be_visible()
    show.plan("For all")
    await _button(page, "For hosts").click()
    await page.get_by_label("Your token or link").fill("made up")
    await _button(page, "Sign in").click()
    status = page.get_by_role("status").filter(has_text="not valid")
    await expect(status).to_have_text(
        "This token is not valid, or has expired. The list is what everybody sees."
    )
    await expect(page.get_by_role("link", name="For all", exact=True)).to_be_visible()
    await _button(page, "Sign out").click()
    await _button(page, "For hosts").click()
    link = f"https://live.example/host/s1#token={show.host_token}"
    await page.get_by_label("Your token or link").fill(link)
    await _button(page, "Sign in").click()
    await expect(page.get_by_role("link", name="Open the console of Autumn drop")).to_be_visible()
    await expect(status).to_have_count(0)
    await _button(page, "Sign out").click()
    await expect(_button(page, "For hosts")).to_be_visible()
    await expect(page.get_by_role("link", name="Open the console")).to_have_count(0)


async def test_nobody_but_a_host_of_all_shows_plans(browser: Browser, show: BrowserShow) -> None:
    for bearer, why in (
        (token("mod", Role.MODERATOR), "This token is not a host's."),
        (
            token("guest", Role.HOST, session_id=show.session_id),
            "This token is for one show only: it cannot plan another.",
        ),
    ):
        page = await open_page(browser, f"{show.node.url}/#token={bearer}")
        await expect(page.get_by_text(why)).to_be_visible()
        await expect(_shows(page)).to_be_visible()
        await expect(page.get_by_role("button", name="Plan a show")).to_have_count(0)
        await expect(page.get_by_role("link", name="Brand")).to_have_count(0)


async def test_what_is_wrong_in_the_form_is_said_in_it_and_nothing_is_planned(
    browser: Browser, show: BrowserShow
) -> None:
    page = await _lobby(browser, show)
    form = await _plan_form(page)
    await form.get_by_label("Address of the video").fill("ftp://shop.example/show")
    await form.get_by_label("Title").fill(" ")
    await _button(form, "Plan it").click()
    await expect(page.locator("input[name=title]:invalid")).to_be_focused()
    await form.get_by_label("Title").fill("Winter drop")
    await _button(form, "Plan it").click()
    await expect(form.get_by_role("alert").last).to_contain_text("stream_url")
    await expect(_button(form, "Plan it")).to_be_enabled()
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(_button(page, "Plan a show")).to_be_focused()
    assert page.url == f"{show.node.url}/"


async def test_two_clicks_at_once_plan_one_show(browser: Browser, show: BrowserShow) -> None:
    page = await _lobby(browser, show)
    form = await _plan_form(page)
    await form.get_by_label("Title").fill("Once")
    button = _button(form, "Plan it")
    await button.evaluate("button => { button.click(); button.click(); }")
    await expect(page.get_by_role("heading", name="Once")).to_be_visible()
    await page.goto(show.node.url)
    await expect(page.get_by_role("link", name="Autumn drop", exact=True)).to_have_count(1)
    await expect(page.get_by_role("link", name="Once", exact=True)).to_have_count(1)


async def test_after_a_lost_answer_the_list_tells_whether_the_show_is_there(
    browser: Browser, show: BrowserShow
) -> None:
    page = await _lobby(browser, show)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    form = await _plan_form(page)
    await page.route("**/api/sessions", lose)
    await form.get_by_label("Title").fill("Planned unheard")
    await _button(form, "Plan it").click()
    await expect(form.get_by_role("alert").last).to_have_text(
        "The server cannot be reached. The show may have been planned anyway: look at the list "
        "before you try again."
    )
    await expect(form.get_by_label("Title")).to_have_value("Planned unheard")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name="Planned unheard", exact=True)).to_be_visible()


async def test_a_show_is_planned_by_keyboard_with_a_cover_and_a_start_in_local_time(
    browser: Browser, show: BrowserShow, picture: Path
) -> None:
    context = await browser.new_context(timezone_id="Europe/Athens", locale="en-IE")
    page = await context.new_page()
    await page.goto(f"{show.node.url}/#token={show.host_token}")
    await _button(page, "Plan a show").focus()
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Plan a show")
    await expect(form.get_by_label("Title")).to_be_focused()
    await page.keyboard.type("Winter drop")
    await expect(form).to_contain_text("Time in Europe/Athens")
    await form.get_by_label("Starts at").fill("2035-01-02T18:30")
    await form.locator("input[type=file]").set_input_files(picture)
    await expect(form.get_by_role("img", name="Picture: Cover")).to_be_visible()
    await form.get_by_label("Currency").focus()
    await page.keyboard.type("jpy")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Winter drop")).to_be_visible()
    assert page.url.startswith(f"{show.node.url}/host/")
    planned = show.get(f"/api/sessions/{page.url.rpartition('/')[2]}")
    assert (planned["starts_at_ms"], planned["currency"]) == (2_051_368_200_000, "JPY")
    assert planned["cover_url"].startswith("/media/")
    await page.goto(show.node.url)
    card = page.get_by_role("article", name="Winter drop")
    await expect(card).to_contain_text("2035")
    await expect(card.locator(".cover img")).to_have_js_property("naturalWidth", 400)
    await card.get_by_role("link", name="Winter drop", exact=True).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{show.node.url}/watch/*")
    await expect(page.get_by_role("timer")).to_be_visible()


async def test_the_show_on_air_stands_large_then_the_planned_then_those_over(
    browser: Browser, show: BrowserShow
) -> None:
    draft_id, over_id = show.session_id, show.plan("Over")
    for session_id, command in ((over_id, "session.start"), (over_id, "session.end")):
        show.session_id = session_id
        show.command(command)
    show.plan("Far", starts_at_ms=_FAR_MS)
    show.plan("Near", starts_at_ms=3_000_000_000_000)
    show.session_id = show.plan("On air")
    show.command("session.start")
    show.session_id = draft_id
    page = await _lobby(browser, show)
    large = page.get_by_role("article")
    await expect(large).to_have_count(1)
    await expect(large).to_contain_text("Live")
    await expect(large.get_by_role("heading")).to_have_text("On air")
    rows = _shows(page).get_by_role("listitem")
    order = ["Near Scheduled", "Far Scheduled", "Autumn drop Draft", "Over Ended"]
    await expect(rows).to_have_count(len(order))
    for number, words in enumerate(order):
        for word in words.rsplit(" ", 1):
            await expect(rows.nth(number)).to_contain_text(word)
    headings = _shows(page).get_by_role("heading", level=2)
    await expect(headings).to_have_text(["On air", "Coming up", "Past shows"])


async def test_a_planned_show_that_was_forgotten_is_not_the_next_one(
    browser: Browser, show: BrowserShow
) -> None:
    show.plan("Forgotten", starts_at_ms=1_000_000_000_000)
    show.plan("To come")
    page = await open_page(browser, show.node.url)
    await expect(page.get_by_role("article").get_by_role("heading")).to_have_text("To come")
    await expect(_shows(page).get_by_role("listitem")).to_contain_text("Forgotten")


async def test_a_visitor_is_reminded_of_the_next_show_and_watches_it_once_it_is_live(
    browser: Browser, show: BrowserShow
) -> None:
    show.session_id = show.plan("Winter drop")
    page = await open_page(browser, "about:blank")
    await page.clock.install()
    await page.goto(show.node.url)
    card = page.get_by_role("article", name="Winter drop")
    async with page.expect_download() as download:
        await _button(card, "Remind me").click()
    entry = (await (await download.value).path()).read_text()
    assert f"URL:{show.node.url}/watch/{show.session_id}" in entry.replace("\n ", "")
    await expect(card.get_by_role("link", name="Watch", exact=True)).to_have_count(0)
    show.command("session.start")
    await page.clock.fast_forward(15_000)
    await expect(card.get_by_role("link", name="Watch", exact=True)).to_be_visible()
    await expect(card).to_contain_text("Live")


async def test_a_visitor_whose_token_has_ended_watches_the_next_show_once_it_is_live(
    browser: Browser, show: BrowserShow
) -> None:
    show.session_id = show.plan("Winter drop")
    page = await open_page(browser, "about:blank")
    await page.clock.install()
    await page.goto(f"{show.node.url}/#token={token('ada', Role.VIEWER, ttl_s=-60)}")
    card = page.get_by_role("article", name="Winter drop")
    await expect(card.get_by_text("Scheduled")).to_be_visible()
    show.command("session.start")
    await page.clock.fast_forward(15_000)
    await expect(card.get_by_role("link", name="Watch", exact=True)).to_be_visible()


async def test_the_link_of_a_show_is_copied(browser: Browser, show: BrowserShow) -> None:
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await page.goto(f"{show.node.url}/#token={show.host_token}")
    await _button(page, "Share Autumn drop").click()
    await expect(page.get_by_text("The link is copied.")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{show.node.url}/watch/{show.session_id}"


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
    await expect(status.filter(has_text="cannot")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "shows", "action"),
    [
        ("el", "Εκπομπές", "Νέα εκπομπή"),
        ("zh", "直播列表", "安排直播"),
        ("ru", "Эфиры", "Новый эфир"),
    ],
)
async def test_the_list_speaks_the_language_that_is_chosen(
    browser: Browser, show: BrowserShow, language: str, shows: str, action: str
) -> None:
    page = await _lobby(browser, show)
    await page.locator("select.language").select_option(language)
    await expect(page.get_by_role("heading", name=shows, exact=True)).to_be_visible()
    await expect(_button(page, action)).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_every_state_fits_its_screen_and_pleases_axe(
    browser: Browser, show: BrowserShow, size: str, theme: str
) -> None:
    """Empty, with shows of every status and a title without measure, for visitors and for hosts."""
    visitor = await open_page(browser, show.node.url)
    await look(visitor, size, theme)
    await expect(visitor.get_by_text("No shows yet")).to_be_visible()
    assert await displeasures(visitor, theme) == []
    await _button(visitor, "For hosts").click()
    assert await displeasures(visitor, theme) == []
    show.plan("Hand-woven Donaudampfschifffahrtsgesellschaft 蓝色衬衫 قميص أزرق " * 2)
    over_id = show.plan("Over")
    own, show.session_id = show.session_id, over_id
    for command in ("session.start", "session.end"):
        show.command(command)
    show.session_id = own
    await visitor.reload()
    host = await _lobby(browser, show)
    await look(host, size, theme)
    for page in (visitor, host):
        await expect(page.get_by_role("article")).to_be_visible()
        assert await displeasures(page, theme) == []
    await _plan_form(host)
    assert await displeasures(host, theme) == []
