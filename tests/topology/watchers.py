"""Viewers who watch a rolling restart: each goes and comes back when it is told."""

from dataclasses import dataclass, field

import anyio
from websockets.exceptions import WebSocketException

from tests.client import Client, Closed, Message, connected

_AGAIN_S = 0.2
_AWAY = (OSError, WebSocketException, TimeoutError, Closed)


@dataclass
class Move:
    """One viewer was told to move: when it was to come back, and whether it is there again."""

    return_s: float
    turn: str | None
    is_back: bool = False


@dataclass
class Watchers:
    """Watch a session through one address until stopped; `moves` is what became of them."""

    url: str
    session_id: str
    count: int
    moves: list[Move] = field(default_factory=list)
    present: int = 0
    # The event that each has seen last: the same for all at rest.
    offsets: dict[int, int | None] = field(default_factory=dict)

    @property
    def at_rest(self) -> bool:
        """Whether all are there, and have seen the same."""
        return self.present == self.count and len(set(self.offsets.values())) == 1

    async def run(self) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            for number in range(self.count):
                tasks.start_soon(self._watch, number)

    async def _watch(self, number: int) -> None:
        move: Move | None = None
        while True:
            try:
                move = await self._visit(number, move)
            except _AWAY:
                await anyio.sleep(_AGAIN_S)
                continue
            except ExceptionGroup as group:
                # A gap in the events, or the like, is no reason to come again.
                if group.split(_AWAY)[1] is not None:
                    raise
                await anyio.sleep(_AGAIN_S)
                continue
            if move is not None:
                self.moves.append(move)
                await anyio.sleep_until(move.return_s)

    async def _visit(self, number: int, before: Move | None) -> Move | None:
        """Watch until the connection ends; return the move that was told before that."""
        turn = None if before is None else before.turn
        url = self.url.replace("http", "ws", 1)
        async with connected(url, self.session_id, turn=turn) as client:
            await client.hello()
            if before is not None:
                before.is_back = True
            self.present += 1
            try:
                moved = await self._told(number, client)
            finally:
                self.present -= 1
            if moved is None:
                return None
            return_s = anyio.current_time() + moved["retry_after_ms"] / 1000
            await client.closed()
            return Move(return_s, moved.get("turn"))

    async def _told(self, number: int, client: Client) -> Message | None:
        seen = 0
        while True:
            self.offsets[number] = client.offset
            try:
                message = await client.wait_for(
                    lambda message: "offset" in message or message["type"] == "moved",
                    since=seen,
                    within_s=600,
                )
            except Closed:
                return None
            if message["type"] == "moved":
                return message
            seen = client.messages.index(message, seen) + 1
