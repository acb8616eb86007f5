"""Draw the demo's video: products of a made-up brand on a table, portrait and landscape.

    .venv/bin/python -m tools.demo_video

Chromium draws the frames, and ffmpeg encodes them: H.264 baseline, a quiet tone in AAC, 8 seconds
whose end leads to their beginning, in four pieces. They go to `liveshop/cli/video/`, as they
are committed. Both programs have to be on the PATH.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Page

from tests.browser.chromium import chromium

_PACKAGE: Final = Path(__file__).parents[1] / "liveshop"
_DRAWINGS: Final = _PACKAGE / "pages" / "demo"
_SHAPES: Final = {"portrait": (480, 848), "landscape": (848, 480)}
_PRODUCTS: Final = ("mug", "shirt", "pot", "lamp")
_SECONDS, _PER_SECOND, _PIECE_S = 8, 15, 2
_FRAMES: Final = _SECONDS * _PER_SECOND
# All motion is by whole turns, so that the last frame leads to the first.
_SCENE: Final = """
<style>
  body { margin: 0; overflow: hidden; font: 700 26px sans-serif; color: #4a3b30;
    background: linear-gradient(#f3ece2 0 58%, #b98d64 58% 60%, #c89b71 60%); }
  #light { position: fixed; width: 90vmax; height: 90vmax; border-radius: 50%;
    background: radial-gradient(#fff9, #fff0 70%); }
  #brand { position: fixed; top: 15vh; width: 100%; text-align: center; letter-spacing: .18em; }
  img { position: fixed; width: 34vmin; border-radius: 8px; box-shadow: 0 14px 18px #0003; }
</style>
<div id="light"></div><div id="brand">KILN &amp; LINEN</div>
"""
_DRAW: Final = """(turn) => {
  const wave = (by) => Math.sin(2 * Math.PI * (turn + by));
  light.style.left = `${10 + 12 * wave(0)}vw`;
  light.style.top = `${-20 + 6 * wave(.25)}vh`;
  document.querySelectorAll("img").forEach((picture, index, all) => {
    const by = index / all.length;
    const front = (wave(by + .25) + 1) / 2;
    picture.style.left = `calc(50vw - 17vmin + ${38 * wave(by)}vmin)`;
    picture.style.top = `calc(62vh - 30vmin + ${14 * front}vmin)`;
    picture.style.transform = `scale(${.55 + .45 * front}) rotate(${3 * wave(by + .1)}deg)`;
    picture.style.zIndex = Math.round(100 * front);
  });
}"""


async def _draw(page: Page, folder: Path) -> None:
    pictures = "".join(
        f"<img src='data:image/svg+xml,{_escaped((_DRAWINGS / f'{name}.svg').read_text())}'>"
        for name in _PRODUCTS
    )
    await page.set_content(_SCENE + pictures)
    for frame in range(_FRAMES):
        await page.evaluate(_DRAW, frame / _FRAMES)
        await page.screenshot(path=folder / f"{frame:03}.png")


def _escaped(svg: str) -> str:
    for sign in "%#<>\"'\n":
        svg = svg.replace(sign, f"%{ord(sign):02x}")
    return svg


def _encode(frames: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    gop = str(_PER_SECOND * _PIECE_S)
    subprocess.run(
        [
            *("ffmpeg", "-loglevel", "error", "-y"),
            *("-framerate", str(_PER_SECOND), "-i", f"{frames}/%03d.png"),
            *("-f", "lavfi", "-i", f"sine=220:sample_rate=48000:duration={_SECONDS},volume=0.01"),
            *("-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p"),
            *("-preset", "veryslow", "-crf", "27", "-g", gop, "-keyint_min", gop),
            *("-sc_threshold", "0", "-flags", "+cgop"),
            *(
                "-c:a",
                "aac",
                "-b:a",
                "24k",
                "-ac",
                "1",
                "-frames:a",
                str(_SECONDS * 48_000 // 1024),
            ),
            *("-f", "hls", "-hls_time", str(_PIECE_S), "-hls_playlist_type", "vod"),
            *("-hls_segment_type", "fmp4", "-hls_segment_filename", f"{folder}/%d.m4s"),
            f"{frames}/list.m3u8",
        ],
        check=True,
    )
    (frames / "init.mp4").rename(folder / "init.mp4")


async def _make() -> None:
    async with chromium() as browser:
        for shape, (width, height) in _SHAPES.items():
            with tempfile.TemporaryDirectory() as frames:
                page = await browser.new_page(viewport={"width": width, "height": height})
                await _draw(page, Path(frames))
                await page.close()
                _encode(Path(frames), _PACKAGE / "cli" / "video" / shape)


def main() -> int:
    """Draw and encode; return the exit code."""
    asyncio.run(_make())
    return 0


if __name__ == "__main__":
    sys.exit(main())
