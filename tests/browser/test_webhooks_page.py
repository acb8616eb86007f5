"""Webhooks on the first page: an admin makes one, sees what failed and why, and sends it again."""

import re

import asyncpg
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.buyers import buys
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token
from tests.features.webhooks.receiver import Receiver, receiver

pytestmark = pytest.mark.feature("webhooks")


async def _open(browser: Browser, show: BrowserShow) -> Page:
    admin = token("admin", Role.ADMIN)
    page = await open_page(browser, f"{show.node.url}/#token={admin}")
    await page.get_by_role("link", name="Webhooks").click()
    await expect(page.get_by_role("heading", name="Webhooks", level=1)).to_be_visible()
    return page


async def _add(page: Page, erp: Receiver) -> tuple[Locator, str]:
    """Make a webhook of all orders; return its part of the page, and its secret."""
    await page.get_by_role("button", name="Add a webhook").click()
    form = page.get_by_role("dialog", name="Add a webhook")
    await form.get_by_label("Address").fill(erp.url)
    await form.get_by_role("textbox", name="Messages").fill("order.*, session.ended")
    await form.get_by_role("button", name="Add it").click()
    secret = form.get_by_label("Secret")
    await expect(secret).to_be_focused()
    shown = await secret.input_value()
    await form.get_by_role("button", name="I have kept it").click()
    await expect(form).to_have_count(0)
    return page.get_by_role("article", name=erp.url), shown


async def _kill(postgres_url: str) -> None:
    """Let what waits be a dead letter, as after three days of failures."""
    connection = await asyncpg.connect(postgres_url)
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE webhook_delivery SET state = 'dead', tries = 10 WHERE state = 'waiting'"
            )
            await connection.execute("UPDATE webhook SET due_ms = NULL")
    finally:
        await connection.close()


async def test_an_admin_sees_a_dead_letter_with_its_answer_and_has_it_sent_again(
    browser: Browser, live: BrowserShow, postgres_url: str
) -> None:
    page = await _open(browser, live)
    await expect(page.get_by_text("No webhook is there yet.")).to_be_visible()
    async with receiver() as erp:
        with live.node.working():
            one, secret = await _add(page, erp)
            erp.secret = secret  # the library of Standard Webhooks verifies all that comes
            await one.get_by_role("button", name="Test").click()
            await expect(one.get_by_role("status")).to_contain_text("Answered 200 after")
            erp.always = 500
            order_id = await buys(live, token("ada", Role.VIEWER), "OCEAN-M")
            await one.get_by_role("button", name="Deliveries").click()
            failed = one.get_by_role("listitem").filter(has_text=order_id)
            await expect(failed.locator("pre")).to_have_text("answer 500")
            await expect(one.locator("dd").first).to_have_text("1")
            await _kill(postgres_url)
            await one.get_by_label("Show").select_option("Dead letter")
            await expect(failed).to_contain_text("Dead letter")
            await expect(failed).to_contain_text("10 tries")
            erp.always = 200
            before = len(erp.requests)
            await one.get_by_role("button", name="Replay failures").click()
            await expect(one.get_by_role("status")).to_have_text("1 delivery waits again.")
            await expect(one.locator("dd").nth(1)).to_have_text("0")
            await one.get_by_label("Show").select_option("Taken")
            await expect(failed).to_contain_text("Answered 200 after")
    again = erp.requests[before]
    assert again.headers["webhook-id"] in erp.ids()[:before]
    assert again.message["data"]["order_id"] == order_id


async def test_an_admin_edits_a_webhook_gives_it_a_secret_switches_it_on_again_and_removes_it(
    browser: Browser, live: BrowserShow, postgres_url: str
) -> None:
    page = await _open(browser, live)
    async with receiver() as erp:
        one, first = await _add(page, erp)
        await one.get_by_role("button", name="Edit").click()
        form = page.get_by_role("dialog", name=f"Edit {erp.url}")
        await form.get_by_role("textbox", name="Messages").fill("not a type")
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_role("alert")).to_contain_text("That was refused:")
        await form.get_by_role("textbox", name="Messages").fill("*")
        await form.get_by_label("On: messages are sent").uncheck()
        await form.get_by_role("button", name="Save").click()
        await expect(one).to_contain_text("Off")
        await one.get_by_role("button", name="New secret").click()
        form = page.get_by_role("dialog", name=f"New secret for {erp.url}")
        await form.get_by_role("button", name="Make a new secret").click()
        await expect(form.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
        await page.keyboard.press("Escape")
        await expect(one.get_by_role("button", name="New secret")).to_be_focused()
        connection = await asyncpg.connect(postgres_url)
        await connection.execute("UPDATE webhook SET state = 'disabled'")
        await connection.close()
        await expect(one).to_contain_text("Given up")
        await one.get_by_role("button", name="Switch on again").click()
        await expect(one.get_by_role("status")).to_contain_text("It is on.")
        await one.get_by_role("button", name="Remove").click()
        form = page.get_by_role("dialog", name=f"Remove {erp.url}")
        await form.get_by_role("button", name="Remove it").click()
        await expect(page.get_by_text("No webhook is there yet.")).to_be_visible()
    assert first.startswith("whsec_")


async def test_a_host_who_is_no_admin_is_shown_no_webhooks(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, f"{live.node.url}/#token={live.host_token}")
    await expect(page.get_by_role("navigation").get_by_role("link", name="Shows")).to_be_visible()
    await expect(page.get_by_role("link", name="Webhooks")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
async def test_the_webhooks_please_axe_and_fit(
    browser: Browser, live: BrowserShow, theme: str
) -> None:
    page = await _open(browser, live)
    async with receiver() as erp:
        erp.always = 500
        with live.node.working():
            one, _ = await _add(page, erp)
            await one.get_by_role("button", name="Test").click()
            await expect(one.get_by_role("status")).to_contain_text("Answered 500 after")
            await one.get_by_role("button", name="Deliveries").click()
            await expect(one.locator("pre").first).to_be_visible()
            for size in EVERY_SIZE:
                await look(page, size, theme)
                assert await displeasures(page, theme) == [], size
            for name in ("Edit", "New secret", "Remove"):
                await one.get_by_role("button", name=name).click()
                await expect(page.get_by_role("dialog")).to_be_visible()
                assert await displeasures(page, theme) == [], name
                await page.keyboard.press("Escape")
