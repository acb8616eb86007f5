"""A turn of the loop reads only so many packets; the rest is read in order, and known to wait."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from liveshop.core import limits
from liveshop.edge.intake import Intake
from liveshop.engine.purchase.lateness import Lateness

_MS: Final = 1_000_000
_AT_ONCE: Final = limits.PACKETS_PER_TURN_MAX


class _Clock:
    def __init__(self) -> None:
        self.now_ns = 1_000 * _MS

    def __call__(self) -> int:
        return self.now_ns


class _Connection:
    """A connection that notes what it reads, when that happened, and whether it is listened to."""

    def __init__(self, world: "_IntakeWorld", fails: bool = False) -> None:
        self._world = world
        self._fails = fails
        self.listens = True
        self.cut = False

    def send(self, data: bytes) -> bool:
        """Receive a packet; return whether it is read at once."""
        if self._world.intake.admits(self, data):
            self.read(data)
            return True
        return False

    def read(self, data: bytes) -> None:
        if self._fails:
            raise ZeroDivisionError("a bug of ours")
        self._world.read.append((data, self._world.lateness.waited_ns // _MS))
        self._world.clock.now_ns += self._world.read_ns

    def hold(self) -> None:
        self.listens = False

    def go_on(self) -> None:
        self.listens = True

    def abort(self) -> None:
        self.cut = True


class _IntakeWorld:
    def __init__(self) -> None:
        self.clock, self.lateness = _Clock(), Lateness()
        self.intake = Intake(self.lateness, self.clock)
        self.intake.call_soon = asyncio.get_running_loop().call_soon
        self.read: list[tuple[bytes, int]] = []
        self.read_ns = 0

    def flood(self, count: int) -> list[_Connection]:
        """Let so many connections send a packet each, all in one turn."""
        connections = [_Connection(self) for _ in range(count)]
        for number, connection in enumerate(connections):
            connection.send(b"%d" % number)
        return connections

    async def until(self, true: Callable[[], bool]) -> int:
        """Wait for a condition; return how many turns of the loop that took."""
        for turns in range(1_000):
            if true():
                return turns
            await asyncio.sleep(0)
        raise AssertionError("it does not come to that")


async def test_one_turn_reads_a_bounded_number_and_the_next_ones_go_on_in_order() -> None:
    world = _IntakeWorld()
    world.read_ns = 10 * _MS  # more than a slice, so that a turn reads as few as it may
    world.flood(3 * _AT_ONCE)
    assert [data for data, _ in world.read] == [b"%d" % each for each in range(_AT_ONCE)]
    world.clock.now_ns = 0
    world.read_ns = 1 * _MS // 1_000
    await world.until(lambda: len(world.read) == 3 * _AT_ONCE)
    assert [data for data, _ in world.read] == [b"%d" % each for each in range(3 * _AT_ONCE)]


async def test_tasks_have_their_turn_between_two_slices() -> None:
    world = _IntakeWorld()
    world.read_ns = limits.INTAKE_SLICE_MS * _MS
    world.flood(5 * _AT_ONCE)
    seen = []
    while len(world.read) < 5 * _AT_ONCE:
        seen.append(len(world.read))
        await asyncio.sleep(0)
    assert seen[0] == _AT_ONCE
    steps = [later - earlier for earlier, later in pairwise(seen)]
    assert max(steps) == _AT_ONCE


async def test_it_is_known_for_how_long_a_packet_has_waited() -> None:
    world = _IntakeWorld()
    world.flood(_AT_ONCE + 1)
    assert {waited_ms for _, waited_ms in world.read} == {0}
    world.clock.now_ns += 40 * _MS
    await world.until(lambda: len(world.read) > _AT_ONCE)
    assert world.read[-1] == (b"%d" % _AT_ONCE, 40)
    assert world.lateness.waited_ns == 0


async def test_packets_of_one_connection_are_read_in_their_order() -> None:
    world = _IntakeWorld()
    world.flood(_AT_ONCE)
    ada = _Connection(world)
    assert [ada.send(b"a"), ada.send(b"b"), ada.send(b"c")] == [False, False, False]
    await world.until(lambda: len(world.read) == _AT_ONCE + 3)
    assert [data for data, _ in world.read[-3:]] == [b"a", b"b", b"c"]


async def test_of_what_has_waited_too_long_the_newest_and_the_oldest_are_read_in_turn() -> None:
    world = _IntakeWorld()
    world.flood(_AT_ONCE + 4)
    world.clock.now_ns += (limits.INTAKE_STALE_MS + 1) * _MS
    assert not _Connection(world).send(b"new")
    await world.until(lambda: len(world.read) == _AT_ONCE + 5)
    oldest = [b"%d" % (_AT_ONCE + each) for each in range(4)]
    read = [data for data, _ in world.read[_AT_ONCE:]]
    assert read == [oldest[0], b"new", oldest[1], oldest[3], oldest[2]]


async def test_a_connection_that_floods_is_not_listened_to_until_it_is_read() -> None:
    world = _IntakeWorld()
    world.flood(_AT_ONCE)
    ada = _Connection(world)
    ada.send(b"x" * limits.INTAKE_BYTES_MAX)
    assert ada.listens
    ada.send(b"y")
    assert not ada.listens
    assert ada in world.intake
    await world.until(lambda: ada.listens)
    assert [len(data) for data, _ in world.read[-2:]] == [limits.INTAKE_BYTES_MAX, 1]
    assert ada not in world.intake


async def test_what_a_closed_connection_has_sent_is_dropped() -> None:
    world = _IntakeWorld()
    connections = world.flood(_AT_ONCE + 2)
    world.intake.forget(connections[-1])
    world.intake.forget(connections[0])
    await world.until(lambda: len(world.read) == _AT_ONCE + 1)
    await asyncio.sleep(0)
    assert (b"%d" % (_AT_ONCE + 1), 0) not in world.read


async def test_a_bug_in_reading_costs_its_connection_and_nobody_else() -> None:
    world = _IntakeWorld()
    world.flood(_AT_ONCE)
    broken, ada = _Connection(world, fails=True), _Connection(world)
    broken.send(b"?")
    ada.send(b"a")
    await world.until(lambda: len(world.read) == _AT_ONCE + 1)
    assert (broken.cut, ada.cut) == (True, False)


async def test_what_waits_of_all_together_is_bounded_and_the_rest_is_read_at_once() -> None:
    world = _IntakeWorld()
    world.flood(_AT_ONCE)
    packet = b"x" * 262_144
    kept = limits.INTAKE_ALL_BYTES_MAX // len(packet)
    connections = [_Connection(world) for _ in range(kept + 2)]
    at_once = [connection.send(packet) for connection in connections]
    assert at_once == [False] * kept + [True] * 2
    assert not connections[0].send(b"y")  # behind what it has sent already
    for closed in connections[1:3]:
        world.intake.forget(closed)
    assert not connections[-1].send(packet)
    await world.until(lambda: len(world.read) == _AT_ONCE + kept + 2)
    # There is room for as much again.
    world.flood(_AT_ONCE)
    again = [_Connection(world).send(packet) for _ in range(kept + 1)]
    assert again == [False] * kept + [True]
