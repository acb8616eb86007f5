"""The console's picture, checklist and columns: what the host sees before and in the show."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.broadcast import OnAir, on_the_air
from tests.browser.shop import BrowserShow, choose, from_menu, open_page, token
from tests.client import joined

_LATE_MS = 4_000
_LOOK_MS = 500
_STREAM_PATIENCE_MS = 60_000
_SIZES = ((390, 844), (844, 390), (820, 1180), (1280, 720), (1440, 900))

# The buttons that something else lies over, by what they are called.
_COVERED = """(place) => [...place.querySelectorAll("button")].filter((button) => {
  const { left, top, width, height } = button.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const seen = place.getBoundingClientRect();
  // Those that are scrolled away are below the edge, and covered by nothing.
  if (width === 0 || y < seen.top || y > Math.min(seen.bottom, innerHeight)) return false;
  const hit = document.elementFromPoint(x, y);
  return !button.contains(hit);
}).map((button) => button.textContent.trim())"""
_PLAYS = """() => {
  const video = document.querySelector(".preview video");
  return video?.currentTime > 0 && !video.paused && video.muted;
}"""


@pytest.fixture
def broadcast() -> Iterator[OnAir]:
    """A stream as it is on the air: seconds late."""
    with on_the_air(late_ms=_LATE_MS, shape="portrait") as broadcast:
        yield broadcast


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _preview(page: Page) -> Locator:
    return page.get_by_role("region", name="Viewers see")


async def _playing(page: Page) -> None:
    await page.wait_for_function(_PLAYS, timeout=_STREAM_PATIENCE_MS)


async def test_the_host_sees_the_stream_and_the_card_when_viewers_have_it(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    show.begin_another("On video", stream_url=broadcast.url, pin=False)
    host = await open_page(browser, show.host())
    await _playing(host)
    preview = _preview(host)
    await expect(preview).to_contain_text(re.compile(r"On air · pins appear after \d+ s"))
    await expect(preview).to_contain_text(re.compile(r"480×848 *\d+ fps *[\d.]+ Mbit/s"))
    await expect(host.get_by_role("banner")).to_contain_text("Stream good")
    began_s = time.monotonic()
    show.command("product.pin", product_id="ocean")
    stage = host.get_by_role("region", name="On air").get_by_role("article")
    await expect(stage).to_be_visible()
    card = preview.get_by_role("group", name="The viewers’ card")
    assert await card.count() == 0
    await expect(card).to_contain_text("Ocean Shirt")
    assert (time.monotonic() - began_s) * 1_000 >= _LATE_MS - _LOOK_MS


async def test_a_wrong_address_is_put_right_while_the_show_runs(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    wrong = broadcast.url.replace(".m3u8", "-wrong.m3u8")
    show.begin_another("On video", stream_url=wrong)
    host = await open_page(browser, show.host())
    viewer = await open_page(browser, show.watch("ada"))
    await expect(host.get_by_role("alert")).to_contain_text(
        "The video cannot be loaded", timeout=_STREAM_PATIENCE_MS
    )
    await expect(_preview(host)).to_contain_text("Waiting for the first picture…")
    await from_menu(host, "Edit show…")
    form = host.get_by_role("dialog", name="Edit show…")
    await expect(form.get_by_label("Starts at")).to_have_count(0)
    await form.get_by_label("Address of the stream").fill(broadcast.url)
    await form.get_by_label("Title").fill("On video again")
    await _button(host, "Save").click()
    await expect(host.get_by_role("heading", name="On video again")).to_be_visible()
    await _playing(host)
    await expect(host.get_by_role("alert")).to_have_count(0)
    plays = "() => document.querySelector('video')?.currentTime > 0"
    await viewer.wait_for_function(plays, timeout=_STREAM_PATIENCE_MS)


async def test_only_the_host_sees_the_stream_before_the_show(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    show.command("session.update", stream_url=broadcast.url, cover_url="/pages/demo/mug.svg")
    host = await open_page(browser, show.host())
    steps = host.get_by_role("region", name="Before the show")
    await _playing(host)
    await expect(_preview(host)).to_contain_text("Only you see it")
    for name in ("Products", "Cover", "Stream: picture seen"):
        await expect(steps.get_by_role("listitem").filter(has_text=name)).to_contain_text("✓")
    # With something to sell and a picture, nobody is asked.
    await expect(_button(host, "Go live")).to_have_class(re.compile("primary"))
    await _button(host, "Go live").click()
    await expect(_button(host, "Pause")).to_be_visible()
    await expect(steps).to_have_count(0)


async def test_a_show_that_is_not_ready_has_one_next_step_and_asks_before_it_goes_live(
    browser: Browser, show: BrowserShow
) -> None:
    show.session_id = show.plan("Winter drop")
    host = await open_page(browser, show.host())
    steps = host.get_by_role("region", name="Before the show")
    current = steps.locator("[aria-current=step]")
    await expect(current).to_contain_text("Products")
    await expect(steps.locator("button.primary")).to_have_count(1)
    show.command("product.add", product_id="ocean", units={"OCEAN-M": 3})
    await expect(current).to_contain_text("Cover")
    await expect(steps.locator("button.primary")).to_have_count(1)
    await expect(_button(host, "Go live")).not_to_have_class(re.compile("primary"))
    await _button(host, "Go live").click()
    asked = host.get_by_role("dialog", name="Go live as it is?")
    await expect(asked).to_contain_text("No picture has come from the stream.")
    await expect(asked).not_to_contain_text("There is no product")
    await _button(host, "Not now").click()
    assert show.events()[-1]["type"] == "product.added"
    await _button(host, "Go live").click()
    await _button(host, "Go live anyway").click()
    await expect(_button(host, "Pause")).to_be_visible()


@pytest.mark.feature("product_sets")
async def test_nothing_lies_over_a_button_of_the_run_of_show(
    browser: Browser, show: BrowserShow
) -> None:
    for number in range(8):
        show.add_product(f"bead{number}", ["S", "M"], f"A bead with a long name, {number}")
    host = await open_page(browser, show.host())
    await expect(_button(host, "Add product…")).to_be_visible()
    for width, height in _SIZES:
        await host.set_viewport_size({"width": width, "height": height})
        if width < 1_100:
            tab = host.get_by_role("button", name=re.compile("^Products")).locator("visible=true")
            await tab.click()
        run = host.locator(".run")
        await expect(run).to_be_visible()
        assert await run.evaluate(_COVERED) == [], (width, height)


async def test_each_width_has_its_columns(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    stage = host.get_by_role("region", name="On air")
    parts = {
        "run": host.get_by_role("region", name="Run of show"),
        "stage": stage,
        "preview": _preview(host),
        "chat": host.get_by_role("region", name="Chat"),
    }
    for size, seen in (
        ((1440, 900), {"run", "stage", "preview", "chat"}),
        ((1280, 720), {"run", "stage", "preview", "chat"}),
        ((820, 1180), {"stage", "preview", "chat"}),
        ((390, 844), {"stage", "preview"}),
    ):
        await host.set_viewport_size({"width": size[0], "height": size[1]})
        for name, part in parts.items():
            await expect(part).to_be_visible(visible=name in seen)
    await host.set_viewport_size({"width": 1440, "height": 900})
    boxes = [await part.bounding_box() for part in parts.values()]
    places = [box["x"] for box in boxes if box]
    assert places == sorted(places)
    widths = [round(box["width"]) for box in boxes if box]
    assert (widths[0], widths[2], widths[3]) == (288, 236, 316)
    await host.keyboard.press("v")
    await expect(parts["preview"]).to_have_count(0)


async def test_on_a_phone_the_next_pin_sticks_and_the_chat_has_what_is_on_air(
    browser: Browser, live: BrowserShow
) -> None:
    for number in range(4):
        live.add_product(f"bead{number}", ["S", "M", "L"], f"Bead {number}")
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host(), width=390)
    await host.set_viewport_size({"width": 390, "height": 844})
    following = _button(host, "Pin next: Bead 0")
    await expect(following).to_be_in_viewport()
    await host.locator("main").evaluate("(main) => main.scrollTo(0, 9999)")
    await expect(following).to_be_in_viewport()
    await host.get_by_role("navigation").get_by_role("button", name="Chat").click()
    await expect(host.locator(".air-bar")).to_contain_text("1 · Ocean Shirt")
    box = await host.get_by_role("banner").bounding_box()
    assert box is not None
    assert box["height"] == 44


async def test_units_are_low_only_where_few_are_left_of_many(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("cap", [""], "Cap")  # three of three are not few
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    stage = host.get_by_role("region", name="On air")
    run = host.get_by_role("region", name="Run of show").get_by_role("listitem")
    await expect(run.filter(has_text="Cap")).to_contain_text("3 left")
    await expect(run.filter(has_text="Cap")).to_contain_text("€50.00")
    url = live.node.url.replace("http", "ws", 1)
    async with joined(url, live.session_id, token("ada", Role.VIEWER)) as client:
        await client.ask(
            "buy", rid="5f0c9a1e-6a0b-4c43-9d0e-0f4b8f6a2d11", sku="OCEAN-M", quantity=8
        )
        unit = stage.get_by_role("list", name="Units").get_by_role("listitem")
        await expect(unit.first).to_contain_text("M 2")
        await expect(unit.first).to_have_class(re.compile(r"\blow\b"))
        await expect(unit.last).not_to_have_class(re.compile(r"\blow\b"))
        await expect(run.filter(has_text="Cap")).not_to_have_class(re.compile(r"\blow\b"))


async def test_live_is_crimson_for_the_host(browser: Browser, live: BrowserShow) -> None:
    host = await open_page(browser, live.host())
    status = host.locator("header .status.live")
    await expect(status).to_have_css("background-color", "rgb(225, 29, 72)")


async def test_the_console_is_dark_until_light_is_chosen_and_remembers_that(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await expect(host.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(host.locator("body")).to_have_css("background-color", "rgb(15, 15, 20)")
    loaded = "() => document.fonts.check('600 13px Inter')"
    await host.wait_for_function(loaded)
    await _button(host, "Menu").click()
    await host.get_by_label("Light colours").check()
    await expect(host.locator("body")).to_have_css("background-color", "rgb(244, 244, 248)")
    await host.reload()
    await expect(host.locator("html")).to_have_attribute("data-theme", "light")


@pytest.mark.feature("figures")
async def test_the_chart_has_no_sale_in_the_future_and_cuts_no_label_off(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    live.command("sale.start", product_id="ocean", percent=20, duration_ms=3_600_000)
    host = await open_page(browser, live.host())
    chart = host.get_by_role("img", name=re.compile("^Viewers and orders"))
    await expect(chart.locator(".chart-sale")).to_have_count(1)
    edges = await chart.evaluate("""(chart) => {
      const { left, right } = chart.getBoundingClientRect();
      const inside = ({ left: from, right: to }) => from >= left - 1 && to <= right + 1;
      const boxes = [...chart.querySelectorAll("span, rect")].map((each) =>
        each.getBoundingClientRect());
      return boxes.map(inside);
    }""")
    assert all(edges)
    sums = host.get_by_role("region", name="Figures").locator("dl")
    # One who came says nothing about all: there is no share of so few.
    await expect(sums.locator("div").filter(has_text="Conversion")).to_contain_text("–")


async def test_a_sale_by_percentage_is_rounded_to_90(browser: Browser, live: BrowserShow) -> None:
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 2390})
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    await choose(host, "Ocean Shirt")
    await _button(host, "Plan a sale of Ocean Shirt").click()
    await host.get_by_label("Percent off").fill("25")
    await expect(host.get_by_role("table")).to_contain_text("€17.93")
    await host.get_by_label("Round to .90").check()
    await expect(host.get_by_role("table")).to_contain_text("€17.90")
    await expect(host.get_by_role("table")).to_contain_text("€37.90")
    await _button(host, "Save the plan").click()
    await expect(host.get_by_role("dialog")).to_have_count(0)
    await host.keyboard.press("s")
    await expect(host.get_by_role("timer", name="Sale ends")).to_be_visible()
    assert live.events()[-1]["prices"] == {"OCEAN-M": 1790, "OCEAN-L": 3790}


_TONE = """async () => {
  const { play } = await import("/pages/console/preview_stream.js");
  const [rate, seconds] = [8_000, 20];
  const samples = Int16Array.from({ length: rate * seconds },
    (_, n) => Math.sin(n * 440 * 2 * Math.PI / rate) * 20_000);
  const head = new DataView(new ArrayBuffer(44));
  const put = (at, text) => [...text].forEach((c, n) => head.setUint8(at + n, c.charCodeAt(0)));
  put(0, "RIFF"); put(8, "WAVEfmt "); put(36, "data");
  head.setUint32(4, 36 + samples.byteLength, true);
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * 2, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  head.setUint32(40, samples.byteLength, true);
  const address = URL.createObjectURL(new Blob([head, samples], { type: "audio/wav" }));
  const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
  document.body.append(video);
  window.levels = [];
  play(video, address, () => 0, ({ sound }) => levels.push(sound));
  video.play(); // a muted one that nobody sees would wait
}"""


async def test_a_muted_stream_shows_how_loud_it_is(browser: Browser, live: BrowserShow) -> None:
    page = await open_page(browser, live.host())
    await expect(_button(page, "Pause")).to_be_visible()
    await page.locator("h1").click()
    await page.evaluate(_TONE)
    await page.wait_for_function("() => levels.at(-1) >= 3")


_OUT = "() => documentPictureInPicture.window?.document.querySelector('.screen video') != null"


async def test_the_viewers_picture_goes_into_a_window_and_comes_back(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    show.begin_another("On video", stream_url=broadcast.url)
    page = await open_page(browser, show.host())
    await _playing(page)
    await _button(page, "Pop out").click()
    await page.wait_for_function(_OUT)
    await expect(_preview(page).locator("video")).to_have_count(0)
    # The window has the page's styles, and its card.
    card = "documentPictureInPicture.window.document.querySelector('.viewers-card')"
    assert await page.evaluate(f"getComputedStyle({card}).position") == "absolute"
    await page.evaluate("documentPictureInPicture.window.close()")
    await expect(_preview(page).locator("video")).to_be_visible()
