"""The text of strangers is shown as they wrote it: nothing of it runs, nothing of it is a tag."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from liveshop.core.roles import Role
from tests.browser.shop import PATIENCE_MS, BrowserNode, token
from tests.browser.viewer_words import BOUGHT

_TEXTS = {
    "tags": "<script>window.owned=1</script>\"><img src=x onerror='window.owned=1'>",
    "more tags": "</title></style><svg/onload=window.owned=1><marquee><iframe srcdoc='<b>'>",
    "no tags": "\u202eelbatrofmoc\u202c \u2067shirt ${owned=1} {{owned=1}} javascript:owned=1",
}
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Everything that could run or look different: none of it is of our making.
_INJECTED = """() => [
  ...document.querySelectorAll("script:not([src]), iframe, object, embed, base, marquee"),
  ...[...document.querySelectorAll("*")].filter((element) =>
    [...element.attributes].some(({ name, value }) =>
      name.startsWith("on") || /^\\s*(javascript|vbscript):/i.test(value))),
].map((element) => element.outerHTML)"""
_WATCH = """() => {
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
}"""


class _Stage:
    """A live session in which every text is a stranger's, and somebody who bought and spoke."""

    def __init__(self, node: BrowserNode, text: str) -> None:
        self.node = node
        self.text = text
        self.said = _TURNS.sub("", text)  # people cannot turn the text around theirs, merchants may
        bearer = token("host", Role.HOST)
        self.http = httpx.Client(base_url=node.url, headers={"Authorization": f"Bearer {bearer}"})
        variants = [
            {
                "sku": f"S{number} {text}"[:64],
                "label": f"{number} {text}",
                "price": 5000,
                "stock": 9,
            }
            for number in range(2)
        ]
        product = {
            "product_id": f"p {text}"[:64],
            "title": text,
            "description": text,
            "image": f'/x?"onerror=window.owned=1//{text.replace(" ", "+")}',
            "variants": variants,
        }
        self.post("/api/products", product)
        stream = '/stream?"><script>window.owned=1</script>'
        made = self.post("/api/sessions", {"title": f"Show {text}", "stream_url": stream})
        self.session_id = str(made["id"])
        units = {variant["sku"]: 5 for variant in variants}
        for command in (
            {"type": "product.add", "product_id": product["product_id"], "units": units},
            {"type": "product.pin", "product_id": product["product_id"]},
            {"type": "session.start"},
            {
                "type": "sale.start",
                "product_id": product["product_id"],
                "percent": 10,
                "duration_ms": 600_000,
            },
        ):
            self.post(f"/api/sessions/{self.session_id}/commands", command)

    def post(self, path: str, body: Any) -> Any:
        """Post something that is taken."""
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def address(self, page: str, role: Role) -> str:
        """Return the address of a page, for somebody whose name is no name."""
        bearer = token(self.said[:60].strip(), role)
        return f"{self.node.url}/{page}/{self.session_id}#token={bearer}"


@pytest.fixture(params=_TEXTS)
def stage(node: BrowserNode, request: pytest.FixtureRequest) -> Any:
    stage = _Stage(node, _TEXTS[request.param])
    yield stage
    stage.http.close()


async def _open(browser: Browser, address: str) -> tuple[Page, list[str]]:
    context = await browser.new_context(locale="en-IE")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: trouble.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: trouble.append(f"error {error}"))
    page.on("popup", lambda popup: trouble.append(f"popup {popup.url}"))
    await page.add_init_script(f"({_WATCH})()")
    await page.goto(address)
    return page, trouble


async def _is_harmless(page: Page, trouble: list[str]) -> None:
    assert trouble == []
    assert await page.evaluate("window.owned") is None
    assert await page.evaluate("window.violations") == []
    assert await page.evaluate(_INJECTED) == []


@pytest.mark.feature("chat")
async def test_the_pages_show_what_strangers_write_and_run_none_of_it(
    browser: Browser, stage: _Stage
) -> None:
    viewer, trouble = await _open(browser, stage.address("watch", Role.VIEWER))
    host, host_trouble = await _open(browser, stage.address("host", Role.HOST))
    await viewer.get_by_role("textbox").first.fill(stage.said)
    await viewer.keyboard.press("Enter")
    buy = viewer.locator(".buy-now").first  # its name is of signs that no selector takes
    await buy.click()
    await expect(viewer.get_by_text(BOUGHT).first).to_be_visible()
    for page in (viewer, host):
        await expect(page.locator("body")).to_contain_text(f"Show {stage.text}")
        # The product; what was said, and by whom. On the console also the order.
        await expect(page.get_by_text(stage.text).nth(1)).to_be_attached()
        await expect(page.get_by_text(stage.said).nth(1)).to_be_attached()
    await _is_harmless(viewer, trouble)
    await _is_harmless(host, host_trouble)
    lobby, lobby_trouble = await _open(browser, stage.node.url)
    await expect(lobby.locator("body")).to_contain_text(f"Show {stage.text}")
    await _is_harmless(lobby, lobby_trouble)
