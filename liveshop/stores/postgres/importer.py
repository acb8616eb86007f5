"""A product CSV into the catalogue, in batches, so that its size does not matter."""

from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterator,
    Sequence,
)
from contextlib import aclosing

from anyio import from_thread, to_thread

from liveshop.core import limits, shopify
from liveshop.core.catalogue import BadRow, ImportedProduct, ImportReport, Outcome
from liveshop.core.csv_rows import lines_of
from liveshop.stores.postgres.catalogue import Catalogue, Imported


async def import_products(
    catalogue: Catalogue,
    chunks: AsyncIterable[bytes],
    currency: str,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read Shopify's product CSV and make the catalogue say the same.

    `currency` is that of its prices; `progress` is told the bytes read so far. Raises BadRequest
    for a file that is no such CSV, Unavailable or OutcomeUnknown where Postgres goes away: what
    was read until then is kept, and the same file may be imported again.
    """
    tally = _Tally()
    async with aclosing(_counted(chunks, progress)) as source:
        # Reading is work for the processor: in a thread, so that the rooms of this node go on.
        await to_thread.run_sync(_import, catalogue, source, currency, tally)
    return tally.report()


def _import(
    catalogue: Catalogue, source: AsyncIterator[bytes], currency: str, tally: "_Tally"
) -> None:
    batch: list[ImportedProduct] = []
    variants = 0
    for item in shopify.parse(lines_of(_pulled(source)), currency):
        if isinstance(item, BadRow):
            tally.add_bad(item)
            continue
        batch.append(item)
        variants += len(item.variants)
        if variants >= limits.IMPORT_VARIANTS_PER_COMMIT:
            from_thread.run(_commit, catalogue, batch, tally)
            batch, variants = [], 0
    if batch:
        from_thread.run(_commit, catalogue, batch, tally)


async def _commit(catalogue: Catalogue, batch: Sequence[ImportedProduct], tally: "_Tally") -> None:
    imported, bad = await catalogue.merge(batch)
    for product in imported:
        tally.add(product)
    for row in bad:
        tally.add_bad(row)


def _pulled(source: AsyncIterator[bytes]) -> Iterator[bytes]:
    while chunk := from_thread.run(_next, source):
        yield chunk


async def _next(source: AsyncIterator[bytes]) -> bytes:
    return await anext(source, b"")


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
        self._bad_rows = 0

    def add(self, product: Imported) -> None:
        # A product whose rows do not stand together comes more than once.
        before = self._outcomes.get(product.product_id, Outcome.UNCHANGED)
        if before is Outcome.UNCHANGED:
            self._outcomes[product.product_id] = product.outcome
        self._variants += product.variants

    def add_bad(self, row: BadRow) -> None:
        self._bad_rows += 1
        if len(self._bad) < limits.BAD_ROWS_LISTED_MAX:
            self._bad.append(row)

    def report(self) -> ImportReport:
        count = Counter(self._outcomes.values())
        return ImportReport(
            products=len(self._outcomes),
            variants=self._variants,
            created=count[Outcome.CREATED],
            updated=count[Outcome.UPDATED],
            unchanged=count[Outcome.UNCHANGED],
            bad=sorted(self._bad, key=lambda row: row.line),
            bad_rows=self._bad_rows,
        )
