"""A real browser and a real node for every test of the pages."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.shop import PATIENCE_MS, Node, Show

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium with a profile that is thrown away."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("no Chromium on the PATH: install the package chromium", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def node(redis_url: str, postgres_url: str) -> Iterator[Node]:
    """A node on stores of the test's own."""
    node = Node(redis_url, postgres_url)
    try:
        node.start()
        yield node
    finally:
        node.kill()


@pytest.fixture
def show(node: Node) -> Iterator[Show]:
    """A draft of a show with a product on its shelf."""
    show = Show(node)
    yield show
    show.close()


@pytest.fixture
def live(show: Show) -> Show:
    """A show that is live."""
    show.command("session.start")
    return show
