"""A day of a shop over the API and the pages: two hosts, a moderator and a stranger."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from liveshop.core.close_codes import CloseCode
from liveshop.core.roles import Role
from tests.browser.shop import BrowserNode, Json, from_menu, open_page, token
from tests.client import Client, connected
from tests.waiting import wait_until

pytestmark = pytest.mark.feature("activity")


@dataclass(frozen=True)
class _Somebody:
    """One who asks over HTTP with a token or a key."""

    http: httpx.Client
    bearer: str

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        return self.http.request(method, path, json=body, headers=headers)

    def done(self, method: str, path: str, body: Any = None) -> Json:
        answer = self.ask(method, path, body)
        assert answer.is_success, answer.text
        told: Json = answer.json()
        return told

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        answer = self.ask(method, path, body)
        return answer.status_code, answer.json()["code"]

    def open_show(self, title: str, product_id: str) -> str:
        """Make a product and a live show that sells it; return the show's id."""
        variant = {"sku": f"{product_id}-1", "label": "", "price": 900, "stock": 9}
        product = {"product_id": product_id, "title": product_id, "variants": [variant]}
        self.done("POST", "/api/products", product)
        made = self.done("POST", "/api/sessions", {"title": title})
        add = {"type": "product.add", "product_id": product_id, "units": {f"{product_id}-1": 5}}
        for command in (add, {"type": "session.start"}):
            self.command(made["id"], command)
        return str(made["id"])

    def command(self, session_id: str, command: Json) -> None:
        self.done("POST", f"/api/sessions/{session_id}/commands", command)


async def test_a_day_of_a_shop(browser: Browser, node: BrowserNode) -> None:
    with httpx.Client(base_url=node.url, timeout=30) as http:
        rosa, ivo = (
            _Somebody(http, token(name, Role.HOST, shop=shop))
            for name, shop in (("rosa", "rose"), ("ivo", "ivy"))
        )
        rose = rosa.open_show("Roses live", "rose-bush")
        ivy = ivo.open_show("Ivy live", "ivy-pot")
        await _each_sees_its_own_show(browser, node, rosa, ivo)
        _nothing_of_a_shop_is_changed_by_anothers_host(rosa, ivo, rose)
        key_id = _a_key_does_what_its_scopes_name(http, rose, ivy)
        await _a_stranger_is_thrown_out(http, node, rose)
        _a_leaked_token_is_revoked(http, rosa)
        await _the_log_tells_it_all(browser, node, rosa, ivo, rose, key_id)


async def _each_sees_its_own_show(
    browser: Browser, node: BrowserNode, rosa: _Somebody, ivo: _Somebody
) -> None:
    for host, own, other in ((rosa, "Roses live", "Ivy live"), (ivo, "Ivy live", "Roses live")):
        lobby = await open_page(browser, f"{node.url}/#token={host.bearer}")
        await expect(lobby.get_by_role("link", name=f"Open the console of {own}")).to_be_visible()
        await expect(lobby.get_by_text(other)).to_have_count(0)
        await lobby.context.close()
    # Anybody may watch both.
    lobby = await open_page(browser, node.url)
    for title in ("Roses live", "Ivy live"):
        await expect(lobby.get_by_role("link", name=title, exact=True)).to_be_visible()
    await lobby.context.close()


def _nothing_of_a_shop_is_changed_by_anothers_host(
    rosa: _Somebody, ivo: _Somebody, rose: str
) -> None:
    path = f"/api/sessions/{rose}"
    before = rosa.done("GET", path)
    gone = (404, "not_found")
    for command in (
        {"type": "session.end"},
        {"type": "session.pause"},
        {"type": "product.remove", "product_id": "rose-bush"},
        {"type": "product.reprice", "product_id": "rose-bush", "prices": {"rose-bush-1": 1}},
        {"type": "viewer.ban", "viewer_id": "u_sam", "everywhere": True},
    ):
        assert ivo.refused("POST", f"{path}/commands", command) == gone
    assert ivo.refused("PUT", f"{path}/plan", {"sales": {}}) == gone
    assert ivo.refused("GET", f"{path}/summary") == gone
    planned = {"title": "Roses", "shop": "rose"}
    assert ivo.refused("POST", "/api/sessions", planned) == (403, "forbidden")
    after = rosa.done("GET", path)
    same = ("offset", "status", "shelf", "title", "shop")
    assert [after[name] for name in same] == [before[name] for name in same]


def _a_key_does_what_its_scopes_name(http: httpx.Client, rose: str, ivy: str) -> str:
    admin = _Somebody(http, token("root", Role.ADMIN))
    made = admin.done(
        "POST", "/api/keys", {"name": "checkout", "shop": "rose", "scopes": ["reserve"]}
    )
    key = _Somebody(http, made["key"])
    wish = {"rid": str(uuid4()), "sku": "rose-bush-1", "quantity": 1, "viewer_id": "u_ada"}
    key.done("POST", f"/api/sessions/{rose}/reservations", wish)
    refused = key.ask("GET", "/api/orders")
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "this API key lacks the scope orders",
    )
    end = {"type": "session.end"}
    assert (key.refused("POST", f"/api/sessions/{rose}/commands", end))[0] == 403
    assert (key.refused("POST", f"/api/sessions/{ivy}/reservations", wish))[0] == 404
    key_id: str = made["id"]
    return key_id


async def _a_stranger_is_thrown_out(http: httpx.Client, node: BrowserNode, rose: str) -> None:
    mo = _Somebody(http, token("mo", Role.MODERATOR, shop="rose"))
    sam = token("sam", Role.VIEWER)
    async with connected(node.url.replace("http", "ws", 1), rose) as stranger:
        await stranger.hello(sam)
        await _says(stranger, "buy at my shop instead")
        mo.command(rose, {"type": "viewer.ban", "viewer_id": "u_sam"})
        closed = await stranger.closed()
        assert closed.code == CloseCode.BANNED
    wish = {"rid": str(uuid4()), "sku": "rose-bush-1", "quantity": 1}
    refused = _Somebody(http, sam).ask("POST", f"/api/sessions/{rose}/reservations", wish)
    assert refused.status_code == 403


async def _says(stranger: Client, text: str) -> None:
    assert (await stranger.ask("say", text=text))["type"] == "ok"


def _a_leaked_token_is_revoked(http: httpx.Client, rosa: _Somebody) -> None:
    helper = _Somebody(http, token("helper", Role.MODERATOR, shop="rose"))
    helper.done("GET", "/api/sessions")
    rosa.done("POST", "/api/tokens/revoke", {"sub": "u_helper"})
    wait_until(lambda: helper.ask("GET", "/api/sessions").status_code == 401)


async def _the_log_tells_it_all(
    browser: Browser, node: BrowserNode, rosa: _Somebody, ivo: _Somebody, rose: str, key_id: str
) -> None:
    def told(by: _Somebody) -> set[tuple[str, str, str]]:
        entries = (by.done("GET", "/api/activity?limit=200"))["entries"]
        return {(entry["subject"], entry["action"], entry["outcome"]) for entry in entries}

    ours = {
        ("u_rosa", "session.start", "ok"),
        ("u_ivo", "command_session", "not_found"),
        ("u_ivo", "save_plan", "not_found"),
        ("u_mo", "viewer.ban", "ok"),
        ("u_rosa", "revoke_tokens", "ok"),
    }

    wait_until(lambda: told(rosa) >= ours)
    # Of the other shop he is told only what it tried in his.
    foreign = {each for each in told(ivo) if each[0] != "u_ivo"}
    assert foreign == {(key_id, "reserve", "not_found")}
    console = await open_page(browser, f"{node.url}/host/{rose}#token={rosa.bearer}")
    await from_menu(console, "Activity")
    table = console.get_by_role("dialog", name="Activity").get_by_role("table")
    banned = table.get_by_role("row").filter(has_text="viewer.ban")
    await expect(banned).to_contain_text("mo")
    await expect(banned).to_contain_text("u_sam")
    tried = table.get_by_role("row").filter(has_text="save_plan")
    await expect(tried).to_contain_text("not done: not_found")
    await console.context.close()
    # The console of another shop's show does not open.
    lost = await open_page(browser, f"{node.url}/host/{rose}#token={ivo.bearer}")
    await expect(lost.get_by_text("There is no such show.")).to_be_visible()
