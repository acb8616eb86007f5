"""What a session needs at its time goes on when a node dies, whoever did it before."""

import json

import anyio
import httpx
from websockets.asyncio.client import connect

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET
from tests.client import Message
from tests.conftest import store_folder
from tests.crash.world import World, open_world

_SALE_MS = 5_000
_HOLD_MS = 2_000
# How late the other node may be.
_LATE_MS_MAX = 3_000


async def _prepared(url: str) -> tuple[str, int, int]:
    """Make a session with a sale and a cart; return its id and when both end."""
    token = make_token(SECRET, viewer_id="host", role=Role.HOST, ttl_s=600)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:

        async def post(path: str, body: Message) -> Message:
            answer: Message = (await http.post(path, json=body)).raise_for_status().json()
            return answer

        variants = [{"sku": "S", "label": "S", "price": 5_000, "stock": 5}]
        await post("/api/products", {"product_id": "p", "title": "P", "variants": variants})
        session = await post("/api/sessions", {"title": "Show", "hold_ms": _HOLD_MS})
        commands = f"/api/sessions/{session['id']}/commands"
        await post(commands, {"type": "product.add", "product_id": "p", "units": {"S": 5}})
        await post(commands, {"type": "session.start"})
        sale = {"product_id": "p", "percent": 20, "duration_ms": _SALE_MS}
        (started,) = (await post(commands, {"type": "sale.start", **sale}))["events"]
    ws = url.replace("http", "ws", 1)
    async with connect(f"{ws}/ws/sessions/{session['id']}", proxy=None) as viewer:
        buyer = make_token(SECRET, viewer_id="ada", role=Role.VIEWER, ttl_s=600)
        await viewer.send(json.dumps({"type": "hello", "token": buyer}))
        rid = "6f4f5c53-6a34-4cb0-bd5c-3e3b1d9c2d5e"
        await viewer.send(json.dumps({"type": "reserve", "rid": rid, "sku": "S", "quantity": 1}))
        async for frame in viewer:
            for message in json.loads(frame):
                if message["type"] == "reserved":
                    return session["id"], started["ends_at_ms"], message["expires_at_ms"]
    raise AssertionError("nothing was reserved")


async def _carried_out(url: str, session_id: str) -> Message:
    """Wait until the sale has ended and the unit is back; return the event of the sale's end."""
    with anyio.fail_after(30):
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            while True:
                session = (await http.get(f"/api/sessions/{session_id}")).json()
                (variant,) = session["shelf"][0]["variants"]
                log = (await http.get(f"/api/sessions/{session_id}/events")).json()["events"]
                ended: list[Message] = [each for each in log if each["type"] == "sale.ended"]
                if ended and variant["left"] == 5:
                    return ended[0]
                await anyio.sleep(0.05)


def test_sales_end_and_carts_expire_in_time_when_the_node_that_began_them_is_killed() -> None:
    with store_folder() as folder, open_world(folder) as world:
        _check(world)


def _check(world: World) -> None:
    dies, lives = world.nodes
    session_id, ends_at_ms, _ = anyio.run(_prepared, dies.url)
    dies.kill()
    ended = anyio.run(_carried_out, lives.url, session_id)
    assert ended["reason"] == "timer"
    assert ends_at_ms <= ended["at_ms"] <= ends_at_ms + _LATE_MS_MAX
