"""A product CSV into the catalogue, in batches, so that its size does not matter."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext

import anyio

from liveshop.core.catalogue import BadRow, Outcome, RowNote
from liveshop.core.errors import BadRequest
from liveshop.features.catalogue_import import limits
from liveshop.features.catalogue_import.rules import ImportReport, Reading, ReportedRow
from liveshop.features.catalogue_import.store_pace import Pace
from liveshop.features.catalogue_import.store_reader import read_products
from liveshop.stores.fair_turns import FairTurns
from liveshop.stores.postgres.catalogue import Catalogue, Imported


class Imports:
    """A node's imports: each in a turn of its shop, all at one pace, each within IMPORT_MS_MAX."""

    def __init__(
        self,
        catalogue: Catalogue,
        currency: str,
        *,
        wait_ms: int = limits.IMPORT_WAIT_MS_MAX,
        within_ms: int = limits.IMPORT_MS_MAX,
        pace: Pace | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._currency = currency
        self._within_ms = within_ms
        self._pace = pace or Pace()
        self._turns = FairTurns(
            of_all_max=limits.IMPORTS_OF_ALL_MAX,
            of_shop_max=limits.IMPORTS_AT_ONCE_MAX,
            waiting_max=limits.IMPORTS_WAITING_MAX,
            wait_ms=wait_ms,
        )

    async def run(self, chunks: AsyncIterable[bytes], shop: str | None = None) -> ImportReport:
        """Import a file into a shop, or into none, as `import_products` does.

        Raises Busy if no turn comes within IMPORT_WAIT_MS_MAX, or IMPORTS_WAITING_MAX wait already,
        and BadRequest for a file that takes longer than IMPORT_MS_MAX: all that was read until then
        is kept.
        """
        async with self._turns.turn(shop):
            with anyio.move_on_after(self._within_ms / 1000):
                await self._pace.begin()
                return await import_products(
                    self._catalogue,
                    chunks,
                    self._currency,
                    shop=shop,
                    portion=self._pace.portion,
                )
        raise BadRequest(
            f"an import may take {self._within_ms // 1000} s: all that was read until now is kept,"
            " split the file"
        )


async def import_products(
    catalogue: Catalogue,
    chunks: AsyncIterable[bytes],
    currency: str,
    progress: Callable[[int], None] | None = None,
    *,
    shop: str | None = None,
    portion: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
) -> ImportReport:
    """Read Shopify's product or inventory CSV and make a shop's catalogue, or none's, say the same.

    `currency` is that of its prices; `progress` is told the bytes read so far. Each portion is
    written within a `portion`, which may wait. Raises BadRequest for a file that is no such CSV,
    Unavailable or OutcomeUnknown if Postgres goes away: all that was read until then is kept, and
    the same file may be imported again.
    """
    tally = _Tally()

    async def take(reading: Reading) -> None:
        tally.add_remarks(reading)
        if reading.products:
            async with portion():
                merged = await catalogue.merge(reading.products, shop)
            tally.add(*merged)
        if reading.stock:
            async with portion():
                merged = await catalogue.merge_stock(reading.stock, shop)
            tally.add(*merged)

    async with aclosing(_counted(chunks, progress)) as source:
        await read_products(source, currency, take)
    return tally.report()


async def _counted(
    chunks: AsyncIterable[bytes], progress: Callable[[int], None] | None
) -> AsyncGenerator[bytes, None]:
    done = 0
    async for chunk in chunks:
        done += len(chunk)
        if progress is not None:
            progress(done)
        if chunk:
            yield chunk


class _Tally:
    """The report in the making."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._variants = 0
        self._bad: list[BadRow] = []
        self._notes: list[RowNote] = []
        self._bad_kinds = Counter[str]()
        self._note_kinds = Counter[str]()

    def add(self, imported: list[Imported], bad: list[BadRow]) -> None:
        """Add what became of products, and the rows that do not fit the catalogue."""
        for product in imported:
            # A product whose rows do not stand together comes more than once.
            before = self._outcomes.get(product.product_id, Outcome.UNCHANGED)
            if before is Outcome.UNCHANGED:
                self._outcomes[product.product_id] = product.outcome
            self._variants += product.variants
        self._bad_kinds.update(row.kind for row in bad)
        self._bad += bad[: limits.BAD_ROWS_LISTED_MAX - len(self._bad)]

    def add_remarks(self, reading: Reading) -> None:
        """Add a portion's bad rows and notes, of which some may only be counted."""
        self._bad_kinds.update(reading.bad_kinds)
        self._note_kinds.update(reading.note_kinds)
        self._bad += reading.bad[: limits.BAD_ROWS_LISTED_MAX - len(self._bad)]
        self._notes += reading.notes[: limits.NOTES_LISTED_MAX - len(self._notes)]

    def report(self) -> ImportReport:
        count = Counter(self._outcomes.values())
        return ImportReport(
            products=len(self._outcomes),
            variants=self._variants,
            created=count[Outcome.CREATED],
            updated=count[Outcome.UPDATED],
            unchanged=count[Outcome.UNCHANGED],
            bad=[
                ReportedRow(line=row.line, handle=row.handle, reason=row.reason)
                for row in sorted(self._bad, key=lambda row: row.line)
            ],
            bad_rows=self._bad_kinds.total(),
            bad_kinds=dict(sorted(self._bad_kinds.items())),
            notes=sorted(self._notes, key=lambda note: note.line),
            note_kinds=dict(sorted(self._note_kinds.items())),
        )
