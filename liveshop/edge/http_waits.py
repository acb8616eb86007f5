"""The time of an HTTP connection: what it waits for, and how often it is read meanwhile."""

import asyncio
from random import randrange

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from liveshop.core import limits
from liveshop.core.errors import Busy, LiveshopError
from liveshop.edge.entrance import Entrance
from liveshop.edge.http.refusals import RequestTimeout, written
from liveshop.edge.http_deadline import Awaited, Deadline
from liveshop.edge.http_transport import HttpTransport
from liveshop.edge.raw_socket import reset


class WaitingProtocol(HttpToolsProtocol):
    """A connection on the wheel: the part of `HttpProtocol` that the time moves.

    A request that comes byte by byte costs as much for each read as a whole one. Reads of less
    than `PART_BYTES_MIN` that leave it unfinished are a debt, and beyond `PARTS_DEBT_BYTES_MAX`
    the kernel keeps what comes next for a while, which doubles. Many that drip in step are read
    at different times then.
    """

    # uvicorn has 28 attributes, and a dict that objects share keys of has room for two more: all
    # that every connection needs is a slot, and what few need is the class's until then.
    __slots__ = (
        *("_awaited", "_bare", "_entrance", "_head_begun", "_outlet"),
        *("counted_by", "due_ms", "rests"),
    )
    _deadline: Deadline | None = None  # until there is a second state
    _debt_bytes = 0
    _in_reserve = False

    _awaited: Awaited
    _bare: asyncio.Transport
    _entrance: Entrance
    _head_begun: bool
    _outlet: HttpTransport
    counted_by: str | None
    due_ms: int
    rests: bool

    # Called by the entrance and the wheel

    def make_room(self) -> None:
        """End at once, since others have come."""
        if self._in_reserve and self._awaited is Awaited.HEAD:
            self._bare.write(written("503 Service Unavailable", Busy()))
        self.abort()

    def tick(self, now_ms: int) -> None:
        """End a connection whose deadline is over, or read on one that dripped."""
        if now_ms < self.due_ms:
            if self._outlet.naps:
                self._outlet.wake()
            if self._awaited is Awaited.HEAD:  # half a head is no request that is under way
                self._entrance.rest(self)
            self._entrance.wheel.schedule(self, self.due_ms)
            return
        unread_bytes = self._outlet.get_write_buffer_size()
        match self._awaited:
            case Awaited.HEAD if self._in_reserve:
                self._end_with("503 Service Unavailable", Busy())
            case Awaited.HEAD if self._head_begun:
                self._end_with("408 Request Timeout", RequestTimeout("the head is late, try again"))
            case Awaited.HEAD | Awaited.IDLE:
                # Without a word: a client whose request is under way would take it for its answer.
                self.close()
            case Awaited.READER | Awaited.END if self._timed().client_reads(now_ms, unread_bytes):
                self._wait(self._awaited)
            case _:
                reset(self._bare)

    def abort(self) -> None:
        """Cut the connection."""
        self._leave()
        self._outlet.ended = True
        self._bare.abort()

    def close(self) -> None:
        """End the connection, once what was written has been read."""
        raise NotImplementedError

    def _end_with(self, status: str, refusal: LiveshopError) -> None:
        """End the connection with a refusal, at once."""
        raise NotImplementedError

    # Deadlines

    def _await_request(self) -> None:
        self._wait(Awaited.HEAD if self._head_begun else Awaited.IDLE)
        self._entrance.rest(self)

    def _wait(self, awaited: Awaited) -> None:
        """Enter a state, or begin with it again."""
        self._awaited = awaited
        if awaited is Awaited.END:
            self._outlet.ended = True
            self._entrance.rest(self)
        unread_bytes = self._bare.get_write_buffer_size()
        self.due_ms = self._timed().begin(awaited, self._entrance.now_ms(), unread_bytes)
        if self._outlet.naps:
            self._outlet.wake()  # the wheel has one place for each, and it is taken
        self._entrance.wheel.schedule(self, self.due_ms)

    def _timed(self) -> Deadline:
        if self._deadline is None:
            self._deadline = Deadline(self._entrance.keep_alive_ms, self._entrance.now_ms())
        return self._deadline

    def _leave(self) -> None:
        self._awaited = Awaited.GONE
        self._entrance.wheel.cancel(self)
        self._entrance.leave(self)

    # Parts of requests

    def _count_part(self, size: int) -> None:
        """Note a read that left a request unfinished; read on later if there were many small."""
        self._debt_bytes = debt_bytes = max(0, self._debt_bytes + limits.PART_BYTES_MIN - size)
        parts = (debt_bytes - limits.PARTS_DEBT_BYTES_MAX - 1) // limits.PART_BYTES_MIN
        if parts < 0 or self._outlet.ended:
            return
        wait_ms = min(limits.PART_WAIT_MS_MIN << min(parts, 8), limits.PART_WAIT_MS_MAX // 2)
        # Else all that dripped at one instant would be read at one instant.
        at_ms = self._entrance.now_ms() + wait_ms + randrange(wait_ms)
        if at_ms < self.due_ms:
            self._outlet.nap()
            self._entrance.wheel.schedule(self, at_ms)
