"""A viewer's socket: bytes to and from `core.connection`, by way of RFC 6455."""

import asyncio
import codecs
import logging
from typing import Any, Final, cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from liveshop.core import limits, messages, wire
from liveshop.core.close_codes import CloseCode
from liveshop.core.commands import Command, Hello
from liveshop.core.connection import Close, Connection, Nudge, Phase
from liveshop.core.errors import InternalError, Unauthorized
from liveshop.core.roles import Identity
from liveshop.edge.addresses import client_address, origin_allowed, own_host
from liveshop.edge.gateway import Gateway
from liveshop.edge.handshake import WebSocket, not_here, read_head, session_of

_PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)

_logger: Final = logging.getLogger(__name__)


class ViewerSocket(asyncio.Protocol):
    """One viewer's connection: a protocol object, with no task, timer or queue of its own.

    uvicorn makes it when a request asks for an upgrade, and calls `connection_made`, then
    `data_received` with the request's head, and then hands the transport over.
    """

    def __init__(self, gateway: Gateway, **_uvicorn: Any) -> None:
        self.identity: Identity | None = None
        self.session_id = ""
        self.address = ""
        self.origin_allowed = False
        self._gateway = gateway
        self._websocket = WebSocket()
        self._connection = Connection(ping_ms=gateway.settings.ping_ms, now_ms=gateway.now_ms())
        self._transport: asyncio.Transport
        self._message = bytearray()
        self._open = False  # counted by the gateway
        self._connected = False  # known to the engine

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over from uvicorn's HTTP protocol."""
        # uvloop's transports have the methods of asyncio's, but not its classes.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=limits.OUTBOX_BYTES_MAX)

    def data_received(self, data: bytes) -> None:
        """Take the request's head the first time, and frames from then on."""
        if not self._open:
            self._shake_hands(read_head(data))
            return
        self._websocket.receive_data(data)
        for frame in self._websocket.events_received():
            assert isinstance(frame, Frame), "the handshake is done"
            if self._connection.phase is not Phase.CLOSING:
                self._take(frame)
        begun = self._websocket.frame_begun()
        if begun is not None and self._connection.phase is not Phase.CLOSING:
            self._foresee(begun)
        self._flush()

    def eof_received(self) -> None:
        """Let the transport close: nothing is said to one who has hung up."""
        self._connection.closing(self._gateway.now_ms())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell engine and gateway that the viewer has gone."""
        self._connection.closing(self._gateway.now_ms())
        if self._connected:
            self._gateway.rooms.disconnect(self)
        if self._open:
            self._gateway.closed(self)
        self._websocket.release()

    def pause_writing(self) -> None:
        """Note that the viewer is behind, and do not listen to one that does not read."""
        self._connection.fell_behind(self._gateway.now_ms())
        self._gateway.schedule(self)
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Note that the viewer has caught up."""
        self._connection.caught_up()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # Called by the engine and the gateway

    def write(self, frame: bytes) -> None:
        """Write a complete WebSocket frame, unless the connection is closing."""
        if self._connection.phase is not Phase.CLOSING:
            self._transport.write(frame)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; idempotent."""
        if self._connection.phase is Phase.CLOSING:
            return
        if self._websocket.state is State.OPEN:
            self._websocket.send_close(code, reason)
        slow = code == CloseCode.TOO_SLOW
        self._flush(limits.SLOW_VIEWER_ABORT_MS if slow else limits.CLOSE_MS_MAX)

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    @property
    def due_ms(self) -> int:
        """When time next asks something of this connection."""
        return self._connection.due_ms

    def tick(self, now_ms: int) -> None:
        """Ping, close or cut the connection, as it is due."""
        match self._connection.tick(now_ms):
            case Nudge.ABORT:
                self.abort()
                return
            case Nudge.PING:
                self.write(_PING)
            case Close(code, reason):
                self.close(code, reason)
        self._gateway.schedule(self)

    # The handshake

    def _shake_hands(self, request: Request) -> None:
        session_id = session_of(request.path)
        if session_id is None:
            self._decline(not_here(request.path))
            return
        response = self._websocket.accept(request)
        if response.status_code != 101:
            self._decline(response)
            return
        self._transport.write(response.serialize())
        self.session_id = session_id
        self._look_at(request)
        self._open = True
        self._gateway.open(self)

    def _look_at(self, request: Request) -> None:
        settings, headers = self._gateway.settings, request.headers
        peer = (self._transport.get_extra_info("peername") or ("",))[0]
        forwarded_for = headers.get_all("X-Forwarded-For")
        self.address = client_address(peer, forwarded_for, settings.trusted_proxies)
        host = next(iter(headers.get_all("Host")), "")
        forwarded_host = next(iter(headers.get_all("X-Forwarded-Host")), None)
        own = own_host(peer, host, forwarded_host, settings.trusted_proxies)
        self.origin_allowed = origin_allowed(headers.get("Origin"), own, settings.origins)

    def _decline(self, response: Response) -> None:
        self._connection.closing(self._gateway.now_ms())
        self._transport.write(response.serialize())
        self._transport.close()

    # Frames

    def _take(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.PING:
                self.write(Frame(Opcode.PONG, frame.data).serialize(mask=False))
            case Opcode.PONG:
                self._connection.pong(self._gateway.now_ms())
            case Opcode.BINARY:
                self.close(CloseCode.BAD_FRAME, "messages are text")
            case Opcode.TEXT | Opcode.CONT:
                self._message += frame.data
                text = self._text(self._message, whole=frame.fin)
                if text is not None and frame.fin:
                    self._message.clear()
                    self._take_text(text)

    def _foresee(self, frame: Frame) -> None:
        """Close at once for the first part of a frame that can no longer become text."""
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._text(self._message + frame.data, whole=False)

    def _text(self, message: bytearray, *, whole: bool) -> str | None:
        """Decode a message or the start of one; if it is not UTF-8, close and return None."""
        # From the start each time: a message is short, however many its fragments.
        try:
            return codecs.utf_8_decode(message, "strict", whole)[0]
        except UnicodeDecodeError:
            # As the library fails what it finds itself: it waits for no answer, which might get
            # lost in the rest of a frame that is not read any more.
            self._websocket.fail(CloseCode.INVALID_UTF8, "not UTF-8")
            self._flush()
            return None

    def _take_text(self, text: str) -> None:
        match self._connection.receive(text, self._gateway.now_ms()):
            case bytes(refusal):
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
                self._gateway.rooms.submit(self, command)
        except Exception:
            # A bug of ours must not cost the viewer its connection.
            _logger.exception("%s failed", type(command).__name__)
            self._refuse(wire.frame(messages.error(InternalError(), command.ref)))

    def _refuse(self, refusal: bytes) -> None:
        if self._connected:
            # The welcome, which others may be preparing, comes first.
            self._gateway.rooms.answer(self, refusal)
        else:
            self.write(refusal)

    def _join(self, hello: Hello) -> None:
        if hello.token is not None:
            try:
                self.identity = self._gateway.tokens.identify(hello.token, self.session_id)
            except Unauthorized:
                self.close(CloseCode.BAD_TOKEN, "the token does not hold")
                return
            if not self._gateway.admit(self):
                self.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections")
                return
        self._connection.join(self.identity, self._gateway.now_ms())
        self._connected = True
        self._gateway.rooms.connect(self, self.session_id, hello.ref)

    def _flush(self, cut_in_ms: int = limits.CLOSE_MS_MAX) -> None:
        """Write what the protocol has to say, and see the connection off once it is closing."""
        for data in self._websocket.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                # Half closed: to close at once with input unread would make the kernel reset
                # the connection, and the close code would be lost.
                self._transport.write_eof()
            else:
                self._transport.close()
        ending = self._websocket.state is not State.OPEN
        if ending and self._connection.phase is not Phase.CLOSING:
            self._connection.closing(self._gateway.now_ms() + cut_in_ms)
            self._gateway.schedule(self)
