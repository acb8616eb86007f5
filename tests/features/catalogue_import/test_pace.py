"""The pace of a node's imports, by a clock that moves only as they sleep and work."""

import anyio
import pytest

from liveshop.features.catalogue_import import limits
from liveshop.features.catalogue_import.store_pace import Pace

GAP_S = limits.IMPORT_GAP_MS / 1000


class Clock:
    """A clock that a sleep moves, with all the sleeps that there were."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept: list[float] = []
        self.pace = Pace(now_s=lambda: self.now_s, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now_s += seconds

    async def write(self, seconds: float) -> None:
        """Write a portion that takes so long."""
        async with self.pace.portion():
            self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_files_begin_a_second_apart(clock: Clock) -> None:
    for _ in range(3):
        await clock.pace.begin()
    assert clock.slept == [0, GAP_S, GAP_S]
    clock.now_s += GAP_S / 4
    await clock.pace.begin()
    assert clock.slept[3:] == [0.75 * GAP_S]


async def test_files_that_wait_at_the_same_time_begin_one_after_the_other() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    pace = Pace(now_s=lambda: 1_000.0, sleep=sleep)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(pace.begin)
    assert slept == [0, GAP_S, 2 * GAP_S]


async def test_a_file_after_a_pause_begins_at_once(clock: Clock) -> None:
    await clock.pace.begin()
    clock.now_s += GAP_S
    await clock.pace.begin()
    assert clock.slept == [0, 0]


async def test_a_portion_waits_for_three_times_as_long_as_the_one_before_took(
    clock: Clock,
) -> None:
    await clock.write(0.010)
    await clock.write(0.020)
    clock.now_s += 0.050
    await clock.write(0.001)
    assert clock.slept == [0, 0.030, 0.010]


async def test_the_rest_after_a_slow_portion_has_a_limit(clock: Clock) -> None:
    await clock.write(5)
    await clock.write(0)
    assert clock.slept == [0, limits.IMPORT_REST_MS_MAX / 1000]


async def test_a_portion_that_fails_is_rested_from_and_holds_up_no_other(clock: Clock) -> None:
    with pytest.raises(ConnectionResetError):
        async with clock.pace.portion():
            clock.now_s += 0.010
            raise ConnectionResetError("Postgres has gone")
    await clock.write(0)
    assert clock.slept == [0, 0.030]


async def test_one_portion_is_written_at_a_time(clock: Clock) -> None:
    under_way = most = 0

    async def write() -> None:
        nonlocal under_way, most
        async with clock.pace.portion():
            under_way += 1
            most = max(most, under_way)
            await anyio.lowlevel.checkpoint()
            under_way -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(write)
    assert most == 1
