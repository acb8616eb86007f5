"""The secrets of offers in Postgres, next to the log: viewers read the log, too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from liveshop.features.offers.codes import folded
from liveshop.features.offers.rules import KeepSecrets
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("offers.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """The orders that had an offer: how many, what it took off them, and what they come to."""

    orders: int = 0
    discount: int = 0
    goods: int = 0


class Offers:
    """Offers in one database, and their buyers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_codes(self, session_id: str, codes: Sequence[str]) -> dict[str, str]:
        """Return the offers that words name, by folded word; the others are left out."""
        words = [folded(code) for code in codes]
        found = await self._database.fetch(_SQL["offers_of_codes"], session_id, words)
        return {code: f"@{offer}" for code, offer in found}

    async def for_viewer(self, session_id: str, viewer: str, offers: Iterable[str]) -> set[str]:
        """Return those of some offers that are for a viewer."""
        offsets = [int(offer[1:]) for offer in offers]
        if not offsets:
            return set()
        found = await self._database.fetch(_SQL["offers_for"], session_id, viewer, offsets)
        return {f"@{record['offer']}" for record in found}

    async def has_ordered(self, session_id: str, buyer: str) -> bool:
        """Return True if a buyer has an order in any session of this one's shop."""
        return bool(await self._database.fetch(_SQL["has_ordered"], session_id, buyer))

    async def words(self, session_id: str) -> dict[str, str]:
        """Return the words that name offers, by offer, secret ones too: for hosts only."""
        found = await self._database.fetch(_SQL["words"], session_id)
        return {f"@{offer}": word for offer, word in found}

    async def figures(self, session_id: str) -> dict[str, Came]:
        """Return what came of each offer that any confirmed order had."""
        found = await self._database.fetch(_SQL["figures"], session_id)
        return {
            offer: Came(orders=orders, discount=discount, goods=goods)
            for offer, orders, discount, goods in found
        }


async def keep_secrets(connection: Connection, session_id: str, write: KeepSecrets) -> None:
    """Keep an offer's word and viewers, in the transaction of the event that opens it."""
    if write.code is not None:
        code = folded(write.code)
        await connection.execute(_SQL["keep_code"], session_id, code, write.offer, write.code)
    if write.viewers is not None:
        await connection.execute(_SQL["keep_viewers"], session_id, write.offer, write.viewers)
