"""What is asked of a connection before it is a viewer's: uvicorn itself sets no limits there."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from liveshop.core import limits, wire
from liveshop.core.errors import BadRequest, Busy, LiveshopError
from liveshop.core.settings import Settings
from liveshop.edge.addresses import is_trusted
from liveshop.edge.wheel import Timed, Wheel

_END_OF_HEAD: Final = b"\r\n\r\n"


class Entrance:
    """Counts the HTTP connections of a node, and of each address, until they are viewers'."""

    def __init__(self, settings: Settings, wheel: Wheel[Timed], now_ms: Callable[[], int]) -> None:
        """Take the node's wheel, which tells each connection when its head is overdue."""
        self.wheel = wheel
        self.now_ms = now_ms
        self._settings = settings
        self._by_address: Counter[str] = Counter()
        self._count = 0

    def enter(self, address: str) -> bool:
        """Count a connection in; False, and not counted, if there are too many."""
        settings = self._settings
        if self._count >= limits.HTTP_CONNECTIONS_MAX:
            return False
        # Everyone behind a proxy has its address.
        if self._by_address[address] >= settings.connections_per_address_max and not is_trusted(
            address, settings.trusted_proxies
        ):
            return False
        self._by_address[address] += 1
        self._count += 1
        return True

    def leave(self, address: str) -> None:
        """Count a connection out that was counted in."""
        self._count -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with limits on heads; it leaves nothing behind for the collector.

    A head has to be whole `HEAD_MS_MAX` after it began, the first one after the connection did.
    Between two requests uvicorn's own time-out for idle connections counts.
    """

    def __init__(self, entrance: Entrance, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._entrance = entrance
        self._address: str | None = None  # while it is counted
        self._head_by_ms: int | None = None  # while a head is awaited
        self._in_head = True
        self._head_bytes = 0
        self._head_end = b""

    def connection_made(self, transport: Any) -> None:
        """Let the connection in, or answer 503."""
        super().connection_made(transport)
        address = self.client[0] if self.client is not None else ""
        if not self._entrance.enter(address):
            self._refuse("503 Service Unavailable", Busy())
            return
        self._address = address
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection out."""
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless they make a head too big."""
        if self._in_head and not self._head_fits(data):
            refusal = BadRequest(f"the head has over {limits.HEAD_BYTES_MAX:,} bytes")
            self._refuse("431 Request Header Fields Too Large", refusal)
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin with a head."""
        super().on_message_begin()
        if self._head_by_ms is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """End with the head: from here on the application's limits count."""
        self._in_head = False
        self._forget_head()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect another head."""
        super().on_message_complete()
        self._in_head = True
        self._head_bytes = 0

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and break the circle of this object and its parser.

        uvicorn breaks it in `connection_lost`, which is another object's from now on.
        """
        self._leave()
        super().handle_websocket_upgrade()
        del self.parser

    @property
    def due_ms(self) -> int:
        """By when the head must be whole."""
        assert self._head_by_ms is not None, "it waits on the wheel for its head alone"
        return self._head_by_ms

    def tick(self, now_ms: int) -> None:
        """End a connection whose head is overdue."""
        if now_ms < self.due_ms:
            self._entrance.wheel.schedule(self, self.due_ms)
            return
        self._refuse("408 Request Timeout", BadRequest("the head did not come in time"))

    def _await_head(self) -> None:
        self._head_by_ms = self._entrance.now_ms() + limits.HEAD_MS_MAX
        self._entrance.wheel.schedule(self, self._head_by_ms)

    def _forget_head(self) -> None:
        self._head_by_ms = None
        self._entrance.wheel.cancel(self)

    def _head_fits(self, data: bytes) -> bool:
        """Count the bytes of a head that may end in `data`."""
        if len(data) + self._head_bytes > limits.HEAD_BYTES_MAX:
            ends = (self._head_end + data).find(_END_OF_HEAD, 0, limits.HEAD_BYTES_MAX)
            return ends >= 0 and self._head_bytes + ends <= limits.HEAD_BYTES_MAX
        self._head_bytes += len(data)
        self._head_end = data[-len(_END_OF_HEAD) + 1 :]
        return True

    def _refuse(self, status: str, refusal: LiveshopError) -> None:
        body = wire.encode_one(refusal.as_message())
        self.transport.write(
            f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        self.transport.close()

    def _leave(self) -> None:
        self._forget_head()
        if self._address is not None:
            self._entrance.leave(self._address)
            self._address = None
