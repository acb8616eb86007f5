"""The gateway's own sockets, saying back what they are told, for the Autobahn test suite.

No setting of the product leads here: `echoing` puts this class in the place of the viewers'.
"""

import functools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, cast

import anyio
from websockets.frames import Frame, Opcode

from liveshop.core.connection import Connection
from liveshop.edge.gateway import Gateway
from liveshop.edge.handshake import Head
from liveshop.edge.server import Server, build_server
from liveshop.edge.viewer_socket import ViewerSocket
from liveshop.edge.websocket import WebSocket
from tests.edge.stub_engine import APP, SETTINGS, StubEngine
from tests.vocabulary import VOCABULARY
from tests.waiting import until

_PATH: Final = "/ws/sessions/s1"
# The suite's messages are longer than any viewer's, and it does not expect to be pinged.
_MESSAGE_BYTES_MAX: Final = 16 * 2**20
_PING_MS: Final = 3_600_000


class _Patient(Connection):
    """Takes any number of frames: the suite cuts a megabyte into pieces of 64 bytes."""

    def floods(self, frames: int, now_ms: int) -> bool:
        return False


class EchoSocket(ViewerSocket):
    """A viewer's socket in all but what it does with a message that has arrived whole."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self._binary: bytearray | None = None

    def shake_hands(self, head: Head) -> None:
        super().shake_hands(head)
        self._connection = _Patient(VOCABULARY, ping_ms=_PING_MS, now_ms=self._gateway.now_ms())
        self._connection.join(None)

    def _borrowed(self) -> WebSocket:
        websocket = super()._borrowed()
        websocket.max_message_size = _MESSAGE_BYTES_MAX
        return websocket

    def _take(self, frame: Frame) -> None:
        # Viewers may not send binary messages, so that here is all there is for them.
        if frame.opcode is Opcode.BINARY:
            self._binary = bytearray()
        if self._binary is None or frame.opcode not in (Opcode.BINARY, Opcode.CONT):
            super()._take(frame)
            return
        self._binary += frame.data
        if frame.fin:
            message, self._binary = self._binary, None
            self._say_back(Opcode.BINARY, message)

    def _foresee(self, frame: Frame) -> None:
        if self._binary is None:
            super()._foresee(frame)

    def _take_text(self, text: str, sent_ms: int) -> None:
        self._say_back(Opcode.TEXT, text.encode())

    def _say_back(self, opcode: Opcode, message: bytes | bytearray) -> None:
        self.write(
            Frame(opcode, message).serialize(mask=False, extensions=self._borrowed().extensions)
        )


@asynccontextmanager
async def echoing() -> AsyncIterator[str]:
    """Serve the echo on its own port and give its URL; all that is inside ends with the server."""
    settings = replace(SETTINGS, ping_ms=_PING_MS)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = build_server(settings, StubEngine(), APP, [listener])
        echo = functools.partial(EchoSocket, server.gateway)
        server.config.ws = cast(type[EchoSocket], echo)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_serve, server, tasks.cancel_scope)
            await until(lambda: server.started)
            host, port = listener.getsockname()
            yield f"ws://{host}:{port}{_PATH}"
            server.should_exit = True


async def _serve(server: Server, scope: anyio.CancelScope) -> None:
    await server.serve()
    scope.cancel()
