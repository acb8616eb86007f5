"""The pages without one of their features, and with one that is loaded when a message wakes it."""

from typing import Any

import pytest
from playwright.async_api import Browser, JSHandle, Page, Route, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, go_live, open_page, token
from tests.browser.viewer_words import BOUGHT, buy

# Each test takes one of them away from pages that have them all.
pytestmark = pytest.mark.feature("chat", "figures", "likes", "rehearsal")

# The mark of each feature on a page, as a role and its name.
_ON_VIEWER = {"chat": ("textbox", "Say something"), "likes": ("button", "Like")}
_ON_CONSOLE = {
    "chat": ("region", "Chat"),
    "figures": ("region", "Figures"),
    "likes": ("banner", "Likes"),
    "rehearsal": ("button", "Rehearse"),
}


async def _open_without(browser: Browser, address: str, feature: str) -> Page:
    """Open a page whose list of features lacks the lines of one."""

    async def leave_out(route: Route) -> None:
        text = await (await route.fetch()).text()
        named = (f'"{feature}"', f"/{feature}/", f"  {feature},")
        lines = [line for line in text.splitlines() if not any(name in line for name in named)]
        taken.append(len(text.splitlines()) - len(lines))
        await route.fulfill(content_type="text/javascript", body="\n".join(lines))

    taken: list[int] = []
    page = await open_page(browser, "about:blank")
    for name in ("parts", "states"):
        await page.route(f"**/features/{name}.js", leave_out)
    await page.goto(address.replace("#", "?modules=apart#"))
    assert sum(taken) > 0
    return page


@pytest.mark.parametrize("feature", _ON_VIEWER)
async def test_without_a_feature_the_viewers_page_sells_and_has_the_others(
    browser: Browser, live: BrowserShow, feature: str
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await _open_without(browser, live.watch("ada"), feature)
    await buy(page, "Ocean Shirt")
    await expect(page.get_by_text(BOUGHT)).to_be_visible()
    for name, (role, words) in _ON_VIEWER.items():
        mark = page.get_by_role(role, name=words, exact=True)  # type: ignore[arg-type]
        await expect(mark).to_have_count(0 if name == feature else 1)


@pytest.mark.parametrize("feature", _ON_CONSOLE)
async def test_without_a_feature_the_console_runs_a_show_and_has_the_others(
    browser: Browser, show: BrowserShow, feature: str
) -> None:
    show.session_id = show.plan("Winter drop")
    page = await _open_without(browser, show.host(), feature)
    await expect(page.get_by_role("region", name="Run of show")).to_be_visible()
    for name, (role, words) in _ON_CONSOLE.items():
        mark = (
            page.get_by_role(role, name=words, exact=True)  # type: ignore[arg-type]
            if role != "banner"
            else page.get_by_role("banner").get_by_text(words)
        )
        await expect(mark).to_have_count(0 if name == feature else 1)
    await go_live(page)
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()


# A viewer whose chat is a feature that sleeps until `wake()`; `loads` is what was asked for.
_JOIN_ASLEEP = """async ([sessionId]) => {
  const { Shop } = await import("/pages/client/shop.js");
  const { Slots } = await import("/pages/shared/slots.js");
  window.loads = [];
  window.welcomes = 0;
  const woken = new Promise((done) => { window.wake = done; });
  const load = async (feature, module) => {
    loads.push(module);
    await woken;
    if (window.isOffline) throw new Error("offline");
    return import(`/features/${feature.name}/page/${module}.js`);
  };
  const chat = { name: "chat", wakes: "chat", field: "chat", pages: ["viewer"] };
  const shop = new Shop({ sessionId });
  window.slots = new Slots([chat], load, "viewer");
  shop.subscribe((state, message) => { welcomes += message?.type === "welcome" ? 1 : 0; });
  slots.follow(shop);
  await new Promise((done) => shop.subscribe((state) => state.session && done()));
  return shop;
}"""
_JOIN = """async ([sessionId, token]) => {
  const { Shop } = await import("/liveshop.js");
  const shop = new Shop({ sessionId, token });
  await new Promise((done) => shop.subscribe((state) => state.session && done()));
  return shop;
}"""
_CHAT = """(shop) => {
  const { offset, chat, chat_pinned, chat_slow_ms } = shop.state.session;
  return [offset, chat.map((line) => line.text), chat_pinned.map((line) => line.text),
    chat_slow_ms ?? 0];
}"""


async def _until(page: Page, condition: str, shop: JSHandle) -> None:
    await page.wait_for_function(f"(shop) => {condition}", arg=shop)


async def _chat(shop: JSHandle) -> list[Any]:
    found: list[Any] = await shop.evaluate(_CHAT)
    return found


async def _pin_the_first_and_slow_down(live: BrowserShow, shop: JSHandle) -> None:
    line = await shop.evaluate("(shop) => shop.state.session.chat[0].id")
    live.command("chat.pin", id=line)
    live.command("chat.slow", interval_ms=5_000)


async def _two(page: Page, live: BrowserShow) -> tuple[JSHandle, JSHandle]:
    """Return a viewer whose chat sleeps, and one with everything who may write."""
    sleeper = await page.evaluate_handle(_JOIN_ASLEEP, [live.session_id])
    ada = token("ada", Role.MODERATOR)
    return sleeper, await page.evaluate_handle(_JOIN, [live.session_id, ada])


async def test_a_feature_is_loaded_by_its_first_message_and_takes_in_what_came_meanwhile(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    sleeper, ada = await _two(page, live)
    assert await page.evaluate("loads") == []
    await ada.evaluate("(shop) => shop.say('one')")
    await _until(page, "loads.length === 2", sleeper)
    await _until(page, "shop.state.session.chat.length === 1", ada)
    await _pin_the_first_and_slow_down(live, ada)
    await ada.evaluate("(shop) => shop.say('two')")
    await _until(page, "shop.state.session.chat.length === 2", ada)
    (offset, *chat) = await _chat(ada)
    await _until(page, f"shop.state.session.offset === {offset}", sleeper)
    assert await _chat(sleeper) == [offset, [], [], 0]

    await page.evaluate("() => wake()")
    await _until(page, "shop.state.session.chat.length === 2", sleeper)
    assert await _chat(sleeper) == [offset, *chat] == [offset, ["one", "two"], ["one"], 5_000]
    assert await page.evaluate("[loads.toSorted(), welcomes]") == [["state", "viewer"], 1]
    assert await page.evaluate("slots.in('bar').length") == 1
    await ada.evaluate("(shop) => shop.say('three')")
    await _until(page, "shop.state.session.chat.at(-1).text === 'three'", sleeper)


async def test_a_feature_that_the_snapshot_tells_of_is_loaded_at_once(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    ada = await page.evaluate_handle(_JOIN, [live.session_id, token("ada", Role.MODERATOR)])
    await ada.evaluate("(shop) => shop.say('one')")
    await _until(page, "shop.state.session.chat.length === 1", ada)
    sleeper = await page.evaluate_handle(_JOIN_ASLEEP, [live.session_id])
    assert await page.evaluate("loads.toSorted()") == ["state", "viewer"]
    await _pin_the_first_and_slow_down(live, ada)
    await page.evaluate("() => wake()")
    await _until(page, "shop.state.session.chat_slow_ms === 5000", sleeper)
    assert (await _chat(sleeper))[1:] == [["one"], ["one"], 5_000]


async def test_a_feature_that_could_not_be_loaded_begins_with_a_fresh_snapshot(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    sleeper, ada = await _two(page, live)
    await page.evaluate("() => { window.isOffline = true; wake(); }")
    async with page.expect_console_message(lambda said: "module “state”" in said.text):
        await ada.evaluate("(shop) => shop.say('lost')")
    assert (await _chat(sleeper))[1:] == [[], [], 0]

    await page.evaluate("() => { window.isOffline = false; }")
    await ada.evaluate("(shop) => shop.say('two')")
    await _until(page, "welcomes === 2 && shop.state.session.chat.length === 2", sleeper)
    assert (await _chat(sleeper))[1:] == [["lost", "two"], [], 0]
    await ada.evaluate("(shop) => shop.say('three')")
    await _until(page, "shop.state.session.chat.at(-1).text === 'three'", sleeper)


_SLOWED = """([sessionId]) => {
  const slowed = {
    onSession: { "chat.slowed": (s, m) => ({ ...s, slowed: m.interval_ms }) },
    hide: { "chat.slowed": ({ slowed, ...before }) => before },
  };
  return import("/pages/client/shop.js").then(async ({ Shop }) => {
    const shop = new Shop({ sessionId, features: [slowed], delayMs: 50_000 });
    await new Promise((done) => shop.subscribe((state) => state.session && done()));
    return shop;
  });
}"""


async def test_an_event_of_a_feature_waits_for_the_video_if_the_feature_can_hide_it(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    late = await page.evaluate_handle(_SLOWED, [live.session_id])
    offset = await late.evaluate("(shop) => shop.state.session.offset")
    live.command("chat.slow", interval_ms=5_000)
    await _until(page, f"shop.state.session.offset > {offset}", late)
    assert await late.evaluate("(shop) => 'slowed' in shop.state.session") is False
    await late.evaluate("(shop) => shop.holdBack(0)")
    await _until(page, "shop.state.session.slowed === 5000", late)
