"""Rounds go on whatever one of them meets, begin at once when woken, and end when told to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import anyio
import pytest

from liveshop.core.errors import Unavailable
from liveshop.worker.metrics import WorkerMetrics
from liveshop.worker.rounds import Rounds
from tests.waiting import until

_NEVER_S = 3_600.0


class _Work:
    """Rounds whose work a test gives, and what they count."""

    def __init__(self, work: Callable[[], Awaitable[bool]], *, rest: float = 0.0) -> None:
        self.metrics, self.stopping = WorkerMetrics(), anyio.Event()
        self.rounds = Rounds(
            "w",
            work,
            every_s=_NEVER_S,
            rest=rest,
            metrics=self.metrics,
            stopping=self.stopping,
        )

    def counted(self, name: str) -> float:
        value = self.metrics.registry.get_sample_value(f"liveshop_{name}_total", {"part": "w"})
        assert value is not None
        return value


async def test_a_round_follows_at_once_if_there_is_more_and_else_when_it_is_woken() -> None:
    left = [True, True, False, False]

    async def once() -> bool:
        return left.pop(0)

    work = _Work(once)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work.rounds.run)
        await until(lambda: len(left) == 1)
        work.rounds.wake()
        await until(lambda: not left)
        work.stopping.set()
    assert work.counted("worker_rounds") == 4


async def test_a_call_while_a_round_is_under_way_is_not_lost() -> None:
    begun, go = [0], anyio.Event()

    async def once() -> bool:
        begun[0] += 1
        await go.wait()
        return False

    work = _Work(once)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work.rounds.run)
        await until(lambda: begun == [1])
        work.rounds.wake()
        go.set()
        await until(lambda: begun == [2])
        work.stopping.set()


async def test_a_round_is_followed_by_a_rest_even_if_there_is_more_and_it_is_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("liveshop.worker.rounds._REST_S_MAX", _NEVER_S)
    begun = [0]

    async def once() -> bool:
        begun[0] += 1
        await asyncio.sleep(0)
        return True

    work = _Work(once, rest=1e12)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work.rounds.run)
        await until(lambda: work.counted("worker_rounds") == 1)
        work.rounds.wake()
        for _ in range(20):
            await asyncio.sleep(0)
        assert begun == [1]
        work.stopping.set()


async def test_a_round_that_fails_is_counted_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liveshop.worker.rounds._PAUSE_S", 0.01)
    failures = [RuntimeError("a bug"), Unavailable(), Unavailable()]

    async def once() -> bool:
        if failures:
            raise failures.pop(0)
        work.stopping.set()
        return False

    work = _Work(once)
    with caplog.at_level(logging.WARNING):
        await work.rounds.run()
    assert (work.counted("worker_failures"), work.counted("worker_rounds")) == (1, 1)
    # PostgreSQL being away is said once, however long it is.
    assert [each.levelname for each in caplog.records] == ["ERROR", "WARNING"]


async def test_a_round_under_way_is_finished_when_the_worker_stops() -> None:
    finished: list[str] = []
    begun, go = anyio.Event(), anyio.Event()

    async def once() -> bool:
        begun.set()
        await go.wait()
        finished.append("round")
        return True

    work = _Work(once)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work.rounds.run)
        await begun.wait()
        work.stopping.set()
        await asyncio.sleep(0)
        go.set()
    assert finished == ["round"]
