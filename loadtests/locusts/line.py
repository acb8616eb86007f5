"""A WebSocket over one plain socket, as Locust's gevent likes it: no threads, no event loop.

The bytes are made and read by the `websockets` library's protocol without I/O; a call that waits
for the socket lets other users go on.
"""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any, Final

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

_READ_BYTES: Final = 65_536
_CONNECT_S_MAX: Final = 10.0
_SILENCE_S_MAX: Final = 60.0  # the server says something every 25 s


class LineLost(Exception):
    """The connection has ended, or never began; `code` is the close code where there is one."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.code = code


class Line:
    """One connection; raises LineLost once it has ended."""

    def __init__(self, address: str) -> None:
        uri = parse_uri(address)
        self._protocol = ClientProtocol(uri, max_size=None)
        self._sending = threading.Lock()  # gevent's, in Locust: frames must not be mixed
        try:
            self._socket = socket.create_connection((uri.host, uri.port), _CONNECT_S_MAX)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if uri.secure:
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=uri.host)
            self._socket.settimeout(_SILENCE_S_MAX)
            self._protocol.send_request(self._protocol.connect())
            self._flush()
            self._events = self._receive()
            answer = next(self._events)
        except OSError as error:
            raise LineLost(str(error)) from error
        if not isinstance(answer, Response) or self._protocol.state is not State.OPEN:
            raise LineLost(str(self._protocol.handshake_exc or answer))

    def send(self, **message: Any) -> None:
        """Send a message."""
        try:
            self._protocol.send_text(json.dumps(message).encode())
            self._flush()
        except (OSError, RuntimeError) as error:
            raise LineLost(str(error), self._protocol.close_code) from error

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield what comes, until the line is lost."""
        for event in self._events:
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                yield from json.loads(bytes(event.data))

    def close(self) -> None:
        """Hang up; idempotent."""
        self._socket.close()

    def _receive(self) -> Iterator[Any]:
        while True:
            try:
                data = self._socket.recv(_READ_BYTES)
            except OSError as error:
                raise LineLost(str(error)) from error
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            self._flush()
            yield from self._protocol.events_received()
            if not data:
                raise LineLost("the server hung up", self._protocol.close_code)

    def _flush(self) -> None:
        with self._sending:
            for data in self._protocol.data_to_send():
                if data:
                    self._socket.sendall(data)
