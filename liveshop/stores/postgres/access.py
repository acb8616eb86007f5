"""Banned viewers and revoked tokens in PostgreSQL."""

from dataclasses import dataclass

import asyncpg

from liveshop.core.access import Ban, Revocation
from liveshop.core.limits import (
    ACCESS_ENDED_KEPT_MS,
    REVOCATIONS_MAX,
    REVOCATIONS_PER_PLACE_MAX,
    TOKEN_LEEWAY_S,
)
from liveshop.core.roles import Role
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("access")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChanges:
    """The bans and revocations that are newer than a version; ended bans are among them."""

    bans: list[Ban]
    revocations: list[Revocation]


class AccessLists:
    """The bans and revocations in one database; each change counts the version up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """Return how often something was changed."""
        (record,) = await self._database.fetch(_SQL["version"])
        return int(record["version"])

    async def changes(self, after: int) -> AccessChanges:
        """Return the changes after a version."""
        bans = await self._database.fetch(_SQL["bans_after"], after)
        revocations = await self._database.fetch(_SQL["revocations_after"], after)
        return AccessChanges(
            bans=[_ban(record) for record in bans],
            revocations=[_revocation(record) for record in revocations],
        )

    async def ban(self, ban: Ban, *, by: str, now_ms: int) -> bool:
        """Keep a viewer out, in place of an earlier ban in the same place; may be repeated.

        Return False, and change nothing, where somebody of a higher role has banned it there.
        """
        args = (ban.viewer_id, *ban.place, int(ban.role), ban.name, by, now_ms, ban.until_ms)
        await self._database.commit(_SQL["drop_ended"], now_ms - ACCESS_ENDED_KEPT_MS)
        return bool(await self._database.commit(_SQL["ban"], *args))

    async def unban(self, ban: Ban, *, role: Role, now_ms: int) -> bool:
        """Let a viewer in again; return False where no ban holds that a role may lift."""
        args = (ban.viewer_id, *ban.place, int(role), now_ms)
        return bool(await self._database.commit(_SQL["unban"], *args))

    async def page(
        self, *, after: str, limit: int, session_id: str | None, shop: str | None, now_ms: int
    ) -> list[Revocation]:
        """Return revocations that hold, by id; those of one session or shop if it is named."""
        args = (after, limit, session_id, shop, now_ms - TOKEN_LEEWAY_S * 1000)
        found = await self._database.fetch(_SQL["revocations_page"], *args)
        return [_revocation(record) for record in found]

    async def revoke(self, revocation: Revocation) -> bool:
        """Store a revocation, with what one of the same id reaches; False if there is no room."""
        each = revocation
        await self._database.commit(_SQL["drop_ended"], each.at_ms - ACCESS_ENDED_KEPT_MS)
        stored = await self._database.commit(
            _SQL["revoke"],
            *(each.revocation_id, each.jti, each.sub, each.before_ms, each.session_id, each.shop),
            *(int(each.role), each.by, each.at_ms, each.ends_ms),
            *(REVOCATIONS_MAX, REVOCATIONS_PER_PLACE_MAX),
        )
        return bool(stored)


def _ban(record: asyncpg.Record) -> Ban:
    return Ban(
        viewer_id=record["viewer_id"],
        session_id=record["session_id"],
        shop=record["shop"],
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
