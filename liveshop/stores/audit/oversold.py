"""The units that a show has sold beyond those that it had, as the audit counts them."""

from typing import Final

from liveshop.stores.audit.books import CHECKS, arguments
from liveshop.stores.postgres.database import Database

_BEYOND: Final = f"""
SELECT coalesce(sum(beyond) FILTER (WHERE "row" LIKE 's%'), 0)::bigint AS units,
       coalesce(sum(beyond) FILTER (WHERE "row" LIKE '@%'), 0)::bigint AS of_sales
FROM ({CHECKS["sold_within_units"]}) AS finding
"""


async def oversold(database: Database, session_id: str) -> int:
    """Return how many units are oversold: 0 as long as the promise P1 is kept.

    A unit of a flash sale is one of its SKU too, so that the two are not added.
    """
    record = await database.fetchrow(_BEYOND, *arguments(_BEYOND, session_id, 0))
    assert record is not None, "sums are one row"
    return max(int(record["units"]), int(record["of_sales"]))
