"""Sessions that are stored with their first events and units: all or none, and once."""

from collections.abc import Sequence

import anyio
import pytest

from liveshop.core.decision import Decision, Move
from liveshop.core.errors import SoldOut
from liveshop.core.events import ProductAdded, SessionStarted
from liveshop.core.model import ShelfProduct, Status
from liveshop.core.session import SessionInfo
from liveshop.stores.postgres.beginnings import Beginning, Beginnings
from liveshop.stores.postgres.database import Database
from tests.stores.postgres.shop import NOW, StoredShop
from tests.vocabulary import VOCABULARY


@pytest.fixture
def empty(database: Database) -> StoredShop:
    """The stores over a database with nothing in it."""
    return StoredShop(database)


def _info(session_id: str) -> SessionInfo:
    return SessionInfo(id=session_id, title="T", currency="EUR", payment="direct", hold_ms=300_000)


def _beginnings(empty: StoredShop) -> Beginnings:
    return Beginnings(empty.database, VOCABULARY)


class _Greedy:
    """Begins each session with up to so many units of A, as free as it is told that they are."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen: list[dict[str, int]] = []

    async def begin(
        self, infos: Sequence[SessionInfo], free: dict[str, int]
    ) -> Sequence[Beginning]:
        self.seen.append(dict(free))
        beginnings = []
        for info in infos:
            got = min(self.wanted, free["A"])
            free["A"] -= got
            product = ShelfProduct(product_id="p", title="P", image=None, variants=[])
            decision = Decision(
                events=(ProductAdded(offset=1, at_ms=NOW, product=product),),
                moves=(Move(sku="A", units=got),) if got else (),
            )
            beginnings.append(Beginning(info=info, decision=decision))
        return beginnings


async def test_sessions_begin_with_their_events_and_units(empty: StoredShop) -> None:
    await empty.stock_catalogue({"A": 10})
    made = await _beginnings(empty).store(
        "source", [_info("s1"), _info("s2")], ["A"], _Greedy(7).begin, NOW
    )
    assert made == ["s1", "s2"]
    assert await empty.stock() == {"A": 0}
    assert await empty.sold("s1") == {"sA": (0, 7)}
    assert await empty.sold("s2") == {"sA": (0, 3)}
    record = await empty.sessions.get("s1")
    assert (record.status, record.head_offset) == (Status.DRAFT, 1)
    assert [event.offset for event in await empty.sessions.log("s1")] == [1]


async def test_what_a_decision_raises_leaves_nothing_behind(empty: StoredShop) -> None:
    await empty.stock_catalogue({"A": 10})
    greedy = _Greedy(7)

    async def refuse(infos: Sequence[SessionInfo], free: dict[str, int]) -> Sequence[Beginning]:
        first = (await greedy.begin(infos, free))[0]
        too_many = Decision(events=first.decision.events, moves=(Move(sku="A", units=11),))
        return [first, Beginning(info=infos[1], decision=too_many)]

    infos = [_info("s1"), _info("s2")]
    with pytest.raises(SoldOut):
        await _beginnings(empty).store("source", infos, ["A"], refuse, NOW)
    assert await empty.sessions.heads(["s1", "s2"]) == {}
    assert await empty.stock() == {"A": 10}


async def test_what_is_there_already_stays_and_is_not_decided_again(
    empty: StoredShop,
) -> None:
    await empty.stock_catalogue({"A": 10})
    beginnings, greedy = _beginnings(empty), _Greedy(4)
    assert await beginnings.store("source", [_info("s1")], ["A"], greedy.begin, NOW) == ["s1"]
    both = [_info("s1"), _info("s2")]
    assert await beginnings.store("source", both, ["A"], greedy.begin, NOW) == ["s2"]
    assert await beginnings.store("source", both, ["A"], greedy.begin, NOW) == []
    assert greedy.seen == [{"A": 10}, {"A": 6}]
    assert await empty.stock() == {"A": 2}


async def test_requests_at_once_make_each_session_once_and_share_the_stock(
    empty: StoredShop,
) -> None:
    await empty.stock_catalogue({"A": 10})
    beginnings, greedy = _beginnings(empty), _Greedy(4)
    made: list[str] = []

    async def store(source_id: str, *names: str) -> None:
        infos = [_info(name) for name in names]
        made.extend(await beginnings.store(source_id, infos, ["A"], greedy.begin, NOW))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store, "one", "s1", "s2")
        tasks.start_soon(store, "one", "s2", "s1")
        tasks.start_soon(store, "another", "s3")
        tasks.start_soon(store, "another", "s3")
    assert sorted(made) == ["s1", "s2", "s3"]
    units = [(await empty.sold(name))["sA"][1] for name in ("s1", "s2", "s3")]
    assert sorted(units) == [2, 4, 4]
    assert await empty.stock() == {"A": 0}


async def test_two_requests_for_copies_of_one_session_take_turns(empty: StoredShop) -> None:
    """Otherwise each could have inserted a session that the other one wants, and wait for it."""
    beginnings, began = _beginnings(empty), list[str]()
    waiting = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND wait_event = 'advisory'"
    )

    async def second() -> None:
        await beginnings.store("source", [_info("s2")], [], begin_second, NOW)

    async def begin_second(
        infos: Sequence[SessionInfo], free: dict[str, int]
    ) -> Sequence[Beginning]:
        began.append("s2")
        return []

    async with anyio.create_task_group() as tasks:

        async def begin_first(
            infos: Sequence[SessionInfo], free: dict[str, int]
        ) -> Sequence[Beginning]:
            tasks.start_soon(second)
            while not (began or await empty.database.fetch(waiting)):  # noqa: ASYNC110
                await anyio.sleep(0.005)
            began.append("s1 ends")
            return []

        await beginnings.store("source", [_info("s1")], [], begin_first, NOW)
    assert began == ["s1 ends", "s2"]


async def test_a_session_without_a_shelf_begins_without_events(empty: StoredShop) -> None:
    async def bare(infos: Sequence[SessionInfo], free: dict[str, int]) -> Sequence[Beginning]:
        return [Beginning(info=info, decision=Decision(events=())) for info in infos]

    assert await _beginnings(empty).store("source", [_info("s1")], [], bare, NOW) == ["s1"]
    assert (await empty.sessions.get("s1")).head_offset == 0


async def test_what_a_session_was_given_counts_what_it_sold_and_gave_back(
    empty: StoredShop,
) -> None:
    await empty.stock_catalogue({"A": 10, "B": 10})
    await empty.open("s1", {"A": 6})
    await empty.open("s1:2", {"A": 1})
    more = Decision(
        events=(SessionStarted(offset=2, at_ms=NOW),),
        moves=(Move(sku="A", units=2), Move(sku="B", units=3)),
    )
    appended = await empty.sessions.append("s1", more, Status.LIVE, expected_offset=1)
    assert appended is not None
    beginnings = _beginnings(empty)
    assert await beginnings.allocated("s1") == {"A": 8, "B": 3}
    assert await beginnings.allocated("s1:2") == {"A": 1}
    assert await beginnings.allocated("s") == {}
    ending = Decision(events=(SessionStarted(offset=3, at_ms=NOW),))
    await empty.sessions.append("s1", ending, Status.ENDED, expected_offset=2)
    assert await empty.sessions.settle("s1")
    assert await beginnings.allocated("s1") == {"A": 8, "B": 3}
