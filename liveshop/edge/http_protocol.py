"""One HTTP connection: uvicorn's protocol, with a deadline for everything that it waits for."""

from collections.abc import Callable
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from liveshop.core import limits
from liveshop.core.errors import BadRequest, Busy, LiveshopError
from liveshop.edge.entrance import Entrance
from liveshop.edge.handshake import read_head
from liveshop.edge.http.health import HEALTH_PATHS
from liveshop.edge.http.refusals import refusal, written
from liveshop.edge.http_deadline import Awaited
from liveshop.edge.http_input import (
    InputSize,
    UnfitHead,
    asks_for_websocket,
    require_fit,
    tell_of_a_body,
)
from liveshop.edge.http_transport import HttpTransport
from liveshop.edge.http_waits import WaitingProtocol
from liveshop.edge.viewer_socket import ViewerSocket

_BUSY: Final = refusal(Busy())
_ANSWER: Final = Awaited.ANSWER
_FIELDS_MAX: Final = limits.HEAD_FIELDS_MAX
_PATH_BYTES_MAX: Final = limits.PATH_BYTES_MAX


class HttpProtocol(WaitingProtocol):
    """An HTTP connection; it leaves nothing behind for the collector.

    uvicorn's own timer would be stopped by any byte, so it is never left running.
    """

    __slots__ = ("_answering", "_asks_for_upgrade", "_held", "_in_head", "_size")
    _discarded_bytes = 0  # in END
    _keeps_alive = True  # as the head of the request that is being read asks
    _upgrades = False  # when all is answered
    _last_words = b""  # for when all is answered
    _retired = False
    _stopping = False
    _viewer: ViewerSocket | None = None  # which the connection was handed over to

    def __init__(self, entrance: Entrance, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._entrance = entrance
        self._awaited = Awaited.GONE
        # Set by the entrance
        self.counted_by = None
        self.rests = False
        # Of the request that is being read
        self._in_head = True
        self._head_begun = False
        self._asks_for_upgrade = False
        self._size = InputSize()
        # Of those that are not answered
        self._answering: RequestResponseCycle | None = None
        self._held = b""  # input behind whole requests, while `holding`

    # Called by the event loop

    def connection_made(self, transport: Any) -> None:
        """Let the connection in."""
        self._bare = transport
        self._outlet = HttpTransport(transport, self)
        super().connection_made(self._outlet)  # type: ignore[arg-type]
        entrance = self._entrance
        now_ms = entrance.now_ms()
        self._awaited = Awaited.HEAD
        self.due_ms = now_ms + limits.HEAD_MS_MAX
        if not entrance.enter(self, self.client[0] if self.client is not None else ""):
            self._in_reserve = True
            self.due_ms = now_ms + limits.RESERVE_HEAD_MS_MAX
        # Until then the head of one that has just come is still on its way: it does not rest.
        entrance.wheel.schedule(self, now_ms + limits.SILENT_MS_MIN)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection out."""
        self._leave()
        self._outlet.disown()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._answering is not None:  # uvicorn tells only the request that came last
            self._answering.disconnected = True
            self._answering.message_event.set()
        self.pipeline.clear()  # requests never begun hold this object, which would hold them
        self.cycle = cast(Any, None)

    def data_received(self, data: bytes) -> None:
        """Take bytes; those behind a whole request are held back until it is answered.

        Small parts are parsed at a time: a packet has room for ten thousand requests, each of
        which would be kept until those before it are answered.
        """
        if self._outlet.ended:
            self._discard(data)
            return
        if self._outlet.holding:
            self._held += data
            return
        for at in range(0, len(data), limits.PARSED_AT_ONCE_BYTES):
            if self._in_head and self._unanswered:
                self._hold(data[at:])
                return
            self._parse(data[at : at + limits.PARSED_AT_ONCE_BYTES])
            if self._outlet.holding:
                self._held += data[at + limits.PARSED_AT_ONCE_BYTES :]
                return
            if self._outlet.ended:
                rest = data[at + limits.PARSED_AT_ONCE_BYTES :]
                if rest and self._viewer is not None and not self._bare.is_closing():
                    self._viewer.data_received(rest)
                return

    def eof_received(self) -> None:
        """Let the transport close, and cut it off in time if what was written is not read."""
        if self._awaited is not Awaited.END:
            self._wait(Awaited.END)

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        if self._awaited is Awaited.ANSWER:
            self._wait(Awaited.READER)

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        if self._awaited is Awaited.READER and self._unanswered:
            self._wait(Awaited.ANSWER)
        elif self._awaited is Awaited.READER:
            self._await_request()

    # Called by the parser

    def on_message_begin(self) -> None:
        """Begin with a head."""
        super().on_message_begin()
        self._head_begun = True
        if self._awaited is Awaited.IDLE:
            self._wait(Awaited.HEAD)

    def on_headers_complete(self) -> None:
        """End with the head: from here on the application's limits count.

        Raises UnfitHead, which the parser hands on. One that names two hosts is for two servers: a
        proxy and this one might each believe another (RFC 9112, 3.2).
        """
        if [name for name, _ in self.headers].count(b"host") > 1:
            raise UnfitHead("the head has more than one Host", "400 Bad Request")
        self._in_head = False
        if len(self.headers) > _FIELDS_MAX or len(self.url) > _PATH_BYTES_MAX:
            require_fit(self.headers, self.url)
        if self.rests:
            self._entrance.work(self)
        # Asked for once: it looks through the head, and uvicorn asks for it at each event.
        self._asks_for_upgrade = self.parser.should_upgrade() and asks_for_websocket(self.headers)
        super().on_headers_complete()
        if self._asks_for_upgrade:
            return
        # Where trailers would be added to; the request would seem to have them in its head.
        self.headers = []
        self._keeps_alive = self.cycle.keep_alive and not self._in_reserve
        # If it is answered before it is whole, the connection ends with the answer: what is
        # still to come of a body could not be told from a request, and may never come.
        self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Note that some of what came is the body's."""
        self._size.explain(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect another head."""
        super().on_message_complete()
        self._in_head = True
        self._head_begun = False
        if self._debt_bytes:
            self._debt_bytes = 0
        self._size.next()
        if not self._asks_for_upgrade and not self.cycle.response_started:
            stays = not self._retired or self.scope["path"] in HEALTH_PATHS
            self.cycle.keep_alive = self._keeps_alive and stays and not self._stopping

    # Called by uvicorn

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one."""
        super().on_response_complete()
        self._unset_keepalive_if_required()
        if self._outlet.ended or self._unanswered:
            return
        if self._last_words:
            self._say_last(self._last_words)
            return
        if self.flow.write_paused:
            self._wait(Awaited.READER)
        else:
            self._await_request()
        if self._upgrades:
            self._hand_over()
        elif self._outlet.holding:
            held, self._held = self._held, b""
            self._outlet.read_on()
            self.data_received(held)

    def retire(self) -> None:
        """End with the next answer, unless it tells how the node is."""
        self._retired = True

    def shutdown(self) -> None:
        """End as soon as what is under way is answered, and wait for no client."""
        self._stopping = True
        if self._outlet.ended:  # nothing is under way, whether or not that was said
            self._bare.close()
        else:
            super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        self._timed().begin_answer(self._entrance.now_ms())
        self._wait(Awaited.READER if self.flow.write_paused else Awaited.ANSWER)
        if self._in_reserve and cycle.scope["path"] not in HEALTH_PATHS:
            app = _BUSY
        super()._start_asgi_task(cycle, app)

    # The end

    def close(self) -> None:
        """End the connection, once what was written has been read."""
        if self._outlet.ended:
            return
        # It may still send: the rest of a body or of a head, or what was held back.
        sends = not self._in_head or self._head_begun or self._held or self.pipeline
        self._wait(Awaited.END)
        if sends and not self._stopping:
            self._held = b""
            self._outlet.linger()
        else:
            self._bare.close()

    def _discard(self, data: bytes) -> None:
        self._discarded_bytes += len(data)
        if self._discarded_bytes > limits.DISCARDED_BYTES_MAX:
            self.abort()

    def _refuse(self, status: str, refusal: LiveshopError) -> None:
        """Answer what is no request, in its address's turn; then end."""
        wait_ms = self._entrance.refusal_wait_ms(self)
        if wait_ms and not self._unanswered:
            words = written(status, refusal)
            self._outlet.ended = True  # nothing that follows is looked at
            self._entrance.refusals.later(self._bare, wait_ms, lambda: self._say_late(words))
        else:
            self._end_with(status, refusal)

    def _say_late(self, words: bytes) -> None:
        if self._awaited is not Awaited.GONE and not self._bare.is_closing():
            self._outlet.ended = False
            self._say_last(words)

    def _end_with(self, status: str, refusal: LiveshopError) -> None:
        """Answer what cannot be read, after the answers to what came before it; then end."""
        words = written(status, refusal)
        faulty = self.cycle
        if faulty is not None and faulty.more_body and not faulty.response_complete:
            # The body of a request is at fault, which has no other answer then.
            if self.pipeline and self.pipeline[0][0] is faulty:
                self.pipeline.popleft()
            else:
                faulty.disconnected = True
                faulty.message_event.set()
                if faulty.response_started:
                    words = b""
                self._say_last(words)
                return
        if self._unanswered:
            self._last_words = words
            self._hold(b"")
        else:
            self._say_last(words)

    def _say_last(self, words: bytes) -> None:
        self._outlet.write(words)
        if not self._outlet.ended:
            self._wait(Awaited.END)
            self._held = b""
            self._outlet.linger()

    # Input

    def _parse(self, data: bytes) -> None:
        if not self._in_head:
            self._size.add(data)
        elif self._size.head_bytes and not self._size.head_fits(data):
            refusal = BadRequest(f"the head has over {limits.HEAD_BYTES_MAX:,} bytes")
            self._refuse("431 Request Header Fields Too Large", refusal)
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            unfit = error.__context__
            if isinstance(unfit, UnfitHead):
                self._refuse(unfit.status, unfit.refusal)
            else:
                self._refuse("400 Bad Request", BadRequest("this is not an HTTP request"))
        except httptools.HttpParserUpgrade as upgrade:
            (end,) = upgrade.args
            self._take_upgrade(data[end:])
        else:
            if self._awaited is not _ANSWER or self._head_begun:
                self._take_part(data)

    def _take_part(self, data: bytes) -> None:
        """Look at a request that is not whole, or at bytes that begin none."""
        if not self._in_head and not self._size.framing_fits:
            self._refuse("400 Bad Request", BadRequest("the framing of the body is too long"))
            return
        if self._in_head and self._head_begun:
            try:
                require_fit(self.headers, self.url)
            except UnfitHead as unfit:
                self._refuse(unfit.status, unfit.refusal)
                return
        if self._in_head and self._awaited is not _ANSWER:
            self._size.begin_head(data)
        self._count_part(len(data))

    def _take_upgrade(self, rest: bytes) -> None:
        """Upgrade, after the answers to what came before, or go on as if that was not asked."""
        if not self._should_upgrade():
            if rest:
                self._parse(rest)
        elif tell_of_a_body(self.headers):
            self._refuse("400 Bad Request", BadRequest("an upgrade may not have a body"))
        elif self._unanswered:
            # The answers would land amid the frames.
            self._upgrades = True
            self._hold(rest)
        else:
            self._held = rest
            self._hand_over()

    def _hand_over(self) -> None:
        """Hand the connection over, and break the circles of this object.

        uvicorn breaks them in `connection_lost`, which is another object's from now on. It would
        also write the head out again, for the viewer's protocol to read.
        """
        self._leave()
        self._outlet.disown()
        if self._outlet.holding:
            self._outlet.read_on()
        self.connections.discard(self)
        viewer = self._viewer = cast(Callable[[], ViewerSocket], self.ws_protocol_class)()
        viewer.connection_made(self._bare)
        viewer.shake_hands(read_head(self.scope["method"], self.url, self.headers))
        self._bare.set_protocol(viewer)
        del self.parser
        held, self._held = self._held, b""
        viewer.listen(held)

    def _should_upgrade(self) -> bool:
        return self._asks_for_upgrade

    @property
    def _unanswered(self) -> bool:
        """Whether a request is still to be answered."""
        if self.pipeline:
            return True
        cycle = self._answering
        return cycle is not None and not cycle.response_complete and not cycle.disconnected

    def _hold(self, data: bytes) -> None:
        self._held += data
        self._outlet.hold()
