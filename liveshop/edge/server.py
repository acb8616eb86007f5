"""The one port: uvicorn with a WebSocket gateway of ours, and an end that is clean."""

import contextlib
import functools
import logging
import math
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, Final, cast

import anyio
import uvicorn
from starlette.types import ASGIApp

from liveshop.core import limits
from liveshop.core.settings import Settings
from liveshop.edge.entrance import Entrance
from liveshop.edge.gateway import Gateway
from liveshop.edge.http_protocol import HttpProtocol
from liveshop.edge.line_limit import limited_lines
from liveshop.edge.tokens import Tokens
from liveshop.edge.viewer_engine import ViewerEngine
from liveshop.edge.viewer_socket import ViewerSocket

_LOOK_S: Final = 0.1

_logger: Final = logging.getLogger(__name__)


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Server(uvicorn.Server):
    """Serves HTTP and viewers until SIGTERM or SIGINT; then `serve` returns."""

    def __init__(
        self, config: uvicorn.Config, gateway: Gateway, sockets: Sequence[socket.socket]
    ) -> None:
        super().__init__(config)
        self.servers = []
        self.gateway = gateway
        self._sockets = list(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on the sockets given at first, until told to stop."""
        with limited_lines(self.gateway.now_ms):
            await self._serve_until_stopped(sockets or self._sockets)

    async def _serve_until_stopped(self, sockets: list[socket.socket]) -> None:
        async with anyio.create_task_group() as tasks:
            await tasks.start(self.gateway.run)
            try:
                await super().serve(sockets)
            finally:
                # Nothing is left to do but after a failure, when there was no shutdown.
                for server in self.servers:
                    server.close()
                self.gateway.cut_off()
            tasks.cancel_scope.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, send viewers elsewhere, and finish what is under way.

        Told to stop once more meanwhile, it does none of that any longer: it ends as if it had
        died, which no order that anyone was told of minds.
        """
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hurry, tasks.cancel_scope)
            await self._shut_down(sockets)
            tasks.cancel_scope.cancel()
        if self.force_exit:
            _logger.warning("stopping at once: other nodes finish the work under way")
            for task in tuple(self.server_state.tasks):
                task.cancel()
            for connection in tuple(self.server_state.connections):
                connection.transport.abort()
            await self.gateway.dismiss()

    async def _hurry(self, shutdown: anyio.CancelScope) -> None:
        while not self.force_exit:  # noqa: ASYNC110 - a signal's handler only sets a flag
            await anyio.sleep(_LOOK_S)
        shutdown.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note a signal: the first asks for an end that is clean, the next for one at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def _shut_down(self, sockets: list[socket.socket] | None) -> None:
        _logger.info("stopping: %d viewers are told to connect again", len(self.gateway))
        drain_s = self.gateway.settings.drain_ms / 1000
        over_at = anyio.current_time() + drain_s
        self.gateway.engine.node.retire()
        for server in self.servers:
            server.close()
        for connection in self.server_state.connections:
            if isinstance(connection, HttpProtocol):
                # A load balancer that reuses connections goes elsewhere, without a request lost.
                connection.retire()
        await self.gateway.drain()
        # Clients of HTTP had as long as the viewers; a second is for the last of them.
        rest_s = max(1.0, over_at - anyio.current_time())
        self.config.timeout_graceful_shutdown = math.ceil(rest_s)
        await super().shutdown(sockets)
        with anyio.move_on_after(rest_s):
            await self.gateway.engine.rooms.finish()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; at once on a second of either.

        uvicorn raises the signal again once it has stopped, and nothing after that would run.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        handlers = {each: signal.signal(each, self.handle_exit) for each in signals}
        try:
            yield
        finally:
            for each, handler in handlers.items():
                signal.signal(each, handler)


def build_server(
    settings: Settings,
    engine: ViewerEngine,
    app: ASGIApp,
    sockets: Sequence[socket.socket],
    *,
    now_ms: Callable[[], int] = _monotonic_ms,
) -> Server:
    """Return a server of `app` and the viewers' gateway on listening or bound sockets.

    Start the engine before `serve`, and stop it after: viewers are told to move on meanwhile.
    """
    tokens = Tokens.of(settings, engine.node.now_ms, engine.node.access.revocations)
    gateway = Gateway(settings, engine, tokens, now_ms)
    for each in sockets:
        _prepare(each)
    entrance = Entrance(settings, gateway.wheel, now_ms)
    config = uvicorn.Config(
        cast(Any, app),
        # Any callable will do; the annotations ask for classes.
        http=cast(type[HttpProtocol], functools.partial(HttpProtocol, entrance)),
        ws=cast(type[ViewerSocket], functools.partial(ViewerSocket, gateway)),
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=limits.BACKLOG_CONNECTIONS,
    )
    return Server(config, gateway, sockets)


def _prepare(listener: socket.socket) -> None:
    # Accepted sockets inherit it. Without it the kernel takes megabytes for a viewer that does
    # not read, before anyone notices.
    if listener.family in (socket.AF_INET, socket.AF_INET6):
        lowat = socket.TCP_NOTSENT_LOWAT
        listener.setsockopt(socket.IPPROTO_TCP, lowat, limits.UNSENT_BYTES_MAX)
