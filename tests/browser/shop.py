"""A node and a show on it, for browsers to open; and the people who open it."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, ConsoleMessage, Error, Page, ViewportSize, expect

from liveshop.cli.subprocesses import free_port
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import is_ready
from tests.forked import Forked, forked
from tests.waiting import wait_until

_SECRET = "browser tests, 32 bytes or more."
PATIENCE_MS = 15_000

Json = dict[str, Any]


class BrowserNode:
    """`liveshop serve` on a port of its own; it may be killed and started again there."""

    def __init__(
        self, redis_url: str, postgres_url: str, *, origins: str = "", media: Path | None = None
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            "LIVESHOP_REDIS_URL": redis_url,
            "LIVESHOP_POSTGRES_URL": postgres_url,
            "LIVESHOP_SECRET": _SECRET,
            "LIVESHOP_PORT": str(port),
            "LIVESHOP_ORIGINS": origins,
            "LIVESHOP_EGRESS_ALLOW": "127.0.0.0/8",
        }
        if media is not None:
            self._environment["LIVESHOP_MEDIA_FOLDER"] = str(media)
        self._stack = ExitStack()
        self.process: Forked

    def start(self) -> None:
        """Start it and wait until it can serve."""
        self.process = self._stack.enter_context(forked("serve", environment=self._environment))
        wait_until(lambda: is_ready(self.url) or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()[0]

    def working(self) -> AbstractContextManager[Forked]:
        """Run a worker on its stores, for a block."""
        port = {"LIVESHOP_WORK_PORT": str(free_port())}
        return forked("work", environment=self._environment | port)

    def kill(self) -> None:
        """Kill it; those who were connected hear nothing but that."""
        self._stack.close()


class BrowserShow:
    """A session with one product, `Ocean Shirt`, which has the variants M and L.

    With `empty` it has none, and the catalogue has none either.
    """

    def __init__(
        self,
        node: BrowserNode,
        *,
        units: int = 10,
        hold_ms: int | None = None,
        empty: bool = False,
    ) -> None:
        self.node = node
        self.host_token = token("host", Role.HOST)
        self._http = httpx.Client(
            base_url=node.url,
            headers={"Authorization": f"Bearer {self.host_token}"},
            verify=False,  # else each client reads all certificates of the system, for nothing
        )
        held = {} if hold_ms is None else {"hold_ms": hold_ms}
        self.session_id: str = self._post("/api/sessions", {"title": "Autumn drop", **held})["id"]
        if empty:
            return
        variants = [
            {"sku": f"OCEAN-{label}", "label": label, "price": 5000, "stock": 40}
            for label in ("M", "L")
        ]
        product = {"product_id": "ocean", "title": "Ocean Shirt", "variants": variants}
        self._post("/api/products", product)
        self.command("product.add", product_id="ocean", units={"OCEAN-M": units, "OCEAN-L": units})

    def command(self, kind: str, **fields: Any) -> None:
        """Carry out a host's command over HTTP."""
        self.order({"type": kind, **fields})

    def order(self, command: Json) -> None:
        """Carry out a host's command that has a field named as an argument here."""
        self._post(f"/api/sessions/{self.session_id}/commands", command)

    def try_command(self, kind: str, *, by: str) -> int:
        """Try a command with somebody's token, and return the status of the answer."""
        path = f"/api/sessions/{self.session_id}/commands"
        headers = {"Authorization": f"Bearer {by}"}
        return self._http.post(path, json={"type": kind}, headers=headers).status_code

    def orders(self) -> list[Json]:
        """Return the session's orders, as the API tells them."""
        answer = self._http.get("/api/orders", params={"session": self.session_id})
        orders: list[Json] = answer.raise_for_status().json()["orders"]
        return orders

    def cancel(self, order_id: str) -> None:
        """Cancel a confirmed order."""
        self._post(f"/api/orders/{order_id}/cancel", {})

    def add_product(
        self, product_id: str, labels: list[str], title: str = "", *, price: int = 5000
    ) -> None:
        """Put one more product on the shelf, its SKUs numbered, three units of each."""
        variants = [
            {"sku": f"{product_id}-{number}", "label": label, "price": price, "stock": 40}
            for number, label in enumerate(labels)
        ]
        product = {"product_id": product_id, "title": title or product_id, "variants": variants}
        self._post("/api/products", product)
        units = {variant["sku"]: 3 for variant in variants}
        self.command("product.add", product_id=product_id, units=units)

    def stock_product(self, product_id: str, labels: list[str], **fields: Any) -> None:
        """Put one more product into the catalogue only, its SKUs numbered."""
        variants = [
            {"sku": f"{product_id}-{number}", "label": label, "price": 5000, "stock": 40}
            for number, label in enumerate(labels)
        ]
        product = {"product_id": product_id, "title": product_id, "variants": variants}
        self._post("/api/products", {**product, **fields})

    def plan(self, title: str, *, starts_at_ms: int = 4_000_000_000_000) -> str:
        """Plan one more session, which viewers see in the list; return its id."""
        planned = {"title": title, "starts_at_ms": starts_at_ms}
        return str(self._post("/api/sessions", planned)["id"])

    def begin_another(self, title: str, *, pin: bool = True, **fields: Any) -> None:
        """Go on with another session, live, with the shirt on its shelf, and pinned."""
        self.session_id = self._post("/api/sessions", {"title": title, **fields})["id"]
        self.command("product.add", product_id="ocean", units={"OCEAN-M": 10})
        self.command("session.start")
        if pin:
            self.command("product.pin", product_id="ocean")

    def events(self) -> list[Json]:
        """Return the log of the session."""
        answer = self._http.get(f"/api/sessions/{self.session_id}/events")
        events: list[Json] = answer.raise_for_status().json()["events"]
        return events

    def pay(self, order_id: str, *, amount: int) -> None:
        """Report a payment, as a merchant's own checkout does."""
        admin = {"Authorization": f"Bearer {token('admin', Role.ADMIN)}"}
        made = self._http.post("/api/keys", json={"name": "checkout"}, headers=admin)
        key = {"Authorization": f"Bearer {made.raise_for_status().json()['key']}"}
        paid = {"payment_id": f"paid-{order_id}", "amount": amount}
        answer = self._http.post(f"/api/orders/{order_id}/confirm", json=paid, headers=key)
        answer.raise_for_status()

    def left(self, sku: str) -> int:
        """Return how many units of a SKU can be reserved."""
        session = self._http.get(f"/api/sessions/{self.session_id}").raise_for_status().json()
        variants = session["shelf"][0]["variants"]
        return next(int(variant["left"]) for variant in variants if variant["sku"] == sku)

    def wear(self, **brand: Any) -> None:
        """Give the shop without a name a brand."""
        self._http.put("/api/brand", json=brand).raise_for_status()

    def watch(self, name: str | None = None) -> str:
        """Return the address of the viewer's page, for somebody or for anyone."""
        return self._address("watch", None if name is None else token(name, Role.VIEWER))

    def host(self) -> str:
        """Return the address of the host's console."""
        return self._address("host", self.host_token)

    def put(self, path: str, body: Json) -> Json:
        """Put something over HTTP as the host."""
        answer: Json = self._http.put(path, json=body).raise_for_status().json()
        return answer

    def get(self, path: str) -> Json:
        """Read something over HTTP as the host."""
        answer: Json = self._http.get(path).raise_for_status().json()
        return answer

    def close(self) -> None:
        """Let go of the connections to the node."""
        self._http.close()

    def _address(self, page: str, bearer: str | None) -> str:
        fragment = "" if bearer is None else f"#token={bearer}"
        return f"{self.node.url}/{page}/{self.session_id}{fragment}"

    def _post(self, path: str, body: Json) -> Json:
        answer: Json = self._http.post(path, json=body).raise_for_status().json()
        return answer


def token(
    name: str,
    role: Role,
    *,
    ttl_s: int = 3_600,
    shop: str | None = None,
    session_id: str | None = None,
) -> str:
    """Return a token of the node's."""
    return make_token(
        _SECRET,
        viewer_id=f"u_{name}",
        name=name,
        role=role,
        ttl_s=ttl_s,
        shop=shop,
        session_id=session_id,
    )


async def open_page(
    browser: Browser,
    address: str,
    *,
    width: int = 1440,
    height: int = 900,
    locale: str = "en-IE",
) -> Page:
    """Open an address in a profile of its own; errors of its scripts fail the test at once."""
    size: ViewportSize = {"width": width, "height": height}
    context = await browser.new_context(viewport=size, locale=locale)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    page.on("pageerror", _fail)
    page.on("console", _fail_on_policy)
    await page.goto(address)
    return page


async def go_live(page: Page) -> None:
    """Start the show in the console, also one without a stream, which it asks about."""
    await page.get_by_role("button", name="Go live", exact=True).click()
    await page.get_by_role("button", name="Go live anyway").click()


async def choose(page: Page, title: str) -> None:
    """Choose a product in the console's run of show, so that its buttons are there."""
    run = page.get_by_role("region", name="Run of show")
    await run.get_by_role("button", expanded=False).filter(has_text=title).click()


async def from_menu(page: Page, name: str) -> None:
    """Press a button of the console's menu."""
    await page.get_by_role("button", name="Menu", exact=True).click()
    await page.locator("#menu").get_by_role("button", name=name, exact=True).click()


def _fail(error: Error) -> None:
    raise AssertionError(f"a script of the page failed: {error}")


def _fail_on_policy(message: ConsoleMessage) -> None:
    assert "Content Security Policy" not in message.text, message.text


async def take_back(host: Page, title: str) -> None:
    """Take back by its key what was done last, to a product.

    The server's answer, and the way back with it, may come after the event that shows the deed.
    """
    notice = host.locator(".notice").filter(has_text=title)
    await expect(notice.get_by_role("button", name="Undo")).to_be_visible()
    await host.keyboard.press("z")
