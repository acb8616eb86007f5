"""The layouts of the viewer's page: what covers the video, and what moves."""

import base64
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from liveshop.core.roles import Role
from tests.browser.offered import TICKET, open_offer
from tests.browser.shop import BrowserShow, open_page, token
from tests.browser.viewer_words import buy_button, open_card

_PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_FLAT: Final[ViewportSize] = {"width": 844, "height": 390}
_SIZES: Final = (
    (390, 844),
    (844, 390),
    (820, 1180),
    (1280, 720),
    (1440, 900),
)
# The page over a stage of one colour: what lets it through covers it by so much less.
_PAINT: Final = """(colour) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`.backdrop, .picture, .video { visibility: hidden }
    .stage { background: ${colour} !important }
    * { animation: none !important; transition: none !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets.slice(0, 1), sheet];
}"""
_COVERED: Final = """async (pictures) => {
  const pixels = await Promise.all(pictures.map(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height).data;
  }));
  const [white, black] = pixels;
  let seen = 0;
  for (let at = 0; at < white.length; at += 4) seen += (white[at] - black[at]) / 255;
  return 1 - seen / (white.length / 4);
}"""
_SAY: Final = """async ([sessionId, tokens]) => {
  const { Shop } = await import("/liveshop.js");
  for (const [token, text] of tokens) {
    const shop = new Shop({ sessionId, token });
    await new Promise((done) => shop.subscribe((state) => state.viewer && done()));
    await shop.say(text);
  }
}"""


async def _covered(browser: Browser, page: Page) -> float:
    """Return the share of the screen at which the video is hidden, as far as it is."""
    pictures = []
    for colour in ("#fff", "#000"):
        await page.evaluate(_PAINT, colour)
        pictures.append(base64.b64encode(await page.screenshot()).decode())
    blank = await browser.new_page()
    covered: float = await blank.evaluate(_COVERED, pictures)
    await blank.close()
    return covered


async def _talk(browser: Browser, live: BrowserShow) -> None:
    """Let four lines be said, one of them a host's and of two rows."""
    said = (
        ("Νίκος", Role.VIEWER, "do you ship to Cyprus?"),
        ("Hana", Role.HOST, "yes, in two or three days, and it is free from €60 on"),
        ("Kaya", Role.VIEWER, "got mine, thank you"),
        ("Ελένη", Role.VIEWER, "can you show the bottom?"),
    )
    page = await open_page(browser, live.node.url)
    lines = [[token(name, role), text] for name, role, text in said]
    await page.evaluate(_SAY, [live.session_id, lines])
    await page.context.close()


async def _box(locator: Locator) -> dict[str, int]:
    await expect(locator).to_be_visible()
    box = await locator.bounding_box()
    assert box is not None
    return {
        "x": round(box["x"]),
        "y": round(box["y"]),
        "width": round(box["width"]),
        "height": round(box["height"]),
    }


async def _at_rest(browser: Browser, live: BrowserShow) -> Page:
    """Return a phone's page on which nothing goes on, with four lines of the chat and a card."""
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    await page.set_viewport_size(_PHONE)
    await _talk(browser, live)
    await expect(page.locator(".lines li")).to_have_count(4)
    await expect(page.locator(".card.resting")).to_be_visible()
    return page


@pytest.mark.feature("chat", "likes")
async def test_a_phone_hides_a_fifth_of_the_video_at_rest_and_two_fifths_with_the_card_open(
    browser: Browser, live: BrowserShow
) -> None:
    page = await _at_rest(browser, live)
    assert 0.1 < await _covered(browser, page) <= 0.22
    live.command("sale.start", product_id="ocean", percent=25, duration_ms=600_000, units=12)
    await expect(page.get_by_role("timer")).to_be_visible()
    assert 0.22 < await _covered(browser, page) <= 0.40


@pytest.mark.feature("chat", "likes", "offers")
async def test_the_ticket_of_an_offer_hides_what_a_line_of_the_chat_hid(
    browser: Browser, live: BrowserShow
) -> None:
    page = await _at_rest(browser, live)
    open_offer(live, TICKET)
    take = page.get_by_role("button", name="Take: Five off")
    await expect(take).to_be_visible()
    await expect(page.get_by_text("do you ship to Cyprus?")).to_be_hidden()
    await expect(page.get_by_text("got mine, thank you")).to_be_visible()
    assert 0.1 < await _covered(browser, page) <= 0.22
    await take.click()
    await expect(page.get_by_text("Yours until")).to_be_visible()
    assert 0.1 < await _covered(browser, page) <= 0.22


async def test_the_card_at_rest_is_80_px_high_and_opens_by_a_tap(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    card = page.locator(".card")
    assert (await _box(card))["height"] == 80
    await expect(page.get_by_role("radio")).to_have_count(0)
    await open_card(page, "Ocean Shirt")
    await expect(buy_button(page, "Ocean Shirt")).to_be_focused()
    await expect(page.get_by_role("radio")).to_have_count(2)
    # Nobody touches it any longer; the keyboard, whose focus is in it, would keep it open.
    await expect(card).to_have_class("card resting", timeout=30_000)


async def test_nothing_that_can_be_tapped_moves_while_the_card_says_what_came_of_a_tap(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    live.command("sale.start", product_id="ocean", percent=25, duration_ms=600_000)
    page = await open_page(browser, live.watch("ada"), width=390)
    await page.set_viewport_size(_PHONE)
    await page.emulate_media(reduced_motion="reduce")
    buys, box = buy_button(page, "Ocean Shirt"), page.locator(".bar")
    await expect(buys).to_be_enabled()
    before = await _box(buys), await _box(box)
    await buys.click()
    await expect(page.get_by_role("article")).to_contain_text("Yours. Order")
    live.command("chat.slow", interval_ms=60_000)
    await expect(page.get_by_placeholder("Slow mode: 60 s")).to_be_visible()
    assert (await _box(buys), await _box(box)) == before


async def test_a_phone_on_its_side_has_the_card_next_to_the_video_and_all_of_it_on_screen(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    live.command("sale.start", product_id="ocean", percent=25, duration_ms=600_000)
    page = await open_page(browser, live.watch("ada"), width=390)
    await page.set_viewport_size(_FLAT)
    stage = await _box(page.get_by_role("region", name="Video"))
    assert (stage["x"], stage["width"], stage["height"]) == (0, 544, 390)
    for part in (
        buy_button(page, "Ocean Shirt"),
        page.get_by_role("button", name="See all products"),
        page.get_by_label("Say something"),
        page.get_by_role("timer"),
    ):
        await expect(part).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", _SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_top_is_one_line_whatever_the_numbers(
    browser: Browser, live: BrowserShow, size: tuple[int, int]
) -> None:
    # Another size later would draw another bar, and perhaps after it was measured.
    page = await open_page(browser, live.watch("ada"), width=size[0], height=size[1])
    bar = page.locator(".top-bar")
    # A page that waits for the show has a bar too, with another name in it.
    await expect(bar.locator(".status")).to_have_text("Live")
    await page.evaluate(
        """() => {
          // Only the words: the page draws its elements again when somebody comes or likes.
          const say = (element, words) => {
            const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
            text.nodeValue = words;
          };
          for (const tag of document.querySelectorAll(".top-bar .tag")) say(tag, "128.8K");
          say(document.querySelector(".top-bar h1"), "A long title of a show ".repeat(9));
        }"""
    )
    assert (await _box(bar))["height"] <= 60
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_sheet_of_an_arabic_page_is_mirrored(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"))
    await expect(page.get_by_role("article")).to_be_visible()
    assert (await _box(page.get_by_role("region", name="Video")))["x"] == 0
    await page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    side = await _box(page.locator(".side"))
    assert side["x"] == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
