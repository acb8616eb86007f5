"""The opening handshake, and RFC 6455 after it, through `websockets`' protocol without I/O."""

import logging
from collections.abc import Generator, Sequence
from typing import Final
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import Subprotocol
from websockets.utils import apply_mask

from liveshop.core import limits, wire
from liveshop.core.errors import NotFound
from liveshop.core.fields import is_id

SUBPROTOCOL: Final = Subprotocol("liveshop.v1")
_PATH: Final = "/ws/sessions/"

_logger: Final = logging.getLogger(__name__)
# The library has a line to say of every connection.
_logger.setLevel(logging.WARNING)


class FrameReader(StreamReader):
    """What has come and is not a frame yet, and what was read of the frame that it belongs to."""

    def __init__(self) -> None:
        super().__init__()
        # The head, the length where it has a field of its own, the mask.
        self._read: tuple[bytearray, ...] = ()

    def at_eof(self) -> Generator[None, None, bool]:
        """Wait for the first byte of a frame."""
        self._read = ()
        return super().at_eof()

    def read_exact(self, n: int) -> Generator[None, None, bytearray]:
        """Read the next part of a frame."""
        part = yield from super().read_exact(n)
        self._read += (part,)
        return part

    def begun(self) -> Frame | None:
        """Return the frame of which only the end is missing, with the payload that is there."""
        if not self._read:
            return None
        head, mask = self._read[0], self._read[-1]
        if len(self._read) < (2 if head[1] & 0x7F < 126 else 3):
            return None
        return Frame(Opcode(head[0] & 0x0F), apply_mask(self.buffer, mask), fin=False)


class WebSocket(ServerProtocol):
    """One connection's frames, from the opening handshake on.

    It starts OPEN: left to read the handshake itself, its parser keeps the request for good.
    The caller hands the request to `accept` and writes the response. Compression is declined.
    Pings are for the caller to answer: the library's pongs would leave after whatever was said
    to frames that came later in the same packet.
    """

    def __init__(self) -> None:
        super().__init__(state=State.OPEN, max_size=limits.MESSAGE_BYTES_MAX, logger=_logger)
        self.reader: FrameReader = FrameReader()
        self.parser = self.parse()
        next(self.parser)

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame, with two more freedoms than the library's."""
        if frame.opcode is Opcode.PING:
            self.events.append(frame)
            return
        if frame.opcode is Opcode.CLOSE:
            # A close may come amid the fragments of a message, which is then never whole.
            self.current_size = None
        super().recv_frame(frame)

    def frame_begun(self) -> Frame | None:
        """Return what is there of a frame that has not come whole; None if that tells nothing."""
        # The start of what is compressed cannot be read.
        return None if self.extensions else self.reader.begun()

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Choose ours where it is offered; a client that offers none is as welcome."""
        return SUBPROTOCOL if SUBPROTOCOL in subprotocols else None

    def release(self) -> None:
        """Drop what refers back to this object, so that no garbage is left to collect."""
        del self.parser
        self.parser_exc = None
        self.handshake_exc = None


def read_head(head: bytes) -> Request:
    """Read the head of a request that uvicorn has parsed already and written out again."""
    request_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, path, _ = request_line.split(" ", 2)
    headers = Headers()
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name] = value
    return Request(path, headers, method)


def session_of(path: str) -> str | None:
    """Return the id of the session in a request's path; None if it is no path of ours.

    An id that cannot be one is returned as the empty string: no session has it.
    """
    path, _, _ = path.partition("?")
    if not path.startswith(_PATH):
        return None
    session_id = unquote(path.removeprefix(_PATH))
    return session_id if is_id(session_id) else ""


def not_here(path: str) -> Response:
    """Return the answer to an upgrade on a path that has no WebSocket."""
    body = wire.encode_one(NotFound("WebSocket at", path).as_message())
    headers = Headers({"Connection": "close", "Content-Type": "application/json"})
    headers["Content-Length"] = str(len(body))
    return Response(404, "Not Found", headers, body)
