"""A pool of connections to Postgres that may come and go, and three ways to use one."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import anyio
import asyncpg
from anyio.abc import TaskStatus

from liveshop.core.errors import OutcomeUnknown, Unavailable
from liveshop.core.limits import POSTGRES_CALL_MS_MAX, POSTGRES_CONNECT_MS_MAX
from liveshop.core.postgres_address import asyncpg_url
from liveshop.stores.postgres.translate import connecting, must_leave, translated
from liveshop.stores.postgres.turns import Turns

_logger = logging.getLogger(__name__)

_CONNECT_S = POSTGRES_CONNECT_MS_MAX / 1000
CLOSE_S = 2.0
_STATEMENTS_MAX = 200

# The server gives up first, so that its answer is certain; the client's own time-out is for a
# server that does not answer at all. A node that hangs in a transaction lets its locks go.
# Statements are planned once, maybe while a table is empty and reading all of it costs nothing;
# each has an index that is right for a full one. A statement that still reads a small table whole
# is thought so dear then, up to PostgreSQL 17, that compiling it would take half a second.
SERVER_SETTINGS = {
    "application_name": "liveshop",
    "statement_timeout": str(POSTGRES_CALL_MS_MAX - 1000),
    "idle_in_transaction_session_timeout": str(POSTGRES_CALL_MS_MAX),
    "enable_seqscan": "off",
    "jit": "off",
}

Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy


class Database:
    """A pool that opens connections when they are needed, so that Postgres may be away at start.

    `run` owns the pool and has to be started first. While Postgres is away, whatever needs a
    connection raises Unavailable within POSTGRES_CONNECT_MS_MAX. `url` may name several hosts, of
    which the one that can be written to is used, also after another has become that one.
    With `pgbouncer=true` in it nothing is kept on a connection from one transaction to the next.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_max: int = 8,
        server_settings: Mapping[str, str] = SERVER_SETTINGS,
        call_ms_max: int = POSTGRES_CALL_MS_MAX,
    ) -> None:
        self._url, self._pooled = asyncpg_url(url)
        self._pool_max = pool_max
        self._server_settings = dict(server_settings)
        self._call_s = call_ms_max / 1000
        self._pool: asyncpg.Pool | None = None
        self._turns = Turns()
        self._releases: set[anyio.CancelScope] = set()
        # Whether the newest call reached Postgres.
        self.reachable = False

    @property
    def connections(self) -> tuple[int, int]:
        """Return how many connections are open, and how many of them are in use."""
        pool = self._pool
        return (pool.get_size(), pool.get_size() - pool.get_idle_size()) if pool else (0, 0)

    @property
    def connections_max(self) -> int:
        """Return how many connections may be open."""
        return self._pool_max

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Keep the pool until cancelled, then close it."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._pool_max,
            timeout=_CONNECT_S,
            command_timeout=self._call_s,
            statement_cache_size=0 if self._pooled else _STATEMENTS_MAX,
            # PgBouncer takes none; those of `deploy/pgbouncer/role.sql` stand in for them.
            server_settings={} if self._pooled else self._server_settings,
            reset=_keep,
        )
        try:
            task_status.started()
            await anyio.sleep_forever()
        finally:
            pool, self._pool = self._pool, None
            if pool is not None:
                with anyio.move_on_after(CLOSE_S, shield=True):
                    await pool.close()
                pool.terminate()

    def cut_off(self) -> None:
        """Break all connections at once, whatever is under way on them; none is opened again."""
        pool, self._pool = self._pool, None
        for release in self._releases:
            release.cancel()
        if pool is not None:
            pool.terminate()

    async def ping(self) -> None:
        """Return if Postgres answers; else raise Unavailable."""
        await self.fetch("SELECT 1")

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Read rows; a connection that turns out to be dead is replaced once."""
        try:
            return await self._fetch(query, args)
        except OutcomeUnknown:
            return await self._fetch(query, args)

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None:
        """Read the first row, None where there is none."""
        rows = await self.fetch(query, *args)
        return rows[0] if rows else None

    async def commit(
        self, query: str, *args: Any, session_id: str | None = None
    ) -> list[asyncpg.Record]:
        """Carry out one statement that is a transaction of its own, in one round trip.

        One that takes the lock of a session names it. Raises OutcomeUnknown where the connection
        is lost on the way.
        """
        async with self._turns.turn(session_id):
            return await self._fetch(query, args)

    @asynccontextmanager
    async def transaction(self, session_id: str | None = None) -> AsyncIterator[Connection]:
        """Give a connection in a transaction that commits at the end of the block.

        One that takes the lock of a session names it. A connection lost inside raises Unavailable,
        as nothing has been carried out; one lost at COMMIT raises OutcomeUnknown.
        """
        async with self._turns.turn(session_id), self._connection() as connection:
            transaction = connection.transaction()
            with translated():
                await transaction.start()
            try:
                with translated():
                    yield connection
            except BaseException:
                await _roll_back(transaction)
                raise
            with translated(sent=True):
                await transaction.commit()

    async def _fetch(self, query: str, args: tuple[Any, ...]) -> list[asyncpg.Record]:
        async with self._connection() as connection:
            with translated(sent=True):
                if self._pooled:
                    # A statement is parsed, then bound: by one server, if in one transaction.
                    async with connection.transaction():
                        return await connection.fetch(query, *args)  # type: ignore[no-any-return]
                return await connection.fetch(query, *args)  # type: ignore[no-any-return]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        pool = self._pool
        if pool is None:
            raise Unavailable()
        try:
            with connecting():
                connection = await pool.acquire(timeout=_CONNECT_S)
        except Unavailable:
            self.reachable = False
            raise
        try:
            yield connection
            self.reachable = True
        except Unavailable as exc:
            if exc.__cause__ is not None and must_leave(exc.__cause__):
                # The others in the pool were opened to the same server: open new ones.
                self.reachable = False
                await pool.expire_connections()
            raise
        finally:
            await self._release(pool, connection)

    async def _release(self, pool: asyncpg.Pool, connection: Connection) -> None:
        # A cancelled caller still returns it.
        release = anyio.CancelScope(shield=True)
        if self._pool is not pool:
            release.cancel()
        self._releases.add(release)
        try:
            with translated(), release:
                await pool.release(connection, timeout=CLOSE_S)
        except Unavailable as exc:
            # The pool has let it go. Work that was done on it, or may have been, stays as it is.
            _logger.warning("a connection to Postgres was lost: %r", exc.__cause__)
        finally:
            self._releases.discard(release)


async def _keep(connection: Connection) -> None:
    # Nothing here sets session state, so that there is no state to reset.
    return None


async def _roll_back(transaction: asyncpg.transaction.Transaction) -> None:
    with anyio.CancelScope(shield=True):
        try:
            await transaction.rollback()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # The connection is gone, and the transaction with it.
            return
