"""An answer in the chat: both pages show which message it answers, as long as that is there."""

import pytest
from playwright.async_api import Browser, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, open_page, token

_JOIN = """async ([sessionId, token]) => {
  const { Shop } = await import("/liveshop.js");
  const shop = new Shop({ sessionId, token });
  await new Promise((done) => shop.subscribe((state) => state.session && done()));
  return shop;
}"""
_SAY = "async (shop, [text, replyTo]) => (await shop.say(text, { replyTo })).id"
_LONG = "does it run small, and if so, by how much, and would you take it a size larger?"


@pytest.mark.feature("chat")
async def test_both_pages_show_what_a_message_answers_until_that_is_deleted(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    bo = await viewer.evaluate_handle(_JOIN, [live.session_id, token("bo", Role.MODERATOR)])
    asked = await bo.evaluate(_SAY, [_LONG, None])
    await bo.evaluate(_SAY, ["it does not", asked])
    lines = [page.locator("li, p").filter(has_text="it does not").last for page in (host, viewer)]
    for line in lines:
        start = line.locator(".note").filter(has_text="↩")
        await expect(start).to_contain_text(f"bo: {_LONG[:60]}…")
        await expect(start).to_contain_text("in reply to")
    live.command("chat.delete", id=asked)
    for line in lines:
        await expect(line.get_by_text("it does not")).to_be_attached()
        await expect(line.get_by_text("↩")).to_have_count(0)
