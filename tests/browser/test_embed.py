"""The page of docs/embed.md, on another origin, sells a product."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.async_api import Browser, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserNode, BrowserShow, open_page, token

_DOC = Path(__file__).parents[2] / "docs" / "embed.md"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _site(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def test_a_page_of_another_site_sells_with_the_lines_of_the_docs(
    browser: Browser, redis_url: str, postgres_url: str, tmp_path: Path
) -> None:
    (html,) = re.findall(r"^```html\n(.*?)^```", _DOC.read_text(), re.MULTILINE | re.DOTALL)
    with _site(tmp_path) as origin:
        node = BrowserNode(redis_url, postgres_url, origins=origin)
        try:
            node.start()
            show = BrowserShow(node)
            show.command("session.start")
            for name, value in (
                ("https://live.example", node.url),
                ("SESSION", show.session_id),
                ("TOKEN", token("ada", Role.VIEWER)),
                ("OCEAN-M", "OCEAN-M"),
            ):
                assert name in html
                html = html.replace(name, value)
            (tmp_path / "index.html").write_text(html)
            page = await open_page(browser, origin)
            await expect(page.get_by_text("Ocean Shirt, 10 left")).to_be_visible()
            await page.get_by_role("button", name="Buy").dblclick()
            await expect(page.get_by_text("sold", exact=True)).to_be_visible()
            await expect(page.get_by_text("Ocean Shirt, 9 left")).to_be_visible()
            (order,) = show.orders()
            assert (order["viewer_id"], order["total"]) == ("u_ada", 5000)
            show.close()
        finally:
            node.kill()
