"""Everyone who waits at a queue is served, however many wait."""

import anyio
import pytest

from liveshop.core.errors import Busy
from liveshop.engine.purchase.batch_queue import BatchQueue


async def test_a_batch_is_what_has_gathered_up_to_the_most() -> None:
    queue: BatchQueue[int] = BatchQueue(5)
    for number in range(5):
        queue.put(number)
    with pytest.raises(Busy):
        queue.put(5)
    assert await queue.take(3) == [0, 1, 2]
    assert await queue.take(3) == [3, 4]


async def test_of_two_who_wait_both_are_served() -> None:
    queue: BatchQueue[str] = BatchQueue(5)
    served: list[tuple[int, list[str]]] = []

    async def wait(number: int) -> None:
        served.append((number, await queue.take(2)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, 1)
        tasks.start_soon(wait, 2)
        await anyio.wait_all_tasks_blocked()
        queue.put("a")
        await anyio.wait_all_tasks_blocked()
        queue.put("b")
        with anyio.move_on_after(1) as patience:
            while len(served) < 2:  # noqa: ASYNC110 -- they say so in no other way
                await anyio.sleep(0.001)
        tasks.cancel_scope.cancel()
    assert not patience.cancelled_caught
    assert sorted(batch for _, batch in served) == [["a"], ["b"]]
