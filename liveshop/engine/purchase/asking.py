"""Asks Redis until it is known what has become of a call."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from liveshop.core import limits
from liveshop.core.errors import Busy, OutcomeUnknown, Unavailable
from liveshop.engine.rooms.session import Session

T = TypeVar("T")

_POLL_S = 0.02


async def carried_out(session: Session, call: Callable[[], Awaitable[T | None]]) -> T:
    """Return the reply of a call that may be repeated, since each of its lines has a rid.

    `call` returns None if nothing was carried out and it is to be made again. A call that was
    surely not carried out is refused at once. If nobody knows whether it was, this waits for Redis
    and asks again: a buyer who was told no might be sold the unit later. After `UNKNOWN_MS_MAX` it
    gives up, and the deadline of the reservation resolves it.
    """
    attempts, until_s = 0, 0.0
    while True:
        try:
            await _wait_for_buying(session, until_s)
            reply = await call()
        except (Unavailable, Busy) as failure:
            if not until_s and not isinstance(failure, OutcomeUnknown):
                raise
            until_s = until_s or anyio.current_time() + limits.UNKNOWN_MS_MAX / 1000
            if anyio.current_time() >= until_s:
                raise OutcomeUnknown from failure
            await anyio.sleep(_POLL_S)
        else:
            if reply is not None:
                return reply
            attempts += 1
            if attempts == limits.COMMAND_ATTEMPTS_MAX:
                raise Unavailable()


async def _wait_for_buying(session: Session, until_s: float) -> None:
    epochs = session.epochs
    while not epochs.buying and anyio.current_time() < until_s:  # noqa: ASYNC110 -- many tell it
        await anyio.sleep(_POLL_S)
    session.epochs.require_buying()
