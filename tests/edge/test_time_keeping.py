"""A bug in what time asks of one connection costs that connection, and nobody else."""

import asyncio
import logging

import anyio
import pytest

from liveshop.edge.gateway import Gateway
from liveshop.edge.refusals import Refusals
from liveshop.edge.tokens import Tokens
from liveshop.edge.wheel import Timed, Wheel
from tests.edge.stub_engine import SECRET, SETTINGS, Clock, StubEngine


class _Connection(asyncio.Transport):
    """An item on the wheel, and a transport, which notes what becomes of it."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.due_ms = 0
        self._fails = fails
        self.told = self.cut = False
        self.reading = True

    def tick(self, now_ms: int) -> None:
        self.say()

    def say(self) -> None:
        self.told = True
        if self._fails:
            raise ZeroDivisionError("a bug of ours")

    def abort(self) -> None:
        self.cut = True

    def pause_reading(self) -> None:
        self.reading = False


async def test_a_bug_at_the_time_of_one_costs_its_connection_and_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, over = Clock(), anyio.Event()
    broken, ada, bob = (_Connection(fails=fails) for fails in (True, False, False))
    gateway = Gateway(SETTINGS, StubEngine(), Tokens(secret=SECRET), clock)

    class _Last(_Connection):
        def say(self) -> None:
            over.set()

    async with anyio.create_task_group() as tasks:
        await tasks.start(gateway.run)
        for number, each in enumerate((ada, broken, bob, _Last(fails=False))):
            gateway.wheel.schedule(each, clock.now_ms + 100 * (number // 3 + 1))
        clock.advance(100)
        with anyio.move_on_after(10):
            while not over.is_set():
                await anyio.sleep(0.01)
                clock.advance(100)
        tasks.cancel_scope.cancel()
    assert over.is_set()
    assert [(each.told, each.cut) for each in (ada, broken, bob)] == [
        (True, False),
        (True, True),
        (True, False),
    ]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_bug_in_one_refusal_leaves_none_of_the_others_unsaid_when_a_node_ends() -> None:
    clock = Clock()
    wheel: Wheel[Timed] = Wheel(clock.now_ms)
    refusals = Refusals(wheel, clock)
    connections = [_Connection(fails=fails) for fails in (True, False, True, False)]
    for each in connections:
        refusals.later(each, 1_000, each.say)
    assert [each.reading for each in connections] == [False] * 4
    refusals.say_all()
    assert [each.told for each in connections] == [True] * 4
    assert [each.cut for each in connections] == [True, False, True, False]
    assert len(wheel) == 0
