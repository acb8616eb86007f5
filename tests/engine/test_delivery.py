"""A frame for everyone, in slices: nobody waits for a big room, and nothing gets out of order."""

import time
from collections.abc import Callable

import anyio
import pytest
from anyio.lowlevel import checkpoint

from liveshop.core.frames import SharedFrame
from liveshop.core.roles import Identity
from liveshop.engine.fanout.delivery import Delivery

ONE, TWO = SharedFrame(b"[1]"), SharedFrame(b"[2]")


class SlowWriter:
    """A viewer to whom a write takes a while, as a system call does."""

    identity: Identity | None = None
    deflates = False
    address = ""

    def __init__(self, name: int, order: list[int], write_s: float = 0.0005) -> None:
        self.name = name
        self.frames: list[bytes] = []
        self.on_frame: Callable[[], None] = lambda: None
        self._order = order
        self._write_s = write_s

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)
        if frame == b"reply":
            return
        until = time.perf_counter() + self._write_s
        while time.perf_counter() < until:
            pass
        self._order.append(self.name)
        self.on_frame()

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("nobody closes it here")


def room_of(viewers: int) -> tuple[list[SlowWriter], list[int]]:
    order: list[int] = []
    return [SlowWriter(name, order) for name in range(viewers)], order


async def test_everyone_gets_a_frame_once() -> None:
    viewers, order = room_of(100)
    await Delivery().deliver(ONE, viewers)
    assert order == list(range(100))
    assert {tuple(viewer.frames) for viewer in viewers} == {(ONE.plain,)}


async def test_an_empty_room_takes_no_frame() -> None:
    await Delivery().deliver(ONE, [])


async def test_others_get_four_turns_between_two_slices() -> None:
    viewers, order = room_of(100)
    turns: list[int] = []

    async def take_turns() -> None:
        while len(order) < 100:
            turns.append(len(order))
            await checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take_turns)
        await checkpoint()
        await Delivery().deliver(ONE, viewers)
    between = [turns.count(written) for written in sorted(set(turns)) if 0 < written < 100]
    # 16 writes of half a millisecond are more than a slice, so that each look ends one.
    assert between == [4] * 6


async def test_who_was_written_to_first_is_last_the_next_time() -> None:
    viewers, order = room_of(80)
    delivery = Delivery()
    for _ in range(6):
        await delivery.deliver(ONE, viewers)
    firsts = order[::80]
    assert firsts == [0, 16, 32, 48, 64, 0]
    assert sorted(order[80:160]) == list(range(80))


async def test_a_room_that_shrinks_meanwhile_is_still_written_to_whole() -> None:
    viewers, order = room_of(80)
    delivery = Delivery()
    for _ in range(4):
        await delivery.deliver(ONE, viewers)
    order.clear()
    await delivery.deliver(TWO, viewers[:3])
    assert sorted(order) == [0, 1, 2]


@pytest.mark.parametrize("late", [0, 50, 99])
async def test_a_reply_amid_a_delivery_comes_whole_before_or_after_the_frame(late: int) -> None:
    viewers, _ = room_of(100)
    asker = viewers[late]

    def reply() -> None:
        asker.write(b"reply")

    viewers[40].on_frame = reply
    await Delivery().deliver(ONE, viewers)
    viewers[40].on_frame = lambda: None
    await Delivery().deliver(TWO, viewers)
    before = [b"reply"] if late > 40 else []
    after = [] if late > 40 else [b"reply"]
    assert asker.frames == [*before, ONE.plain, *after, TWO.plain]
