"""One pipelined connection to Redis, owned by one task."""

import asyncio
import logging
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError

from liveshop.core import limits
from liveshop.core.errors import Busy, InternalError, LiveshopError, OutcomeUnknown, Unavailable
from liveshop.stores.redis.opening import close_connection, keep_opening, until_replaced, write

_log = logging.getLogger(__name__)

# Replies that say: not now, nothing was carried out.
_REFUSALS = frozenset(
    {
        *("OOM", "READONLY", "LOADING", "MASTERDOWN", "NOREPLICAS", "MISCONF", "BUSY"),
        *("CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN"),
    }
)


class FunctionMissing(Unavailable):
    """The server does not have the function: nothing was carried out."""


class ErrorReply(InternalError):
    """The server refused the command as wrong: a bug of ours, unless the caller expects it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


@dataclass(slots=True)
class _Call:
    packed: bytes
    reply: "asyncio.Future[Any]"
    sent: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a server; `max_bytes` is its machine's if `maxmemory` is not set."""

    used_bytes: int
    max_bytes: int

    @property
    def share(self) -> float:
        """The share that is used; 0 where the server does not say how much there is."""
        return self.used_bytes / self.max_bytes if self.max_bytes else 0.0

    @classmethod
    def of(cls, info: str) -> "Memory":
        """Read the memory section of INFO."""
        told = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
        allowed = int(told.get("maxmemory", 0)) or int(told.get("total_system_memory", 0))
        return cls(int(told.get("used_memory", 0)), allowed)


class RedisLink:
    """Sends commands and reads replies in one task; callers wait on futures.

    A sent call is never cancelled: a caller who stops waiting misses the reply. Nothing is ever
    sent twice.
    """

    def __init__(self, url: str) -> None:
        self._connected = False
        self._url = url
        self._waiting: deque[_Call] = deque()
        self._sent: deque[_Call] = deque()
        self._wake = anyio.Event()
        self._connection: AbstractConnection | None = None
        self._connection_scope = anyio.CancelScope()

    @property
    def connected(self) -> bool:
        """Whether there is a connection to call over."""
        return self._connected

    @property
    def whole(self) -> bool:
        """Whether every key can be called for."""
        return self._connected

    def at(self, key: str) -> "RedisLink":
        """Return the link to the server that has a key; raises Unavailable if none is known."""
        return self

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Connect, and again whenever the connection is lost, until cancelled.

        Started at once, whether Redis is there or not.
        """
        task_status.started()
        while True:
            connection = await keep_opening(self._url, decode=True)
            try:
                await self._serve(connection)
            finally:
                self._fail_all()
                await close_connection(connection)

    async def call(
        self, *args: str | bytes | int, timeout_ms: int = limits.REDIS_CALL_MS_MAX
    ) -> Any:
        """Send one command and return its reply, text decoded.

        Unavailable: not connected, or not sent: surely not carried out. OutcomeUnknown: sent,
        and no reply in time (the connection is dropped) or the connection was lost. Busy: too
        many calls in flight. An error reply is FunctionMissing, Unavailable (the server refused:
        out of memory, read-only, loading) or ErrorReply (a bug of ours).
        """
        if not self._connected or self._connection is None:
            raise Unavailable()
        if len(self._waiting) + len(self._sent) >= limits.REDIS_CALLS_IN_FLIGHT_MAX:
            raise Busy()
        # Packed here, so that what cannot be packed fails its caller and nobody else.
        # In C, since redis-py takes seven times as long. Its stub means a tuple of one.
        packed: bytes = pack_command(args)  # type: ignore[arg-type]
        call = _Call(packed, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        self._wake.set()
        try:
            with anyio.fail_after(timeout_ms / 1000):
                return await call.reply
        except TimeoutError as exc:
            if not call.sent:
                raise Unavailable() from exc
            self._drop("a call was not answered in time")
            raise OutcomeUnknown() from exc

    async def now_ms(self) -> int:
        """Return Redis' clock (that of no session)."""
        seconds, microseconds = await self.call("TIME")
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def memory(self) -> Memory:
        """Return how much memory the server uses, and may use."""
        return Memory.of(await self.call("INFO", "memory"))

    async def _serve(self, connection: AbstractConnection) -> None:
        """Work until the connection is lost or dropped."""
        with anyio.CancelScope() as self._connection_scope:
            self._connection = connection
            self._connected = True
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write, connection)
                tasks.start_soon(self._watch, connection)
                await self._read(connection)

    async def _watch(self, connection: AbstractConnection) -> None:
        await until_replaced(self._url, connection)
        self._drop("the Sentinels name another primary")

    async def _write(self, connection: AbstractConnection) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            # A caller that has stopped waiting before its call was sent no longer wants it.
            calls = [call for call in self._waiting if not call.reply.done()]
            self._waiting.clear()
            if not calls:
                continue
            for call in calls:
                call.sent = True
            self._sent.extend(calls)
            try:
                await write(connection, b"".join(call.packed for call in calls))
            except (RedisError, OSError) as exc:
                self._drop(str(exc))

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            try:
                reply = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            except ResponseError as exc:
                self._refuse(self._sent.popleft(), exc)
            except (RedisError, OSError) as exc:
                self._drop(str(exc))
                await anyio.sleep_forever()
            else:
                call = self._sent.popleft()
                if not call.reply.done():
                    call.reply.set_result(reply)

    def _refuse(self, call: _Call, refusal: ResponseError) -> None:
        error = _translated(refusal)
        error.__cause__ = refusal
        if not call.reply.done():
            call.reply.set_exception(error)
        if refusal.status_code == "READONLY":
            self._drop("this server is a replica")

    def _drop(self, why: str) -> None:
        if self._connected:
            _log.warning("the connection to Redis is dropped: %s", why)
            self._connected = False
            self._connection_scope.cancel()

    def _fail_all(self) -> None:
        self._connected = False
        for call in (*self._sent, *self._waiting):
            if not call.reply.done():
                call.reply.set_exception(OutcomeUnknown() if call.sent else Unavailable())
        self._sent.clear()
        self._waiting.clear()


def _translated(refusal: ResponseError) -> LiveshopError:
    text = str(refusal)
    code = refusal.status_code or text.split(" ", 1)[0]
    if code in _REFUSALS:
        return Unavailable()
    if text == "Function not found":
        return FunctionMissing()
    return ErrorReply(text)
