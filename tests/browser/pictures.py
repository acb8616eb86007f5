"""Take a picture of every state of the pages into `docs/images/states/`, and list them.

    python -m tests.browser.pictures

Light and dark, on a phone and on a desktop, and the main states on a tablet too. It ends with 1
when something is wider than its screen.
"""

import asyncio
import base64
import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from liveshop.cli.local_stores import local_stores
from tests.browser.chromium import chromium
from tests.browser.life import DESKTOP, PHONE, SIZES, THEMES, State, life_of, look, overflow
from tests.browser.shop import PATIENCE_MS
from tests.conftest import store_folder

_DOCS: Final = Path(__file__).parents[2] / "docs"
_FOLDER: Final = _DOCS / "images" / "states"
_QUALITY: Final = 60
_HEAD: Final = """# Pictures

Every state of the pages, as a browser shows it. `make pictures` takes them again.
"""


async def _taken(page: Page) -> bytes:
    """Return what a page shows as WebP, which is a third of a PNG here."""
    session = await page.context.new_cdp_session(page)
    shot = await session.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    await session.detach()
    return base64.b64decode(shot["data"])


def _keep(name: str, picture: bytes) -> None:
    (_FOLDER / name).write_bytes(picture)


def _sizes(state: State) -> list[str]:
    usual = (PHONE, DESKTOP)
    return [size for size in SIZES if size in state.sizes and (state.is_main or size in usual)]


def _listed(state: State) -> str:
    lines = [f"\n## {state.name}\n"]
    for size in _sizes(state):
        width = 480 if size == DESKTOP else 200
        lines += [
            f'<img alt="{state.name}, {size}, {theme}" width="{width}"\n'
            f'  src="images/states/{state.name}-{size}-{theme}.webp">'
            for theme in THEMES
        ]
    return "\n".join(lines) + "\n"


async def _take_all() -> tuple[list[str], str]:
    """Return what is wider than its screen, and the list of all pictures."""
    index, wide = [_HEAD], list[str]()
    with store_folder() as folder, local_stores(folder, durable=False) as stores:
        async with chromium() as browser, life_of(browser, stores) as life:
            async for state in life.states():
                for size in _sizes(state):
                    for theme in THEMES:
                        await look(state.page, size, theme)
                        if await overflow(state.page) > 0:
                            wide.append(f"{state.name} {size}")
                        name = f"{state.name}-{size}-{theme}.webp"
                        _keep(name, await _taken(state.page))
                index.append(_listed(state))
    return wide, "".join(index)


def main() -> None:
    """Take all pictures again."""
    expect.set_options(timeout=PATIENCE_MS)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    wide, index = asyncio.run(_take_all())
    (_DOCS / "pictures.md").write_text(index)
    taken = list(_FOLDER.iterdir())
    size_kib = sum(path.stat().st_size for path in taken) // 1024
    sys.stdout.write(f"{len(taken)} pictures, {size_kib} KiB\n")
    if wide:
        sys.exit(f"wider than the screen: {', '.join(sorted(set(wide)))}")


if __name__ == "__main__":
    main()
