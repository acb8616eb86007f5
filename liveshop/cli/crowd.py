"""A small crowd for the demo: viewers by name ask, answer, like and buy over real WebSockets."""

import json
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

import anyio
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from liveshop.cli.crowd_script import NAMES, Act, CrowdScript, Seen
from liveshop.cli.demo_folder import DemoKeys
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token

_SEED: Final = 20
_RECONNECT_S: Final = (0.5, 5.0)
# An address is let in so often at once, and then twice a second.
_GUEST_ATTEMPTS_MAX: Final = 3
_GUEST_WAIT_S: Final = 1.0
_DAY_S: Final = 86_400


async def run_crowd(url: str, session_id: str, keys: DemoKeys) -> None:
    """Keep the crowd in a session until cancelled; its script tells it what to do, and ends."""
    address = f"{url.replace('http', 'ws', 1)}/ws/sessions/{session_id}"
    async with anyio.create_task_group() as tasks:
        visitors = []
        for number in range(len(NAMES)):
            token = await _guest(url, session_id, keys, number) or _token(keys, number)
            visitors.append(_Visitor(address, token))
            tasks.start_soon(visitors[-1].run)
        await _play(CrowdScript(_SEED), visitors)


async def _guest(url: str, session_id: str, keys: DemoKeys, number: int) -> str | None:
    """Return the token of a guest, whose name is in its orders; None if the server lets none in.

    The same visitor of the same demo is the same guest at each start.
    """
    rid = uuid.uuid5(uuid.NAMESPACE_OID, f"{keys.secret} {session_id} {number}")
    wanted = {"session": session_id, "name": NAMES[number], "rid": str(rid)}
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            for _ in range(_GUEST_ATTEMPTS_MAX):
                answer = await client.post("/api/guests", json=wanted)
                if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    break
                await anyio.sleep(_GUEST_WAIT_S)
    except httpx.HTTPError:
        return None
    return str(answer.json()["token"]) if answer.is_success else None


def _token(keys: DemoKeys, number: int) -> str:
    """Return the token of a visitor who is known by its number only."""
    return make_token(
        keys.secret,
        viewer_id=f"crowd-{number}",
        name=NAMES[number],
        role=Role.VIEWER,
        ttl_s=_DAY_S,
        issuer=keys.claims.issuer,
        audience=keys.claims.audience,
    )


async def _play(script: CrowdScript, visitors: Sequence["_Visitor"]) -> None:
    while (act := script.next(lambda number: visitors[number].seen)) is not None:
        await anyio.sleep(act.wait_s)
        await visitors[act.visitor].act(act)


class _Visitor:
    """One simulated viewer, who comes back whenever the connection is lost."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._token = token
        self._socket: ClientConnection | None = None
        self._live = False
        self._turn: str | None = None  # the ticket of the `moved` that came last
        self._titles: dict[str, str] = {}
        self._skus: dict[str, list[str]] = {}  # by product
        self._left: dict[str, int] = {}
        self._pinned: list[str] = []

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
        try:
            async for frame in socket:
                for message in json.loads(frame):
                    self._hear(message)
                    if message["type"] == "welcome":
                        self._socket = socket
        finally:
            self._socket = None

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "session":
            self._live = message["status"] == "live"
            self._pinned = list(message["pinned"])
            self._titles, self._skus = {}, {}
            for product in message["shelf"]:
                self._put(product)
        elif kind.startswith("session.") and "status" in message:
            self._live = message["status"] == "live"
        elif kind == "product.added":
            self._put(message["product"])
        elif kind == "product.pinned":
            self._pinned.append(message["product_id"])
        elif kind in ("product.unpinned", "product.removed"):
            self._pinned = [each for each in self._pinned if each != message["product_id"]]
        elif kind == "moved":
            self._turn = message.get("turn")
        elif kind == "pulse":
            self._left |= message.get("left", {})

    def _put(self, product: dict[str, Any]) -> None:
        self._titles[product["product_id"]] = product["title"]
        variants = product["variants"]
        self._skus[product["product_id"]] = [variant["sku"] for variant in variants]
        self._left |= {variant["sku"]: variant["left"] for variant in variants}

    @property
    def seen(self) -> Seen:
        """The show as this visitor sees it."""
        shown = [each for each in self._pinned if each in self._titles]
        return Seen(
            is_live=self._live,
            shown=tuple((each, self._titles[each]) for each in shown),
            shown_skus=self._buyable(shown),
            other_skus=self._buyable(each for each in self._skus if each not in shown),
        )

    def _buyable(self, products: Iterable[str]) -> list[str]:
        skus = (sku for product_id in products for sku in self._skus[product_id])
        return [sku for sku in skus if self._left.get(sku, 0) > 0]

    async def act(self, act: Act) -> None:
        """Do something; a visitor who is not in the show just now lets it be."""
        socket = self._socket
        if socket is None:
            return
        if act.likes:
            message: dict[str, Any] = {"type": "like", "count": act.likes}
        elif act.text:
            message = {"type": "say", "text": act.text}
        else:
            message = {"type": "buy", "rid": str(uuid.uuid4()), "sku": act.sku, "quantity": 1}
        try:
            await _send(socket, message)
        except WebSocketException:
            pass  # the line is gone, and comes back without it


async def _send(socket: ClientConnection, message: dict[str, Any]) -> None:
    await socket.send(json.dumps(message))
