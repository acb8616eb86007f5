"""A rehearsal's page shows the server's decisions: refusals, a crowd, figures."""

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.shop import BrowserNode, BrowserShow, Json, open_page

_BEGIN = """async ([session_id, token]) => {
  const path = [...document.querySelectorAll("script")].map((each) => each.src)
    .find((src) => src.endsWith("/console/main.js"));
  const folder = path.slice(0, -"pages/console/main.js".length);
  const { RehearsalShop } = await import(`${folder}features/rehearsal/page/shop.js`);
  const { STATES } = await import(`${folder}features/states.js`);
  const { Office } = await import(path.replace("main.js", "office.js"));
  const answer = await fetch(`/api/sessions/${session_id}`,
    { headers: { Authorization: `Bearer ${token}` } });
  const session = { ...await answer.json(), chat: [] };
  const office = new Office(session_id, token);
  window.steps = [];
  const ask = (step) => {
    steps.push(step);
    return office.rehearse(step);
  };
  const viewer = { id: "u_host", name: "host", role: "host" };
  window.rehearsal = new RehearsalShop({ session, viewer }, Date.now(), ask, STATES);
  window.orders = [];
  window.ended = [];
  rehearsal.subscribe((state, message) => {
    if (message.type === "order" && message.status === "confirmed") orders.push(message);
    if (message.type === "sale.ended") ended.push(message.reason);
  });
}"""
_SEND = """async (commands) => {
  const answers = [];
  for (const command of commands) {
    answers.push(await rehearsal.send(command).then(() => "ok", (refusal) => refusal.code));
  }
  return answers;
}"""
_EAGER = "Math.random = () => 0.1"  # somebody says and buys something each second


_SALE: Json = {"type": "sale.start", "product_id": "ocean", "percent": 50, "duration_ms": 60_000}
_ON_AIR = ({"type": "session.start"}, {"type": "product.pin", "product_id": "ocean"})


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, show: BrowserShow) -> Page:
    """A page in which a rehearsal has begun, as `rehearsal`; nobody sees it."""
    page = await open_page(browser, show.host().replace("#", "?modules=apart#"))
    await page.evaluate(_BEGIN, [show.session_id, show.host_token])
    return page


async def _until(page: Page, condition: str) -> None:
    """Wait for something that a message of the rehearsal brings about."""
    await page.evaluate(
        f"""() => new Promise((done) => {{
          const look = () => {condition} && done();
          rehearsal.subscribe(look);
          look();
        }})"""
    )


async def _sent(page: Page, *commands: Json) -> list[str]:
    answers: list[str] = await page.evaluate(_SEND, list(commands))
    return answers


@pytest.mark.feature("rehearsal", "chat")
async def test_a_rehearsal_is_refused_what_a_show_is_refused(page: Page) -> None:
    turns = [{"type": f"session.{word}"} for word in ("pause", "resume", "end")]
    assert await _sent(page, _SALE, *turns) == ["conflict"] * 4
    cheap = {"type": "product.reprice", "product_id": "ocean", "prices": {"OCEAN-M": 2400}}
    fits = {"type": "product.reprice", "product_id": "ocean", "prices": {"OCEAN-M": 2500}}
    too_many = {**_SALE, "units": 21}
    assert await _sent(page, *_ON_AIR, too_many, _SALE, cheap, fits) == [
        *("ok", "ok", "sold_out", "ok", "conflict", "ok")
    ]
    again = {"type": "session.resume"}
    assert await _sent(page, again, {"type": "session.pause"}, again) == ["conflict", "ok", "ok"]
    end = {"type": "session.end"}
    after: list[Json] = [end, {"type": "session.start"}, _SALE, fits, {"type": "say", "text": "hi"}]
    assert await _sent(page, end, *after) == ["ok", *["conflict"] * 5]
    assert await page.evaluate("rehearsal.state.session.status") == "ended"


@pytest.mark.feature("rehearsal")
async def test_commands_that_are_sent_at_once_are_decided_one_after_the_other(page: Page) -> None:
    ids = await page.evaluate(
        """async () => {
          const said = ["a", "b", "c"].map((text) => rehearsal.send({ type: "say", text }));
          await Promise.all([...said, rehearsal.send({ type: "session.start" })]);
          const { chat, status } = rehearsal.state.session;
          return [chat.map((line) => line.text), chat[0].viewer.id, status];
        }"""
    )
    assert ids == [["a", "b", "c"], "u_host", "live"]


@pytest.mark.feature("rehearsal")
async def test_units_are_added_out_of_the_stock_of_the_rehearsal(page: Page) -> None:
    left = "rehearsal.state.session.shelf[0].variants[0].left"
    before = await page.evaluate(left)
    more = {"type": "stock.add", "product_id": "ocean", "units": {"OCEAN-M": before}}
    assert await _sent(page, *_ON_AIR, more, more) == ["ok", "ok", "ok", "sold_out"]
    assert await page.evaluate(left) == 2 * before


@pytest.mark.feature("rehearsal")
async def test_a_sale_of_two_units_sells_two_in_a_rehearsal(page: Page) -> None:
    assert await _sent(page, *_ON_AIR, {**_SALE, "units": 2}) == ["ok"] * 3
    await page.evaluate(_EAGER)
    await _until(page, "orders.length >= 3")
    totals = await page.evaluate("orders.map((order) => order.total)")
    assert totals[:3] == [2500, 2500, 5000]
    assert await page.evaluate("[ended, rehearsal.state.session.sales]") == [["sold_out"], []]


@pytest.mark.feature("rehearsal")
async def test_a_sale_ends_by_its_time_without_a_command(page: Page) -> None:
    short = {**_SALE, "duration_ms": 5_000}
    assert await _sent(page, {"type": "session.start"}, short, {"type": "session.pause"}) == [
        *("ok", "ok", "ok")
    ]
    await _until(page, "ended.length > 0")
    assert await page.evaluate("[ended, rehearsal.state.session.sales]") == [["timer"], []]


@pytest.mark.feature("rehearsal", "chat", "likes")
async def test_the_crowd_comes_and_likes_and_talks_until_it_is_muted(
    page: Page,
) -> None:
    assert await _sent(page, {"type": "session.start"}) == ["ok"]
    await page.evaluate(_EAGER)
    await _until(page, "rehearsal.state.session.chat.length > 1")
    seen: Any = await page.evaluate(
        """() => {
          const { chat, viewers } = rehearsal.state.session;
          return [chat[0].viewer, chat[0].text, viewers >= 3, rehearsal.state.stats.viewers_peak];
        }"""
    )
    assert seen[:3] == [{"id": "Ada", "name": "Ada"}, "❤", True]
    assert seen[3] >= 3
    mute = {"type": "viewer.mute", "viewer_id": "Ada"}
    assert await _sent(page, mute) == ["ok"]
    assert await page.evaluate("rehearsal.state.muted") == {"Ada": None}
    lines, steps = await page.evaluate("[rehearsal.state.session.chat.length, steps.length]")
    await _until(page, f"steps.length > {steps + 1}")
    assert await page.evaluate("rehearsal.state.session.chat.length") == lines


@pytest.mark.feature("rehearsal")
async def test_what_is_cancelled_in_a_rehearsal_leaves_the_picture_too(page: Page) -> None:
    assert await _sent(page, *_ON_AIR) == ["ok"] * 2
    await page.evaluate(_EAGER)
    await _until(page, "orders.length >= 2")
    sums = await page.evaluate(
        """async () => {
          clearInterval(rehearsal.timer);
          const [{ order_id }] = orders;
          await rehearsal.send({ type: "order.cancel", order_id });
          const { stats, session } = rehearsal.state;
          const { series } = rehearsal.figures.summary(session);
          const drawn = series.reduce((sum, point) => sum + point.revenue, 0);
          const left = session.shelf[0].variants.reduce((sum, { left }) => sum + left, 0);
          return { gone: orders.length - stats.orders, drawn: drawn - stats.revenue,
            left: left + stats.units };
        }"""
    )
    assert (sums["gone"], sums["drawn"], sums["left"]) == (1, 0, 20)


@pytest.mark.feature("rehearsal", "chat")
async def test_what_keeps_the_crowd_from_acting_is_told_once_and_again_after_it_has_ended(
    page: Page, node: BrowserNode
) -> None:
    assert await _sent(page, {"type": "session.start"}) == ["ok"]
    await page.evaluate(f"""() => {{
      window.troubles = [];
      rehearsal.onTrouble = ({{ code }}) => troubles.push(code);
      {_EAGER};
    }}""")
    await _until(page, "rehearsal.state.session.chat.length > 0")
    # Somebody who talks too soon is refused, as in a show: that is no trouble.
    assert await _sent(page, {"type": "chat.slow", "interval_ms": 60_000}) == ["ok"]
    asked = await page.evaluate("steps.length")
    await _until(page, f"steps.length > {asked} + 1")
    assert await page.evaluate("troubles") == []
    node.kill()
    await _until(page, "troubles.length > 0")
    asked = await page.evaluate("steps.length")
    await _until(page, f"steps.length > {asked} + 1")
    assert await page.evaluate("troubles.length") == 1
    node.start()
    said = await page.evaluate("rehearsal.state.session.chat.length")
    assert await _sent(page, {"type": "chat.slow", "interval_ms": 0}) == ["ok"]
    await _until(page, f"rehearsal.state.session.chat.length > {said}")
    node.kill()
    await _until(page, "troubles.length > 1")
