"""A show from its plan to its end, with every state that its pages have on the way.

`states` is one story told once, for whoever looks at it: the tests of accessibility and of
overflow, and the pictures in the docs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Browser, JSHandle, Locator, Page, expect

from liveshop.cli.local_stores import LocalStores
from liveshop.core.roles import Role
from liveshop.stores.postgres.migrate import migrate
from tests.browser.boutique import Boutique
from tests.browser.shop import BrowserNode, choose, from_menu, open_page, token
from tests.browser.viewer_words import (
    BOUGHT,
    NOTHING_PINNED,
    buy,
    open_card,
    open_cart,
)
from tests.browser.viewer_words import button as _button

PHONE: Final = "phone"
TABLET: Final = "tablet"
DESKTOP: Final = "desktop"
SIZES: Final = {PHONE: (390, 844), TABLET: (820, 1180), DESKTOP: (1440, 900)}
EVERY_SIZE: Final = tuple(SIZES)
THEMES: Final = ("light", "dark")

_CROWD: Final = ("bo", "Ελένη", "王芳", "سارة")
_SAID: Final = (
    (0, "does it run small?"),
    (1, "Πολύ ωραίο χρώμα"),
    (2, "这件衬衫有小号吗"),
    (3, "هل يوجد مقاس صغير؟"),
    (0, "got mine last week, it is lovely and the colour is just as you see it here"),
)

_TWO_FRAMES: Final = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
# The console has a theme of its own, by choice.
_CONSOLES_THEME: Final = """(theme) => {
  const { dataset } = document.documentElement;
  if (dataset.theme) dataset.theme = theme;
}"""
_OVERFLOW: Final = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth - clientWidth;
}"""
_COME_IN: Final = """async ([sessionId, tokens]) => {
  const { Shop } = await import("/liveshop.js");
  const shops = tokens.map((token) => new Shop({ sessionId, token }));
  await Promise.all(shops.map((shop) =>
    new Promise((done) => shop.subscribe((state) => state.viewer && done()))));
  return shops;
}"""
_BUY: Final = """async (shops, [sku, quantity]) => {
  for (let bought = 0; bought < quantity; bought++) {
    const shop = shops[bought % shops.length];
    const rid = shop.buy({ sku, quantity: 1, again: true });
    const sold = ({ mine }) => mine.purchases.some((p) => p.rid === rid && p.state === "sold");
    await new Promise((done) => {
      const end = shop.subscribe((state) => { if (sold(state)) { end(); done(); } });
      if (sold(shop.state)) { end(); done(); }
    });
  }
}"""


@dataclass(frozen=True, slots=True)
class State:
    """A page in a state that is worth looking at, for as long as nobody goes on."""

    name: str
    page: Page
    sizes: tuple[str, ...] = EVERY_SIZE
    is_main: bool = False


async def look(page: Page, size: str, theme: str) -> None:
    """Show a page at a size and in a theme."""
    width, height = SIZES[size]
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(
        color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
    )
    await page.evaluate(_CONSOLES_THEME, theme)
    await page.evaluate(_TWO_FRAMES)
    # A card that leaves fades over the one that comes.
    await expect(page.locator(".leaving > *")).to_have_count(0)


async def overflow(page: Page) -> int:
    """Return how many pixels a page is wider than its screen."""
    wider: int = await page.evaluate(_OVERFLOW)
    return wider


class Life:
    """The life of a show, one part after the other; each part yields its states."""

    def __init__(
        self, browser: Browser, stores: LocalStores, node: BrowserNode, show: Boutique
    ) -> None:
        self.browser = browser
        self.stores = stores
        self.node = node
        self.show = show
        self.viewer: Page
        self.host: Page
        self.crowd: JSHandle

    async def come_in(self) -> None:
        """Open both pages, and let the crowd in."""
        self.viewer = await open_page(self.browser, self.show.watch("ada"))
        self.host = await open_page(self.browser, self.show.host())
        page = await open_page(self.browser, self.node.url)
        tokens = [token(name, Role.VIEWER) for name in _CROWD]
        self.crowd = await page.evaluate_handle(_COME_IN, [self.show.session_id, tokens])

    def both(self, name: str, *, is_main: bool = False) -> tuple[State, State]:
        """Return this state of both pages."""
        return (
            State(f"viewer-{name}", self.viewer, is_main=is_main),
            State(f"console-{name}", self.host, is_main=is_main),
        )

    async def dialog(self, opener: str, name: str) -> State:
        """Open a dialog of the console by its button."""
        await look(self.host, DESKTOP, "light")
        if opener.startswith("Plan a sale of "):
            await choose(self.host, opener.removeprefix("Plan a sale of "))
        if opener in ("Activity", "Share", "Keyboard shortcuts"):
            await from_menu(self.host, opener)
        else:
            await _button(self.host, opener).first.click()
        await expect(self.host.get_by_role("dialog")).to_be_visible()
        return State(f"console-{name}", self.host)

    async def activity(self) -> State:
        """Open the activity log, with all that led to the show so far."""
        state = await self.dialog("Activity", "activity")
        rows = self.host.get_by_role("dialog").get_by_role("row")
        await expect(rows.filter(has_text="session.start").first).to_be_visible()
        return state

    async def sheet(self, opener: Locator, name: str, *sizes: str) -> State:
        """Open a sheet of the viewer's page by its button."""
        await look(self.viewer, PHONE, "light")
        await opener.click()
        await expect(self.viewer.get_by_role("dialog")).to_be_visible()
        return State(f"viewer-{name}", self.viewer, sizes=sizes or EVERY_SIZE)

    async def close(self, page: Page) -> None:
        """Close what is open over a page."""
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)

    async def before(self) -> AsyncIterator[State]:
        """The list of shows, and one that is planned."""
        lobby = await open_page(self.browser, f"{self.node.url}/#token={self.show.host_token}")
        await expect(lobby.get_by_text("Evening drop")).to_be_visible()
        yield State("lobby", lobby, is_main=True)
        await lobby.context.close()
        await expect(self.viewer.get_by_role("timer")).to_be_visible()
        await expect(_button(self.host, "Go live")).to_be_visible()
        for state in self.both("scheduled"):
            yield state
        for opener, name in (
            ("Add product…", "add-product"),
            ("Share", "share"),
            ("Keyboard shortcuts", "keys"),
            ("Plan a sale of Ocean blue shirt", "plan-sale"),
        ):
            yield await self.dialog(opener, name)
            await self.close(self.host)
        await _button(self.host, "Rehearse").click()
        await expect(_button(self.host, "Back to the show")).to_be_visible()
        yield State("console-rehearsal", self.host)
        await _button(self.host, "Back to the show").click()

    async def on_air(self) -> AsyncIterator[State]:
        """Live, without and with something pinned, and what lies over it."""
        self.show.command("session.start")
        await expect(self.viewer.get_by_text(NOTHING_PINNED)).to_be_visible()
        await expect(_button(self.host, "Pause")).to_be_visible()
        for state in self.both("live"):
            yield state
        self.show.command("product.pin", product_id="shirt")
        for who, text in _SAID:
            await self.crowd.evaluate("(shops, [who, text]) => shops[who].say(text)", [who, text])
        await self.crowd.evaluate("(shops) => shops.forEach((shop) => shop.like(17))")
        await self.crowd.evaluate(_BUY, ["scarf-Sea", 3])
        await expect(self.viewer.get_by_role("article")).to_be_visible()
        await expect(self.host.get_by_role("region", name="Orders")).to_contain_text("3 ·")
        for state in self.both("pinned", is_main=True):
            yield state
        for opener, name in (
            ("Flash sale of Ocean blue shirt", "sale-form"),
            ("Price of Ocean blue shirt", "price-form"),
            ("Words…", "blocked-words"),
            ("End…", "end"),
            ("Cancel the order of bo", "cancel-order"),
        ):
            yield await self.dialog(opener, name)
            await self.close(self.host)
        yield await self.activity()
        await self.close(self.host)
        await _button(self.host, "Actions on the message of bo").first.click()
        yield State("console-chat-actions", self.host, sizes=(DESKTOP,))
        await look(self.host, PHONE, "light")
        for tab in ("Products", "Chat", "Orders", "Show"):
            await self.host.get_by_role("navigation").get_by_role("button", name=tab).click()
            if tab != "Show":
                yield State(f"console-tab-{tab.lower()}", self.host, sizes=(PHONE,))
                await look(self.host, PHONE, "light")

    async def shopping(self) -> AsyncIterator[State]:
        """The sheets of the viewer's page."""
        viewer = self.viewer
        yield await self.sheet(_button(viewer, "About the show"), "about")
        await self.close(viewer)
        yield await self.sheet(_button(viewer, "Open the chat"), "chat", PHONE)
        await self.close(viewer)
        await look(viewer, PHONE, "light")
        await open_cart(viewer)
        yield State("viewer-cart-empty", viewer)
        await self.close(viewer)
        yield await self.sheet(_button(viewer, "See all products"), "shelf", PHONE)
        await viewer.get_by_role("dialog").get_by_role("button", name="Copper lamp").click()
        await _button(viewer, "Add to cart: Copper lamp").click()
        await expect(viewer.get_by_role("dialog")).to_contain_text("In your cart")
        yield State("viewer-product", viewer)
        await self.close(viewer)
        await look(viewer, PHONE, "light")
        await open_card(viewer, "Ocean blue shirt")
        yield State("viewer-card", viewer, sizes=(PHONE,))
        await open_card(viewer, "Ocean blue shirt")
        await _button(viewer, "Add to cart: Ocean blue shirt").click()
        await expect(_button(viewer, "Cart, 2 items")).to_be_visible()
        yield State("viewer-reserved", viewer)
        yield await self.sheet(_button(viewer, "Cart, 2 items"), "cart-full")
        await viewer.get_by_role("button", name="Order 2").click()
        await expect(viewer.get_by_role("region", name="Your orders")).to_be_visible()
        yield State("viewer-orders", viewer)
        await self.close(viewer)

    async def selling(self) -> AsyncIterator[State]:
        """A sale that is announced, runs, and leaves nothing; and a pause."""
        pot = {"product_id": "pot", "percent": 22, "duration_ms": 600_000}
        self.show.command("product.pin", product_id="pot")
        self.show.command("sale.start", **pot, starts_in_ms=60_000)
        await expect(self.viewer.get_by_text("starts in")).to_be_visible()
        await expect(self.host.get_by_role("timer", name="Sale begins")).to_be_visible()
        for state in self.both("sale-announced"):
            yield state
        self.show.command("sale.end", product_id="pot")
        self.show.command("sale.start", **pot)
        await expect(self.viewer.get_by_text("ends in")).to_be_visible()
        await expect(self.host.get_by_role("timer", name="Sale ends")).to_be_visible()
        await buy(self.viewer, "Clay pot")
        await expect(self.viewer.get_by_text(BOUGHT)).to_be_visible()
        for state in self.both("sale-running", is_main=True):
            yield state
        await self.crowd.evaluate(_BUY, ["pot-", 2])
        await expect(self.viewer.get_by_text("Only 2 left").first).to_be_visible()
        for state in self.both("last-units"):
            yield state
        await self.crowd.evaluate(_BUY, ["pot-", 2])
        sold_out = self.viewer.get_by_role("article", name="Clay pot").get_by_text("Sold out")
        await expect(sold_out.first).to_be_visible()
        for state in self.both("sold-out"):
            yield state
        self.show.command("session.pause")
        await expect(_button(self.host, "Resume")).to_be_visible()
        await expect(self.viewer.get_by_text("The show is paused.").first).to_be_visible()
        for state in self.both("session-paused"):
            yield state
        self.show.command("session.resume")

    async def trouble(self) -> AsyncIterator[State]:
        """A store that is away, and a node that is."""
        self.stores.valkey.stop()
        await expect(self.viewer.get_by_text("Buying is paused").first).to_be_visible()
        await expect(self.host.get_by_text("Buying is paused")).to_be_visible()
        for state in self.both("buying-paused"):
            yield state
        self.stores.valkey.start()
        await expect(self.host.get_by_text("Buying is paused")).to_have_count(0)
        self.node.kill()
        await expect(self.viewer.get_by_text("Reconnecting…")).to_be_visible()
        await expect(self.host.get_by_text("The line to the server is down")).to_be_visible()
        for state in self.both("reconnecting"):
            yield state
        self.node.start()
        await expect(self.viewer.get_by_text("Reconnecting…")).to_have_count(0)
        await expect(self.host.get_by_text("The line to the server is down")).to_have_count(0)

    async def after(self) -> AsyncIterator[State]:
        """End the show; yield what is left of it, for both."""
        self.show.command("session.end")
        await expect(self.viewer.get_by_text("The show has ended. Thank you")).to_be_visible()
        summary = self.host.get_by_role("region", name="Summary of the show")
        await expect(summary.get_by_role("row", name="Clay pot")).to_be_visible()
        for state in self.both("ended", is_main=True):
            yield state

    async def elsewhere(self) -> AsyncIterator[State]:
        """Pages without a show, and a show without measure."""
        for page, who in (("watch", "viewer"), ("host", "console")):
            lost = await open_page(self.browser, f"{self.node.url}/{page}/nothing")
            await expect(lost.get_by_text("There is no such show.")).to_be_visible()
            yield State(f"{who}-no-such-session", lost)
            await lost.goto(f"{self.node.url}/{page}/{self.show.session_id}#token=expired")
            await expect(lost.get_by_text("Your link has expired")).to_be_visible()
            yield State(f"{who}-token-expired", lost)
            await lost.context.close()
        self.show.fill_strangely()
        viewer = await open_page(
            self.browser, self.show.strange("watch", token("ada", Role.VIEWER))
        )
        host = await open_page(self.browser, self.show.strange("host", self.show.host_token))
        await expect(viewer.get_by_role("article")).to_be_visible()
        await expect(host.get_by_role("article").first).to_be_visible()
        yield State("viewer-long-words", viewer)
        yield State("console-long-words", host)
        await viewer.get_by_role("button", name="choose").first.click()
        await expect(viewer.get_by_role("dialog")).to_be_visible()
        await viewer.get_by_role("button", name="Add to cart:").last.click()
        yield State("viewer-twelve-variants", viewer)
        await self.close(viewer)
        await viewer.get_by_role("button", name="Cart,").click()
        await expect(_button(viewer, "Reserve again")).to_be_visible()
        yield State("viewer-expired-line", viewer)
        for opened in (viewer, host):
            await opened.context.close()

    async def states(self) -> AsyncIterator[State]:
        """Live through all of it, on the host's desktop and the viewer's phone between looks."""
        await self.come_in()
        during = (self.before, self.on_air, self.shopping, self.selling, self.trouble)
        for part in (*during, self.after, self.elsewhere):
            async for state in part():
                yield state
                await look(state.page, PHONE if state.page is self.viewer else DESKTOP, "light")


@asynccontextmanager
async def life_of(browser: Browser, stores: LocalStores) -> AsyncIterator[Life]:
    """Prepare a show on empty stores of its own, which it may stop and start."""
    await migrate(stores.postgres.url)
    node = BrowserNode(stores.valkey.url, stores.postgres.url)
    try:
        node.start()
        show = Boutique(node)
        yield Life(browser, stores, node, show)
        show.close()
    finally:
        node.kill()
