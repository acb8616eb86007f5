"""The chat as the staff has it: answers, lines that stand out, and what was just bought."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.buyers import buys, guest, says
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token
from tests.client import joined

pytestmark = pytest.mark.feature("chat")


def _chat(page: Page) -> Locator:
    return page.get_by_role("region", name="Chat")


def _line(page: Page, text: str) -> Locator:
    return _chat(page).get_by_role("listitem").filter(has_text=text)


async def test_a_host_answers_a_message_and_everyone_is_told_which(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    asked = await says(live, token("ada", Role.VIEWER), "does it run small?")
    line = _line(host, "does it run small?")
    await line.get_by_role("button", name="Actions on the message of ada").click()
    await line.get_by_role("button", name="Answer ada").click()
    box = host.get_by_label("Say something as host")
    await expect(box).to_be_focused()
    await expect(_chat(host)).to_contain_text("Answering ada: does it run small?")
    await box.fill("it does not")
    socket = live.node.url.replace("http", "ws", 1)
    async with joined(socket, live.session_id, token("bo", Role.VIEWER)) as bo:
        await box.press("Enter")
        batch = await bo.wait_for_type("chat")
    (message,) = batch["messages"]
    assert (message["text"], message["reply_to"]) == ("it does not", asked)
    assert message["viewer"]["role"] == "host"
    answer = _line(host, "it does not")
    await expect(answer).to_contain_text("ada: does it run small?")
    await expect(answer.locator(".badge")).to_have_text("Host")
    await expect(_chat(host)).not_to_contain_text("Answering")
    await expect(box).to_have_value("")


async def test_an_answer_is_given_up_by_escape_and_what_was_typed_stays(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await says(live, token("ada", Role.VIEWER), "does it run small?")
    line = _line(host, "does it run small?")
    await line.get_by_role("button", name="Actions on").click()
    await line.get_by_role("button", name="Answer ada").click()
    box = host.get_by_label("Say something as host")
    await box.fill("hello")
    await box.press("Escape")
    await expect(_chat(host)).not_to_contain_text("Answering")
    await expect(box).to_have_value("hello")
    await box.press("Enter")
    said = _line(host, "hello")
    await expect(said).to_be_visible()
    await expect(said.get_by_text("in reply to")).to_have_count(0)


async def test_lines_to_the_staff_stand_out_and_no_others_do(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    ada = token("ada", Role.VIEWER)
    welcome = await says(live, live.host_token, "welcome, all of you")
    hers = await says(live, ada, "so pretty")
    await says(live, ada, "do you ship to Cyprus, @host?")
    await says(live, ada, "Host is it dishwasher safe?")
    await says(live, ada, "good evening to you", reply_to=welcome)
    await says(live, token("bo", Role.VIEWER), "it really is", reply_to=hers)
    await says(live, token("bo", Role.VIEWER), "ghosts would like it, too")
    for text, count in (
        ("welcome, all", 0),
        ("so pretty", 0),
        ("to Cyprus", 1),
        ("dishwasher", 1),
        ("good evening", 1),
        ("it really is", 0),
        ("ghosts", 0),
    ):
        line = _line(host, text).first
        await expect(line).to_be_visible()
        await expect(line.locator(".to-staff")).to_have_count(count)
        await expect(line.get_by_text("To you:")).to_have_count(count)
        await expect(line.get_by_role("button", name="Answer ada")).to_have_count(count)


@pytest.mark.feature("guests", "bought")
async def test_purchases_stand_in_the_chat_by_name_for_hosts_and_as_the_shop_says_for_moderators(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    address = f"{live.node.url}/host/{live.session_id}#token={token('mo', Role.MODERATOR)}"
    moderator = await open_page(browser, address)
    await expect(_chat(moderator)).to_be_visible()
    kaya = guest(live, "Kaya Demir")
    await buys(live, kaya, "OCEAN-M")
    await buys(live, kaya, "OCEAN-L", quantity=2)
    lines = _chat(host).locator(".purchase")
    await expect(lines.first).to_contain_text("✓ Kaya Demir bought Ocean Shirt, M")
    await expect(lines.first).not_to_contain_text("order 1")
    await expect(lines.last).to_contain_text("✓ Kaya Demir bought Ocean Shirt, L × 2 · order 2")
    told = _chat(moderator).locator(".purchase")
    await expect(told).to_have_count(2)
    await expect(told.first).to_contain_text("✓ Somebody bought Ocean Shirt")
    await expect(_chat(moderator)).not_to_contain_text("Kaya")


@pytest.mark.feature("guests")
@pytest.mark.parametrize("theme", THEMES)
async def test_the_chat_in_all_of_its_states_pleases_axe(
    browser: Browser, live: BrowserShow, theme: str
) -> None:
    host = await open_page(browser, live.host())
    ada = token("ada", Role.VIEWER)
    await says(live, ada, "hello @host, is the أزرق one still there, and how long would it take?")
    welcome = await says(live, live.host_token, "welcome")
    await says(live, ada, "thank you", reply_to=welcome)
    await buys(live, guest(live, "Kaya Demir"), "OCEAN-M")
    line = _line(host, "thank you").last
    await line.get_by_role("button", name="Actions on").click()
    await line.get_by_role("button", name="Answer ada").click()
    await expect(_chat(host).locator(".purchase")).to_be_visible()
    for size in EVERY_SIZE:
        await look(host, size, theme)
        await host.get_by_role("button", name="Chat").locator("visible=true").first.click()
        assert await displeasures(host, theme) == [], size
