"""The work that a session needs at its time goes on when a node dies, whoever did it before."""

import json

import anyio
import anyio.to_thread
import httpx
from websockets.asyncio.client import connect

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET
from tests.client import Message, joined
from tests.conftest import store_folder
from tests.crash.world import CrashNode, CrashWorld, open_world

_UNITS = 5
_SALE_MS = 7_000
# Long enough for a viewer to be at the other node before it is over.
_HOLD_MS = 5_000
# How late the other node may be: without it nothing would be done at all.
_LATE_MS_MAX = 5_000


async def _prepared(url: str) -> tuple[str, int, int]:
    """Make a session with a sale and a cart; return its id and when both end."""
    token = make_token(SECRET, viewer_id="host", role=Role.HOST, ttl_s=600)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:

        async def post(path: str, body: Message) -> Message:
            answer: Message = (await http.post(path, json=body)).raise_for_status().json()
            return answer

        variants = [{"sku": "S", "label": "S", "price": 5_000, "stock": _UNITS}]
        await post("/api/products", {"product_id": "p", "title": "P", "variants": variants})
        session = await post("/api/sessions", {"title": "Show", "hold_ms": _HOLD_MS})
        commands = f"/api/sessions/{session['id']}/commands"
        await post(commands, {"type": "product.add", "product_id": "p", "units": {"S": _UNITS}})
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


async def _carried_out(
    lives: CrashNode, session_id: str, dies: CrashNode
) -> tuple[Message, Message]:
    """Kill a node; return the sale's end and the pulse in which the unit is back, of the other."""
    async with joined(lives.url.replace("http", "ws", 1), session_id) as viewer:
        await anyio.to_thread.run_sync(dies.kill)
        ended = await viewer.wait_for(lambda each: each["type"] == "sale.ended", within_s=30)
        back = await viewer.wait_for(
            lambda each: each["type"] == "pulse" and each.get("left", {}).get("S") == _UNITS,
            within_s=30,
        )
        return ended, back


def test_sales_end_and_carts_expire_in_time_when_the_node_that_began_them_is_killed() -> None:
    with store_folder() as folder, open_world(folder) as world:
        _check(world)


def _check(world: CrashWorld) -> None:
    dies, lives = world.nodes
    session_id, ends_at_ms, expires_at_ms = anyio.run(_prepared, dies.url)
    ended, back = anyio.run(_carried_out, lives, session_id, dies)
    assert ended["reason"] == "timer"
    assert ends_at_ms <= ended["at_ms"] <= ends_at_ms + _LATE_MS_MAX
    assert expires_at_ms <= back["now_ms"] <= expires_at_ms + _LATE_MS_MAX
