"""One pipelined connection to Redis, owned by one task."""

from typing import Any

from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from liveshop.core.errors import Unavailable
from liveshop.core.limits import REDIS_CALL_MS_MAX


class FunctionMissing(Unavailable):
    """The server does not have the function: nothing was carried out."""


class RedisLink:
    """Sends commands and reads replies in one task; callers wait on futures.

    A call that has been sent is never cancelled: who stops waiting just does not see the reply.
    """

    def __init__(self, url: str) -> None:
        self.connected = False

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Connect, and again whenever the connection is lost, until cancelled.

        Started at once, whether Redis is there or not.
        """
        raise NotImplementedError

    async def call(self, *args: str | bytes | int, timeout_ms: int = REDIS_CALL_MS_MAX) -> Any:
        """Send one command and return its reply, text decoded.

        Unavailable: not connected, or not sent: surely not carried out. OutcomeUnknown: sent,
        and no reply in time (the connection is dropped) or the connection was lost. Busy: too
        many calls in flight. An error reply is FunctionMissing, Unavailable (the server refused:
        out of memory, read-only, loading) or InternalError (a bug of ours).
        """
        raise NotImplementedError

    async def now_ms(self) -> int:
        """Return Redis' clock (that of no session)."""
        raise NotImplementedError
