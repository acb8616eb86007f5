"""A client of the protocol, written only from its text: it shares no code with the server."""

import itertools
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

Message = dict[str, Any]
Predicate = Callable[[Message], bool]
PATIENCE_S = 10.0


class Closed(Exception):
    """The server closed the connection; `code` says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code = code
        self.reason = reason


class Client:
    """One connection: keeps every message in order, and insists on events without a gap.

    `messages` is all that came; `snapshot` the last `session`, `offset` that of the last event.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.messages: list[Message] = []
        self.snapshot: Message | None = None
        self.offset: int | None = None
        self._refs = itertools.count(1)
        self._news = anyio.Event()
        self._closed: Closed | None = None

    async def read(self) -> None:
        """Gather messages until the connection is closed."""
        try:
            async for frame in self.connection:
                assert isinstance(frame, str), "the server sends text"
                messages = json.loads(frame)
                assert isinstance(messages, list), "every frame is an array"
                for message in messages:
                    self._take(message)
                self._tell()
        except ConnectionClosed:
            pass  # an unclean end; a clean one just ends the loop
        code = self.connection.close_code
        assert code is not None, "the loop ends when the connection has"
        self._closed = Closed(code, self.connection.close_reason or "")
        self._tell()

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a command as it is."""
        await self.connection.send(json.dumps({"type": kind, **fields}))

    async def ask(self, kind: str, **fields: Any) -> Message:
        """Send a command with a `ref` of its own and return what answers it."""
        ref = next(self._refs)
        since = len(self.messages)
        await self.send(kind, ref=ref, **fields)
        return await self.wait_for(lambda message: message.get("ref") == ref, since=since)

    async def hello(self, token: str | None = None) -> Message:
        """Join, wait for the snapshot, and return the `welcome`."""
        welcome = await self.ask("hello", token=token)
        assert welcome["type"] == "welcome", welcome
        await self.wait_for_type("session")
        return welcome

    async def wait_for(
        self, predicate: Predicate, *, since: int = 0, within_s: float = PATIENCE_S
    ) -> Message:
        """Return the first message that fits, of those that came from index `since` on.

        Raises Closed if the connection ends first, TimeoutError if nothing fits in time.
        """
        seen = since
        with anyio.fail_after(within_s):
            while True:
                for message in self.messages[seen:]:
                    if predicate(message):
                        return message
                seen = max(seen, len(self.messages))
                if self._closed is not None:
                    raise self._closed
                await self._news.wait()

    async def wait_for_type(self, kind: str, *, since: int = 0, **fields: Any) -> Message:
        """Return the first message of a type whose fields have these values."""
        wanted = {"type": kind, **fields}

        def fits(message: Message) -> bool:
            return all(key in message and message[key] == wanted[key] for key in wanted)

        return await self.wait_for(fits, since=since)

    async def closed(self, within_s: float = PATIENCE_S) -> Closed:
        """Wait for the server to close the connection, and return how it did."""
        with anyio.fail_after(within_s):
            while self._closed is None:
                await self._news.wait()
        return self._closed

    def of_type(self, kind: str) -> list[Message]:
        """Return the messages of a type that have come so far."""
        return [message for message in self.messages if message["type"] == kind]

    @property
    def events(self) -> list[Message]:
        """The events that have come so far."""
        return [message for message in self.messages if _is_event(message)]

    def _take(self, message: Message) -> None:
        if message["type"] == "session":
            self.snapshot = message
            self.offset = message["offset"]
        elif _is_event(message):
            assert self.offset is not None, f"an event before the snapshot: {message}"
            assert message["offset"] == self.offset + 1, f"a gap after {self.offset}: {message}"
            self.offset = message["offset"]
        self.messages.append(message)

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()


@asynccontextmanager
async def connected(
    url: str,
    session_id: str,
    *,
    origin: str | None = None,
    subprotocols: Sequence[str] = ("liveshop.v1",),
    headers: dict[str, str] | None = None,
    compression: str | None = "deflate",
    turn: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Client]:
    """Connect to a session of the server at `url` (ws://host:port), without a `hello` yet.

    `turn` is what a `moved` gave; `tls` what to believe if the server's is wss://.
    """
    query = "" if turn is None else f"?turn={turn}"
    async with (
        connect(
            f"{url}/ws/sessions/{session_id}{query}",
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            additional_headers=headers,
            compression=compression,
            ping_interval=None,
            max_size=None,
            proxy=None,
            ssl=tls,
        ) as connection,
        anyio.create_task_group() as tasks,
    ):
        client = Client(connection)
        tasks.start_soon(client.read)
        yield client
        await connection.close()


@asynccontextmanager
async def joined(url: str, session_id: str, token: str | None = None) -> AsyncIterator[Client]:
    """Connect and join: the welcome and the snapshot are the first of the messages."""
    async with connected(url, session_id) as client:
        await client.hello(token)
        yield client


def _is_event(message: Message) -> bool:
    return "." in message["type"] and "offset" in message
