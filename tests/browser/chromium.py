"""The browser that the tests and the pictures are made with."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

_MODEST = Path(__file__).with_name("modest.sh")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is none on the PATH."""

    def __init__(self) -> None:
        super().__init__("no Chromium on the PATH: install the package chromium")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a headless Chromium with a profile that is thrown away."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise NoChromium
    async with async_playwright() as playwright:
        # Only root may raise a priority, and only Linux has setpriv.
        modest = os.geteuid() == 0 and shutil.which("setpriv") is not None
        browser = await playwright.chromium.launch(
            executable_path=_MODEST if modest else found,
            args=_FLAGS,
            env={**os.environ, "CHROMIUM": found},
        )
        yield browser
        await browser.close()
