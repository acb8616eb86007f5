"""Polls on the pages: asked from the console, answered on a viewer's page, and told to both."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, open_page, token

pytestmark = pytest.mark.feature("polls")

_CHOICES = [{"label": "Blue", "product_id": "ocean"}, {"label": "Sand"}]


async def _vote(page: Page, choice: str) -> None:
    await page.get_by_role("group", name="Which next?").get_by_role("button", name=choice).click()


def _open(live: BrowserShow, **fields: Any) -> int:
    live.command("poll.open", **({"question": "Which next?", "choices": _CHOICES} | fields))
    poll: int = live.events()[-1]["poll"]
    return poll


@pytest.mark.feature("polls")
async def test_a_viewer_votes_sees_how_it_stands_and_then_the_winner(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    poll = _open(live)
    card = page.get_by_role("region", name="Poll")
    await _vote(page, "Sand")
    await expect(card.get_by_role("listitem").filter(has_text="Sand")).to_contain_text("100%")
    await expect(card.get_by_role("listitem").filter(has_text="Sand")).to_contain_text("your vote")
    # The vote is known after a reload too, and there is nothing to choose any longer.
    await page.reload()
    await expect(card.get_by_text("your vote")).to_be_visible()
    await expect(page.get_by_role("group", name="Which next?")).to_have_count(0)
    live.command("poll.close", poll=poll)
    await expect(card.get_by_text("Most votes: Sand", exact=True)).to_be_visible()


@pytest.mark.feature("polls")
async def test_a_poll_is_answered_by_a_key_and_a_secret_one_tells_nothing_before_its_end(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=1_280)
    poll = _open(live, show="end", right=1)
    await expect(page.get_by_role("group", name="Which next?")).to_be_visible()
    await page.keyboard.press("1")
    card = page.get_by_role("region", name="Poll")
    await expect(card.get_by_text("The result comes at the end.")).to_be_visible()
    await expect(card.get_by_text("1 vote.")).to_be_visible()
    await expect(card.get_by_role("listitem")).to_have_count(0)
    live.command("poll.close", poll=poll)
    await expect(card.get_by_role("listitem").filter(has_text="Sand")).to_contain_text("right")


# Presses a key in the very moment in which the choices are there, before they are painted.
_AT_ONCE = """() => new MutationObserver((_, watcher) => {
  if (!document.querySelector(".poll-choices")) return;
  watcher.disconnect();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "2", bubbles: true }));
}).observe(document, { childList: true, subtree: true })"""


@pytest.mark.parametrize("width", [390, 1_280])
async def test_a_key_counts_from_the_moment_on_in_which_the_question_is_there(
    browser: Browser, live: BrowserShow, width: int
) -> None:
    page = await open_page(browser, live.watch("ada"), width=width)
    await expect(page.get_by_role("heading", name="Autumn drop")).to_be_visible()
    await page.evaluate(_AT_ONCE)
    _open(live)
    card = page.get_by_role("region", name="Poll")
    await expect(card.get_by_role("listitem").filter(has_text="Sand")).to_contain_text("your vote")


async def test_on_a_phone_a_question_has_the_cards_place_only_while_it_can_be_answered(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch(), width=390)
    card = page.get_by_role("region", name="Now showing")
    await expect(card).to_be_visible()
    poll = _open(live)
    await expect(page.get_by_text("Open your personal link to vote.")).to_be_visible()
    await expect(card).to_be_visible()  # it cannot be answered without a name
    live.command("poll.close", poll=poll)
    _open(live, guests=True, question="And then?")
    question = page.get_by_role("group", name="And then?")
    await expect(question).to_be_visible()
    await expect(card).to_have_count(0)
    await question.get_by_role("button", name="Blue").click()
    await expect(page.get_by_text("your vote")).to_be_visible()
    await expect(card).to_be_visible()


@pytest.mark.feature("polls")
async def test_who_has_no_link_votes_only_where_guests_may(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch(), width=390)
    poll = _open(live)
    await expect(page.get_by_text("Open your personal link to vote.")).to_be_visible()
    group = page.get_by_role("group", name="Which next?")
    await expect(group.get_by_role("button", name="Blue")).to_be_disabled()
    live.command("poll.close", poll=poll)
    _open(live, guests=True)
    await _vote(page, "Blue")
    await expect(page.get_by_text("your vote")).to_be_visible()


async def test_a_host_asks_by_a_key_and_pins_the_product_that_wins(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host(), width=1_280)
    viewer = await open_page(browser, live.watch("ada"), width=390)
    await expect(host.get_by_role("button", name="New poll…")).to_be_visible()
    await host.keyboard.press("o")
    await host.get_by_label("Question").fill("Which next?")
    await host.get_by_label("Choice 1", exact=True).fill("Blue")
    await host.get_by_label("Product of choice 1").select_option(label="Ocean Shirt")
    await host.get_by_label("Choice 2", exact=True).fill("Sand")
    await host.get_by_role("button", name="Open the poll").click()
    await _vote(viewer, "Blue")
    panel = host.get_by_role("region", name="Poll")
    await expect(panel.get_by_role("listitem").filter(has_text="Blue").last).to_contain_text("100%")
    await host.get_by_role("button", name="and pin the winner").click()
    await expect(panel.get_by_text("Result:")).to_be_visible()
    await expect(viewer.get_by_role("region", name="Now showing")).to_contain_text("Ocean Shirt")
    # The last ones can be asked again.
    await host.keyboard.press("o")
    await host.get_by_role("button", name="Which next?").click()
    await expect(host.get_by_label("Choice 2", exact=True)).to_have_value("Sand")


async def test_another_site_votes_by_the_client_module(browser: Browser, live: BrowserShow) -> None:
    page = await open_page(browser, live.node.url)
    poll = _open(live)
    answers = await page.evaluate(
        """async ([sessionId, token, poll]) => {
          const { Shop } = await import("/liveshop.js");
          const shop = new Shop({ sessionId, token });
          await new Promise((done) => shop.subscribe((state) => state.session && done()));
          const vote = (choice) => shop.send({ type: "vote", poll, choice });
          const first = await vote(1), again = await vote(0);
          const refused = await vote(2).catch(({ code }) => code);
          shop.close();
          return [first.choice, again.choice, refused];
        }""",
        [live.session_id, token("ada", Role.VIEWER), poll],
    )
    assert answers == [1, 1, "bad_request"]
