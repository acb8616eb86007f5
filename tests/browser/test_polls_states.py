"""Polls in all their states, on both pages, in both themes, by axe-core, the ruler and the eye."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import displeasures, listed
from tests.browser.life import DESKTOP, PHONE, THEMES, look
from tests.browser.shop import BrowserShow, open_page

pytestmark = pytest.mark.feature("polls")

_FOLDER = os.environ.get("POLL_PICTURES")
_CHOICES = [{"label": "Blue", "product_id": "ocean"}, {"label": "Sand, undyed linen"}]
# How many pixels of a dialog are seen only by scrolling.
_HIDDEN = (
    "() => { const d = document.querySelector('dialog'); return d.scrollHeight - d.clientHeight; }"
)
# How far the parts of the column cover each other, in pixels.
_COVERED = """() => {
  const boxes = [...document.querySelectorAll(".side > *")].map((e) => e.getBoundingClientRect());
  const seen = boxes.filter(({ height }) => height > 1);
  return Math.max(0, ...seen.slice(1).map(({ top }, at) => seen[at].bottom - top));
}"""


def _open(live: BrowserShow, **fields: Any) -> int:
    live.order({"type": "poll.open", "question": "Which one next?", "choices": _CHOICES} | fields)
    poll: int = live.events()[-1]["poll"]
    return poll


class _Polls:
    """The life of some polls; `states` yields each state by its name, with its page."""

    def __init__(self, live: BrowserShow, viewer: Page, guest: Page, host: Page) -> None:
        self.live = live
        self.viewer = viewer
        self.guest = guest
        self.host = host

    async def states(self) -> AsyncIterator[tuple[str, Page]]:
        """Yield each state: asked, answered, over, more than one, a score; then those of forms."""
        live, viewer, guest, host = self.live, self.viewer, self.guest, self.host
        card = viewer.get_by_role("region", name="Poll")
        panel = host.get_by_role("region", name="Poll")
        poll = _open(live, duration_ms=600_000, right=1, guests=True)
        await expect(card.get_by_role("button", name="Blue")).to_be_visible()
        await expect(panel.get_by_role("button", name="pin the winner")).to_be_visible()
        yield "viewer-open", viewer
        yield "console-open", host
        await guest.get_by_role("button", name="Blue").click()
        await card.get_by_role("button", name="Sand").click()
        await expect(card.get_by_text("2 votes.")).to_be_visible()
        yield "viewer-voted", viewer
        await expect(panel.get_by_text("2 votes.")).to_be_visible()
        yield "console-voted", host
        live.command("poll.close", poll=poll)
        await expect(card.get_by_text("Most votes").first).to_be_visible()
        yield "viewer-closed", viewer
        await expect(panel.get_by_text("Result:")).to_be_visible()
        yield "console-closed", host
        older = _open(live, show="end")
        newest = _open(live, question="How did you like it?", kind="score", choices=[])
        await expect(guest.get_by_text("Open your personal link to vote.").first).to_be_visible()
        yield "viewer-without-a-link", guest
        await viewer.get_by_role("button", name="9", exact=True).click()
        await card.locator("summary").click()
        await card.get_by_role("button", name="Blue").click()
        await expect(card.get_by_text("The result comes at the end.")).to_be_visible()
        yield "viewer-secret-and-score", viewer
        await expect(panel.get_by_text("Average 9")).to_be_visible()
        yield "console-secret-and-score", host
        for poll in (older, newest):
            live.command("poll.close", poll=poll)
        async for state in self._forms():
            yield state

    async def _forms(self) -> AsyncIterator[tuple[str, Page]]:
        host = self.host
        await look(host, DESKTOP, "light")
        await host.get_by_role("button", name="New poll…").click()
        yield "console-form", host
        await host.get_by_label("Question").fill("Which next?")
        await host.get_by_label("Choice 1", exact=True).fill("Blue")
        await host.get_by_label("Choice 2", exact=True).fill("Blue")
        await host.get_by_role("button", name="Open the poll").click()
        await expect(host.get_by_role("alert")).to_contain_text("same label")
        yield "console-form-refused", host
        for _ in range(4):
            await host.get_by_role("button", name="Add a choice").click()
        yield "console-form-full", host
        await host.keyboard.press("Escape")


async def test_no_state_of_polls_overflows_or_displeases_axe(
    browser: Browser, live: BrowserShow
) -> None:
    found: dict[str, list[str]] = {}
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    guest = await open_page(browser, live.watch())
    host = await open_page(browser, live.host())
    async for name, page in _Polls(live, viewer, guest, host).states():
        for size in (PHONE, DESKTOP):
            for theme in THEMES:
                await look(page, size, theme)
                if _FOLDER:
                    await page.screenshot(path=Path(_FOLDER) / f"{name}-{size}-{theme}.png")
                wrong = await displeasures(page, theme)
                if covered := await page.evaluate(_COVERED):
                    wrong.append(f"a part of the column covers {covered} px of another")
                for words in wrong:
                    found.setdefault(words, []).append(f"{name} {size} {theme}")
    assert not found, listed(found)


async def test_the_form_of_a_poll_needs_no_scrolling_and_shows_a_choice_more_when_asked(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await look(host, DESKTOP, "light")
    await host.get_by_role("button", name="New poll…").click()
    choices = host.get_by_role("textbox", name="Choice")
    await expect(choices).to_have_count(2)
    assert await host.evaluate(_HIDDEN) == 0
    more = host.get_by_role("button", name="Add a choice")
    for number in range(3, 7):
        await more.click()
        await expect(choices).to_have_count(number)
        await expect(choices.nth(number - 1)).to_be_focused()
        assert await host.evaluate(_HIDDEN) == 0, number
    await expect(more).to_have_count(0)
    await host.get_by_label("Question").fill("Which next?")
    for place, words in enumerate(("Blue", "Sand", "", "Moss")):
        await choices.nth(place).fill(words)
    await host.get_by_label("Product of choice 4").select_option(label="Ocean Shirt")
    await host.get_by_role("button", name="Open the poll").click()
    await expect(host.get_by_role("dialog")).to_have_count(0)
    opened = live.events()[-1]
    assert opened["choices"] == [
        {"label": "Blue"},
        {"label": "Sand"},
        {"label": "Moss", "product_id": "ocean"},
    ]
    # Asked again, it shows as many as that one had, gaps included.
    await host.get_by_role("button", name="New poll…").click()
    await host.get_by_role("dialog").get_by_role("button", name="Which next?").click()
    await expect(choices).to_have_count(4)
    await expect(choices.nth(3)).to_have_value("Moss")
