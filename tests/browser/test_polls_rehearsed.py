"""Polls in the console's rehearsal: asked, voted in by the crowd, closed, and then forgotten."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, Request, expect

import liveshop
from tests.browser.axe import displeasures, listed
from tests.browser.life import DESKTOP, PHONE, THEMES, look
from tests.browser.shop import BrowserShow, open_page
from tests.waiting import wait_until

pytestmark = pytest.mark.feature("polls", "rehearsal")

_FOLDER = os.environ.get("POLL_PICTURES")
_PACKAGE = Path(liveshop.__file__).parent
_LOCALES = ("en-IE", "el-GR", "ru-RU", "zh-CN")
_EAGER = "Math.random = () => 0.1"  # somebody votes in each second, for the first choice
_COUNT_FRAMES = """() => {
  window.framesSent = 0;
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function counted(text) {
    if (!["time", "ping"].includes(JSON.parse(text).type)) window.framesSent += 1;
    send.call(this, text);
  };
}"""


def _words(locale: str) -> dict[str, str]:
    """Return the messages of the console in a language, those of its features too."""
    language = locale.partition("-")[0]
    found: dict[str, str] = {}
    for folder in (_PACKAGE / "pages", *_PACKAGE.glob("features/*/page")):
        for file in folder.glob(f"messages/{language}.json"):  # a feature may have no words
            found |= json.loads(file.read_text(encoding="utf-8"))
    return found


class _Rehearsal:
    """A console on which a show is rehearsed, in a language."""

    def __init__(self, page: Page, locale: str = "en-IE") -> None:
        self.page = page
        self.words = _words(locale)
        self.panel = page.get_by_role("region", name=self.words["polls.title"], exact=True)

    def button(self, key: str, **fields: str) -> Locator:
        """Return the button of a message."""
        name = self.words[key].format(**fields)
        return self.page.get_by_role("button", name=name, exact=True)

    async def begin(self) -> None:
        """Go live, with a crowd that votes in each second."""
        await self.button("rehearsal.start").click()
        await expect(self.button("rehearsal.stop")).to_be_visible()
        await self.page.evaluate(_EAGER)
        await self.button("console.go_live").click()

    async def ask(self, question: str, *, seconds: str = "600") -> None:
        """Open a poll about the shirt or sand by the form."""
        label = self.page.get_by_label
        await self.button("polls.console.new").click()
        await label(self.words["polls.form.question"], exact=True).fill(question)
        for n, words in enumerate(("The shirt", "Sand, undyed linen"), 1):
            await label(self.words["polls.form.choice"].format(n=n), exact=True).fill(words)
        product = label(self.words["polls.form.product"].format(n=1))
        await product.select_option(label="Ocean Shirt")
        await label(self.words["polls.form.seconds"]).fill(seconds)
        await self.button("polls.form.open").click()
        await expect(self.page.get_by_role("dialog")).to_have_count(0)
        await expect(self.panel.get_by_role("heading", name=question)).to_be_visible()

    async def until_voted(self) -> None:
        """Wait for the crowd: three of it watch, and each votes once."""
        await expect(self.panel.locator("li .poll-share .note").first).to_have_text("3")


async def test_a_poll_is_rehearsed_from_its_question_to_its_result_and_leaves_no_trace(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    rehearsal = _Rehearsal(host)
    await expect(rehearsal.button("console.go_live")).to_be_visible()
    before = show.events()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    host.on("request", note)
    await host.evaluate(_COUNT_FRAMES)
    await rehearsal.begin()
    await rehearsal.ask("Which one next?")
    panel = rehearsal.panel
    await expect(panel.get_by_role("timer", name="Time left to vote")).to_be_visible()
    await rehearsal.until_voted()
    await rehearsal.button("polls.console.close_pin_of", question="Which one next?").click()
    await expect(panel.get_by_text("Result:")).to_be_visible()
    await expect(panel.get_by_role("listitem").filter(has_text="The shirt")).to_contain_text("100%")
    await expect(panel.get_by_text("3 votes.")).to_be_visible()
    stage = host.get_by_role("region", name="Run of show").get_by_role("listitem")
    await expect(stage.first).to_contain_text("pinned")
    # Another step takes nothing of the result away.
    await rehearsal.button("console.pause").click()
    await expect(rehearsal.button("console.resume")).to_be_visible()
    await expect(panel.get_by_text("3 votes.")).to_be_visible()
    await host.keyboard.press("o")
    await expect(host.get_by_role("dialog")).to_contain_text("New poll")
    await host.keyboard.press("Escape")

    await rehearsal.button("rehearsal.stop").click()
    await expect(rehearsal.button("console.go_live")).to_be_visible()
    await expect(panel).to_have_count(0)
    paths = {url.partition("?")[0].rpartition("/")[2] for url in asked if "/api/" in url}
    assert paths == {"rehearse"}
    assert await host.evaluate("window.framesSent") == 0
    assert show.events() == before
    wait_until(lambda: show.left("OCEAN-M") == 10)


async def test_a_rehearsed_poll_ends_by_its_time_and_another_can_be_asked(
    browser: Browser, show: BrowserShow
) -> None:
    rehearsal = _Rehearsal(await open_page(browser, show.host()))
    await rehearsal.begin()
    await rehearsal.ask("Which one next?", seconds="5")
    await expect(rehearsal.panel.get_by_text("Result:")).to_be_visible()
    await expect(rehearsal.panel.get_by_role("timer")).to_have_count(0)
    await rehearsal.ask("And then?")
    await expect(rehearsal.panel.get_by_text("Result:")).to_contain_text("Which one next?")


async def _states(rehearsal: _Rehearsal) -> AsyncIterator[str]:
    """Yield each state of a rehearsed poll: it runs with votes, is over, and another runs."""
    await rehearsal.begin()
    question = "Ποιο μετά; 下一个选哪个?"
    await rehearsal.ask(question)
    await rehearsal.until_voted()
    yield "running"
    await rehearsal.button("polls.console.close_of", question=question).click()
    await expect(
        rehearsal.panel.get_by_text(rehearsal.words["polls.console.result"])
    ).to_be_visible()
    yield "closed"
    await look(rehearsal.page, DESKTOP, "light")
    await rehearsal.ask("How about this one, then?")
    yield "closed-and-running"


@pytest.mark.parametrize("locale", _LOCALES)
async def test_no_state_of_a_rehearsed_poll_overflows_or_displeases_axe(
    browser: Browser, show: BrowserShow, locale: str
) -> None:
    found: dict[str, list[str]] = {}
    page = await open_page(browser, show.host(), locale=locale)
    async for name in _states(_Rehearsal(page, locale)):
        for size in (PHONE, DESKTOP):
            for theme in THEMES:
                await look(page, size, theme)
                if _FOLDER:
                    picture = f"rehearsed-{name}-{locale}-{size}-{theme}.png"
                    await page.screenshot(path=Path(_FOLDER) / picture)
                for words in await displeasures(page, theme):
                    found.setdefault(words, []).append(f"{name} {size} {theme}")
        await look(page, DESKTOP, "light")
    assert not found, listed(found)
