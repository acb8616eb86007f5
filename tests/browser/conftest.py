"""A real browser and a real node for every test of the pages.

All tests of a process share one Chromium, for starting it costs as much as a short test. Each opens
contexts of its own, which share nothing and are closed after it. Since a browser belongs to
the event loop that started it, these tests run in one loop, that of the session.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from liveshop.cli.local_stores import LocalStores
from tests.browser.chromium import NoChromium, chromium
from tests.browser.life import Life, life_of
from tests.browser.shop import PATIENCE_MS, BrowserNode, BrowserShow
from tests.features.media.pictures import photo

_HERE = Path(__file__).parent

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder run in the loop of the browser that they share."""
    for item in items:
        if item.path.is_relative_to(_HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            assert isinstance(item, pytest.Function)
            if "browser" in item.fixturenames:
                # Made last, its pages are closed first: what they load comes from a node.
                item.fixturenames.remove("browser")
                item.fixturenames.append("browser")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser() -> AsyncIterator[Browser]:
    """A headless Chromium with a profile that is thrown away."""
    try:
        async with chromium() as browser:
            yield browser
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(shared_browser: Browser) -> AsyncIterator[Browser]:
    """A browser in which nothing is open or known, nor stays so."""
    yield shared_browser
    for context in shared_browser.contexts:
        await context.close()


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


@pytest_asyncio.fixture(loop_scope="session")
async def life(browser: Browser, own_stores: LocalStores) -> AsyncIterator[Life]:
    """A show that goes through every state, on stores that go away meanwhile."""
    async with life_of(browser, own_stores) as life:
        yield life
