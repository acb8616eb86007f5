"""The rules of a practice are those of the server: what is refused there is refused here."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.shop import BrowserNode, Json, open_page

_BEGIN = """async () => {
  const path = [...document.querySelectorAll("script")].map((each) => each.src)
    .find((src) => src.endsWith("/console/main.js"));
  const { PracticeShop } = await import(path.replace("main.js", "practice.js"));
  const variant = { sku: "A", label: "", price: 1000, was: null, limit: 5, left: 50 };
  const session = { id: "s", offset: 0, title: "t", status: "draft", currency: "EUR", pinned: [],
    shelf: [{ product_id: "p", title: "P", image: null, variants: [variant] }], sales: [],
    chat: [], chat_pinned: [], viewers: 1, likes: 0, buying: true };
  const viewer = { id: "h", name: "H", role: "host" };
  window.practice = new PracticeShop({ session, viewer }, Date.now());
  window.orders = [];
  window.ended = [];
  practice.subscribe((state, message) => {
    if (message.type === "order" && message.status === "confirmed") orders.push(message);
    if (message.type === "sale.ended") ended.push(message.reason);
  });
}"""
_SEND = """async (commands) => {
  const answers = [];
  for (const command of commands) {
    answers.push(await practice.send(command).then(() => "ok", (refusal) => refusal.code));
  }
  return answers;
}"""
# Resolves once there are so many orders; all are as eager as can be, somebody buys each second.
_BOUGHT = """(count) => new Promise((done) => {
  Math.random = () => 0.1;
  practice.subscribe(() => orders.length >= count && done());
})"""
_SALE: Json = {"type": "sale.start", "product_id": "p", "percent": 50, "duration_ms": 60_000}
_ON_AIR = ({"type": "session.start"}, {"type": "product.pin", "product_id": "p"})


@pytest.fixture
async def page(browser: Browser, node: BrowserNode) -> Page:
    """A page in which a practice has begun, as `practice`; nobody sees it."""
    page = await open_page(browser, f"{node.url}/host/s")
    await page.evaluate(_BEGIN)
    return page


async def _sent(page: Page, *commands: Json) -> list[str]:
    answers: list[str] = await page.evaluate(_SEND, list(commands))
    return answers


async def test_a_practice_refuses_what_the_server_refuses(page: Page) -> None:
    turns = [{"type": f"session.{word}"} for word in ("pause", "resume", "end")]
    assert await _sent(page, _SALE, *turns) == ["conflict"] * 4
    cheap = {"type": "product.reprice", "product_id": "p", "prices": {"A": 100}}
    fits = {"type": "product.reprice", "product_id": "p", "prices": {"A": 500}}
    too_many = {**_SALE, "units": 51}
    assert await _sent(page, *_ON_AIR, too_many, _SALE, cheap, fits) == [
        *("ok", "ok", "sold_out", "ok", "conflict", "ok")
    ]
    again = {"type": "session.resume"}
    assert await _sent(page, again, {"type": "session.pause"}, again) == ["conflict", "ok", "ok"]
    end = {"type": "session.end"}
    after: list[Json] = [end, {"type": "session.start"}, _SALE, fits, {"type": "say", "text": "hi"}]
    assert await _sent(page, end, *after) == ["ok", *["conflict"] * 5]
    assert await page.evaluate("practice.state.session.status") == "ended"


async def test_a_sale_of_two_units_sells_two_in_a_practice(page: Page) -> None:
    assert await _sent(page, *_ON_AIR, {**_SALE, "units": 2}) == ["ok"] * 3
    await page.evaluate(_BOUGHT, 3)
    totals = await page.evaluate("orders.map((order) => order.total)")
    assert totals[:3] == [500, 500, 1000]
    assert await page.evaluate("[ended, practice.state.session.sales]") == [["sold_out"], []]


async def test_what_is_cancelled_in_a_practice_leaves_the_picture_too(page: Page) -> None:
    assert await _sent(page, *_ON_AIR) == ["ok"] * 2
    await page.evaluate(_BOUGHT, 2)
    sums = await page.evaluate(
        """() => {
          practice.close();
          practice.cancel(orders[0].order_id);
          const { orders: count, units, revenue } = practice.state.stats;
          const drawn = practice.summary.series.reduce((sum, point) => sum + point.revenue, 0);
          const { left } = practice.state.session.shelf[0].variants[0];
          return { gone: orders.length - count, units, drawn: drawn - revenue, left: left + units };
        }"""
    )
    assert (sums["gone"], sums["drawn"], sums["left"]) == (1, 0, 50)
