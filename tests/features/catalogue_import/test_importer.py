"""A product CSV into the catalogue: twice is once, and stock moves by the difference."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from liveshop.core.errors import BadRequest, Busy, Unavailable
from liveshop.features.catalogue_import import ImportReport, limits
from liveshop.features.catalogue_import.rules import ReportedRow
from liveshop.features.catalogue_import.store import Imports, import_products
from liveshop.features.catalogue_import.store_pace import Pace
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import StoredShop

ROOT = Path(__file__).parents[3]
ODDITIES = ROOT / "tests" / "files" / "oddities.csv"
HEADER = "Handle,Title,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty\n"


async def pieces(data: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def imported(database: Database, rows: str) -> ImportReport:
    return await import_products(Catalogue(database), pieces((HEADER + rows).encode()), "EUR")


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.bad_rows


async def stock(database: Database) -> dict[str, tuple[int, int]]:
    rows = await database.fetch("SELECT sku, stock, imported_stock FROM variant ORDER BY sku")
    return {row["sku"]: (row["stock"], row["imported_stock"]) for row in rows}


async def contents(database: Database) -> list[tuple[object, ...]]:
    products = await database.fetch("SELECT * FROM product ORDER BY product_id")
    variants = await database.fetch("SELECT * FROM variant ORDER BY sku")
    return [tuple(row) for row in [*products, *variants]]


async def test_the_good_rows_of_the_oddities_are_in_the_catalogue(database: Database) -> None:
    report = await import_products(Catalogue(database), pieces(ODDITIES.read_bytes()), "EUR")
    assert (report.products, report.variants) == (8, 10)
    assert counts(report) == (8, 0, 0, 11)
    assert report.bad[0] == ReportedRow(line=7, handle="", reason="Handle is missing")
    assert report.bad_kinds == {
        **{"handle": 1, "picture": 1, "price": 4, "quantity": 1, "syntax": 2, "title": 2}
    }
    assert report.note_kinds == {"encoding": 1, "quantity": 1, "sku": 1}
    assert [row.line for row in report.bad] == sorted(row.line for row in report.bad)
    page = await Catalogue(database).page(after=None, limit=50)
    assert [(p.product_id, [v.sku for v in p.variants]) for p in page.products] == [
        ("rain-coat", ["RC-S", "RC-M"]),
        ("tea-mug", ["tea-mug", "TM-L"]),
        ("sun-hat", ["SH-M"]),
        ("glove", ["glove"]),
        ("café-cup", ["CC-1"]),
        ("sock", ["SO-1"]),
        ("cap", ["CA-1"]),
        ("wallet", ["WA-1"]),
    ]


async def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    data = ODDITIES.read_bytes()
    first = await import_products(Catalogue(database), pieces(data), "EUR")
    before = await contents(database)
    second = await import_products(Catalogue(database), pieces(data, size=7), "EUR")
    assert counts(second) == (0, 0, 8, 11)
    assert (second.bad, second.notes) == (first.bad, first.notes)
    assert await contents(database) == before


async def test_units_of_a_session_are_not_conjured_up_again(shop: StoredShop) -> None:
    # Of 30 each, the session has 10 of A and 10 of B.
    rows = "p,P,A,A,50,30\np,,B,B,50,34\np,,C,C,50,30\n"
    assert counts(await imported(shop.database, rows)) == (0, 1, 0, 0)
    assert await stock(shop.database) == {"A": (20, 30), "B": (24, 34), "C": (30, 30)}
    assert counts(await imported(shop.database, rows)) == (0, 0, 1, 0)
    assert await stock(shop.database) == {"A": (20, 30), "B": (24, 34), "C": (30, 30)}


async def test_stock_never_goes_below_nothing_and_what_is_owed_is_reported(
    database: Database,
) -> None:
    await imported(database, "mug,Mug,,M,9.00,10\n")
    await database.commit("UPDATE variant SET stock = stock - 8 WHERE sku = 'M'")
    report = await imported(database, "mug,Mug,,M,9.00,5\n")
    assert counts(report) == (0, 1, 0, 1)
    assert (report.bad[0].line, report.bad[0].handle) == (2, "mug")
    assert await stock(database) == {"M": (0, 8)}
    await database.commit("UPDATE variant SET stock = stock + 8 WHERE sku = 'M'")
    assert counts(await imported(database, "mug,Mug,,M,9.00,5\n")) == (0, 1, 0, 0)
    assert await stock(database) == {"M": (5, 5)}


async def test_a_variant_that_the_file_no_longer_has_stays(database: Database) -> None:
    await imported(database, "mug,Mug,S,MS,9.00,1\nmug,,L,ML,9.00,2\n")
    report = await imported(database, "mug,Large Mug,L,ML,9.00,2\nmug,,XL,MX,9.00,3\n")
    assert counts(report) == (0, 1, 0, 0)
    assert await stock(database) == {"ML": (2, 2), "MS": (1, 1), "MX": (3, 3)}
    mug = await Catalogue(database).get("mug")
    assert (mug.title, {v.sku for v in mug.variants}) == ("Large Mug", {"MS", "ML", "MX"})


async def test_a_sku_of_another_product_is_a_bad_row(database: Database) -> None:
    await imported(database, "mug,Mug,,M,9.00,1\n")
    report = await imported(database, "cup,Cup,S,C,9.00,2\ncup,,L,M,9.00,2\n")
    assert counts(report) == (1, 0, 0, 1)
    reason = "the SKU M belongs to mug"
    assert report.bad == [ReportedRow(line=3, handle="cup", reason=reason)]
    assert await stock(database) == {"C": (2, 2), "M": (1, 1)}


async def test_rows_that_do_not_stand_together_count_as_one_product(database: Database) -> None:
    n = limits.IMPORT_VARIANTS_PER_COMMIT
    small = "".join(f"p{i},P,S,S{i},1,1\n" for i in range(n))
    large = "".join(f"p{i},,L,L{i},1,1\n" for i in range(n))
    report = await imported(database, small + large)
    assert (report.products, report.variants, counts(report)) == (n, 2 * n, (n, 0, 0, 0))
    report = await imported(database, small + large.replace(",L0,1,1", ",L0,2,1"))
    assert (report.products, counts(report)) == (n, (0, 1, n - 1, 0))
    page = await Catalogue(database).page(after=None, limit=1)
    assert [v.sku for v in page.products[0].variants] == ["S0", "L0"]


async def test_two_imports_at_once_leave_what_one_would(database: Database) -> None:
    rows = [f"p{i},P,,S{i},1,5\n" for i in range(2500)]
    reports: list[ImportReport] = []

    async def run(database: Database, text: str) -> None:
        reports.append(await imported(database, text))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, database, "".join(rows))
        tasks.start_soon(run, database, "".join(reversed(rows)))
    assert sum(report.created for report in reports) == 2500
    assert sum(report.unchanged for report in reports) == 2500
    assert set((await stock(database)).values()) == {(5, 5)}


async def test_of_many_bad_rows_the_first_are_listed_and_all_counted(database: Database) -> None:
    over = limits.BAD_ROWS_LISTED_MAX + 5
    report = await imported(database, "mug,Mug,,M,9.00,1\n" + ",x,,,1,1\n" * over)
    assert counts(report) == (1, 0, 0, over)
    assert [row.line for row in report.bad] == list(range(3, over - 2))


async def test_a_wrong_file_is_refused_and_nothing_changes(database: Database) -> None:
    with pytest.raises(BadRequest, match="the header lacks Handle"):
        await import_products(Catalogue(database), pieces(b"name,price\nMug,9\n"), "EUR")
    with pytest.raises(BadRequest, match="the file is empty"):
        await import_products(Catalogue(database), pieces(b""), "EUR")
    assert await contents(database) == []


async def test_progress_is_told_in_bytes(database: Database) -> None:
    told: list[int] = []
    data = ODDITIES.read_bytes()
    await import_products(Catalogue(database), pieces(data, size=1000), "EUR", told.append)
    assert told == [*range(1000, len(data), 1000), len(data)]


async def test_a_body_that_breaks_off_raises_what_its_reader_raised(database: Database) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield HEADER.encode()
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        await import_products(Catalogue(database), broken(), "EUR")


async def test_an_import_that_is_cancelled_ends_and_can_be_done_again(database: Database) -> None:
    waiting = anyio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield (HEADER + "mug,Mug,,M,9.00,1\n").encode()
        waiting.set()
        await anyio.sleep_forever()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(import_products, Catalogue(database), stalled(), "EUR")
            await waiting.wait()
            tasks.cancel_scope.cancel()
    assert counts(await imported(database, "mug,Mug,,M,9.00,1\n")) == (1, 0, 0, 0)


class Upload:
    """A file whose end does not come before it is told to."""

    def __init__(self, row: str) -> None:
        self.begun = anyio.Event()
        self.end = anyio.Event()
        self._row = row

    async def chunks(self) -> AsyncIterator[bytes]:
        self.begun.set()
        yield (HEADER + self._row).encode()
        await self.end.wait()


async def test_more_imports_than_a_shop_has_at_once_are_busy(
    database: Database,
) -> None:
    imports = Imports(Catalogue(database), "EUR", wait_ms=1, pace=Pace(gap_ms=0))
    uploads = [Upload(f"p{i},P,,S{i},1,5\n") for i in range(limits.IMPORTS_AT_ONCE_MAX + 1)]
    *first, last = uploads
    ended = anyio.Event()

    async def run(upload: Upload) -> None:
        await imports.run(upload.chunks())
        ended.set()

    async with anyio.create_task_group() as tasks:
        for each in first:
            tasks.start_soon(run, each)
            await each.begun.wait()
        with pytest.raises(Busy):
            await imports.run(pieces(b""))
        first[0].end.set()
        await ended.wait()
        tasks.start_soon(imports.run, last.chunks())
        await last.begun.wait()
        for each in uploads:
            each.end.set()
    assert set(await stock(database)) == {f"S{i}" for i in range(len(uploads))}


async def test_a_shop_imports_while_another_ones_files_wait_for_their_turns(
    database: Database,
) -> None:
    imports = Imports(Catalogue(database), "EUR", wait_ms=600_000, pace=Pace(gap_ms=0))
    async with anyio.create_task_group() as tasks:
        for number in range(limits.IMPORTS_AT_ONCE_MAX + 2):
            upload = Upload(f"a{number},A,,A{number},1,5\n")
            tasks.start_soon(imports.run, upload.chunks(), "ash")
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(60):
            await imports.run(pieces((HEADER + "mug,Mug,,M,9.00,1\n").encode()), "birch")
        tasks.cancel_scope.cancel()
    assert (await Catalogue(database).get("mug")).shop == "birch"


async def test_an_import_behind_as_many_as_may_wait_is_busy_at_once(database: Database) -> None:
    imports = Imports(Catalogue(database), "EUR", wait_ms=600_000, pace=Pace(gap_ms=0))
    uploads = [Upload(f"p{i},P,,S{i},1,5\n") for i in range(limits.IMPORTS_AT_ONCE_MAX)]
    async with anyio.create_task_group() as tasks:
        for each in uploads:
            tasks.start_soon(imports.run, each.chunks())
            await each.begun.wait()
        for _ in range(limits.IMPORTS_WAITING_MAX):
            tasks.start_soon(imports.run, pieces(b""))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(Busy), anyio.fail_after(10):
            await imports.run(pieces(b""))
        tasks.cancel_scope.cancel()


async def test_the_imports_of_a_node_keep_one_pace(database: Database) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    imports = Imports(Catalogue(database), "EUR", pace=Pace(now_s=lambda: 1_000.0, sleep=sleep))
    portions = 3
    rows = "".join(
        f"p{i},P,,S{i},1,5\n" for i in range(portions * limits.IMPORT_VARIANTS_PER_COMMIT)
    )
    for _ in range(2):
        await imports.run(pieces((HEADER + rows).encode()))
    # A clock that stands still sees no portion take any time.
    begins, rests = [0.0, limits.IMPORT_GAP_MS / 1000], [0.0] * portions
    assert slept == [begins[0], *rests, begins[1], *rests]


async def test_an_import_that_takes_too_long_ends_and_leaves_its_turn(database: Database) -> None:
    imports = Imports(Catalogue(database), "EUR", within_ms=1)
    for _ in range(limits.IMPORTS_AT_ONCE_MAX + 1):
        with pytest.raises(BadRequest, match="all that was read until now is kept, split the file"):
            await imports.run(Upload("mug,Mug,,M,9.00,1\n").chunks())


async def test_an_absent_postgres_is_unavailable() -> None:
    async with running(Database("postgresql://nobody@127.0.0.1:1/none")) as database:
        with pytest.raises(Unavailable):
            await imported(database, "mug,Mug,,M,9.00,1\n")


async def test_fifty_thousand_rows_take_little_memory(postgres_url: str) -> None:
    command = [sys.executable, "-m", "tests.features.catalogue_import.import_many", postgres_url]
    done = await anyio.run_process(command, cwd=ROOT, stderr=subprocess.PIPE)
    products, variants, grown_kib = (int(word) for word in done.stdout.split())
    assert (products, variants) == (25_000, 50_000)
    # The file has 17 MB, and its products would take a multiple of that.
    assert grown_kib < 25_000
