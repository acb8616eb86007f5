"""The activity log of a node: what waits, what is written, what is lost and counted."""

from collections.abc import Sequence

import anyio

from liveshop.core import limits
from liveshop.core.activity import Activity
from liveshop.core.errors import Unavailable
from liveshop.core.roles import Identity, Role
from liveshop.engine.activity import ActivityLog
from liveshop.engine.metrics import Metrics
from liveshop.stores.postgres.activity import ActivityStore
from tests.samples import sample
from tests.waiting import until

_HOST = Identity("host", "Ada", Role.HOST, address="192.0.2.1")
_POISON = "poison"


class StoredEntries(ActivityStore):
    """Stands for the log in PostgreSQL, which may be away and cannot take one action."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.forgotten_before_ms: list[int] = []
        self.away = False

    async def add(self, entries: Sequence[Activity]) -> None:
        if self.away:
            raise Unavailable
        actions = [entry.action for entry in entries]
        if _POISON in actions:
            raise ValueError(_POISON)
        self.actions += actions

    async def forget_addresses(self, before_ms: int, limit: int) -> int:
        self.forgotten_before_ms.append(before_ms)
        return 0


class Kept:
    """A log and what stands behind it."""

    def __init__(self) -> None:
        self.store, self.metrics, self.now_ms = StoredEntries(), Metrics(), 10**13
        self.log = ActivityLog(self.store, self.metrics, lambda: self.now_ms)

    @property
    def dropped(self) -> float:
        """How many entries were not kept."""
        return sample(self.metrics, "activity_dropped_total")


async def test_entries_are_written_in_their_order_a_moment_later() -> None:
    kept = Kept()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.log.run)
        for number in range(3):
            kept.log.record(_HOST, f"a{number}")
        await until(lambda: kept.store.actions == ["a0", "a1", "a2"])
        tasks.cancel_scope.cancel()


async def test_what_waits_is_written_before_a_node_stops() -> None:
    kept = Kept()
    kept.store.away = True
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.log.run)
        kept.log.record(_HOST, "a")
        await anyio.wait_all_tasks_blocked()
        assert kept.store.actions == []
        kept.store.away = False
        tasks.cancel_scope.cancel()
    assert kept.store.actions == ["a"]


async def test_one_that_cannot_be_written_keeps_no_other_back() -> None:
    kept = Kept()
    for action in ("a", _POISON, "b"):
        kept.log.record(_HOST, action)
    await kept.log.flush()
    assert kept.store.actions == ["a", "b"]
    assert kept.dropped == 1


async def test_only_so_many_wait() -> None:
    kept = Kept()
    for _ in range(limits.ACTIVITY_QUEUED_MAX + 2):
        kept.log.record(_HOST, "a")
    assert kept.dropped == 2
    await kept.log.flush()
    assert len(kept.store.actions) == limits.ACTIVITY_QUEUED_MAX


async def test_of_the_refusals_of_one_subject_only_the_first_are_kept() -> None:
    kept, burst = Kept(), limits.ACTIVITY_REFUSALS_RATE[1]
    for _ in range(burst + 5):
        kept.log.record_refusal(_HOST, "a", outcome="forbidden")
    kept.log.record_refusal(Identity("eve", "Eve", Role.HOST), "b", outcome="forbidden")
    assert kept.dropped == 5
    kept.now_ms += 1_000
    kept.log.record_refusal(_HOST, "c", outcome="forbidden")
    await kept.log.flush()
    assert kept.store.actions == ["a"] * burst + ["b", "c"]


async def test_addresses_are_forgotten_after_90_days() -> None:
    kept = Kept()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.log.run)
        await until(lambda: bool(kept.store.forgotten_before_ms))
        tasks.cancel_scope.cancel()
    assert kept.store.forgotten_before_ms == [kept.now_ms - 90 * 24 * 3_600_000]
