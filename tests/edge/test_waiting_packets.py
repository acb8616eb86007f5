"""A viewer's packets that wait for a later turn are read as if they had just come."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from liveshop.core import limits
from liveshop.core.commands import AskTime
from liveshop.edge.gateway import Gateway
from liveshop.edge.tokens import Tokens
from liveshop.edge.viewer_socket import ViewerSocket
from tests.edge.raw_viewer import TEXT, parsed_head
from tests.edge.stub_engine import SECRET, SETTINGS, Clock, StubEngine
from tests.fuzz.wire_end import FarEnd


class _Visit:
    """A viewer that has joined, and a loop whose turns are taken by hand."""

    def __init__(self) -> None:
        self.engine, self._soon = StubEngine(), list[Callable[[], None]]()
        self.clock = Clock()
        self.gateway = Gateway(SETTINGS, self.engine, Tokens(secret=SECRET), self.clock)
        self.gateway.intake.call_soon = self._soon.append
        self.far_end = self.visitor()
        self.far_end.feed(_masked({"type": "hello"}))

    def visitor(self) -> FarEnd:
        """Let one more connect, who has not joined yet."""
        far_end = FarEnd(socket := ViewerSocket(self.gateway))
        socket.shake_hands(parsed_head())
        return far_end

    def use_up_the_turn(self) -> None:
        """Let so much come from others that whatever comes next waits."""
        for _ in range(limits.PACKETS_PER_TURN_MAX):
            self.far_end.feed(_masked({"type": "like", "count": 1}))

    def turn(self) -> None:
        """Let the loop take its next turn."""
        called = self._soon[:]
        self._soon.clear()
        for callback in called:
            callback()

    @property
    def viewer(self) -> ViewerSocket:
        (viewer,) = self.engine.viewers
        assert isinstance(viewer, ViewerSocket)
        return viewer


@contextmanager
def _visit() -> Iterator[_Visit]:
    visit = _Visit()
    try:
        yield visit
    finally:
        visit.far_end.hang_up()
    assert (len(visit.gateway), visit.engine.viewers) == (0, {})


def _masked(message: dict[str, object], mask: bytes = bytes(4)) -> bytes:
    payload = json.dumps(message).encode()
    assert len(payload) < 126
    covered = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes((0x80 | TEXT, 0x80 | len(payload))) + mask + covered


def test_the_rest_of_a_frame_whose_start_waits_is_not_taken_for_a_pong() -> None:
    message = {"type": "time", "client_ms": 1_790_000_000_400}
    payload = json.dumps(message).encode()
    mask = bytearray(4)
    for byte, at in ((0x8A, len(payload) - 6), (0x80, len(payload) - 5)):
        mask[at % 4] = payload[at] ^ byte
    frame = _masked(message, bytes(mask))
    assert frame[-6:-4] == b"\x8a\x80"  # as a pong begins
    with _visit() as visit:
        visit.use_up_the_turn()
        visit.far_end.feed(frame[:-6])
        visit.far_end.feed(frame[-6:])
        assert not any(isinstance(each, AskTime) for each in visit.engine.submitted)
        visit.turn()
        assert visit.engine.submitted[-1] == AskTime(client_ms=1_790_000_000_400)


def test_a_viewer_that_floods_and_then_catches_up_is_listened_to_once_it_was_read() -> None:
    with _visit() as visit:
        visit.use_up_the_turn()
        visit.far_end.backlog_bytes = limits.OUTBOX_BYTES_MAX + 1
        visit.viewer.pause_writing()  # it does not read
        visit.viewer.write(b"x")
        assert not visit.far_end.reading
        visit.far_end.feed(_masked({"type": "time", "client_ms": 1}) * 200)
        assert (visit.far_end.reading, visit.viewer in visit.gateway.intake) == (False, True)
        visit.far_end.backlog_bytes = 0
        visit.viewer.resume_writing()
        assert not visit.far_end.reading  # it has filled what may wait for it
        visit.turn()
        assert (visit.far_end.reading, visit.viewer in visit.gateway.intake) == (True, False)


def test_a_hello_that_waits_to_be_read_for_ten_seconds_is_not_late() -> None:
    with _visit() as visit:
        newcomer = visit.visitor()
        visit.use_up_the_turn()
        newcomer.feed(_masked({"type": "hello"}))
        visit.clock.advance(limits.HELLO_MS_MAX)
        for each in visit.gateway.wheel.advance(visit.clock.now_ms):
            each.tick(visit.clock.now_ms)
        visit.turn()
        assert len(visit.engine.viewers) == 2
        newcomer.hang_up()
