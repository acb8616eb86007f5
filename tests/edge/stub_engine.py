"""A stand-in for the engine: rooms that welcome, and answer what the gateway lets through."""

import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from liveshop.core import messages, wire
from liveshop.core.access import Revocations
from liveshop.core.commands import AskTime, Command
from liveshop.core.connection import StaffRefusal
from liveshop.core.errors import NotFound, Unavailable
from liveshop.core.settings import Settings
from liveshop.edge.server import Server, build_server
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.metrics import Metrics
from liveshop.engine.purchase.lateness import Lateness
from liveshop.features.likes.rules import Like
from tests.every_feature import WHOLE
from tests.waiting import until

SECRET = "a secret of at least thirty-two bytes"
SETTINGS = Settings(secret=SECRET, drain_ms=2_000)
NOW_MS = 1_790_000_000_000
_CLOCK_STARTS_MS = 1_000_000


class StubEngine:
    """Rooms `s1` (loaded), `s2` (in the store) and `s3` (in a store that is away)."""

    def __init__(self) -> None:
        self.viewers: dict[Viewer, str] = {}
        self.snapshots = {
            session_id: wire.shared_frame({"type": "session", "offset": 41, "id": session_id})
            for session_id in ("s1", "s2", "s3")
        }
        self.submitted: list[Command] = []
        self.looked_up: list[str] = []
        self.known_missing: set[str] = set()
        self.lost = 0
        self.metrics = Metrics()
        self.vocabulary = WHOLE
        self.lateness = Lateness()
        self.retired = False
        self.finished = False
        self.store_answers = anyio.Event()
        self.store_answers.set()
        self.ahead_ms: Callable[[], int] = lambda: 0
        # It is all of these itself.
        self.revocations = Revocations()
        self.on_revocations: Callable[[], None] = lambda: None
        self.on_shop: Callable[[], None] = lambda: None
        self.knows_time = True
        self.lapsed: list[Viewer] = []
        self.recorded: list[StaffRefusal] = []
        self.access = self.node = self.rooms = self.viewer_admission = self

    def loaded(self, session_id: str) -> object | None:
        return session_id if session_id == "s1" else None

    def missing(self, session_id: str) -> bool:
        return session_id in self.known_missing

    async def look_up(self, session_id: str) -> None:
        self.looked_up.append(session_id)
        await self.store_answers.wait()
        if session_id == "s2":
            return
        if session_id == "s3":
            raise Unavailable
        if session_id == "broken":
            raise ZeroDivisionError("a bug of ours")
        raise NotFound("session", session_id)

    def connect(
        self, viewer: Viewer, session_id: str, ref: int | None, visitor: str | None = None
    ) -> None:
        self.viewers[viewer] = session_id
        welcome = messages.welcome(ref, viewer.identity, now_ms=NOW_MS, ping_ms=25_000)
        viewer.write(wire.frame(welcome))
        snapshot = self.snapshots[session_id]
        viewer.write(snapshot.deflated if viewer.deflates else snapshot.plain)

    def answer(self, viewer: Viewer, answer: bytes | StaffRefusal) -> None:
        if isinstance(answer, StaffRefusal):
            self.recorded.append(answer)
            answer = answer.answer
        viewer.write(answer)

    def refuses_unread(self, viewer: Viewer, message: wire.Message) -> bool:
        return False

    def submit(self, viewer: Viewer, command: Command) -> None:
        self.submitted.append(command)
        match command:
            case Like(count=13):
                raise ZeroDivisionError("a bug of ours")
            case Like():
                pass
            case AskTime(ref=ref, client_ms=client_ms):
                answer = messages.time(ref, client_ms=client_ms, now_ms=NOW_MS)
                viewer.write(wire.frame(answer))
            case _:
                viewer.write(wire.frame(messages.ok(command.ref)))

    def lapse(self, viewer: Viewer) -> None:
        self.lapsed.append(viewer)

    def disconnect(self, viewer: Viewer) -> None:
        del self.viewers[viewer]
        self.lost += 1

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms()

    def retire(self) -> None:
        self.retired = True

    async def finish(self) -> None:
        self.finished = True


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now_ms = _CLOCK_STARTS_MS

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, ms: int) -> None:
        self.now_ms += ms


@asynccontextmanager
async def passing(clock: Clock) -> AsyncIterator[None]:
    """Let a clock go on for as long as the `with` lasts, at twice the usual pace."""

    async def pass_on() -> None:
        while True:
            await anyio.sleep(0.05)
            clock.advance(100)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pass_on)
        yield
        tasks.cancel_scope.cancel()


@dataclass(frozen=True)
class Running:
    """A server that runs, its stand-in engine, and where it listens."""

    server: Server
    engine: StubEngine
    clock: Clock
    address: tuple[str, int]
    cancel: Callable[[], None]

    @property
    def url(self) -> str:
        return f"ws://{self.address[0]}:{self.address[1]}"


async def _hello_world(request: Request) -> Response:
    path = request.url.path
    if path == "/slow":
        await anyio.sleep(0.3)
    elif path == "/broken":
        raise ZeroDivisionError("a bug of ours")
    elif path == "/never":
        await anyio.sleep_forever()
    elif path == "/until-gone":
        while (await request.receive())["type"] != "http.disconnect":
            pass
    elif path.startswith("/bytes/"):
        return Response(b"x" * int(path.removeprefix("/bytes/")))
    elif path == "/body":
        return Response(str(len(await request.body())))
    elif path == "/headers":
        return Response(",".join(sorted(request.headers.keys())))
    return JSONResponse({"path": path})


APP = Starlette(routes=[Route("/{path:path}", _hello_world, methods=["GET", "POST"])])


@asynccontextmanager
async def running(**changed: Any) -> AsyncIterator[Running]:
    """Serve the stand-in on a port of its own, with some settings changed."""
    engine, clock = StubEngine(), Clock()
    engine.ahead_ms = lambda: clock.now_ms - _CLOCK_STARTS_MS
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        settings = replace(SETTINGS, **changed)
        server = build_server(settings, engine, APP, [listener], now_ms=clock)
        async with anyio.create_task_group() as tasks:
            scope, stopped = anyio.CancelScope(), anyio.Event()
            tasks.start_soon(_serve, server, scope, stopped)
            await until(lambda: server.started)
            try:
                yield Running(server, engine, clock, address, scope.cancel)
            finally:
                server.should_exit = True
                with anyio.CancelScope(shield=True):
                    await stopped.wait()


async def _serve(server: Server, scope: anyio.CancelScope, stopped: anyio.Event) -> None:
    try:
        with scope:
            await server.serve()
    finally:
        stopped.set()
