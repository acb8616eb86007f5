"""The bus between nodes: Redis pub/sub, which may lose messages at any time."""

import logging
import math
from collections.abc import Callable

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from liveshop.core import limits
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.opening import close_connection, keep_opening, until_replaced, write
from liveshop.stores.redis.packing import session_key

_log = logging.getLogger(__name__)


def _nothing(*_: object) -> None: ...


class Bus:
    """Listens on a connection of its own and publishes through a link; `sharded` in a cluster.

    Set `on_message(session_id, payload)` and `on_reconnect()` before `run`; they are called in
    the bus' task and must not block. `on_reconnect` comes whenever listening begins, the first
    time too: messages published before may have been missed. `alive` is False while there is no
    connection, or it has been silent for `BUS_SILENCE_MS_MAX` although it is pinged.
    """

    def __init__(self, url: str, link: RedisLink, *, sharded: bool = False) -> None:
        self._alive = False
        self.on_message: Callable[[str, bytes], None] = _nothing
        self.on_reconnect: Callable[[], None] = _nothing
        self._url = url
        self._link = link
        self._sharded = b"S" if sharded else b""
        self._sessions: dict[bytes, str] = {}  # by channel
        self._subscribing: dict[bytes, anyio.Event] = {}
        self._connection: AbstractConnection | None = None

    @property
    def alive(self) -> bool:
        """Whether what is published is heard."""
        return self._alive

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Connect, and again whenever the connection is lost, until cancelled."""
        task_status.started()
        while True:
            connection = await keep_opening(self._url, decode=False)
            try:
                await self._serve(connection)
            finally:
                self._lose()
                await close_connection(connection)
            # One that is lost at once, again and again, should not keep the node busy.
            await anyio.sleep(limits.REDIS_RECONNECT_MS_MIN / 1000)

    async def subscribe(self, session_id: str) -> None:
        """Hear a session's messages; returns once it is so, or at once while not connected.

        In the second case `on_reconnect` follows, when messages may have been missed.
        """
        channel = _channel(session_id)
        self._sessions[channel] = session_id
        if self._connection is None:
            return
        subscribed = self._subscribing.setdefault(channel, anyio.Event())
        await self._send(self._sharded + b"SUBSCRIBE", channel)
        await subscribed.wait()

    async def unsubscribe(self, session_id: str) -> None:
        """Stop hearing a session's messages."""
        channel = _channel(session_id)
        if self._sessions.pop(channel, None) is not None and self._connection is not None:
            await self._send(self._sharded + b"UNSUBSCRIBE", channel)

    async def publish(self, session_id: str, payload: bytes) -> None:
        """Send a payload to every node that hears the session, this one included.

        Raises as `RedisLink.call`; a payload that was sent may still be lost.
        """
        await self._link.call(self._sharded + b"PUBLISH", _channel(session_id), payload)

    async def _serve(self, connection: AbstractConnection) -> None:
        """Listen until the connection is lost or silent."""
        self._connection = connection
        missing = set(self._sessions)
        if self._sharded:
            # One by one: the channels of two sessions may be of two slots.
            for channel in tuple(self._sessions):
                await self._send(b"SSUBSCRIBE", channel)
        elif missing:
            await self._send(b"SUBSCRIBE", *self._sessions)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._ping)
            tasks.start_soon(self._watch, connection)
            await self._listen(connection, missing)
            tasks.cancel_scope.cancel()

    async def _listen(self, connection: AbstractConnection, missing: set[bytes]) -> None:
        """Handle what comes; the bus is alive once no subscription is missing."""
        while True:
            if not missing and not self._alive:
                self._alive = True
                self.on_reconnect()
            try:
                with anyio.fail_after(limits.BUS_SILENCE_MS_MAX / 1000):
                    kind, channel, *rest = await connection.read_response(
                        timeout=math.inf, disconnect_on_error=False
                    )
            except (RedisError, OSError) as exc:
                _log.warning("the connection to the bus is lost: %s", exc)
                return
            if kind in (b"message", b"smessage") and channel in self._sessions:
                self.on_message(self._sessions[channel], rest[0])
            elif kind in (b"subscribe", b"ssubscribe"):
                missing.discard(channel)
                if (subscribed := self._subscribing.pop(channel, None)) is not None:
                    subscribed.set()

    async def _ping(self) -> None:
        while True:
            await self._send(b"PING")
            await anyio.sleep(limits.BUS_PING_MS / 1000)

    async def _watch(self, connection: AbstractConnection) -> None:
        """Let go of a server that is no longer the primary, for `_listen` to notice."""
        await until_replaced(self._url, connection)
        await close_connection(connection)

    async def _send(self, *args: bytes) -> None:
        """Send a command; a connection that fails is for `_listen` to notice."""
        assert self._connection is not None
        packed = b"".join(self._connection.pack_command(*args))
        try:
            await write(self._connection, packed)
        except (RedisError, OSError) as exc:
            _log.warning("the bus cannot be written to: %s", exc)

    def _lose(self) -> None:
        self._connection = None
        self._alive = False
        for subscribed in self._subscribing.values():
            subscribed.set()
        self._subscribing.clear()


def _channel(session_id: str) -> bytes:
    return session_key(session_id, "bus").encode()
