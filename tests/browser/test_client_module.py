"""`liveshop.js` in a browser: coming back, buying once, and the state that it keeps."""

import re
import signal

import pytest
from playwright.async_api import Browser, Page, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserNode, BrowserShow, open_page, token
from tests.browser.viewer_words import BOUGHT, buy_button, open_cart
from tests.waiting import wait_until

_JOIN = """async ([sessionId, token]) => {
  const { Shop } = await import("/liveshop.js");
  const shop = new Shop({ sessionId, token });
  await new Promise((done) => shop.subscribe((state) => state.session && done()));
  return shop;
}"""
# The content of a snapshot, without its time of encoding and the order of its fields.
_FACTS = """(shop) => {
  const { now_ms, type, ...facts } = shop.state.session;
  return facts;
}"""


async def _buy_and_lose_the_node(viewer: Page, node: BrowserNode) -> None:
    """Buy while the node does not listen, and kill it: the wish was sent and never read."""
    button = buy_button(viewer, "Ocean Shirt")
    await expect(button).to_be_enabled()
    node.process.send_signal(signal.SIGSTOP)
    await button.click()
    await expect(viewer.get_by_text("Sending…")).to_be_visible()
    node.kill()
    await expect(viewer.get_by_text("Reconnecting…")).to_be_visible()


@pytest.mark.parametrize("reload", [False, True], ids=["reconnect", "reload"])
async def test_a_purchase_that_was_lost_is_made_once_with_its_rid(
    browser: Browser, live: BrowserShow, node: BrowserNode, reload: bool
) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    await _buy_and_lose_the_node(viewer, node)
    saved = f"sessionStorage.getItem('liveshop:{live.session_id}:u_ada')"
    (wish,) = (await viewer.evaluate(f"JSON.parse({saved})"))["purchases"]
    if reload:
        await viewer.goto("about:blank")
    node.start()
    if reload:
        await viewer.goto(live.watch())
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    (order,) = live.orders()
    assert order["order_id"] == wish["rid"]
    wait_until(lambda: live.left("OCEAN-M") == 9)


async def test_a_cart_is_still_there_after_the_node_was_killed(
    browser: Browser, live: BrowserShow, node: BrowserNode
) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    await viewer.get_by_role("button", name="Add to cart: Ocean Shirt").click()
    await open_cart(viewer, count=1)
    await expect(viewer.get_by_role("button", name="Order 1 for €50.00")).to_be_visible()
    node.kill()
    await expect(viewer.get_by_text("Your 1 item stays reserved until")).to_be_visible()
    node.start()
    await expect(viewer.get_by_text("Reconnecting…")).to_have_count(0)
    await viewer.get_by_role("button", name="Order 1 for €50.00").click()
    orders = viewer.get_by_role("region", name="Your orders")
    await expect(orders.get_by_role("listitem")).to_contain_text("€50.00")
    assert len(live.orders()) == 1


# Two sockets are sent away with a turn and without; the third is welcomed, and then lost.
_MOVED_TWICE = """async () => {
  const { Shop } = await import("/liveshop.js");
  const heard = [
    { type: "moved", retry_after_ms: 1, turn: "12s-ab" },
    { type: "moved", retry_after_ms: 1 },
    { type: "moved", retry_after_ms: 1, turn: "34s-cd" },
    { type: "welcome", ref: 1, viewer: null, now_ms: 1, ping_ms: 9, reservations: [], orders: [] },
  ];
  const urls = [];
  return await new Promise((done) => {
    window.WebSocket = class {
      constructor(url) {
        urls.push(new URL(url));
        const message = heard.shift();
        if (!message) return done(urls.map((each) => each.pathname + each.search));
        setTimeout(() => {
          this.onmessage({ data: JSON.stringify([message]) });
          this.onclose({ code: 4001 });
        });
      }
      send() {}
      close() {}
    };
    new Shop({ sessionId: "s1" });
  });
}"""


async def test_a_turn_is_shown_by_the_connection_that_follows_until_one_is_in(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    urls = await page.evaluate(_MOVED_TWICE)
    path = "/ws/sessions/s1"
    assert urls == [path, f"{path}?turn=12s-ab", path, f"{path}?turn=34s-cd", path]


@pytest.mark.feature("chat", "likes")
async def test_events_and_gauges_lead_to_what_a_fresh_snapshot_says(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    early = await page.evaluate_handle(_JOIN, [live.session_id, live.host_token])
    live.command("product.pin", product_id="ocean")
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 4800})
    live.command("sale.start", product_id="ocean", percent=10, duration_ms=60_000, units=5)
    left = await early.evaluate("(shop) => shop.state.left['OCEAN-M']")
    live.command("stock.add", product_id="ocean", units={"OCEAN-M": 2})
    more = "([shop, left]) => shop.state.left['OCEAN-M'] === left + 2"
    await page.wait_for_function(more, arg=[early, left])
    await early.evaluate("(shop) => shop.say('hello')")
    await early.evaluate("(shop) => { shop.buy({ sku: 'OCEAN-L', price: 4500 }); shop.like(3); }")
    await page.wait_for_function(
        """(shop) => {
          const { chat, likes, sales, viewers } = shop.state.session;
          return chat.length === 1 && likes === 3 && sales[0].left === 4 && viewers === 1
            && shop.state.mine.orders.length === 1;
        }""",
        arg=early,
    )
    late = await page.evaluate_handle(_JOIN, [live.session_id, None])
    await page.wait_for_function(
        "([one, other]) => one.state.session.viewers === 2 && other.state.session.viewers === 2",
        arg=[early, late],
    )
    assert await early.evaluate(_FACTS) == await late.evaluate(_FACTS)
    assert (await late.evaluate(_FACTS))["sales"][0]["prices"] == {
        "OCEAN-M": 4320,
        "OCEAN-L": 4500,
    }


async def test_the_clock_is_the_servers_and_seconds_never_go_up(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    shop = await page.evaluate_handle(_JOIN, [live.session_id, None])
    asked = await shop.evaluate(
        """async (shop) => {
          const before = shop.now();
          const { now_ms } = await shop.send({ type: "time", client_ms: 0 });
          return [before, now_ms, shop.now()];
        }"""
    )
    before, answered, after = asked
    assert before - 50 <= answered <= after + 50
    shown = await shop.evaluate(
        """async (shop) => {
          const deadline = shop.now() + 60_000;
          const first = shop.secondsTo(deadline);
          shop.now = () => deadline - 70_000;  // as after a clock that was set back
          return [first, shop.secondsTo(deadline), shop.secondsTo(deadline - 100_000)];
        }"""
    )
    assert shown == [60, 60, 0]


async def test_the_close_code_says_whether_to_come_back_and_when(
    browser: Browser, node: BrowserNode
) -> None:
    page = await open_page(browser, node.url)
    waits = await page.evaluate(
        """async () => {
          const { waitAfter } = await import("/liveshop.js");
          const half = () => 0.5;
          const codes = [1000, 1006, 4000, 4003, 4499, 1002, 1007, 1009, 4500, 4505, 4999];
          return [codes.map((code) => waitAfter(code, 500, half)),
            [500, 1500, 13_000, 20_000].map((last) => waitAfter(1006, last, () => 0.999))];
        }"""
    )
    assert waits[0] == [1000] * 5 + [None] * 6
    assert waits[1] == [pytest.approx(1499), pytest.approx(4496), 20_000, 20_000]


async def test_the_type_declarations_name_what_the_module_has(
    browser: Browser, node: BrowserNode
) -> None:
    page = await open_page(browser, node.url)
    declared = await page.evaluate("async () => (await fetch('/liveshop.d.ts')).text()")
    shop_class = declared.split("export class Shop {")[1].split("\n}")[0]
    names = set(re.findall(r"^export (?:class|const|function) (\w+)", declared, re.MULTILINE))
    members = set(re.findall(r"^  (?:readonly )?(\w+)[(:]", shop_class, re.MULTILINE))
    found = await page.evaluate(
        """async () => {
          const module = await import("/liveshop.js");
          const shop = new module.Shop({ sessionId: "nothing" });
          const own = Object.keys(shop);
          shop.close();
          const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(module.Shop.prototype));
          return [Object.keys(module), Object.keys(shop.state), [...own, ...methods]];
        }"""
    )
    assert set(found[0]) == names
    assert set(found[2]) - {"token", "storage", "features"} == members
    state = "".join(re.findall(r"export interface State \{(.*?)\}\n", declared, re.DOTALL))
    assert set(found[1]) == set(re.findall(r"(\w+): ", state)) - {"string"}


async def test_pins_and_sale_starts_wait_for_the_video_and_ends_do_not(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    late = await page.evaluate_handle(_JOIN, [live.session_id, None])
    await late.evaluate("(shop) => shop.holdBack(50_000)")
    live.command("product.pin", product_id="ocean")
    live.command("sale.start", product_id="ocean", percent=10, duration_ms=600_000)
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 6000})
    prices = "(shop) => shop.state.session.shelf[0].variants[0].price === 6000"
    await page.wait_for_function(prices, arg=late)
    shown = "(shop) => [shop.state.session.pinned.length, Object.keys(shop.state.sales).length]"
    assert await late.evaluate(shown) == [0, 0]
    assert await late.evaluate("(shop) => shop.offer('OCEAN-M').sale") is None

    await late.evaluate("(shop) => shop.holdBack(() => 0)")
    both = f"(shop) => String(({shown})(shop)) === '1,1'"
    await page.wait_for_function(both, arg=late)
    assert await late.evaluate("(shop) => shop.offer('OCEAN-M').price") == 4500
    await late.evaluate("(shop) => shop.holdBack(50_000)")
    live.command("sale.end", product_id="ocean")
    await page.wait_for_function(f"(shop) => String(({shown})(shop)) === '1,0'", arg=late)


@pytest.mark.feature("chat")
async def test_subscribers_hear_what_changed_and_the_rest_stays_the_same_object(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    shop = await page.evaluate_handle(_JOIN, [live.session_id, live.host_token])
    heard = await shop.evaluate(
        """(shop) => new Promise((done) => {
          const before = shop.state;
          shop.subscribe((state, message, changed) => {
            if (message?.type !== "chat") return;
            done([changed, before.session.shelf === state.session.shelf,
              before.left === state.left, before.mine === state.mine]);
          });
          shop.say("hello");
        })"""
    )
    assert heard == [["session"], True, True, True]


async def test_units_that_are_sold_change_their_product_and_no_other(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("pot", [""], "Clay pot")
    page = await open_page(browser, live.node.url)
    shop = await page.evaluate_handle(_JOIN, [live.session_id, live.host_token])
    same = await shop.evaluate(
        """async (shop) => {
          const { reduce } = await import("/pages/client/state.js");
          const before = shop.state.session.shelf;
          const event = { offset: shop.state.session.offset + 1, at_ms: 1, sku: "pot-0", left: 2 };
          const sold = reduce(shop.state, { ...event, type: "product.sold_out" });
          const again = reduce(shop.state, { ...event, type: "product.restocked" });
          const repriced = reduce(shop.state,
            { ...event, type: "product.repriced", product_id: "pot", prices: { "pot-0": 1 } });
          const [, pot] = sold.session.shelf;
          return [sold, again, repriced].map(({ session }) => session.shelf[0] === before[0])
            .concat(pot.variants[0].sold, "sold" in again.session.shelf[1].variants[0]);
        }"""
    )
    assert same == [True, True, True, True, False]


async def test_a_tap_before_the_line_is_open_goes_on_next_to_one_that_was_kept(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    tapped = await page.evaluate_handle(
        """async ([sessionId, token]) => {
          const { Shop } = await import("/liveshop.js");
          const wish = { command: "buy", quantity: 1, price: 5000, at_ms: Date.now() };
          const kept = { ...wish, rid: crypto.randomUUID(), sku: "OCEAN-M", state: "sending",
            error: null };
          sessionStorage[`liveshop:${sessionId}:u_ada`] =
            JSON.stringify({ purchases: [kept], checkouts: [] });
          const shop = new Shop({ sessionId, token });
          return { shop, rid: shop.buy({ sku: "OCEAN-L", quantity: 1, price: 5000 }) };
        }""",
        [live.session_id, token("ada", Role.VIEWER)],
    )
    sold = "({ shop }) => shop.state.mine.purchases.filter((p) => p.state === 'sold')"
    await page.wait_for_function(f"(tapped) => ({sold})(tapped).length === 2", arg=tapped)
    told = f"(tapped) => ({sold})(tapped).map((p) => [p.sku, p.rid === tapped.rid])"
    assert await tapped.evaluate(told) == [["OCEAN-M", False], ["OCEAN-L", True]]
    assert len(live.orders()) == 2


async def test_a_line_that_no_longer_holds_is_given_up_when_the_device_wakes(
    browser: Browser, live: BrowserShow, node: BrowserNode
) -> None:
    page = await open_page(browser, live.node.url)
    shop = await page.evaluate_handle(_JOIN, [live.session_id, None])
    node.process.send_signal(signal.SIGSTOP)  # as a network that swallows everything
    await page.evaluate("() => { dispatchEvent(new Event('online')); }")
    await page.wait_for_function("(shop) => shop.state.line === 'waiting'", arg=shop)
    node.process.send_signal(signal.SIGCONT)
    await page.wait_for_function("(shop) => shop.state.line === 'open'", arg=shop)
