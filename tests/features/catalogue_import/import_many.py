"""Import a small and a large file in this process and print how much memory the large one took.

Run as a module with the database's address: memory is measured from a process of its own.
"""

import resource
import sys
from collections.abc import AsyncIterator

import anyio

from liveshop.features.catalogue_import.store import import_products
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database

HEADER = "Handle,Title,Body (HTML),Option1 Value,Variant Price,Variant Inventory Qty\n"


async def lines(handles: range) -> AsyncIterator[bytes]:
    """Make a file up as it is read, two variants a product."""
    yield HEADER.encode()
    body = "<p>A fine thing of wool.</p>" * 20
    for start in range(handles.start, handles.stop, 100):
        rows = (
            f"thing-{handle},Thing {handle},{body},S,19.90,5\nthing-{handle},,,L,19.90,5\n"
            for handle in range(start, start + 100)
        )
        yield "".join(rows).encode()


async def main(url: str) -> None:
    """Import 1,000 rows, then 50,000 others."""
    database = Database(url)
    async with anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        await import_products(Catalogue(database), lines(range(500)), "EUR")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report = await import_products(Catalogue(database), lines(range(500, 25_500)), "EUR")
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        tasks.cancel_scope.cancel()
    sys.stdout.write(f"{report.products} {report.variants} {after - before}\n")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
