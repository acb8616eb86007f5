"""The far end of a connection that is not there: a transport that keeps what is written to it."""

import asyncio
import contextlib
import socket
from typing import Any


class FarEnd(asyncio.Transport):
    """Takes bytes as a socket's transport does, and hands what comes to the protocol in charge."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        # All that is written goes through a real socket, around this transport or not.
        self._near, self._far = socket.socketpair()
        for each in (self._near, self._far):
            each.setblocking(False)
        super().__init__({"peername": ("192.0.2.1", 4711), "socket": self._near})
        self.protocol = protocol
        self.half_closed = False
        self.closed = False
        self.reading = True
        self.backlog_bytes = 0
        self._read = bytearray()
        protocol.connection_made(self)

    @property
    def written(self) -> bytes:
        """All that was written so far."""
        self._read += self._arrived()
        return bytes(self._read)

    def feed(self, data: bytes) -> None:
        """Let bytes come, unless the server no longer listens."""
        if data and not self.closed:
            self.protocol.data_received(data)

    def send(self, data: bytes) -> None:
        """Send bytes that the loop, or an intake, is still to hear of."""
        self._far.sendall(data)

    def hang_up(self) -> None:
        """End the connection as the loop tells of it."""
        self.protocol.connection_lost(None)
        self._near.close()
        self._far.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high is None or high >= 0

    def get_write_buffer_size(self) -> int:
        return self.backlog_bytes

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        assert not self.half_closed, "nothing is said after the end"
        if not self.closed:
            self._read += self._arrived()
            self._near.sendall(data)

    def write_eof(self) -> None:
        assert not self.half_closed, "the end comes once"
        self.half_closed = True

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading

    def _arrived(self) -> bytes:
        """Read all that is there, which makes room for more."""
        arrived = bytearray()
        with contextlib.suppress(BlockingIOError):
            while data := self._far.recv(65_536):
                arrived += data
        return bytes(arrived)
