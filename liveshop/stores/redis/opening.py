"""Connections to Redis: to the server that a URL names, or that Sentinels name now."""

import logging
from collections import Counter
from typing import Any

import anyio
from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from liveshop.core import limits
from liveshop.core.errors import Unavailable, reason
from liveshop.core.redis_servers import HostPort, Kind, Servers, servers_of, strict_url

_log = logging.getLogger(__name__)


async def open_connection(url: str, *, decode: bool) -> AbstractConnection:
    """Connect, log in and select the database as the URL says; raises Unavailable.

    With Sentinels it leads to the primary that they name. With a cluster it leads to whichever
    server of the URL answers first.
    """
    servers = servers_of(url)
    if servers is None:
        return await _open(strict_url(url), decode=decode)
    if servers.kind is Kind.CLUSTER:
        return await _open_any(servers, decode=decode)
    url = servers.url(await _find_primary(servers))
    return await _open(url, decode=decode, primary=True)


async def keep_opening(url: str, *, decode: bool) -> AbstractConnection:
    """Connect as `open_connection` does, however often it takes, waiting longer each time."""
    wait_ms = limits.REDIS_RECONNECT_MS_MIN
    while True:
        try:
            return await open_connection(url, decode=decode)
        except Unavailable as exc:
            _log.warning("Redis cannot be reached: %s", reason(exc))
        await anyio.sleep(wait_ms / 1000)
        wait_ms = min(2 * wait_ms, limits.REDIS_RECONNECT_MS_MAX)


async def until_replaced(url: str, connection: AbstractConnection) -> None:
    """Return once Sentinels name another primary than the one connected to.

    A primary cut off from the Sentinels still answers, and a promoted replica may sell meanwhile.
    """
    servers = servers_of(url)
    if servers is None or servers.kind is not Kind.SENTINEL:
        await anyio.sleep_forever()
        return
    # redis-py keeps these at what was connected to.
    here = (str(getattr(connection, "host", "")), int(getattr(connection, "port", 0)))
    while True:
        await anyio.sleep(limits.SENTINELS_LOOK_MS / 1000)
        try:
            if await _find_primary(servers) != here:
                return
        except Unavailable:
            # Nobody who could say so is there: a server that answers may stay.
            continue


async def write(connection: AbstractConnection, packed: bytes) -> None:
    """Write packed commands; raises OSError if the connection is gone.

    Not by redis-py's own method. That one would open a closed connection again, and it hands a list
    to the transport. If the transport has closed, asyncio of Python 3.12 and 3.13 goes on with the
    list, and fails. With a list without bytes it never finishes.
    """
    writer = connection._writer
    if writer is None or writer.is_closing():
        raise ConnectionResetError("the connection has closed")
    writer.write(packed)
    await writer.drain()


async def close_connection(connection: AbstractConnection) -> None:
    """Close a connection at once; bytes that have not left yet are dropped with it.

    A transport closed in the ordinary way keeps its socket until the server has read everything. A
    server that hangs never does.
    """
    if connection._writer is not None:
        connection._writer.transport.abort()
    with anyio.CancelScope(shield=True):
        await connection.disconnect(nowait=True)


async def _open(url: str, *, decode: bool, primary: bool = False) -> AbstractConnection:
    options: dict[str, Any] = dict(parse_url(url))
    kind: type[AbstractConnection] = options.pop("connection_class", Connection)
    options |= {
        "decode_responses": decode,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": None,
        "socket_connect_timeout": limits.REDIS_CONNECT_MS_MAX / 1000,
    }
    connection = kind(**options)
    try:
        with anyio.fail_after(limits.REDIS_CONNECT_MS_MAX / 1000):
            await connection.connect()  # type: ignore[no-untyped-call]
            # raises while the server is loading its data
            await ask(connection, "PING")
            if primary and (await ask(connection, "ROLE"))[0] not in ("master", b"master"):
                raise ConnectionError("the Sentinels name a server that is a replica")
    except (RedisError, OSError, RuntimeError) as exc:  # as in `ask`
        await close_connection(connection)
        raise Unavailable() from exc
    except BaseException:
        await close_connection(connection)
        raise
    return connection


async def _open_any(servers: Servers, *, decode: bool) -> AbstractConnection:
    """Connect to whichever answers first, all asked at once; raises Unavailable if none does."""
    opened: list[AbstractConnection] = []
    failures: list[Unavailable] = []

    async def try_at(server: HostPort) -> None:
        try:
            opened.append(await _open(servers.url(server), decode=decode))
            tasks.cancel_scope.cancel()
        except Unavailable as exc:
            failures.append(exc)

    try:
        async with anyio.create_task_group() as tasks:
            for server in servers.hosts:
                tasks.start_soon(try_at, server)
    except BaseException:
        for connection in opened:
            await close_connection(connection)
        raise
    if not opened:
        raise failures[0]
    # Two may have answered at the same moment.
    for connection in opened[1:]:
        await close_connection(connection)
    return opened[0]


async def _find_primary(servers: Servers) -> HostPort:
    """Return what most Sentinels name, asked at once; raises Unavailable if none answers."""
    answers: list[HostPort] = []
    failures: list[BaseException] = []

    async def listen_to(sentinel: HostPort) -> None:
        try:
            with anyio.fail_after(limits.SENTINEL_MS_MAX / 1000):
                answers.append(await _named_by(servers, sentinel))
        except (Unavailable, TimeoutError) as exc:
            failures.append(exc.__cause__ or exc)

    async with anyio.create_task_group() as tasks:
        for sentinel in servers.hosts:
            tasks.start_soon(listen_to, sentinel)
    if not answers:
        raise Unavailable() from failures[0]
    return Counter(answers).most_common(1)[0][0]


async def _named_by(servers: Servers, sentinel: HostPort) -> HostPort:
    connection = await _open(servers.sentinel_url(sentinel), decode=True)
    try:
        named = await ask(connection, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", servers.watched)
    finally:
        await close_connection(connection)
    if named is None:
        unknown = f"the Sentinel at {sentinel[0]}:{sentinel[1]} knows no {servers.watched}"
        raise Unavailable() from ConnectionError(unknown)
    return str(named[0]), int(named[1])


async def ask(connection: AbstractConnection, *command: str) -> Any:
    """Send one command on a connection of one's own; raises Unavailable."""
    try:
        await connection.send_command(*command, check_health=False)
        return await connection.read_response(disconnect_on_error=False)
    except (RedisError, OSError, RuntimeError) as exc:
        # RuntimeError is what uvloop says of a transport that has closed.
        raise Unavailable() from exc
