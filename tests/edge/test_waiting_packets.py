"""A viewer's packets that wait for a later turn are read as if they had just come."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from liveshop.core import limits
from liveshop.core.commands import AskTime, Buy
from liveshop.core.roles import Role
from liveshop.edge.gateway import Gateway
from liveshop.edge.intake import Intake
from liveshop.edge.tokens import Tokens, make_token
from liveshop.edge.viewer_socket import ViewerSocket
from liveshop.edge.websocket import PONG
from tests.edge.hand_loop import HandLoop
from tests.edge.raw_viewer import TEXT, parsed_head
from tests.edge.stub_engine import SECRET, SETTINGS, Clock, StubEngine
from tests.fuzz.wire_end import FarEnd

_NS_PER_MS = 1_000_000


class _Visit:
    """A viewer that has joined, and a loop whose turns are taken by hand."""

    def __init__(self) -> None:
        self.engine, self.loop = StubEngine(), HandLoop()
        self.clock = Clock()
        self.gateway = Gateway(SETTINGS, self.engine, Tokens(secret=SECRET), self.clock)
        self.gateway.intake = Intake(self.engine.lateness, self._now_ns)
        self.gateway.intake.open(self.loop)
        self._look_ns = 0
        self.far_ends: list[FarEnd] = []
        self.far_end = self.visitor("ada")
        (viewer,) = self.engine.viewers
        assert isinstance(viewer, ViewerSocket)
        self.viewer = viewer

    def visitor(self, viewer_id: str | None = None) -> FarEnd:
        """Let one more join, who may buy if it is somebody."""
        far_end = FarEnd(socket := ViewerSocket(self.gateway))
        self.far_ends.append(far_end)
        socket.shake_hands(parsed_head())
        hello = {"type": "hello"}
        if viewer_id is not None:
            hello["token"] = make_token(SECRET, viewer_id=viewer_id, role=Role.VIEWER, ttl_s=60)
        socket.listen(_masked(hello))
        return far_end

    def use_up_the_turn(self) -> None:
        """Let so much come from others that whatever comes next waits."""
        crowd = [self.visitor(f"bob-{n}") for n in range(limits.PACKETS_PER_TURN_MIN + 1)]
        for each in crowd:
            each.send(_masked({"type": "time", "client_ms": 0}))
        self._look_ns = limits.INTAKE_SLICE_MS * _NS_PER_MS
        self.loop.turn()
        self._look_ns = 0
        assert not self.loop.idle

    def advance(self, ms: int) -> None:
        """Let time go on, in which the loop hears what has come and reads nothing."""
        self.gateway.intake.hear()
        self.clock.advance(ms)

    def _now_ns(self) -> int:
        now_ns = self.clock.now_ms * _NS_PER_MS
        if self._look_ns:
            self.clock.now_ms += self._look_ns // _NS_PER_MS
        return now_ns


@contextmanager
def _visit() -> Iterator[_Visit]:
    visit = _Visit()
    try:
        yield visit
    finally:
        for far_end in visit.far_ends:
            far_end.hang_up()
        visit.gateway.intake.close()
    assert (len(visit.gateway), visit.engine.viewers) == (0, {})


def _masked(message: Mapping[str, object], mask: bytes = bytes(4)) -> bytes:
    payload = json.dumps(message).encode()
    head = bytes((0x80 | TEXT,))
    if len(payload) < 126:
        head += bytes((0x80 | len(payload),))
    else:
        head += b"\xfe" + len(payload).to_bytes(2)
    covered = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return head + mask + covered


def _buy(number: int) -> dict[str, object]:
    rid = f"00000000-0000-4000-8000-{number:012d}"
    return {"type": "buy", "ref": number, "rid": rid, "sku": "OBS-M", "quantity": 1}


def test_the_rest_of_a_frame_whose_start_waits_is_not_taken_for_a_pong() -> None:
    message = {"type": "time", "client_ms": 1_790_000_000_400}
    payload = json.dumps(message).encode()
    mask = bytearray(4)
    for byte, at in ((0x8A, len(payload) - 6), (0x80, len(payload) - 5)):
        mask[at % 4] = payload[at] ^ byte
    frame = _masked(message, bytes(mask))
    assert frame[-6:-4] == b"\x8a\x80"  # as a pong begins
    with _visit() as visit:
        visit.far_end.send(frame[:-6])
        visit.loop.turn()
        visit.far_end.send(frame[-6:])
        assert visit.engine.submitted == []
        visit.loop.turn()
        assert visit.engine.submitted == [AskTime(client_ms=1_790_000_000_400)]


def test_a_viewer_that_does_not_read_is_not_read_until_it_does() -> None:
    with _visit() as visit:
        visit.far_end.backlog_bytes = limits.OUTBOX_BYTES_MAX + 1
        visit.viewer.pause_writing()
        visit.viewer.write(b"x")
        visit.far_end.send(_masked({"type": "time", "client_ms": 1}))
        visit.loop.turn()
        assert (visit.engine.submitted, visit.loop.idle) == ([], True)
        visit.far_end.backlog_bytes = 0
        visit.viewer.resume_writing()
        visit.loop.turn()
        assert visit.engine.submitted == [AskTime(client_ms=1)]
        assert not visit.far_end.reading  # the intake reads, and the transport does not


def test_one_without_a_token_is_watched_from_its_first_message_on_and_not_for_its_pongs() -> None:
    with _visit() as visit:
        onlooker = visit.visitor()
        onlooker.feed(PONG + b"1234")
        assert (onlooker.reading, visit.far_end.reading) == (True, False)
        onlooker.feed(_masked({"type": "time", "client_ms": 1}))
        assert not onlooker.reading
        onlooker.send(_masked({"type": "time", "client_ms": 2}))
        visit.loop.turn()
        assert visit.engine.submitted == [AskTime(client_ms=1), AskTime(client_ms=2)]


def test_a_viewer_whose_pong_waits_to_be_read_is_not_silent() -> None:
    with _visit() as visit:
        for after_ms in (SETTINGS.ping_ms, limits.PONG_GRACE_MS):
            visit.use_up_the_turn()
            visit.far_end.send(_masked({"type": "time", "client_ms": 1}))
            visit.advance(after_ms)
            for each in visit.gateway.wheel.advance(visit.clock.now_ms):
                each.tick(visit.clock.now_ms)
            assert b"no pong in time" not in visit.far_end.written
            visit.loop.turn()


def test_purchases_that_waited_to_be_read_are_counted_by_when_they_came() -> None:
    per_second, burst = limits.PURCHASE_RATE
    count = burst + 3 * per_second
    with _visit() as visit:
        visit.use_up_the_turn()
        for number in range(count):
            visit.far_end.send(_masked(_buy(number)))
            visit.advance(1_000 // per_second)
        visit.advance(20_000)
        visit.loop.turn()
        bought = [each for each in visit.engine.submitted if isinstance(each, Buy)]
        assert [each.ref for each in bought] == list(range(count))


def test_purchases_that_come_too_fast_are_too_many_however_long_they_wait() -> None:
    _, burst = limits.PURCHASE_RATE
    with _visit() as visit:
        visit.use_up_the_turn()
        visit.far_end.send(b"".join(_masked(_buy(number)) for number in range(burst + 1)))
        visit.advance(20_000)
        visit.loop.turn()
        bought = [each for each in visit.engine.submitted if isinstance(each, Buy)]
        assert [each.ref for each in bought] == list(range(burst))
        assert b'"code":"rate_limited"' in visit.far_end.written


def test_a_packet_with_messages_and_half_of_one_is_read_message_by_message() -> None:
    frames = [_masked({"type": "time", "client_ms": number}) for number in range(4)]
    with _visit() as visit:
        visit.far_end.send(b"".join(frames[:3]) + frames[3][:7])
        visit.loop.turn()
        assert visit.engine.submitted == [AskTime(client_ms=number) for number in range(3)]
        visit.far_end.send(frames[3][7:])
        visit.loop.turn()
        assert visit.engine.submitted[-1] == AskTime(client_ms=3)
