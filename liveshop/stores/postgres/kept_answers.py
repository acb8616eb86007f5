"""Answers to requests that may be sent again, in PostgreSQL: one request does its work once."""

import secrets
from dataclasses import dataclass
from typing import Final

from liveshop.core.errors import OutcomeUnknown
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("kept_answers")
_MARK_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The request that has a key, and its answer; `status` is None while there is none."""

    request: bytes
    status: int | None
    answer: bytes


class KeptAnswers:
    """The answers of one database, by caller and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, caller: str, key: str, request: bytes, *, now_ms: int, over_ms: int
    ) -> bool:
        """Take a key for a request; return False if one has it that came after `over_ms`."""
        mark = secrets.token_bytes(_MARK_BYTES)
        args = (caller, key, request, now_ms, over_ms, mark)
        try:
            return bool(await self._database.commit(_SQL["claim"], *args))
        except OutcomeUnknown:
            # Were it left at that, the key would be taken by a request that has done nothing.
            found = await self.read(caller, key)
            if found is not None and found.status is None and found.answer == mark:
                return True
            return bool(await self._database.commit(_SQL["claim"], *args))

    async def read(self, caller: str, key: str) -> Kept | None:
        """Return what a key was used for."""
        record = await self._database.fetchrow(_SQL["read"], caller, key)
        if record is None:
            return None
        return Kept(
            request=record["request"], status=record["status"], answer=record["answer"] or b""
        )

    async def keep(self, caller: str, key: str, status: int, answer: bytes) -> None:
        """Keep the answer of the request that has the key."""
        await self._database.commit(_SQL["keep"], caller, key, status, answer)

    async def give_back(self, caller: str, key: str) -> None:
        """Give the key of a request back that has done nothing."""
        await self._database.commit(_SQL["give_back"], caller, key)

    async def forget(self, before_ms: int, limit: int) -> bool:
        """Forget some answers from before an instant; return True if there may be more."""
        gone = await self._database.commit(_SQL["forget"], before_ms, limit)
        return len(gone) == limit
