"""asyncpg's errors as ours: those that mean that Postgres is away, and those that are our bugs."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from liveshop.core.errors import LiveshopError, OutcomeUnknown, Unavailable

# The connection, and with it the server or the way to it, is lost; SSL and name errors included.
_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)
# The server answered that it cannot do it now; the transaction has not happened.
_DECLINED = (
    asyncpg.CannotConnectNowError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
)
# Client-side misuse hides among the interface errors.
_BUGS = (asyncpg.exceptions.DataError, asyncpg.UnsupportedClientFeatureError)


def is_lost(exc: BaseException) -> bool:
    """Return True if the connection failed, so that nobody knows the fate of a sent statement."""
    return isinstance(exc, _LOST) and not isinstance(exc, _BUGS + _DECLINED)


def must_leave(exc: BaseException) -> bool:
    """Return True if the server is to be looked for again: it is lost, or now only reads."""
    return is_lost(exc) or isinstance(exc, asyncpg.ReadOnlySQLTransactionError)


@contextmanager
def translated(*, sent: bool = False) -> Iterator[None]:
    """Raise Unavailable for what means that Postgres is away; let our own bugs through.

    With `sent`, what is inside commits: a connection lost there raises OutcomeUnknown.
    """
    try:
        yield
    except LiveshopError:
        raise
    except (*_LOST, *_DECLINED) as exc:
        if isinstance(exc, _BUGS):
            raise
        raise (OutcomeUnknown() if sent and is_lost(exc) else Unavailable()) from exc


@contextmanager
def connecting() -> Iterator[None]:
    """Raise Unavailable for whatever stands between us and an open connection.

    A wrong password or a missing database may be put right while we run.
    """
    try:
        with translated():
            yield
    except asyncpg.PostgresError as exc:
        raise Unavailable() from exc
