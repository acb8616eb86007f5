"""The process that draws a picture: what it takes, what it makes of it, and what it cannot cost."""

import os
import random
import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageCms

from liveshop.core.errors import BadRequest, InternalError
from liveshop.features.media import limits, store_pictures, store_process
from liveshop.features.media.rules import NAMES, Drawn
from liveshop.features.media.store_reader import Drawing
from liveshop.stores import child_program
from tests.features.media import pictures
from tests.features.media.pictures import BLUE, RED, bomb, chunks, encoded, halves, opened, photo


async def draw(data: bytes, *command: str) -> tuple[Drawn, dict[str, bytes]]:
    async with Drawing(command) if command else Drawing() as drawing:
        await drawing.send(chunks(data), None)
        drawn, files = await drawing.files()
    return drawn, dict(zip(NAMES, files, strict=True))


async def refusal(data: bytes, *command: str) -> str:
    with pytest.raises(BadRequest) as refused:
        await draw(data, *command)
    return refused.value.message


def near(seen: Any, wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(one - other) <= by for one, other in zip(seen, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_drawn_in_the_sizes_of_the_pages(kind: str) -> None:
    drawn, files = await draw(encoded(halves(2000, 1000), kind))
    assert (drawn.format, drawn.width, drawn.height) == (kind.lower(), 2000, 1000)
    sizes = {each.name: (each.width, each.height) for each in drawn.renditions}
    assert sizes == {
        "320.webp": (320, 160),
        "640.webp": (640, 320),
        "1280.webp": (1280, 640),
        "1280.jpg": (1280, 640),
        "icon.png": (180, 90),
    }
    for name, data in files.items():
        seen = opened(data)
        assert seen.size == sizes[name]
        assert near(seen.convert("RGB").getpixel((10, 50)), RED)
        assert near(seen.convert("RGB").getpixel((seen.width - 10, 50)), BLUE)
    kinds = [opened(files[name]).format for name in NAMES]
    assert kinds == ["WEBP", "WEBP", "WEBP", "JPEG", "PNG"]


async def test_a_small_picture_is_not_enlarged_and_a_high_one_is_twice_as_high_as_wide() -> None:
    drawn, _ = await draw(encoded(halves(100, 50)))
    assert {(each.width, each.height) for each in drawn.renditions} == {(100, 50)}
    drawn, _ = await draw(encoded(halves(1000, 30_000)))
    sizes = [(each.width, each.height) for each in drawn.renditions]
    assert sizes == [(21, 640), (43, 1280), (85, 2560), (85, 2560), (6, 180)]


async def test_nothing_but_pixels_goes_on() -> None:
    _, files = await draw(photo())
    for data in files.values():
        assert b"Secret" not in data
        seen = opened(data)
        assert not seen.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"} & seen.info.keys()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_turned_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = halves()
    upright.paste((240, 240, 240), (0, 0, 200, 60))  # white above red, on the left
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation > 1 else upright
    drawn, files = await draw(encoded(stored, kind, exif=exif))
    assert (drawn.width, drawn.height) == (400, 200)
    seen = opened(files["1280.jpg"])
    assert near(seen.getpixel((50, 20)), (240, 240, 240))
    assert near(seen.getpixel((50, 150)), RED)
    assert near(seen.getpixel((350, 100)), BLUE)


async def test_colours_of_another_profile_become_those_of_srgb() -> None:
    # Its green channel lies where sRGB has red: a browser without the profile would show green.
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(128, 128 + 4 + 12 * swapped[131], 4):
        tag = bytes(swapped[at : at + 4])
        if tag in (b"rXYZ", b"gXYZ"):
            swapped[at : at + 4] = b"gXYZ" if tag == b"rXYZ" else b"rXYZ"
    data = encoded(Image.new("RGB", (50, 50), (0, 255, 0)), icc_profile=bytes(swapped))
    _, files = await draw(data)
    assert near(opened(files["icon.png"]).convert("RGB").getpixel((9, 9)), (255, 0, 0))


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 500])
async def test_a_damaged_profile_is_as_good_as_none(profile: bytes) -> None:
    _, files = await draw(encoded(halves(), icc_profile=profile))
    assert near(opened(files["icon.png"]).convert("RGB").getpixel((9, 9)), RED)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK", "YCbCr"])
async def test_pictures_of_all_modes_are_taken(mode: str) -> None:
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    _, files = await draw(encoded(halves(mode=mode), kind))
    seen = opened(files["icon.png"]).convert("RGB")
    left, right = seen.getpixel((9, 9)), seen.getpixel((170, 9))
    wanted = {
        "1": ((0, 0, 0), (0, 0, 0)),
        "L": ((81,) * 3, (52,) * 3),
        "LA": ((81,) * 3, (52,) * 3),
    }
    if mode != "1":
        assert near(left, wanted.get(mode, (RED, BLUE))[0], by=16)
        assert near(right, wanted.get(mode, (RED, BLUE))[1], by=16)


async def test_grey_of_16_bits_keeps_its_shades() -> None:
    shade = Image.new("I;16", (64, 64), 0x8000)
    _, files = await draw(encoded(shade))
    assert near(opened(files["icon.png"]).convert("RGB").getpixel((9, 9)), (128, 128, 128), by=1)


async def test_what_is_transparent_stays_so_and_is_white_in_a_jpeg() -> None:
    clear = Image.new("P", (64, 64), 0)
    clear.putpalette([9, 9, 9, 200, 30, 30])
    clear.paste(1, (32, 0, 64, 64))
    _, files = await draw(encoded(clear, transparency=0))
    seen = opened(files["320.webp"])
    alpha = seen.getchannel("A")
    assert (alpha.getpixel((5, 5)), alpha.getpixel((60, 5))) == (0, 255)
    assert near(opened(files["1280.jpg"]).getpixel((5, 5)), (255, 255, 255))
    assert near(opened(files["1280.jpg"]).getpixel((58, 5)), RED, by=20)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(50),
        encoded(halves(), "GIF"),
        encoded(halves(), "BMP"),
        encoded(halves(), "TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVE" + bytes(50),
        b"\0" * 5_000,
    ],
)
async def test_what_is_none_of_the_three_kinds_is_refused_by_its_content(data: bytes) -> None:
    assert await refusal(data) == "the body has to be the bytes of a picture: JPEG, PNG or WebP"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n<!doctype html><script>alert(1)</script>",
        b"\xff\xd8\xff<script>alert(1)</script>",
        b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0" + bytes(24),
        b"RIFF\0\0\0\0WEBP",
        *(encoded(halves(), kind)[:-60] for kind in ("JPEG", "PNG", "WEBP")),
        *(encoded(halves(), kind)[:40] for kind in ("JPEG", "PNG", "WEBP")),
        pictures.png(),
        pictures.png((b"IDAT", b"no deflate")),
        pictures.png(pictures.pixels(), width=0),
    ],
)
async def test_a_file_that_only_begins_like_a_picture_is_refused(data: bytes) -> None:
    assert await refusal(data) == "the picture cannot be read: it is damaged or cut short"


async def test_a_picture_with_another_file_behind_it_goes_on_without_that() -> None:
    evil = b"<script>alert(1)</script>PK\3\4"
    for kind in ("JPEG", "PNG", "WEBP"):
        _, files = await draw(encoded(halves(), kind) + evil)
        assert not any(b"script" in data for data in files.values())
    _, files = await draw(pictures.png((b"tEXt", b"Comment\0" + evil), pictures.pixels()))
    assert not any(b"script" in data for data in files.values())


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_a_picture_that_moves_is_refused(kind: str) -> None:
    frames = [halves(), halves().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert await refusal(moving) == "the picture moves: upload a still one"


async def test_of_the_two_pictures_that_a_phone_puts_into_a_jpeg_the_first_is_taken() -> None:
    other = Image.new("RGB", (400, 200), (0, 255, 0))
    both = encoded(halves(), "MPO", save_all=True, append_images=[other])
    drawn, files = await draw(both)
    assert (drawn.format, drawn.width) == ("jpeg", 400)
    assert near(opened(files["icon.png"]).getpixel((9, 9)), RED)


async def test_40_megapixels_are_taken_and_one_pixel_more_is_not() -> None:
    assert limits.UPLOAD_PIXELS_MAX == 40_000_000
    drawn, _ = await draw(encoded(Image.new("L", (8000, 5000)), compress_level=1))
    assert (drawn.width, drawn.height) == (8000, 5000)
    more = "the picture has {} × {} pixels, and may have 40 megapixels"
    assert await refusal(encoded(Image.new("1", (40_000_001, 1)))) == more.format(40_000_001, 1)
    exif = Image.Exif()
    exif[0x010F] = "maker"
    webp = bytearray(encoded(halves(64, 64), "WEBP", exif=exif))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = (16_382).to_bytes(3, "little") * 2
    assert await refusal(bytes(webp)) == more.format(16_383, 16_383)


_BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "60,000 pixels squared": lambda: pictures.png(pictures.pixels(), width=60_000, height=60_000),
    "2³¹ pixels squared": lambda: pictures.png(width=2**31 - 1, height=2**31 - 1),
    "zeros for pixels": lambda: pictures.png((b"IDAT", bomb()), width=8_000, height=6_000),
    "a profile": lambda: pictures.png((b"iCCP", b"p\0\0" + bomb()), pictures.pixels()),
    "a text": lambda: pictures.png((b"zTXt", b"t\0\0" + bomb()), pictures.pixels()),
    "100 texts": lambda: pictures.png(
        *[(b"zTXt", b"t\0\0" + bomb(1_000_000))] * 100, pictures.pixels()
    ),
}


@pytest.mark.parametrize("name", _BOMBS)
async def test_a_bomb_is_refused_and_costs_little(name: str) -> None:
    data = _BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    await refusal(data)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 5


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_picture_is_drawn_or_refused_and_nothing_else(kind: str) -> None:
    whole, dice = encoded(halves(64, 48), kind), random.Random(kind)
    outcomes = set()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            drawn, files = store_pictures.draw(bytes(data[: dice.randint(8, len(data))]))
            assert [each.bytes for each in drawn.renditions] == [len(each) for each in files]
            outcomes.add("drawn")
        except BadRequest:
            outcomes.add("refused")
    assert outcomes <= {"drawn", "refused"}
    assert "refused" in outcomes


def _program(body: str) -> tuple[str, ...]:
    light = (
        f"import runpy; use = runpy.run_path({child_program.__file__!r})['use_bare_packages']\n"
        f"use({store_process.__name__!r})\n"
        "import sys\n"
        "from liveshop.features.media.store_process import confine\n"
    )
    return sys.executable, "-c", light + body


async def test_a_decoder_that_never_ends_is_ended() -> None:
    loop = "confine(2**30, 1)\nsys.stdin.buffer.read()\nwhile True: pass"
    assert await refusal(photo(), *_program(loop)) == (
        "the picture takes too long to draw, or too much memory: make it smaller"
    )


async def test_a_decoder_that_takes_all_memory_is_refused_it() -> None:
    body = """
confine(300_000_000, 10)
sys.stdin.buffer.read()
try:
    bytearray(400_000_000)
except MemoryError:
    print('{"refusal": "no memory"}')
"""
    assert await refusal(photo(), *_program(body)) == "no memory"


async def test_a_decoder_that_crashes_costs_its_process_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    crash = "sys.stdin.buffer.read(); import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    assert await refusal(photo(), *_program(crash)) == ("the picture cannot be read: it is damaged")
    assert "ended with -11" in caplog.text
    with pytest.raises(InternalError):
        await draw(photo(), *_program("sys.stdin.buffer.read(); raise SystemExit(3)"))


async def test_a_decoder_writes_no_file(tmp_path: Path) -> None:
    body = f"""
confine(2**30, 10)
sys.stdin.buffer.read()
try:
    open({str(tmp_path / "evil")!r}, "w").write("x" * 10_000)
except OSError as error:
    print('{{"refusal": "' + type(error).__name__ + '"}}')
"""
    said = await refusal(photo(), *_program(body))
    assert said in ("OSError", "the picture cannot be read: it is damaged")
    assert not (tmp_path / "evil").exists() or (tmp_path / "evil").stat().st_size == 0


async def test_the_process_imports_pillow_and_little_else(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    await draw(photo())
    told = re.findall(r"^import time:.*\| +(\w\S*)$", capfd.readouterr().err, re.MULTILINE)
    ours = sorted(name for name in told if name.partition(".")[0] == "liveshop")
    assert ours == [
        "liveshop.core",
        "liveshop.core.errors",
        "liveshop.core.limits",
        *(f"liveshop.features.media.{name}" for name in ("limits", "rules")),
        *(f"liveshop.features.media.store_{name}" for name in ("pictures", "process")),
    ]


def test_a_node_does_not_import_pillow() -> None:
    code = "import sys, liveshop.features; sys.exit('PIL' in sys.modules)"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0
