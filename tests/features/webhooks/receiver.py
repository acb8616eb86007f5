"""A receiver of webhooks: a real server that verifies, remembers, and misbehaves."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from standardwebhooks import Webhook

# One step of a receiver's behaviour: a status to answer with, or one of these words.
CUT, SILENT, TRICKLE = "cut", "silent", "trickle"


@dataclass(frozen=True)
class Received:
    """One request, as it came; `applied` is whether it was new."""

    headers: dict[str, str]
    body: bytes
    applied: bool

    @property
    def message(self) -> dict[str, Any]:
        """The message."""
        message: dict[str, Any] = json.loads(self.body)
        return message


@dataclass
class Receiver:
    """Answers 200 unless `behaviour` has something else for the next requests, or for all.

    It applies a message before it answers, once for each `webhook-id`, as receivers are told to.
    Its port may be closed and opened again: `url` stays.
    """

    port: int = 0
    behaviour: deque[int | str] = field(default_factory=deque)
    always: int | str = 200
    answered_with: dict[str, str] = field(default_factory=dict)
    secret: str | None = None
    requests: list[Received] = field(default_factory=list)
    accepted: int = 0
    # How many requests a test waits for.
    wanted: int = 0
    # Answers wait for it, if there is one.
    gate: anyio.Event | None = None
    # The subject and sequence of what was applied, by the id under which it came first.
    _applied: dict[str, tuple[str, int]] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def applied(self) -> list[tuple[str, int]]:
        """The subject and sequence of what was applied, in order."""
        return list(self._applied.values())

    def ids(self) -> list[str]:
        """The ids of all requests, repeated ones too."""
        return [each.headers["webhook-id"] for each in self.requests]

    async def open(self) -> None:
        """Listen, at the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut all connections, and refuse others from now on."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")[1:-2]
        headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        if self.secret is not None:
            Webhook(self.secret).verify(body, headers)
        self.requests.append(Received(headers, body, self._apply(headers["webhook-id"], body)))
        if self.gate is not None:
            await self.gate.wait()
        reaction = self.behaviour.popleft() if self.behaviour else self.always
        if reaction == CUT:
            return False
        if reaction == SILENT:
            await asyncio.sleep(3_600)
        if reaction == TRICKLE:
            return await self._trickle(writer)
        extra = "".join(f"{name}: {text}\r\n" for name, text in self.answered_with.items())
        content = f"answer {reaction}"
        head = f"HTTP/1.1 {reaction} X\r\n{extra}Content-Length: {len(content)}\r\n\r\n"
        writer.write(f"{head}{content}".encode())
        await writer.drain()
        return True

    async def _trickle(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    def _apply(self, message_id: str, body: bytes) -> bool:
        if message_id in self._applied:
            return False
        message = json.loads(body)
        self._applied[message_id] = (message["subject"], message["sequence"])
        return True


@asynccontextmanager
async def receiver(**how: Any) -> AsyncIterator[Receiver]:
    """Run a receiver for a block."""
    made = Receiver(**how)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
