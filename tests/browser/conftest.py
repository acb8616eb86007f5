"""A real browser and a real node for every test of the pages."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from liveshop.cli.local_stores import LocalStores
from tests.browser.chromium import NoChromium, chromium
from tests.browser.life import Life, life_of
from tests.browser.shop import PATIENCE_MS, BrowserNode, BrowserShow
from tests.features.media.pictures import photo

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium with a profile that is thrown away."""
    try:
        async with chromium() as browser:
            yield browser
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def node(redis_url: str, postgres_url: str, tmp_path: Path) -> Iterator[BrowserNode]:
    """A node on stores of the test's own."""
    node = BrowserNode(redis_url, postgres_url, media=tmp_path / "media")
    try:
        node.start()
        yield node
    finally:
        node.kill()


@pytest.fixture
def show(node: BrowserNode) -> Iterator[BrowserShow]:
    """A draft of a show with a product on its shelf."""
    show = BrowserShow(node)
    yield show
    show.close()


@pytest.fixture
def live(show: BrowserShow) -> BrowserShow:
    """A show that is live."""
    show.command("session.start")
    return show


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A JPEG of 400 × 200 pixels."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(photo())
    return path


@pytest.fixture
async def life(browser: Browser, own_stores: LocalStores) -> AsyncIterator[Life]:
    """A show that goes through every state, on stores that go away meanwhile."""
    async with life_of(browser, own_stores) as life:
        yield life
