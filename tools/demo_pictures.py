"""Draw the pictures of the demo's made-up brand: the covers of its shows, its logo, its cover.

    .venv/bin/python -m tools.demo_pictures

Covers of shows are drawings next to those of the products, of which they are made. Chromium makes
pictures of the logo and the brand's cover, which go to `liveshop/cli/pictures/`: the demo uploads
them to itself, as a shop would.
"""

import asyncio
import re
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Page

from tests.browser.chromium import chromium

_PACKAGE: Final = Path(__file__).parents[1] / "liveshop"
_DRAWINGS: Final = _PACKAGE / "pages" / "demo"
_FOLDER: Final = _PACKAGE / "cli" / "pictures"

# A kiln's arch with a pot in its glow; two waves of linen below.
_LOGO: Final = """
<svg viewBox="0 0 512 512"><rect width="512" height="512" fill="#1d6b64"/>
  <path d="M106 372 V244 a150 150 0 0 1 300 0 V372Z" fill="#f3ece2"/>
  <path d="M150 372 V250 a106 106 0 0 1 212 0 V372Z" fill="#e9a36b"/>
  <path d="M206 240 H306 L322 272 Q330 340 290 372 H222 Q182 340 190 272Z" fill="#1d6b64"/>
  <rect x="196" y="226" width="120" height="22" rx="11" fill="#14504b"/>
  <path d="M84 410 q43 -30 86 0 t86 0 t86 0 t86 0 M84 450 q43 -30 86 0 t86 0 t86 0 t86 0"
    fill="none" stroke="#f3ece2" stroke-width="16" stroke-linecap="round"/></svg>
"""
# A wall, the light of a window on it, and a shelf or a table of the products.
_SCENE: Final = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900" role="img">
  <title>{title}</title>
  <defs>
    <linearGradient id="wall" x2="0" y2="1"><stop stop-color="{wall}"/>
      <stop offset="1" stop-color="{shade}"/></linearGradient>
    <linearGradient id="table" x2="0" y2="1"><stop stop-color="#b98d64"/>
      <stop offset="1" stop-color="#9a7049"/></linearGradient>
  </defs>
  <rect width="1600" height="900" fill="url(#wall)"/>
  <g fill="#fffaf0" opacity=".5"><path d="M150 60 H330 L420 470 H220Z"/>
    <path d="M360 60 H540 L650 470 H450Z"/></g>
  <rect y="650" width="1600" height="250" fill="url(#table)"/>
  <rect y="650" width="1600" height="14" fill="#d3aa80"/>
  {things}
</svg>
"""
_SCENES: Final = {
    "show_autumn": (
        *("#efe6d8", "#dccbb4", "A lamp, a mug, a plant and a shirt on a table"),
        (
            *(("lamp", 210, 290, 1.15), ("mug", 620, 420, 0.85)),
            *(("pot", 880, 260, 1.2), ("shirt", 1220, 360, 1.0)),
        ),
    ),
    "show_winter": (
        *("#dfe6ea", "#c2cfd6", "Mittens, a beanie, a scarf and tea on a table"),
        (
            *(("mittens", 200, 360, 1.0), ("beanie", 540, 330, 1.05)),
            *(("scarf", 900, 320, 1.1), ("chai", 1280, 430, 0.8)),
        ),
    ),
    "show_market": (
        *("#f1e3cf", "#e3c9a4", "Soap, coffee, a bag and a kerchief on a table"),
        (
            *(("soap", 220, 430, 0.8), ("coffee", 520, 360, 1.0)),
            *(("tote", 860, 290, 1.15), ("kerchief", 1240, 380, 0.95)),
        ),
    ),
}


def _thing(name: str, left: int, top: int, scale: float) -> str:
    """Return a product's drawing without the ground that it stands on."""
    drawn = re.sub(r"<title>.*?</title>|<rect width=\"400\".*?/>", "", _text(name), flags=re.S)
    inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", drawn, flags=re.S)
    return f'<g transform="translate({left} {top}) scale({scale})">{inner}</g>'


def _text(name: str) -> str:
    return (_DRAWINGS / f"{name}.svg").read_text()


def _scene(name: str) -> str:
    wall, shade, title, things = _SCENES[name]
    drawn = "".join(_thing(*each) for each in things)
    return _SCENE.format(title=title, wall=wall, shade=shade, things=drawn)


async def _photograph(page: Page, drawing: str, path: Path, width: int, height: int) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await page.set_content(f"<style>body {{ margin: 0 }}</style>{drawing}")
    await page.screenshot(path=path)


async def _make() -> None:
    for name in _SCENES:
        (_DRAWINGS / f"{name}.svg").write_text(_scene(name))
    _FOLDER.mkdir(exist_ok=True)
    async with chromium() as browser:
        page = await browser.new_page()
        await _photograph(page, _LOGO, _FOLDER / "logo.png", 512, 512)
        await _photograph(page, _scene("show_autumn"), _FOLDER / "cover.png", 1_280, 720)


def main() -> int:
    """Draw; return the exit code."""
    asyncio.run(_make())
    return 0


if __name__ == "__main__":
    sys.exit(main())
