"""A small crowd for the demo: simulated viewers who chat, like and buy over real WebSockets."""

import json
import random
import uuid
from typing import Any, Final

import anyio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from liveshop.cli.demo_folder import DemoKeys
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token

_VIEWERS: Final = 24
_ORDERS_PER_VIEWER_MAX: Final = 20
_WAIT_S: Final = (1.0, 6.0)
_RECONNECT_S: Final = (0.5, 5.0)
_DAY_S: Final = 86_400
_NAMES: Final = (
    *("Amira", "Bruno", "Céline", "Dragan", "Eun-ji", "Femi", "Giulia", "Haruka"),
    *("Ивана", "José", "Kofi", "Līga", "মিতা", "Nils", "Øyvind", "Παύλος"),
    *("Quinn", "Rosa", "سارة", "Tomás", "美咲", "Vera", "王芳", "Zofia"),
)
_LINES: Final = (
    *("love that colour", "does it come in other sizes?", "👏👏👏", "hello from Lisbon!"),
    *("just ordered one 🎉", "¿hacen envíos a España?", "c'est très joli", "素敵ですね"),
    *("how does it wash?", "wie warm ist der Schal?", "my sister has this one", "🔥"),
    *("is the sale soon?", "جميل جدا", "can we see the back?", "so soft 😍"),
)


async def run_crowd(url: str, session_id: str, keys: DemoKeys) -> None:
    """Keep the crowd in a session until cancelled."""
    address = f"{url.replace('http', 'ws', 1)}/ws/sessions/{session_id}"
    async with anyio.create_task_group() as tasks:
        for number, name in zip(range(_VIEWERS), _NAMES, strict=False):
            token = make_token(
                keys.secret,
                viewer_id=f"crowd-{number}",
                name=name,
                role=Role.VIEWER,
                ttl_s=_DAY_S,
                issuer=keys.claims.issuer,
                audience=keys.claims.audience,
            )
            tasks.start_soon(_Visitor(address, token).run)


class _Visitor:
    """One simulated viewer, who comes back whenever the connection is lost."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._token = token
        self._orders = 0
        self._live = False
        self._turn: str | None = None  # the ticket of the `moved` that came last
        self._skus: dict[str, int] = {}

    async def run(self) -> None:
        """Visit the session again and again until cancelled."""
        while True:
            try:
                turn, self._turn = self._turn, None
                query = "" if turn is None else f"?turn={turn}"
                async with connect(self._address + query, proxy=None) as socket:
                    await self._visit(socket)
            except* (OSError, WebSocketException):
                pass  # whatever it was, the demo's server may be back in a moment
            await anyio.sleep(random.uniform(*_RECONNECT_S))

    async def _visit(self, socket: ClientConnection) -> None:
        await _send(socket, {"type": "hello", "token": self._token})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._act, socket)
            async for frame in socket:
                for message in json.loads(frame):
                    self._hear(message)
            tasks.cancel_scope.cancel()

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "session":
            self._live = message["status"] == "live"
            variants = [variant for product in message["shelf"] for variant in product["variants"]]
            self._skus = {variant["sku"]: variant["left"] for variant in variants}
        elif message["type"].startswith("session."):
            self._live = message["status"] == "live"
        elif message["type"] == "moved":
            self._turn = message.get("turn")
        elif message["type"] == "pulse":
            self._skus |= message.get("left", {})

    async def _act(self, socket: ClientConnection) -> None:
        while True:
            await anyio.sleep(random.uniform(*_WAIT_S))
            choice = random.random()
            if choice < 0.5:
                await _send(socket, {"type": "like", "count": random.randint(1, 5)})
            elif choice < 0.7:
                await _send(socket, {"type": "say", "text": random.choice(_LINES)})
            elif choice < 0.8:
                await self._buy(socket)

    async def _buy(self, socket: ClientConnection) -> None:
        skus = [sku for sku, left in self._skus.items() if left > 0]
        if self._live and skus and self._orders < _ORDERS_PER_VIEWER_MAX:
            self._orders += 1
            sku = random.choice(skus)
            buy = {"type": "buy", "rid": str(uuid.uuid4()), "sku": sku, "quantity": 1}
            await _send(socket, buy)


async def _send(socket: ClientConnection, message: dict[str, Any]) -> None:
    await socket.send(json.dumps(message))
