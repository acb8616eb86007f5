"""The demo's show, made over HTTP as any merchant's backend would make it."""

from importlib import resources
from typing import Any, Final

import anyio
import httpx

from liveshop.cli.demo_folder import DemoFolder, DemoKeys, DemoShow
from liveshop.core.wire import Message, decode_object

DEMO_CURRENCY: Final = "EUR"
_TITLE: Final = "Autumn drop: the liveshop demo"
_READY_S_MAX: Final = 60
_POLL_S: Final = 0.05
_RETRY_S: Final = 0.2
# A store is away for a moment, or we are too fast.
_TRY_AGAIN: Final = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS)


class NotReady(Exception):
    """The server or one of its stores does not answer; the message says which."""


async def until_ready(url: str) -> None:
    """Wait until the server and its stores answer; raises NotReady after a minute."""
    said = "nothing"
    with anyio.move_on_after(_READY_S_MAX):
        async with _client(url) as client:
            while True:
                answer = await client.get("/readyz")
                if answer.is_success:
                    return
                said = answer.text
                await anyio.sleep(_POLL_S)
    raise NotReady(f"{url}/readyz has said for {_READY_S_MAX} s: {said}")


def _client(url: str, **options: Any) -> httpx.AsyncClient:
    # The server is this process: no proxy that the environment names stands between.
    return httpx.AsyncClient(base_url=url, trust_env=False, **options)


async def prepare_show(
    url: str, folder: DemoFolder, keys: DemoKeys, stream_url: str | None = None
) -> DemoShow:
    """Make the catalogue, an API key and a live session, or what of them an earlier run lacks.

    A new session shows the stream at `stream_url`, if there is one.
    """
    headers = {"Authorization": f"Bearer {keys.admin_token}"}
    async with _client(url, headers=headers, timeout=30) as client:
        products = _products()
        for product in products:
            await _post(client, "/api/products", product, once=True)
        show = folder.show()
        if show is None:
            show = await _make_show(client, stream_url)
            folder.keep_show(show)
        session = (await client.get(f"/api/sessions/{show.session_id}")).raise_for_status().json()
        if session["status"] == "draft":
            await _fill_shelf(client, session, products)
        return show


async def _make_show(client: httpx.AsyncClient, stream_url: str | None) -> DemoShow:
    new = {"title": _TITLE, "currency": DEMO_CURRENCY, "payment": "direct"}
    session = await _post(client, "/api/sessions", {**new, "stream_url": stream_url})
    key = await _post(client, "/api/keys", {"name": "demo"})
    return DemoShow(session_id=session["id"], api_key=key["key"])


async def _fill_shelf(
    client: httpx.AsyncClient, session: dict[str, Any], products: list[Message]
) -> None:
    commands = f"/api/sessions/{session['id']}/commands"
    there = {product["product_id"] for product in session["shelf"]}
    for product in products:
        if product["product_id"] not in there:
            # Half of the stock stays in the catalogue, for sessions that visitors make.
            units = {each["sku"]: (each["stock"] + 1) // 2 for each in product["variants"]}
            add = {"type": "product.add", "product_id": product["product_id"], "units": units}
            await _post(client, commands, add, once=True)
    await _post(client, commands, {"type": "session.start"}, once=True)


async def _post(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], *, once: bool = False
) -> dict[str, Any]:
    """Post and return the answer, again while the server asks for that.

    With `once`, that it has been done already is fine.
    """
    with anyio.fail_after(_READY_S_MAX):
        while True:
            response = await client.post(path, json=body)
            if response.status_code not in _TRY_AGAIN:
                break
            await anyio.sleep(_RETRY_S)
    if not (once and response.status_code == httpx.codes.CONFLICT):
        response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def _products() -> list[Message]:
    """Return the demo's products as they are posted, in words that older releases know too."""
    text = resources.files("liveshop.cli").joinpath("demo_catalogue.json").read_bytes()
    products: list[Message] = decode_object(text)["products"]
    return products
