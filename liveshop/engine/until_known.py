"""Ask PostgreSQL again until it is known whether a transaction was committed."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from liveshop.core.errors import OutcomeUnknown
from liveshop.core.limits import COMMAND_ATTEMPTS_MAX

T = TypeVar("T")


async def until_known(call: Callable[[bool], Awaitable[T]]) -> T:
    """Return the answer of an idempotent call, made again while its outcome is unknown.

    `call` is told whether an earlier attempt may have been committed: a change that it finds done
    already may then be its own doing. Raises OutcomeUnknown after the last attempt.
    """
    for attempt in range(COMMAND_ATTEMPTS_MAX - 1):
        try:
            return await call(attempt > 0)
        except OutcomeUnknown:
            continue
    return await call(True)
