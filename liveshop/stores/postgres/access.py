"""Banned viewers and revoked tokens in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence

import asyncpg

from liveshop.core.access import Ban, Place, Revocation
from liveshop.core.limits import (
    ACCESS_ENDED_KEPT_MS,
    ACCESS_PAGE_MAX,
    REVOCATIONS_MAX,
    REVOCATIONS_PER_PLACE_MAX,
    TOKEN_LEEWAY_S,
)
from liveshop.core.roles import Role
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("access")
_LEEWAY_MS = TOKEN_LEEWAY_S * 1000


class AccessLists:
    """The bans and revocations in one database; each change counts the version up.

    All reading of many is in pages, so that neither the database nor the node holds up others.
    """

    def __init__(self, database: Database, *, page_max: int = ACCESS_PAGE_MAX) -> None:
        self._database = database
        self._page_max = page_max

    async def version(self) -> int:
        """Return how often something was changed."""
        (record,) = await self._database.fetch(_SQL["version"])
        return int(record["version"])

    async def bans_changed(self, *, after: int, up_to: int) -> AsyncIterator[list[Ban]]:
        """Yield pages of the bans that changed after a version; ended ones are among them."""
        full = True
        while full:
            args = (after, up_to, self._page_max)
            records = await self._database.fetch(_SQL["bans_changed"], *args)
            full = len(records) == self._page_max
            if records:
                after = records[-1]["version"]
                yield [_ban(record, (record["session_id"], record["shop"])) for record in records]

    async def banned(self, places: Sequence[Place], now_ms: int) -> dict[Place, list[Ban]]:
        """Return the bans that hold in places, the newest last; only of those that have some."""
        sessions, shops = ([name or "" for name in names] for names in zip(*places, strict=True))
        found = await self._database.fetch(_SQL["banned_places"], sessions, shops)
        named = [places[record["number"] - 1] for record in found]
        return {place: await self._of_place(place, now_ms) for place in named}

    async def _of_place(self, place: Place, now_ms: int) -> list[Ban]:
        bans: list[Ban] = []
        after, full = -1, True
        while full:
            args = (place[0] or "", place[1] or "", after, now_ms, self._page_max)
            records = await self._database.fetch(_SQL["bans_of_place"], *args)
            full = len(records) == self._page_max
            if records:
                after = records[-1]["version"]
                bans += [_ban(record, place) for record in records]
        return bans

    async def revocations_changed(
        self, *, after: int, up_to: int, now_ms: int
    ) -> AsyncIterator[list[Revocation]]:
        """Yield pages of the revocations that were made after a version and hold."""
        full = True
        while full:
            args = (after, up_to, now_ms - _LEEWAY_MS, self._page_max)
            records = await self._database.fetch(_SQL["revocations_changed"], *args)
            full = len(records) == self._page_max
            if records:
                after = records[-1]["version"]
                yield [_revocation(record) for record in records]

    async def shops_of(self, session_id: str) -> list[str | None]:
        """Return the shop of a session, or nothing where there is no such session."""
        found = await self._database.fetch(_SQL["shop_of_session"], session_id)
        return [record["shop"] for record in found]

    async def ban(self, ban: Ban, *, by: str, now_ms: int) -> bool:
        """Keep a viewer out, in place of an earlier ban in the same place; may be repeated.

        Return False, and change nothing, where somebody of a higher role has banned it there.
        """
        args = (ban.viewer_id, *ban.place, int(ban.role), ban.name, by, now_ms, ban.until_ms)
        await self._database.commit(_SQL["drop_ended"], *self._long_ended(now_ms))
        return bool(await self._database.commit(_SQL["ban"], *args))

    async def unban(self, ban: Ban, *, role: Role, now_ms: int) -> bool:
        """Let a viewer in again; return False where no ban holds that a role may lift."""
        args = (ban.viewer_id, *ban.place, int(role), now_ms)
        return bool(await self._database.commit(_SQL["unban"], *args))

    async def page(
        self, *, after: str, limit: int, session_id: str | None, shop: str | None, now_ms: int
    ) -> list[Revocation]:
        """Return revocations that hold, by id; those of one session or shop if it is named."""
        args = (after, limit, session_id, shop, now_ms - _LEEWAY_MS)
        found = await self._database.fetch(_SQL["revocations_page"], *args)
        return [_revocation(record) for record in found]

    async def revoke(self, revocation: Revocation) -> bool:
        """Store a revocation, with what one of the same id reaches; False if there is no room."""
        each = revocation
        await self._database.commit(_SQL["drop_ended"], *self._long_ended(each.at_ms))
        stored = await self._database.commit(
            _SQL["revoke"],
            *(each.revocation_id, each.jti, each.sub, each.before_ms, each.session_id, each.shop),
            *(int(each.role), each.by, each.at_ms, each.ends_ms),
            *(REVOCATIONS_MAX, REVOCATIONS_PER_PLACE_MAX),
        )
        return bool(stored)

    def _long_ended(self, now_ms: int) -> tuple[int, int]:
        return now_ms - ACCESS_ENDED_KEPT_MS, self._page_max


def _ban(record: asyncpg.Record, place: Place) -> Ban:
    return Ban(
        viewer_id=record["viewer_id"],
        session_id=place[0],
        shop=place[1],
        role=Role(record["role"]),
        until_ms=record["until_ms"],
        name=record["name"],
    )


def _revocation(record: asyncpg.Record) -> Revocation:
    return Revocation(
        revocation_id=record["id"],
        jti=record["jti"],
        sub=record["sub"],
        before_ms=record["before_ms"],
        session_id=record["session_id"],
        shop=record["shop"],
        role=Role(record["role"]),
        at_ms=record["at_ms"],
        by=record["by"],
        ends_ms=record["ends_ms"],
    )
