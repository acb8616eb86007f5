"""The console has a button for what the server would do, and none for what it always refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from liveshop.core.model import Status
from liveshop.core.roles import Role
from liveshop.edge.http.commands import rules_of
from tests.browser.shop import BrowserShow, choose, open_page, token
from tests.client import joined
from tests.every_feature import WHOLE

_ROLES: Final = (Role.MODERATOR, Role.HOST, Role.ADMIN)
_DOES: Final = "(all) => [...new Set(all.map((each) => each.dataset.does))].sort()"
# Drawn whenever they are allowed, in a show whose product is pinned and has no sale.
_DRAWN: Final = frozenset(
    (
        *("session.start", "session.pause", "session.resume", "session.end"),
        *("product.add", "product.unpin", "product.remove", "product.reprice", "shelf.order"),
        *("sale.start", "poll.open", "chat.slow", "chat.block", "say"),
        *("session.update", "stock.add", "offer.open"),
    )
)


def _allowed(role: Role, status: Status) -> set[str]:
    """Return the commands that the server takes of a role in a state of a session."""
    ranks = {each.word: each for each in Role}
    return {
        rule.type
        for rule in rules_of(WHOLE).commands
        if (rule.role is None or ranks[rule.role] <= role) and status in rule.statuses
    }


def _console(show: BrowserShow, bearer: str) -> str:
    return f"{show.node.url}/host/{show.session_id}#token={bearer}"


async def _wait(page: Page, status: Status) -> None:
    await expect(page.locator(f"header .status.{status}")).to_be_visible()


async def _does(page: Page) -> set[str]:
    return set(await page.locator("[data-does]").evaluate_all(_DOES))


@asynccontextmanager
async def _said(show: BrowserShow, text: str) -> AsyncIterator[None]:
    """Have a viewer say something."""
    url = show.node.url.replace("http", "ws", 1)
    async with joined(url, show.session_id, token("ada", Role.VIEWER)) as client:
        await client.ask("say", text=text)
        yield


@pytest.mark.feature("chat", "polls", "offers")
async def test_each_role_has_the_buttons_of_its_commands_in_every_state_and_no_others(
    browser: Browser, show: BrowserShow
) -> None:
    show.command("product.pin", product_id="ocean")
    pages = {
        role: await open_page(browser, _console(show, token(role.word, role))) for role in _ROLES
    }
    for page in pages.values():
        await choose(page, "Ocean Shirt")
    seen: set[str] = set()
    for status, command in (
        (Status.DRAFT, "session.start"),
        (Status.LIVE, "session.pause"),
        (Status.PAUSED, "session.end"),
        (Status.ENDED, None),
    ):
        for role, page in pages.items():
            await _wait(page, status)
            allowed, does = _allowed(role, status), await _does(page)
            assert does - allowed == set(), (role, status)
            drawn = set() if status is Status.ENDED else allowed & _DRAWN
            assert drawn - does == set(), (role, status)
            seen |= does
        if command:
            show.command(command)
    assert seen >= _DRAWN


@pytest.mark.feature("chat")
async def test_what_is_said_has_buttons_for_what_may_be_done_about_it(
    browser: Browser, live: BrowserShow
) -> None:
    bound = token("bound", Role.HOST, session_id=live.session_id)
    async with _said(live, "hello"):
        for bearer, words in (
            (token("mo", Role.MODERATOR), {"Ban"}),
            (bound, {"Ban"}),
            (token("host", Role.HOST), {"Ban", "Ban from all shows"}),
        ):
            page = await open_page(browser, _console(live, bearer))
            await page.get_by_role("button", name="Actions on the message of ada").click()
            bans = page.locator("[data-does='viewer.ban']")
            assert {text.strip() for text in await bans.all_inner_texts()} == words
            assert {"chat.pin", "chat.delete", "viewer.mute"} <= await _does(page)


@pytest.mark.feature("polls")
async def test_a_key_does_nothing_that_would_be_refused_and_the_help_leaves_it_out(
    browser: Browser, show: BrowserShow
) -> None:
    show.command("product.pin", product_id="ocean")
    host = await open_page(browser, show.host())
    moderator = await open_page(browser, _console(show, token("mo", Role.MODERATOR)))
    for page in (host, moderator):
        await _wait(page, Status.DRAFT)
        for key in ("s", "e", "o"):
            await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_have_count(0)
    show.command("session.start")
    for page, keys in ((host, {"S", "E", "O"}), (moderator, set())):
        await _wait(page, Status.LIVE)
        await page.keyboard.press("?")
        listed = set(await page.get_by_role("dialog").locator("kbd").all_inner_texts())
        assert listed & {"S", "E", "O"} == keys
        await page.keyboard.press("Escape")
        # It is hidden at once, and gone when the page has heard of it.
        await expect(page.locator("dialog")).to_have_count(0)
        await page.keyboard.press("s")
        await expect(page.get_by_role("dialog")).to_have_count(1 if keys else 0)


async def test_a_console_whose_token_ends_says_so_and_has_no_buttons(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, _console(live, token("host", Role.HOST, ttl_s=6)))
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await expect(page.get_by_text("Your link has expired.")).to_be_visible()
    assert await _does(page) == set()


async def test_a_host_of_one_session_is_offered_no_other_show_and_no_new_product(
    browser: Browser, live: BrowserShow
) -> None:
    bound = token("bound", Role.HOST, session_id=live.session_id)
    page = await open_page(browser, _console(live, bound))
    await page.get_by_role("button", name="Add product…").click()
    await expect(page.get_by_label("From the catalogue")).to_be_visible()
    await expect(page.get_by_label("A new product")).to_have_count(0)
    lobby = await open_page(browser, f"{live.node.url}/#token={bound}")
    for bearer, why in (
        (bound, "This token is for one show only: it cannot plan another."),
        (token("ada", Role.VIEWER), "This token is not a host's."),
        (token("host", Role.HOST, ttl_s=-60), "This token is not valid, or has expired."),
    ):
        lobby = await open_page(browser, f"{live.node.url}/#token={bearer}")
        await expect(lobby.get_by_text(why, exact=True)).to_be_visible()
        await expect(lobby.get_by_role("button", name="Plan a show")).to_have_count(0)


async def test_the_lobby_leads_only_the_staff_to_consoles(
    browser: Browser, show: BrowserShow
) -> None:
    show.plan("For all")
    for fragment, links in (
        ("", 0),
        (f"#token={token('ada', Role.VIEWER)}", 0),
        (f"#token={token('mo', Role.MODERATOR)}", 1),
    ):
        page = await open_page(browser, f"{show.node.url}/{fragment}")
        await expect(page.get_by_role("link", name="For all", exact=True)).to_be_visible()
        console = page.get_by_role("link", name="Open the console of For all")
        await expect(console).to_have_count(links)
