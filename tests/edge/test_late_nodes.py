"""A node that stood still blames no client for it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from liveshop.edge.gateway import Gateway
from liveshop.edge.tokens import Tokens
from tests.edge.stub_engine import SECRET, SETTINGS, StubEngine

_START_MS = 50_000
_DUE_MS = _START_MS + 10_000


class _Sent:
    """A clock, at each look at which a client has just sent one more byte."""

    def __init__(self) -> None:
        self.now_ms = _START_MS
        self.theirs, self._ours = socket.socketpair()
        self._ours.setblocking(False)
        self.sent_at: list[int] = []
        self.read_at: list[int] = []

    def __call__(self) -> int:
        """Return a time beyond everything that was due at the time before."""
        self.now_ms += _DUE_MS
        self.theirs.send(b"x")
        self.sent_at.append(self.now_ms)
        return self.now_ms

    def read(self) -> None:
        """Read what has come, as the event loop does."""
        self.read_at += self.sent_at[len(self.read_at) :][: len(self._ours.recv(65_536))]

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Let the event loop read."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._ours, self.read)
        try:
            yield
        finally:
            loop.remove_reader(self._ours)
            self._ours.close()
            self.theirs.close()


class _Judged:
    """An item on the wheel, which notes what was read when its time was over."""

    def __init__(self, clock: _Sent) -> None:
        self.due_ms = _DUE_MS
        self._clock = clock
        self.unread: list[int] | None = None
        self.over = anyio.Event()

    def tick(self, now_ms: int) -> None:
        sent = [at_ms for at_ms in self._clock.sent_at if at_ms <= now_ms]
        self.unread = sent[len(self._clock.read_at) :]
        self.over.set()

    def abort(self) -> None:
        raise AssertionError("time asks nothing of it that could go wrong")


async def test_nobody_is_judged_before_what_had_come_by_then_is_read() -> None:
    clock = _Sent()
    with clock.heard():
        gateway = Gateway(SETTINGS, StubEngine(), Tokens(secret=SECRET), clock)
        async with anyio.create_task_group() as tasks:
            await tasks.start(gateway.run)
            item = _Judged(clock)
            gateway.wheel.schedule(item, item.due_ms)
            with anyio.fail_after(10):
                await item.over.wait()
            tasks.cancel_scope.cancel()
    assert item.unread == []
