"""Turns of imports: no shop can make another one's wait for long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from liveshop.core.errors import Busy
from liveshop.features.catalogue_import import limits
from liveshop.stores.fair_turns import FairTurns

LONG_MS = 600_000


def _turns(wait_ms: int) -> FairTurns:
    return FairTurns(
        of_all_max=limits.IMPORTS_OF_ALL_MAX,
        of_shop_max=limits.IMPORTS_AT_ONCE_MAX,
        waiting_max=limits.IMPORTS_WAITING_MAX,
        wait_ms=wait_ms,
    )


class Desk:
    """Imports of shops by name, each of which goes on until it is told to end."""

    def __init__(
        self, tasks: TaskGroup, wait_ms: int = LONG_MS, turns: FairTurns | None = None
    ) -> None:
        self._tasks = tasks
        self.turns = turns or _turns(wait_ms)
        self._ends: dict[str, list[anyio.Event]] = {}
        self.running: list[str] = []
        self.began: list[str] = []
        self.busy: list[str] = []

    async def ask(self, *shops: str) -> None:
        """Have imports asked for, one after the other, until each has a turn, waits or is busy."""
        for shop in shops:
            self._tasks.start_soon(self._run, shop)
            await anyio.wait_all_tasks_blocked()

    async def end(self, shop: str) -> None:
        """End the first import of a shop that is running."""
        self._ends[shop].pop(0).set()
        await anyio.wait_all_tasks_blocked()

    async def _run(self, shop: str) -> None:
        end = anyio.Event()
        try:
            async with self.turns.turn(shop):
                self._ends.setdefault(shop, []).append(end)
                self.running.append(shop)
                self.began.append(shop)
                await end.wait()
                self.running.remove(shop)
        except Busy:
            self.busy.append(shop)


@asynccontextmanager
async def desk(wait_ms: int = LONG_MS) -> AsyncIterator[Desk]:
    async with anyio.create_task_group() as tasks:
        yield Desk(tasks, wait_ms)
        tasks.cancel_scope.cancel()


async def test_a_shop_that_sends_many_files_leaves_a_turn_for_another() -> None:
    async with desk() as imports:
        await imports.ask(*("ash",) * 6, "birch", "cedar")
        assert imports.running == ["ash", "ash", "birch", "cedar"]
        assert limits.IMPORTS_AT_ONCE_MAX == 2
        assert len(imports.running) == limits.IMPORTS_OF_ALL_MAX


async def test_a_second_import_of_a_shop_waits_while_it_would_take_the_last_turn() -> None:
    async with desk() as imports:
        await imports.ask("ash", "ash", "birch", "birch")
        assert imports.running == ["ash", "ash", "birch"]
        await imports.end("ash")
        assert imports.running == ["ash", "birch", "birch"]


async def test_a_turn_goes_to_the_shop_that_has_the_fewest() -> None:
    async with desk() as imports:
        await imports.ask("ash", "ash", "birch", "cedar", *("ash",) * 3, "dogwood")
        await imports.end("ash")
        assert imports.running == ["ash", "birch", "cedar", "dogwood"]


async def test_of_shops_with_as_many_the_one_whose_last_began_first_is_next() -> None:
    async with desk() as imports:
        await imports.ask("ash", "birch", "cedar", "dogwood", "birch", "ash", "elm")
        await imports.end("ash")
        await imports.end("birch")
        # `elm` has had none; `ash` had its turn before `birch`, which asked again before it.
        assert imports.began[4:] == ["elm", "ash"]


async def test_beyond_as_many_as_may_wait_a_shop_is_busy_at_once() -> None:
    async with desk() as imports:
        await imports.ask(*("ash",) * (limits.IMPORTS_AT_ONCE_MAX + limits.IMPORTS_WAITING_MAX))
        assert imports.busy == []
        await imports.ask("ash")
        assert imports.busy == ["ash"]


async def test_a_shop_that_fills_the_queue_makes_way_for_one_with_fewer_waiting() -> None:
    async with desk() as imports:
        await imports.ask("birch", "cedar", "ash", *("ash",) * limits.IMPORTS_WAITING_MAX)
        await imports.ask("ash")
        assert (imports.running, imports.busy) == (["birch", "cedar", "ash"], ["ash"])
        await imports.ask("birch", "birch", "dogwood")
        # Two of `birch` came into the queue for two of `ash`, and `dogwood` has the last turn.
        assert imports.busy == ["ash"] * 3
        assert imports.running == ["birch", "cedar", "ash", "dogwood"]
        # A turn that is free goes to the ones that asked for it in vain before.
        await imports.end("birch")
        assert imports.running == ["cedar", "ash", "dogwood", "birch"]


async def test_an_import_that_gets_no_turn_in_time_is_busy() -> None:
    async with desk(wait_ms=1) as imports:
        await imports.ask("ash", "ash", "ash")
        with anyio.fail_after(10):
            while not imports.busy:
                await anyio.lowlevel.checkpoint()
        assert (imports.running, imports.busy) == (["ash", "ash"], ["ash"])
        await imports.end("ash")
        await imports.ask("ash")
        assert imports.running == ["ash", "ash"]


async def test_clients_that_hang_up_while_they_wait_leave_their_places_to_others() -> None:
    async with desk() as imports:
        await imports.ask("ash", "ash")
        for _ in range(2):
            with anyio.CancelScope() as gone:
                async with anyio.create_task_group() as tasks:
                    clients = Desk(tasks, turns=imports.turns)
                    await clients.ask(*("ash",) * limits.IMPORTS_WAITING_MAX)
                    assert (clients.running, clients.busy) == ([], [])
                    gone.cancel()
        await imports.end("ash")
        await imports.ask("ash")
        assert imports.running == ["ash", "ash"]
