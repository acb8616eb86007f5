"""Exports made by workers: the same bytes whoever makes them, and an end in any case."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from uuid import uuid4

import anyio
import pytest
from msgspec.structs import replace

from liveshop.core.errors import LimitReached, NotFound
from liveshop.core.settings import Settings
from liveshop.features import FEATURES
from liveshop.features.exports.rules import (
    EXPORTS_MAX,
    KEPT_DAYS,
    TRIES_MAX,
    Asked,
    Dataset,
    ExportState,
    Format,
)
from liveshop.features.exports.store import Export, Exports
from liveshop.features.exports.store_jobs import LEASE_MS, PART_BYTES, Jobs, LostLease
from liveshop.stores.postgres.database import Database
from liveshop.worker.worker import Worker, worker_database
from tests.stores.postgres.conftest import database, running, shop
from tests.stores.postgres.shop import NOW, StoredShop, order

__all__ = ("database", "shop")

_LATER = NOW + 86_400_000
_ORDERS = Asked(
    dataset=Dataset.ORDERS,
    format=Format.CSV,
    session_id="s1",
    shop=None,
    from_ms=0,
    to_ms=_LATER,
)


@asynccontextmanager
async def _working(url: str, now_ms: int = NOW) -> AsyncIterator[Worker]:
    settings = Settings.read({"LIVESHOP_POSTGRES_URL": url})
    async with running(worker_database(settings)) as pool:
        worker = Worker(settings, pool, FEATURES, lambda: now_ms)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            yield worker
            worker.stop()


async def _done(exports: Exports, export: Export) -> Export:
    with anyio.fail_after(30):
        while True:
            found = await exports.get(export.export_id, None)
            if found.state in (ExportState.DONE, ExportState.FAILED):
                return found
            await anyio.sleep(0.01)


async def _file(exports: Exports, export: Export) -> bytes:
    return b"".join([part async for part in exports.parts(export.export_id)])


async def _sell(shop: StoredShop, count: int) -> list[str]:
    await shop.database.commit("UPDATE stock SET units = units + $1 WHERE row = 'sA'", count)
    rids = [str(uuid4()) for _ in range(count)]
    for start in range(0, count, 400):
        await shop.commit(*(order(rid, buyer=rid) for rid in rids[start : start + 400]))
    return rids


async def _sample(shop: StoredShop, *at_ms: int) -> None:
    for each in at_ms:
        await shop.database.commit(
            "INSERT INTO show_sample VALUES ('s1', $1, 5, 7, NULL, 3, 1)", each
        )


@pytest.mark.parametrize("form", list(Format))
async def test_each_dataset_is_the_same_bytes_whichever_worker_makes_it_and_whenever(
    postgres_url: str, database: Database, shop: StoredShop, form: Format
) -> None:
    rids = await _sell(shop, 40)
    await shop.orders.cancel(rids[3])
    await _sample(shop, NOW + 20_000, NOW + 10_000)
    exports = Exports(database)
    files: dict[Dataset, set[bytes]] = {each: set() for each in Dataset}
    for now_ms in (NOW, NOW + 3_600_000):  # another process, another time
        asked = [replace(_ORDERS, dataset=each, format=form) for each in Dataset]
        made = [await exports.ask(each, now_ms) for each in asked]
        async with _working(postgres_url, now_ms):
            for each in made:
                found = await _done(exports, each)
                file = await _file(exports, each)
                assert found.state is ExportState.DONE, found.failure
                assert (found.sha256, found.bytes) == (sha256(file).hexdigest(), len(file))
                assert found.rows == found.rows_expected == file.count(b"\n") - (form == "csv")
                files[found.asked.dataset].add(file)
    assert [len(each) for each in files.values()] == [1, 1, 1, 1]
    (orders,) = files[Dataset.ORDERS]
    assert orders.count(b"confirmed") == 39 and orders.count(b"cancelled") == 1
    assert [line for line in orders.splitlines() if rids[3].encode() in line]
    (samples,) = files[Dataset.SAMPLES]
    assert samples.index(b"%d" % (NOW + 10_000)) < samples.index(b"%d" % (NOW + 20_000))


async def test_a_file_of_many_parts_is_made_by_another_worker_after_the_first_has_died(
    postgres_url: str, database: Database, shop: StoredShop
) -> None:
    await _sell(shop, 2_600)
    exports, jobs = Exports(database), Jobs(database)
    export = await exports.ask(_ORDERS, NOW)
    job = await jobs.take(NOW)
    assert job is not None and job.export_id == export.export_id
    assert await jobs.take(NOW + LEASE_MS - 1) is None
    file = jobs.file(job)
    await file.begin(2_600)
    await file.add(1, b"x" * (PART_BYTES + 5), NOW)
    begun = await exports.get(export.export_id, None)
    assert (begun.state, begun.rows, begun.rows_expected) == (ExportState.RUNNING, 1, 2_600)
    # It is never heard of again; a worker whose clock is beyond the lease begins the file again.
    async with _working(postgres_url, NOW + LEASE_MS + 1):
        found = await _done(exports, export)
    whole = await _file(exports, export)
    assert (found.sha256, found.rows) == (sha256(whole).hexdigest(), 2_600)
    assert b"x" * 100 not in whole
    parts = await database.fetch("SELECT length(body) AS n FROM export_part ORDER BY number")
    assert [each["n"] for each in parts][:-1] == [PART_BYTES] and len(parts) == 2
    # The first one wakes: what it writes is nobody's.
    with pytest.raises(LostLease):
        await file.finish(NOW + LEASE_MS + 2)
    assert await _file(exports, export) == whole


async def test_a_file_is_as_of_one_instant_while_orders_go_on(
    database: Database, shop: StoredShop
) -> None:
    rids = await _sell(shop, 3)
    export = await Exports(database).ask(_ORDERS, NOW)
    jobs = Jobs(database)
    job = await jobs.take(NOW)
    assert job is not None and job.export_id == export.export_id
    async with jobs.reading(job) as reading:
        assert await reading.count() == 3
        await shop.orders.cancel(rids[0])
        await _sell(shop, 2)
        chunks = [chunk async for chunk in reading.chunks()]
    ((rows, data),) = chunks
    assert (rows, data.count(b"confirmed"), data.count(b"cancelled")) == (3, 3, 0)


async def test_a_worker_that_is_told_to_stop_hands_an_export_back_untried(
    database: Database, shop: StoredShop
) -> None:
    exports, jobs = Exports(database), Jobs(database)
    export = await exports.ask(_ORDERS, NOW)
    job = await jobs.take(NOW)
    assert job is not None
    await jobs.hand_back(job)
    assert (await exports.get(export.export_id, None)).state is ExportState.WAITING
    again = await jobs.take(NOW)
    assert again is not None and again.export_id == export.export_id
    (row,) = await database.fetch("SELECT tries FROM export")
    assert row["tries"] == 1


async def test_an_export_that_fails_each_time_is_given_up(
    database: Database, shop: StoredShop
) -> None:
    exports, jobs = Exports(database), Jobs(database)
    export = await exports.ask(_ORDERS, NOW)
    for round_ in range(TRIES_MAX):
        assert await jobs.take(NOW + round_ * LEASE_MS) is not None
    assert await jobs.take(NOW + TRIES_MAX * LEASE_MS) is None
    given_up = await exports.get(export.export_id, None)
    assert given_up.state is ExportState.FAILED
    assert given_up.failure == "it could not be made: the log of the workers says why"


async def test_more_rows_than_a_file_may_have_are_refused_and_say_so(
    database: Database, shop: StoredShop
) -> None:
    jobs = Jobs(database, rows_max=1_000)
    assert jobs.too_many(1_000) is None
    why = jobs.too_many(1_001)
    assert why == "1,001 rows are more than 1,000: choose a session, or a shorter span"
    export = await Exports(database).ask(_ORDERS, NOW)
    job = await jobs.take(NOW)
    assert job is not None
    await jobs.refuse(job, why, NOW)
    refused = await Exports(database).get(export.export_id, None)
    assert (refused.state, refused.failure) == (ExportState.FAILED, why)


async def test_a_shop_keeps_so_many_and_none_longer_than_its_days(
    database: Database, shop: StoredShop
) -> None:
    exports, jobs = Exports(database), Jobs(database)
    ours = replace(_ORDERS, shop="ours")
    made = [await exports.ask(ours, NOW) for _ in range(EXPORTS_MAX)]
    with pytest.raises(LimitReached):
        await exports.ask(ours, NOW)
    other = await exports.ask(_ORDERS, NOW + 1)
    with pytest.raises(NotFound):
        await exports.get(other.export_id, "ours")
    assert len(await exports.page("ours", before=None, limit=100)) == EXPORTS_MAX
    assert len(await exports.page(None, before=None, limit=100)) == EXPORTS_MAX + 1
    end_ms = NOW + KEPT_DAYS * 86_400_000
    assert await jobs.forget(end_ms - 1) is False
    while await jobs.forget(end_ms):
        pass
    assert [each.export_id for each in await exports.page(None, before=None, limit=100)] == [
        other.export_id
    ]
    assert made[0].expires_ms == end_ms


async def test_requests_at_once_make_no_more_than_a_shop_keeps(database: Database) -> None:
    exports, refused = Exports(database), list[LimitReached]()
    for _ in range(EXPORTS_MAX - 2):
        await exports.ask(replace(_ORDERS, shop="ours"), NOW)

    async def ask() -> None:
        try:
            await exports.ask(replace(_ORDERS, shop="ours"), NOW)
        except LimitReached as limit:
            refused.append(limit)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)
    assert len(refused) == 8
    assert len(await exports.page("ours", before=None, limit=100)) == EXPORTS_MAX


async def test_a_span_takes_its_begin_and_leaves_its_end(
    postgres_url: str, database: Database, shop: StoredShop
) -> None:
    await _sample(shop, NOW, NOW + 1_000, NOW + 2_000)
    exports = Exports(database)
    span = {"dataset": Dataset.SAMPLES, "format": Format.JSONL, "session_id": None}
    export = await exports.ask(
        replace(_ORDERS, **span, from_ms=NOW + 1_000, to_ms=NOW + 2_000), NOW
    )
    elsewhere = await exports.ask(replace(_ORDERS, **span, shop="theirs"), NOW)
    async with _working(postgres_url):
        assert (await _done(exports, export)).rows == 1
        assert (await _done(exports, elsewhere)).rows == 0
    assert b'"at":"2026-09-21T14:13:21.000Z"' in await _file(exports, export)
    assert await _file(exports, elsewhere) == b""
