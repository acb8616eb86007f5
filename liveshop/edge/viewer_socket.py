"""A viewer's socket: bytes to and from `core.connection`, by way of RFC 6455."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Final, cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Event, State

from liveshop.core import limits, wire
from liveshop.core.claims import Grant
from liveshop.core.close_codes import CloseCode
from liveshop.core.commands import Command, Hello
from liveshop.core.connection import Allowance, Close, Connection, Nudge, Phase, StaffRefusal
from liveshop.core.errors import InternalError, RateLimited, Unauthorized
from liveshop.core.roles import Identity
from liveshop.edge.gateway import Gateway
from liveshop.edge.handshake import Head, not_here, session_of, shake_hands, turn_of
from liveshop.edge.raw_socket import RawSocket, reset
from liveshop.edge.watched_socket import WatchedSocket
from liveshop.edge.websocket import PING, PONG, PONG_BYTES, WebSocket, close_code, whole_text

_logger: Final = logging.getLogger(__name__)


class ViewerSocket(WatchedSocket):
    """One viewer's connection: a protocol object, with no task, timer or queue of its own.

    The HTTP protocol makes it when a request asks for an upgrade. It calls `connection_made`, then
    `shake_hands` with the request's head, and then hands the transport over.
    """

    __slots__ = (
        "_connected",
        "_connection",
        "_gateway",
        "_open",
        "_raw",
        "_websocket",
        "address",
        "deflates",
        "grant",
        "identity",
        "origin_allowed",
        "session_id",
    )

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.intake)
        self.identity: Identity | None = None
        self.grant: Grant | None = None
        self.session_id = ""
        self.address = ""
        self.origin_allowed = False
        self.deflates = False
        # Attached while all that is written goes to the kernel at once.
        self._raw = RawSocket()
        self._gateway = gateway
        self._connection = Connection(
            gateway.engine.node.vocabulary,
            ping_ms=gateway.settings.ping_ms,
            now_ms=gateway.now_ms(),
        )
        self._websocket: WebSocket | None = None  # borrowed while a message is under way
        self._open = False  # counted by the gateway
        self._connected = False  # known to the engine

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over from uvicorn's HTTP protocol."""
        # uvloop's transports have the methods of asyncio's, but not its classes.
        self._transport = cast(asyncio.Transport, transport)
        # It says so as soon as it keeps anything, and again when it keeps nothing.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Take what the transport has read, until the viewer may buy or says more than pongs."""
        if not self._open:
            return  # to read from one that was declined might end what its answer waits for
        says_more = self._connected and len(data) > PONG_BYTES
        self.read(data)
        if (says_more or self.identity is not None) and self._connection.phase is Phase.JOINED:
            self.watch(paused=self._connection.behind)

    def read(self, data: bytes, spread_ns: int = 0, /) -> None:
        """Read frames, the last of which came so much later than the first."""
        if self._websocket is None and self._connection.phase is not Phase.CLOSING:
            if len(data) == PONG_BYTES and data.startswith(PONG):
                self._connection.pong(self._gateway.now_ms())
                return
            if not (data := self._read_texts(data, spread_ns)):
                return
        websocket = self._borrowed()
        # A packet is up to 256 KB, which would be 40,000 frames.
        for at in range(0, len(data), limits.READ_AT_ONCE_BYTES):
            websocket.receive_data(data[at : at + limits.READ_AT_ONCE_BYTES])
            self._take_all(websocket.events_received())
        begun = websocket.frame_begun()
        if begun is not None and self._connection.phase is not Phase.CLOSING:
            self._foresee(begun)
        self._flush()
        if websocket.idle:
            self._websocket = None
            self._gateway.websockets.give_back(websocket)

    def listen(self, data: bytes) -> None:
        """Begin to read, with what was read already; comes once the transport is handed over."""
        if data and not self._transport.is_closing():
            self.data_received(data)

    def eof_received(self) -> None:
        """Let the transport close: nothing is said to one who has hung up."""
        self._end(self._gateway.now_ms())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell engine and gateway that the viewer has gone."""
        self._end(self._gateway.now_ms())
        self._unwatch()
        if self._connected:
            self._gateway.engine.viewer_admission.disconnect(self)
        if self._open:
            self._gateway.closed(self)
        else:
            self._gateway.wheel.cancel(self)
        if self._websocket is not None:
            self._websocket.release()
            self._websocket = None

    def pause_writing(self) -> None:
        """Write through the transport, which keeps what the kernel does not take now."""
        self._raw.detach()

    def resume_writing(self) -> None:
        """Note that the viewer has caught up, and write to its socket again."""
        if self._connection.phase is not Phase.CLOSING:
            # It also comes without a `pause_writing`, which uvicorn's protocol got before us.
            self._raw.attach(self._transport)
        if self._connection.behind:
            # Also one that is being closed: its own close is still to be heard.
            self._connection.caught_up()
            self._resume()

    # Called by the engine and the gateway

    def write(self, frame: bytes) -> None:
        """Write frames; the transport keeps what the kernel does not take now.

        Nothing else is done as often, so the first try goes around the transport.
        """
        try:
            written = self._raw.socket.send(frame)
        except OSError:
            written = 0  # the socket is full, or broken: the transport will see
        if written != len(frame):
            # A view, since a copy of the rest of a snapshot for each joiner that does not read
            # would be as large as all of them together.
            self._keep(memoryview(frame)[written:] if written else frame)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; idempotent."""
        if self._connection.phase is Phase.CLOSING:
            return
        websocket = self._borrowed()
        if websocket.state is State.OPEN:
            websocket.send_close(code, reason)
        slow = code == CloseCode.TOO_SLOW
        self._flush(limits.SLOW_VIEWER_ABORT_MS if slow else limits.CLOSE_MS_MAX)

    def abort(self) -> None:
        """Cut the connection."""
        self._raw.detach()
        self._unwatch()
        self._transport.abort()

    @property
    def due_ms(self) -> int:
        """When time next asks something of this connection."""
        return self._connection.due_ms

    def tick(self, now_ms: int) -> None:
        """Ping, close or cut the connection, as it is due."""
        if self._has_unread:
            self._connection.pong(now_ms)  # what it has sent may be the pong
        match self._connection.tick(now_ms):
            case Nudge.ABORT:
                self._raw.detach()
                self._unwatch()
                reset(self._transport)
                return
            case Nudge.LAPSE:
                self.identity = self._connection.identity
                self._gateway.engine.viewer_admission.lapse(self)
            case Nudge.PING:
                self.write(PING)
            case Close(code, reason):
                self.close(code, reason)
        self._gateway.schedule(self)

    # The handshake

    def shake_hands(self, head: Head) -> None:
        """Answer the request, and start with the WebSocket if it is one for us."""
        self.address, self.origin_allowed = self._gateway.look_at(self._transport, head)
        session_id = session_of(head.path)
        if session_id is None:
            self._decline(not_here(head.path))
            return
        answer = shake_hands(head)
        if isinstance(answer, Response):
            self._decline(answer)
            return
        response, self.deflates = answer
        self._transport.write(response)
        if not self._transport.get_write_buffer_size():
            # Otherwise frames would overtake the rest of the response, or of an answer to what
            # was asked by HTTP before.
            self._raw.attach(self._transport)
        self.session_id = session_id
        self._open = True
        self._gateway.open(self, turn_of(head.path))

    def _decline(self, response: Response) -> None:
        # A client that does not read the refusal is cut off in time.
        self._end(self._gateway.now_ms() + limits.CLOSE_MS_MAX)
        self._gateway.schedule(self)
        self._gateway.refusals.close_with(self.address, self._transport, response.serialize())

    # Frames

    def _read_texts(self, data: bytes, spread_ns: int) -> bytes:
        """Read the messages at the start of a packet that are whole; return what is left."""
        lateness, at = self._gateway.engine.node.lateness, 0
        waited_ns = lateness.waited_ns
        while (found := whole_text(data, at)) is not None:
            if spread_ns:
                # Several have come one after the other since the last look.
                lateness.waited_ns = waited_ns - spread_ns * at // len(data)
            (text, at), sent_ms = found, self._gateway.sent_ms()
            if self._connection.floods(1, sent_ms):
                self._fail_flood()
            else:
                self._take_text(text, sent_ms)
            if at == len(data) or self._connection.phase is Phase.CLOSING:
                break
        return data[at:] if at else data

    def _borrowed(self) -> WebSocket:
        if self._websocket is None:
            self._websocket = self._gateway.websockets.borrow(deflates=self.deflates)
        return self._websocket

    def _take_all(self, frames: Sequence[Event]) -> None:
        now_ms = self._gateway.sent_ms()
        # A part of a frame, of which there may be one for each byte, counts as much as a frame.
        flood = self._connection.floods(len(frames) or 1, now_ms)
        if flood and not frames:
            self._fail_flood()
        for frame in frames:
            # One by one: how many are answered must not hang on how they were cut into packets.
            if flood and self._connection.floods(1, now_ms):
                # Nothing more is read, whether or not it was closing already.
                self._fail_flood()
                return
            assert isinstance(frame, Frame), "the handshake is done"
            if self._connection.phase is not Phase.CLOSING:
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.PING:
                self.write(Frame(Opcode.PONG, frame.data).serialize(mask=False))
            case Opcode.PONG:
                self._connection.pong(self._gateway.now_ms())
            case Opcode.BINARY:
                self.close(CloseCode.BAD_FRAME, "messages are text")
            case Opcode.TEXT | Opcode.CONT:
                text = self._text(frame)
                if text is not None:
                    self._take_text(text, self._gateway.sent_ms())

    def _foresee(self, frame: Frame) -> None:
        """Close at once for the first part of a frame that can no longer become text."""
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            try:
                self._borrowed().text.foresee(frame.data)
            except UnicodeDecodeError:
                self._fail_text()

    def _text(self, frame: Frame) -> str | None:
        """Take a fragment of a message, and return the message with its last one."""
        try:
            return self._borrowed().text.take(frame.data, whole=frame.fin)
        except UnicodeDecodeError:
            self._fail_text()
            return None

    def _fail_text(self) -> None:
        # As the library fails what it finds itself: it waits for no answer, which might get
        # lost in the rest of a frame that is no longer read.
        self._borrowed().fail(CloseCode.INVALID_UTF8, "not UTF-8")
        self._flush()

    def _fail_flood(self) -> None:
        self._borrowed().fail(CloseCode.FLOODING, "too many frames")
        self._flush()

    def _take_text(self, text: str, sent_ms: int) -> None:
        admission = self._gateway.engine.viewer_admission
        match self._connection.receive(text, sent_ms, partial(admission.refuses_unread, self)):
            case None:
                return  # it is answered
            case (bytes() | StaffRefusal()) as refusal:
                self._gateway.engine.node.metrics.commands_refused.inc()
                self._refuse(refusal)
            case Close(code, reason):
                self.close(code, reason)
            case command:
                self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        try:
            if isinstance(command, Hello):
                self._join(command)
            else:
                self._gateway.engine.viewer_admission.submit(self, command)
        except Exception:
            # A bug of ours must not cost the viewer its connection.
            _logger.exception("%s failed", type(command).__name__)
            self._refuse(wire.error_frame(InternalError(), command.ref))

    def _keep(self, unwritten: bytes | memoryview) -> None:
        """Leave to the transport what is behind other bytes, or what the socket did not take."""
        if self._connection.phase is Phase.CLOSING:
            return
        self._transport.write(unwritten)
        too_much = self._transport.get_write_buffer_size() > limits.OUTBOX_BYTES_MAX
        if too_much and not self._connection.behind:
            # One that does not read is not listened to either.
            self._connection.fell_behind(self._gateway.now_ms())
            self._gateway.schedule(self)
            self._pause()

    def _refuse(self, refusal: bytes | StaffRefusal) -> None:
        if self._connected:
            # The welcome, which others may be preparing, comes first.
            self._gateway.engine.viewer_admission.answer(self, refusal)
        else:
            assert isinstance(refusal, bytes), "one of the staff has joined"
            self.write(refusal)

    def _join(self, hello: Hello) -> None:
        allowance: Allowance | None = None
        if hello.token is not None:
            try:
                self.grant = self._gateway.identify(self, hello.token)
            except RateLimited as refusal:
                self._refuse(wire.error_frame(refusal, hello.ref))
                return
            except Unauthorized as refusal:
                self._gateway.turn_away(self, refusal)
                return
            self.identity = self.grant.identity
            allowance = self._gateway.admit(self, self._connection.allowance)
            if allowance is None:
                self.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections")
                return
        self._gateway.join(self, self._connection, allowance)
        self.identity = self._connection.identity
        self._connected = True
        admission = self._gateway.engine.viewer_admission
        admission.connect(self, self.session_id, hello.ref, hello.visitor)

    def _flush(self, cut_in_ms: int = limits.CLOSE_MS_MAX) -> None:
        """Write what the protocol has to say, and see the connection off once it is closing."""
        websocket = self._borrowed()
        for data in websocket.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                # Half closed: to close at once with input unread would make the kernel reset
                # the connection, and the close code would be lost.
                self._transport.write_eof()
            else:
                self._transport.close()
        if websocket.state is not State.OPEN and self._connection.phase is not Phase.CLOSING:
            self._end(self._gateway.now_ms() + cut_in_ms)
            self._gateway.schedule(self)

    def _end(self, by_ms: int) -> None:
        """Begin to end, if that has not begun; the close code is counted."""
        if self._connection.phase is Phase.CLOSING:
            return
        self._connection.closing(by_ms)
        self._raw.detach()
        if self._open:
            self._gateway.count_close(close_code(self._websocket))
