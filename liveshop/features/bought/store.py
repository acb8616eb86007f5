"""How shops want their buyers named, in PostgreSQL."""

from pathlib import Path
from typing import Final

from liveshop.features.bought.rules import Naming
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("bought.sql"))
# The key of what belongs to no shop; the name of a shop is never empty.
_NO_SHOP: Final = ""


class Namings:
    """The choices of shops in one database; a shop that has made none calls buyers Somebody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_shop(self, shop: str | None) -> Naming:
        """Return what a shop has chosen; None is what belongs to no shop."""
        record = await self._database.fetchrow(_SQL["naming"], shop or _NO_SHOP)
        return Naming.SOMEBODY if record is None else Naming(record["naming"])

    async def choose(self, shop: str | None, naming: Naming) -> None:
        """Keep what a shop chooses."""
        await self._database.commit(_SQL["choose"], shop or _NO_SHOP, naming)
