"""A turn of the loop reads only so much; the rest stays in the kernel, and is known to wait."""

import fcntl
import os
import socket
import struct
import termios
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from liveshop.core import limits
from liveshop.edge.intake import Intake
from liveshop.engine.purchase.lateness import Lateness
from tests.edge.hand_loop import HandLoop

_MS: Final = 1_000_000
_AT_ONCE: Final = limits.PACKETS_PER_TURN_MIN
_SLICE_NS: Final = limits.INTAKE_SLICE_MS * _MS
_RESET: Final = struct.pack("ii", 1, 0)


class _Clock:
    def __init__(self) -> None:
        self.now_ns = 1_000 * _MS

    def __call__(self) -> int:
        return self.now_ns


class _Connection:
    """A connection that notes what it reads, for how long that has waited, and its end."""

    def __init__(self, world: "_IntakeWorld", *, fails: bool = False, holds: bool = False) -> None:
        self._world = world
        self._fails, self._holds = fails, holds
        self.near, self.far = socket.create_connection(world.address), world.listener.accept()[0]
        world.stack.callback(self.near.close)
        world.stack.callback(self.far.close)
        self.near.setblocking(False)
        self.left = self.cut = False
        assert world.intake.watch(self, self.near.fileno())

    def send(self, data: bytes) -> None:
        self.far.sendall(data)

    def read(self, data: bytes, spread_ns: int = 0, /) -> None:
        if self._fails:
            raise ZeroDivisionError("a bug of ours")
        self._world.read.append((data, self._world.lateness.waited_ns // _MS, spread_ns // _MS))
        self._world.clock.now_ns += self._world.read_ns
        if self._holds:
            self._world.intake.hold(self.near.fileno())

    def leave(self) -> None:
        self.left = True

    def abort(self) -> None:
        self._world.intake.forget(self.near.fileno())
        self.cut = True

    @property
    def unread_bytes(self) -> int:
        """How much the kernel has."""
        told = fcntl.ioctl(self.near, termios.FIONREAD, bytes(4))
        return int(struct.unpack("i", told)[0])


class _IntakeWorld:
    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.address = self.listener.getsockname()
        self.clock, self.lateness, self.loop = _Clock(), Lateness(), HandLoop()
        self.intake = Intake(self.lateness, self.clock)
        self.intake.open(self.loop)
        stack.callback(self.intake.close)
        self.read: list[tuple[bytes, int, int]] = []
        self.read_ns = 0

    def flood(self, count: int) -> list[_Connection]:
        """Let so many connections send a packet each, all in one turn."""
        connections = [_Connection(self) for _ in range(count)]
        for number, connection in enumerate(connections):
            connection.send(b"%d" % number)
        return connections

    def take_turns(self) -> int:
        """Let the loop go on until nothing is left to do; return how many turns that took."""
        for turns in range(1_000):
            if self.loop.idle:
                return turns
            self.loop.turn()
        raise AssertionError("it does not come to an end")

    @property
    def data(self) -> list[bytes]:
        return [data for data, *_ in self.read]


@pytest.fixture
def world() -> Iterator[_IntakeWorld]:
    """An intake in a loop whose turns, and whose time, are taken by hand."""
    with ExitStack() as stack:
        yield _IntakeWorld(stack)


def test_one_turn_reads_a_bounded_number_and_the_next_ones_go_on_in_order(
    world: _IntakeWorld,
) -> None:
    world.read_ns = _SLICE_NS  # so that a turn reads as few as it may
    world.flood(3 * _AT_ONCE)
    for turn in range(3):
        world.loop.turn()
        assert world.data == [b"%d" % each for each in range((turn + 1) * _AT_ONCE)]
    assert world.loop.soon == []


@pytest.mark.parametrize(
    ("others_ms", "slice_ms"),
    [(0, limits.INTAKE_SLICE_MS), (6, 4), (9, 6), (900, limits.INTAKE_SLICE_MS_MAX)],
)
def test_while_a_crowd_waits_it_is_read_for_its_part_of_the_time(
    world: _IntakeWorld, others_ms: int, slice_ms: int
) -> None:
    assert limits.INTAKE_TIME_PERCENT == 40
    world.read_ns = 20_000
    world.flood(700)
    world.loop.turn()
    before = len(world.read)
    assert before == _SLICE_NS // world.read_ns
    world.clock.now_ns += others_ms * _MS
    world.loop.turn()
    assert (len(world.read) - before) * world.read_ns == slice_ms * _MS


def test_what_is_not_read_yet_stays_in_the_kernel(world: _IntakeWorld) -> None:
    world.read_ns = _SLICE_NS
    world.flood(_AT_ONCE)
    ada = _Connection(world)
    ada.send(b"x" * 1_000)
    world.loop.turn()
    assert (ada.unread_bytes, ada.near.fileno() in world.intake) == (1_000, True)
    world.loop.turn()
    assert (ada.unread_bytes, ada.near.fileno() in world.intake) == (0, False)


def test_it_is_known_for_how_long_a_packet_has_waited(world: _IntakeWorld) -> None:
    world.flood(_AT_ONCE + 1)
    world.read_ns = _SLICE_NS // _AT_ONCE
    world.loop.turn()
    passed_ms = [waited_ms for _, waited_ms, _ in world.read]
    assert (passed_ms[0], max(passed_ms), len(passed_ms)) == (0, 1, _AT_ONCE)
    world.clock.now_ns += 40 * _MS
    world.take_turns()
    assert world.read[-1] == (b"%d" % _AT_ONCE, 42, 0)
    assert world.lateness.waited_ns == 0


def test_packets_that_came_one_after_the_other_are_read_at_once_in_their_order(
    world: _IntakeWorld,
) -> None:
    world.read_ns = _SLICE_NS
    world.flood(3 * _AT_ONCE)
    ada = _Connection(world)
    ada.send(b"a")
    world.loop.turn()
    since_ns = world.clock.now_ns - _AT_ONCE * world.read_ns
    world.clock.now_ns += 5 * _MS
    now_ns = world.clock.now_ns
    ada.send(b"b")
    world.take_turns()
    (packet,) = [each for each in world.read if each[0] == b"ab"]
    assert packet[2] == (now_ns - since_ns) // _MS


def test_of_what_has_waited_too_long_the_newest_and_the_oldest_are_read_in_turn(
    world: _IntakeWorld,
) -> None:
    world.read_ns = _SLICE_NS
    world.flood(_AT_ONCE + 4)
    world.loop.turn()
    world.read_ns = 0
    world.clock.now_ns += (limits.INTAKE_STALE_MS + 1) * _MS
    _Connection(world).send(b"new")
    world.take_turns()
    oldest = [b"%d" % (_AT_ONCE + each) for each in range(4)]
    assert world.data[_AT_ONCE:] == [oldest[0], b"new", oldest[1], oldest[3], oldest[2]]


def test_a_connection_is_read_a_bounded_part_at_a_time_behind_all_others(
    world: _IntakeWorld,
) -> None:
    ada, bob = _Connection(world), _Connection(world)
    ada.send(b"x" * (limits.READ_BYTES_MAX + 1))
    bob.send(b"b")
    world.take_turns()
    assert world.data == [b"x" * limits.READ_BYTES_MAX, b"b", b"x"]


def test_a_connection_on_hold_is_not_read_and_nothing_of_it_is_lost(world: _IntakeWorld) -> None:
    ada = _Connection(world)
    ada.send(b"a")
    world.intake.hold(ada.near.fileno())
    ada.send(b"b")
    world.take_turns()
    assert (world.read, ada.unread_bytes) == ([], 2)
    world.intake.go_on(ada.near.fileno())
    world.take_turns()
    assert world.data == [b"ab"]


def test_a_connection_put_on_hold_by_what_it_sent_is_not_read_on_until_it_may(
    world: _IntakeWorld,
) -> None:
    ada = _Connection(world, holds=True)
    ada.send(b"x" * (2 * limits.READ_BYTES_MAX + 1))
    for count in (1, 2):
        world.take_turns()
        assert world.data == [b"x" * limits.READ_BYTES_MAX] * count
        assert ada.unread_bytes == (2 - count) * limits.READ_BYTES_MAX + 1
        assert ada.near.fileno() not in world.intake
        world.intake.go_on(ada.near.fileno())
    world.take_turns()
    assert world.data[2:] == [b"x"]


def test_what_a_closed_connection_has_sent_is_not_read_for_the_next_of_its_descriptor(
    world: _IntakeWorld,
) -> None:
    world.read_ns = _SLICE_NS
    closed = world.flood(_AT_ONCE + 1)[-1]
    world.loop.turn()
    descriptor = closed.near.fileno()
    world.intake.forget(descriptor)
    world.intake.forget(descriptor)
    closed.near.close()
    os.dup2(world.listener.fileno(), descriptor)
    world.take_turns()
    os.close(descriptor)
    assert len(world.read) == _AT_ONCE


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_has_ended_is_left_to_its_transport_once_it_is_read(
    world: _IntakeWorld, reset: bool
) -> None:
    ada, bob = _Connection(world), _Connection(world)
    ada.send(b"a")
    if reset:
        ada.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    ada.far.close()
    bob.send(b"b")
    world.take_turns()
    assert (ada.left, bob.left) == (True, False)
    assert world.data == [b"a", b"b"]
    bob.far.close()
    world.take_turns()
    assert bob.left


def test_a_bug_in_reading_costs_its_connection_and_nobody_else(world: _IntakeWorld) -> None:
    broken, ada = _Connection(world, fails=True), _Connection(world)
    broken.send(b"?")
    ada.send(b"a")
    world.take_turns()
    assert (broken.cut, ada.cut, world.data) == (True, False, [b"a"])
    assert world.lateness.waited_ns == 0


def test_an_intake_that_closes_leaves_everyone_to_their_transports(world: _IntakeWorld) -> None:
    ada = _Connection(world)
    ada.send(b"a")
    world.intake.close()
    assert (ada.left, world.loop.watched) == (True, {})
    assert not world.intake.watch(ada, ada.near.fileno())
    world.intake.close()
