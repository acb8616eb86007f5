"""A transport's descriptor, written to around the transport."""

import asyncio
import socket
import struct
from typing import Final

_AT_ONCE: Final = struct.pack("ii", 1, 0)  # for SO_LINGER: linger for no time


# `send` looks at neither. The kernel would be asked for what is left out.
_FAMILY: Final = int(socket.AF_UNSPEC)
_TYPE: Final = int(socket.SOCK_STREAM)


class _Full:
    """Stands for a socket that takes no bytes now, or none ever again."""

    def send(self, frame: bytes) -> int:
        """Take nothing."""
        return 0

    def detach(self) -> int:
        """Own nothing."""
        return -1


_FULL: Final = _Full()


class RawSocket:
    """Writes to the descriptor of one transport, which stays the transport's to close.

    Invariant: at most one `socket` wraps the descriptor, and `detach` comes before the transport
    closes it and before another wraps it. A wrapper that is dropped closes its descriptor: if one
    were dropped attached, the transport's next use would meet a descriptor that is closed, on
    which uvloop ends the process, or that is another client's by then.

    `socket.send` returns how many bytes the kernel took, 0 while detached; raises OSError.
    """

    __slots__ = ("socket",)

    def __init__(self) -> None:
        # The plain class: what `socket.socket` has besides would be kept for each viewer.
        self.socket: socket.SocketType | _Full = _FULL

    def attach(self, transport: asyncio.BaseTransport) -> None:
        """Wrap the descriptor, in place of what wraps it already."""
        self.detach()
        if not transport.is_closing():
            fileno = transport.get_extra_info("socket").fileno()
            self.socket = socket.SocketType(_FAMILY, _TYPE, 0, fileno)

    def detach(self) -> None:
        """Let go of the descriptor; idempotent."""
        self.socket.detach()
        self.socket = _FULL


def reset(transport: asyncio.Transport) -> None:
    """Cut a connection, and let the kernel forget what was written and never read.

    Otherwise the kernel would keep it, and try to deliver it, for minutes.
    """
    bare = transport.get_extra_info("socket")
    if bare is not None and bare.fileno() >= 0:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
