"""One server process put together: the stores, the engine, the application, the port."""

import errno
import gc
import socket
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from typing import Any, Final

import anyio

from liveshop.cli.open_files import allow_open_files
from liveshop.cli.traces import traces
from liveshop.core import limits
from liveshop.core.limits import BACKLOG_CONNECTIONS
from liveshop.core.settings import Settings
from liveshop.edge.http.app import build_app
from liveshop.edge.server import Server, build_server
from liveshop.engine.engine import Engine
from liveshop.engine.tracing import Trace
from liveshop.features import FEATURES
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.ways import bus_over, link_to

# Viewers leave no garbage in cycles, and a full collection, which looks at everything there is,
# stalls everyone: a third of a second with 15,000 viewers. So the young are looked at after 50,000
# more than went (some thousands of joins, a few milliseconds), the old practically never.
_GC_THRESHOLDS: Final = (50_000, 50, 1_000)


class PortTaken(Exception):
    """The address cannot be listened on; the message is one line that says what to do."""


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a listening socket, so that a busy port shows before anything has started.

    Of sockets that are `shared`, each gets its part of the connections, as the kernel deals them.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # `::` is everywhere, and so for both families; the kernel's default differs.
    both = _is_everywhere(host) and family is socket.AF_INET6 and socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            (host, port),
            family=family,
            backlog=BACKLOG_CONNECTIONS,
            reuse_port=shared,
            dualstack_ipv6=both,
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "another program listens there; choose another port"
        elif error.errno == errno.EACCES:
            why = "only root may; choose a port from 1024"
        else:
            why = str(error)
        raise PortTaken(f"cannot listen on {host}:{port}: {why}") from error


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def serve_until_signalled(
    settings: Settings,
    listener: socket.socket,
    beside: Callable[[Server], Coroutine[Any, Any, None]] | None = None,
    around: Callable[[Any], Any] = lambda app: app,
) -> None:
    """Serve until SIGTERM or SIGINT; a companion may run along, and is cancelled then.

    It is given the server, and may end it by `should_exit`. `around` may add answers to those of
    the application.
    """
    # Viewers fill their allowance, and HTTP has one of its own: if descriptors ran out,
    # no health check would be accepted either.
    others = limits.HTTP_CONNECTIONS_MAX + limits.HTTP_RESERVE_CONNECTIONS_MAX
    others += limits.REFUSED_CONNECTIONS_MAX + limits.REFUSALS_WAITING_MAX
    allow_open_files(settings.connections_max + others)
    with traces(settings.traces_url) as trace:
        anyio.run(
            _serve, settings, listener, beside, around, trace, backend_options={"use_uvloop": True}
        )


async def _serve(
    settings: Settings,
    listener: socket.socket,
    beside: Callable[[Server], Coroutine[Any, Any, None]] | None,
    around: Callable[[Any], Any],
    trace: Trace | None,
) -> None:
    # Half of the connections are for what HTTP asks, so that no reader keeps orders waiting.
    reading_max = settings.postgres_pool_max // 2
    reading = Database(settings.postgres_url, pool_max=reading_max)
    database = Database(settings.postgres_url, pool_max=settings.postgres_pool_max - reading_max)
    link = link_to(settings.redis_url)
    bus = bus_over(settings.redis_url, link)
    engine = Engine(settings, database, link, bus, trace, features=FEATURES)
    app = around(build_app(settings, engine, reading))
    server = build_server(settings, engine, app, [listener])
    # Inner groups end first: the engine finishes with its stores still there.
    async with anyio.create_task_group() as stores:
        for store in (database, reading, link, bus):
            await stores.start(store.run)
        async with anyio.create_task_group() as engines:
            await engines.start(engine.run)
            _calm_the_collector()
            async with anyio.create_task_group() as companions:
                if beside is not None:
                    companions.start_soon(beside, server)
                await server.serve()
                if server.force_exit:
                    # Nobody waits for a PostgreSQL that is silent.
                    database.cut_off()
                    reading.cut_off()
                companions.cancel_scope.cancel()
            engines.cancel_scope.cancel()
        stores.cancel_scope.cancel()


def _calm_the_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
