"""The demo's show, made over HTTP as any merchant's backend would make it."""

from importlib import resources
from typing import Any, Final

from liveshop.cli.demo_api import DemoApi, demo_api
from liveshop.cli.demo_brand import COVER, dress
from liveshop.cli.demo_folder import DemoFolder, DemoKeys, DemoShow
from liveshop.core.wire import Message, decode_object

DEMO_CURRENCY: Final = "EUR"
_TITLE: Final = "Friday clay & linen drop"
# The product that is shown first, and soon in a sale; and what the host may begin next.
_PINNED: Final = "terra-plant-pot"
_SALE: Final = {"percent": 25, "duration_ms": 600_000, "units": 40, "limit": 2}
_SALE_STARTS_IN_MS: Final = 60_000
_PLANNED: Final = {
    "ocean-linen-shirt": {"percent": 20, "duration_ms": 60_000},
    "walnut-desk-lamp": {"percent": 15, "duration_ms": 120_000, "limit": 1},
}
# The words that the host means to say, which no viewer reads.
_NOTES: Final = {
    _PINNED: "Hand-thrown, frost-proof to −8 °C.\nThe saucer fits 18 and 24 cm.",
    "ocean-linen-shirt": "Cut straight: between two sizes, take the smaller one.",
    "walnut-desk-lamp": "Oiled by hand. The bulb is in the box.",
}


async def prepare_show(
    url: str,
    folder: DemoFolder,
    keys: DemoKeys,
    stream_url: str | None = None,
    *,
    dressed_at_ms: int | None = None,
) -> DemoShow:
    """Make the catalogue, an API key and a live session, or what of them an earlier run lacks.

    A new session shows the stream at `stream_url`, if there is one. With an instant, the shop also
    has its brand and shows around that, and the session has a cover and begins with a product
    in view. Without one, only what older releases know too is asked for.
    """
    async with demo_api(url, keys.admin_token) as api:
        products = _products()
        for product in products:
            await api.post("/api/products", product, once=True)
        if dressed_at_ms is not None:
            await dress(api, dressed_at_ms)
        show = folder.show()
        if show is None:
            cover = {} if dressed_at_ms is None else {"cover_url": COVER}
            show = await _make_show(api, {"stream_url": stream_url, **cover})
            folder.keep_show(show)
        session = await api.get(f"/api/sessions/{show.session_id}")
        if session["status"] == "draft":
            await _fill_shelf(api, session, products)
            if dressed_at_ms is not None:
                await _plan(api, show.session_id)
            await _send(api, show.session_id, {"type": "session.start"})
            if dressed_at_ms is not None:
                await _begin(api, show.session_id)
        return show


async def _make_show(api: DemoApi, look: dict[str, str | None]) -> DemoShow:
    new = {"title": _TITLE, "currency": DEMO_CURRENCY, "payment": "direct"}
    session = await api.post("/api/sessions", {**new, **look})
    key = await api.post("/api/keys", {"name": "demo"})
    return DemoShow(session_id=session["id"], api_key=key["key"])


async def _fill_shelf(api: DemoApi, session: dict[str, Any], products: list[Message]) -> None:
    there = {product["product_id"] for product in session["shelf"]}
    for product in products:
        if product["product_id"] not in there:
            # Half of the stock stays in the catalogue, for sessions that visitors make.
            units = {each["sku"]: (each["stock"] + 1) // 2 for each in product["variants"]}
            add = {"type": "product.add", "product_id": product["product_id"], "units": units}
            await _send(api, session["id"], add)


async def _plan(api: DemoApi, session_id: str) -> None:
    await api.put(f"/api/sessions/{session_id}/plan", {"sales": _PLANNED, "notes": _NOTES})


async def _begin(api: DemoApi, session_id: str) -> None:
    """Show a product, whose sale begins soon."""
    await _send(api, session_id, {"type": "product.pin", "product_id": _PINNED})
    sale = {"type": "sale.start", "product_id": _PINNED, "starts_in_ms": _SALE_STARTS_IN_MS}
    await _send(api, session_id, {**sale, **_SALE})


async def _send(api: DemoApi, session_id: str, command: dict[str, Any]) -> None:
    """Carry out a command; that it has been carried out already is fine."""
    await api.post(f"/api/sessions/{session_id}/commands", command, once=True)


def _products() -> list[Message]:
    """Return the demo's products as they are posted, in words that older releases know too."""
    text = resources.files("liveshop.cli").joinpath("demo_catalogue.json").read_bytes()
    products: list[Message] = decode_object(text)["products"]
    return products
