"""The demo's made-up brand, with a show that is over and one that is still to come."""

from importlib import resources
from typing import Final

from liveshop.cli.demo_api import DemoApi

COVER: Final = "/pages/demo/show_autumn.svg"
_OVER: Final = {"title": "Soap & coffee morning", "cover_url": "/pages/demo/show_market.svg"}
_NEXT: Final = {"title": "Winter warmers", "cover_url": "/pages/demo/show_winter.svg"}
_DAY_MS: Final = 86_400_000
_EVENING_MS: Final = 18 * 3_600_000


async def dress(api: DemoApi, now_ms: int) -> None:
    """Give the shop its name, its colour, its pictures and its shows, if it has no name yet."""
    brand = await api.get("/api/brand")
    if brand["name"] is not None:
        return
    over = await api.post("/api/sessions", _OVER)
    for command in ("session.start", "session.end"):
        await api.post(f"/api/sessions/{over['id']}/commands", {"type": command})
    starts_at_ms = (now_ms // _DAY_MS + 7) * _DAY_MS + _EVENING_MS
    await api.post("/api/sessions", {**_NEXT, "starts_at_ms": starts_at_ms})
    await api.put("/api/bought", {"names": "first"})
    logo, cover = [await api.upload(_picture(name)) for name in ("logo", "cover")]
    pictures = {"logo": logo, "favicon": logo, "cover": cover}
    await api.put("/api/brand", {"name": "Kiln & Linen", "colour": "#1d6b64", **pictures})


def _picture(name: str) -> bytes:
    return resources.files("liveshop.cli").joinpath("pictures", f"{name}.png").read_bytes()
