"""The console if things come in an unlucky order: late answers, other hosts, half-drawn pages."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.held_line import HeldLine
from tests.browser.shop import BrowserShow, from_menu, open_page, take_back
from tests.waiting import until

# Frames come when the test says so, and what a frame draws is there before the next part draws.
_OWN_FRAMES = """() => {
  let [waiting, last] = [new Map(), 0];
  window.requestAnimationFrame = (draw) => waiting.set(++last, draw) && last;
  window.cancelAnimationFrame = (id) => void waiting.delete(id);
  window.frame = async () => {
    const now = waiting;
    waiting = new Map();
    for (const draw of now.values()) {
      draw(performance.now());
      await new Promise((done) => setTimeout(done));
    }
  };
}"""
# Not every browser has it: in the others an element that is moved loses the focus.
_NO_MOVES = "delete Element.prototype.moveBefore"
_DRAW_SOMETHING = "() => document.querySelector('.typed-place').append(new Comment('drawn'))"


@pytest.fixture
def full(live: BrowserShow) -> Iterator[BrowserShow]:
    """A live show with the shirt, number 1, and three products more."""
    for product_id in ("cap", "mug", "pot"):
        live.add_product(product_id, [""], product_id.title())
    yield live


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _stage(page: Page) -> Locator:
    return page.get_by_role("region", name="On air")


def _pinned(show: BrowserShow) -> list[str]:
    pins = [
        each for each in show.events() if each["type"] in ("product.pinned", "product.unpinned")
    ]
    return list(pins[-1]["pinned"]) if pins else []


async def test_the_focus_goes_to_the_neighbour_that_another_part_of_the_page_draws_later(
    browser: Browser, live: BrowserShow
) -> None:
    """*Pause* is drawn away by its own answer, *Resume* comes with the next frame of the head.

    The page must not look for a neighbour between the two, even if something that was drawn before
    has made it look in that frame.
    """
    host, line = await open_page(browser, "about:blank"), HeldLine()
    await line.stand(host)
    await host.goto(live.host())
    await expect(_button(host, "Pause")).to_be_visible()
    line.holds = lambda message: message["type"] in ("session.paused", "session.stream", "ok")
    await _button(host, "Pause").focus()
    await host.evaluate(_OWN_FRAMES)
    await host.evaluate(_DRAW_SOMETHING)
    await host.keyboard.press("Enter")
    await until(lambda: line.has("ok") and line.has("session.paused"))
    line.release()
    await expect(_button(host, "Pause")).to_have_count(0)
    for _ in range(3):
        await host.evaluate("() => frame()")
    await expect(_button(host, "Resume")).to_be_focused()


async def test_the_focus_stays_in_a_row_that_another_host_moves(
    browser: Browser, full: BrowserShow
) -> None:
    host = await open_page(browser, "about:blank")
    await host.add_init_script(_NO_MOVES)
    await host.goto(full.host())
    pin = _button(host, "Pin Mug")
    rows = host.get_by_role("region", name="Run of show").get_by_role("listitem")
    await pin.focus()
    for order, place in ((["mug"], 0), (["pot", "ocean", "cap"], 3), (["mug", "pot"], 0)):
        full.command("shelf.order", product_ids=order)
        await expect(rows.nth(place)).to_contain_text("Mug")
        await expect(pin).to_be_focused()


async def test_what_was_pinned_last_is_shown_however_late_the_answers_are(
    browser: Browser, full: BrowserShow
) -> None:
    host, line = await open_page(browser, "about:blank"), HeldLine()
    await line.stand(host)
    await host.goto(full.host())
    await expect(_button(host, "Pin Cap")).to_be_visible()
    line.holds = lambda message: True
    await _button(host, "Pin Cap").click()
    await _button(host, "Pin Mug").click()
    # One that is under way stays so while another one is begun.
    for name in ("Pin Cap", "Pin Mug"):
        await expect(_button(host, name)).to_have_attribute("aria-busy", "true")
    line.release()
    await expect(_stage(host).get_by_role("article", name="Mug")).to_be_visible()
    await until(lambda: _pinned(full) == ["mug"])
    await expect(_stage(host).get_by_role("list", name="Also shown")).to_have_count(0)
    await take_back(host, "Mug")
    await expect(_stage(host).get_by_role("article", name="Cap")).to_be_visible()
    await until(lambda: _pinned(full) == ["cap"])


async def test_an_announced_sale_that_was_ended_is_announced_again_for_the_same_instant(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    announced = {"percent": 20, "duration_ms": 60_000, "starts_in_ms": 600_000}
    live.command("sale.start", product_id="ocean", **announced)
    first = live.events()[-1]
    host = await open_page(browser, live.host())
    timer = _stage(host).get_by_role("timer", name="Sale begins")
    await expect(timer).to_be_visible()
    await host.keyboard.down("e")
    await expect(timer).to_have_count(0)
    await host.keyboard.up("e")
    await take_back(host, "Ocean Shirt")
    await expect(timer).to_be_visible()
    again = live.events()[-1]
    assert abs(again["starts_at_ms"] - first["starts_at_ms"]) < 5_000
    assert abs(again["ends_at_ms"] - first["ends_at_ms"]) < 5_000


async def test_a_form_takes_nothing_back_that_another_host_changed_meanwhile(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await from_menu(host, "Edit show…")
    form = host.get_by_role("dialog", name="Edit show…")
    await form.get_by_label("Address of the stream").fill("https://video.example/live.m3u8")
    live.command("session.update", title="By another host")
    await expect(host.get_by_role("heading", name="By another host", level=1)).to_be_attached()
    await _button(host, "Save").click()
    await expect(form).to_have_count(0)
    changed = live.events()[-1]
    assert changed["stream_url"] == "https://video.example/live.m3u8"
    assert changed["title"] == "By another host"


_KEY_AT_ONCE = """async (button) => {
  button.click();
  await new Promise((drawn) => setTimeout(drawn));
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
}"""


@pytest.mark.feature("rehearsal")
async def test_a_key_that_is_pressed_before_a_rehearsal_is_painted_counts(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    rehearse = _button(host, "Rehearse")
    await expect(rehearse).to_be_visible()
    await host.evaluate(_OWN_FRAMES)
    await rehearse.evaluate(_KEY_AT_ONCE)
    await expect(host.get_by_role("dialog", name="Keyboard shortcuts")).to_be_attached()
