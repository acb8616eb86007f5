"""RFC 6455 after the handshake, through `websockets`' protocol without I/O.

A viewer that says nothing has no such protocol: between two messages nothing of it is worth
keeping, and it is the biggest part of what a connection would take. One that reads is borrowed
for as long as a frame, a message or the closing handshake is under way.
"""

import codecs
import logging
from collections.abc import Generator, Sequence
from typing import Final

from websockets.exceptions import NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import BytesLike, ExtensionParameter, Subprotocol

from liveshop.core import limits

try:
    from websockets.speedups import apply_mask
except ImportError:  # where the library could not be compiled
    from websockets.utils import apply_mask

SUBPROTOCOL: Final = Subprotocol("liveshop.v1")
PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)
# The first two bytes of the masked, empty pong that answers it, and what it takes in all: most of
# what viewers ever say.
PONG: Final = b"\x8a\x80"
PONG_BYTES: Final = 6
_WINDOW_BITS: Final = 15
# The first byte of a text message in one frame without extensions; the rest as RFC 6455 5.2 has it.
_FINAL_TEXT: Final = 0x81
_MASKED: Final = 0x80
_MASK_BYTES: Final = 4
_MASKED_HEAD_BYTES: Final = 2 + _MASK_BYTES
_SIZE_IN_TWO_BYTES: Final = 126

_logger: Final = logging.getLogger(__name__)
# The library has a line to say of every connection.
_logger.setLevel(logging.WARNING)


def whole_text(data: bytes, at: int = 0) -> tuple[str, int] | None:
    """Return the masked text message that begins at a byte of a packet, and where it ends.

    Nearly all that viewers say comes like this, and is read in a tenth of the time that `WebSocket`
    takes. Anything else, one that is not whole too, is None: `WebSocket` tells what it is, or what
    is wrong with it.
    """
    if len(data) < at + _MASKED_HEAD_BYTES or data[at] != _FINAL_TEXT:
        return None
    size, at = data[at + 1] ^ _MASKED, at + 2
    if size == _SIZE_IN_TWO_BYTES:
        size, at = int.from_bytes(data[at : at + 2]), at + 2
        if size < _SIZE_IN_TWO_BYTES:
            return None
    elif size > _SIZE_IN_TWO_BYTES:
        return None
    begins = at + _MASK_BYTES
    ends = begins + size
    if len(data) < ends or size > limits.MESSAGE_BYTES_MAX:
        return None
    try:
        return apply_mask(data[begins:ends], data[at:begins]).decode(), ends
    except UnicodeDecodeError:
        return None


class _Deflate(ServerPerMessageDeflateFactory):
    """Agrees to compression only if one deflated frame suits everyone who agreed to it."""

    def __init__(self) -> None:
        super().__init__(server_no_context_takeover=True, client_no_context_takeover=True)

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        """Decline a client that cannot hold the full window; raises NegotiationError."""
        agreed, deflate = super().process_request_params(params, accepted_extensions)
        if deflate.local_max_window_bits < _WINDOW_BITS:
            raise NegotiationError("the full window is used")
        return agreed, deflate


class FrameReader(StreamReader):
    """The bytes of a frame that has not come whole, and the parts of it that were read."""

    def __init__(self) -> None:
        super().__init__()
        # The head, the length where it has a field of its own, the mask.
        self._read: tuple[bytearray, ...] = ()

    @property
    def between_frames(self) -> bool:
        """Whether nothing has come of the next frame."""
        return not self._read and not self.buffer

    def at_eof(self) -> Generator[None, None, bool]:
        """Wait for the first byte of a frame."""
        self._read = ()
        return super().at_eof()

    def read_exact(self, n: int) -> Generator[None, None, bytearray]:
        """Read the next part of a frame."""
        part = yield from super().read_exact(n)
        self._read += (part,)
        return part

    def begun(self, seen: int = 0) -> Frame | None:
        """Return the frame of which only the end is missing, with what has come of its payload.

        Of that the first `seen` bytes are left out.
        """
        if not self._read:
            return None
        head, mask = self._read[0], self._read[-1]
        if len(self._read) < (2 if head[1] & 0x7F < 126 else 3):
            return None
        turned = seen % len(mask)
        payload = apply_mask(self.buffer[seen:], mask[turned:] + mask[:turned])
        return Frame(Opcode(head[0] & 0x0F), payload, fin=False)


class TextInParts:
    """A text message as its fragments come; each byte of it is decoded once or twice.

    To decode a message from its start for each fragment, or each packet of a frame, would take
    the square of the 4,096 that it may have of either.
    """

    __slots__ = ("_ahead", "_parts", "_rest", "seen")

    def __init__(self) -> None:
        self.seen = 0  # of a frame that is not whole, how many bytes are known to be text
        self._parts: list[str] = []
        # The first bytes of a character that is not whole: of the message, and of the frame.
        self._rest = b""
        self._ahead = b""

    def __len__(self) -> int:
        """Return how many characters of a message have come."""
        return sum(map(len, self._parts))

    def take(self, data: BytesLike, *, whole: bool) -> str | None:
        """Take a fragment, and return the message with its last one; raises UnicodeDecodeError."""
        self.seen = 0
        if whole and not self._parts and not self._rest:
            return codecs.utf_8_decode(data, "strict", True)[0]
        data = self._rest + data
        text, used = codecs.utf_8_decode(data, "strict", whole)
        if text:
            self._parts.append(text)
        self._rest = bytes(data[used:])
        if not whole:
            return None
        message = "".join(self._parts)
        self._parts.clear()
        return message

    def foresee(self, data: BytesLike) -> None:
        """Look at more of a frame that is not whole; raises UnicodeDecodeError."""
        begun = self._ahead if self.seen else self._rest
        self.seen += len(data)
        data = begun + data
        _, used = codecs.utf_8_decode(data, "strict", False)
        self._ahead = bytes(data[used:])


class WebSocket(ServerProtocol):
    """Reads the frames of one connection at a time, and says what it must in return.

    It starts OPEN: left to read the handshake itself, its parser keeps the request for good.
    Pings are for the caller to answer: the library's pongs would leave after whatever was said
    to frames that came later in the same packet. `text` is what has come so far of a message.
    """

    def __init__(self) -> None:
        super().__init__(
            extensions=[_Deflate()],
            state=State.OPEN,
            max_size=limits.MESSAGE_BYTES_MAX,
            logger=_logger,
        )
        self.text = TextInParts()
        self._deflate = PerMessageDeflate(True, True, _WINDOW_BITS, _WINDOW_BITS)
        self.reader: FrameReader = FrameReader()
        self.parser = self.parse()
        next(self.parser)

    def serve(self, *, deflates: bool) -> None:
        """Begin with a connection that did or did not negotiate compression."""
        self.extensions = [self._deflate] if deflates else []

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, so that another connection may be served."""
        open_ = self.state is State.OPEN
        return open_ and self.current_size is None and self.reader.between_frames

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
        """Return what is there of a frame that has not come whole; None if that tells nothing.

        The part of its payload that `text` has seen is left out.
        """
        # The start of what is compressed cannot be read.
        return None if self.extensions else self.reader.begun(self.text.seen)

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Choose ours where it is offered; a client that offers none is as welcome."""
        return SUBPROTOCOL if SUBPROTOCOL in subprotocols else None

    def release(self) -> None:
        """Drop what refers back to this object, so that no garbage is left to collect."""
        del self.parser
        _forget_where(self.parser_exc)
        _forget_where(self.handshake_exc)


def _forget_where(failure: BaseException | None) -> None:
    # A traceback has the frames in which the failure, or what holds it, is a variable.
    while failure is not None:
        failure.__traceback__ = None
        failure = failure.__context__


class WebSockets:
    """Lends out protocols; one is nearly always enough, since reading takes no time."""

    def __init__(self) -> None:
        self._spare: WebSocket | None = WebSocket()

    def borrow(self, *, deflates: bool) -> WebSocket:
        """Return one for a connection: give it back when it is idle, or release it."""
        websocket, self._spare = self._spare or WebSocket(), None
        websocket.serve(deflates=deflates)
        return websocket

    def give_back(self, websocket: WebSocket) -> None:
        """Take one that is idle, for the next connection."""
        if self._spare is None:
            self._spare = websocket
        else:
            websocket.release()


def close_code(websocket: WebSocket | None) -> int:
    """Return the code by which a connection that ends is counted."""
    if websocket is None or websocket.close_sent is None:
        return 1006  # nobody said anything
    # Of the codes that clients may make up, none is a reason of ours.
    return 1000 if websocket.close_rcvd_then_sent else websocket.close_sent.code
