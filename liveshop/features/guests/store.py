"""Guests in PostgreSQL: who was let in, from where, and from where nobody is.

A network is what its addresses count by, an address or a prefix. Only a keyed digest of it is kept.
"""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.errors import Busy, Conflict, NotAllowed, RateLimited
from liveshop.core.settings import Settings
from liveshop.features.change_feed import tell
from liveshop.features.guests.rules import GUESTS_COUNTED_MS, OVER_DROPPED_MAX, SUB_PREFIX
from liveshop.features.people import Contact, KnownPeople
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.postgres.stores import Stores

_SQL: Final = load_queries(Path(__file__).with_name("guests.sql"))
_SUB_BYTES: Final = 15
_ATTEMPTS_MAX: Final = 3
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who wants to be a guest of a session; `rid` is what its request is called."""

    session_id: str
    shop: str | None
    contact: Contact
    network: str
    rid: str | None
    at_ms: int


class Guests:
    """The guests of all sessions in one database."""

    def __init__(
        self, database: Database, people: KnownPeople, *, per_network_max: int, life_s: int
    ) -> None:
        """Take how many a network may have in an hour, and for how long their tokens are good."""
        self._database = database
        self._people = people
        self._per_network_max = per_network_max
        self._life_ms = life_s * 1000 + _DAY_MS

    async def admit(self, arrival: Arrival) -> str:
        """Let a guest in and return its `sub`: for the same rid and contact again the same.

        Raises NotAllowed for a network that is shut, RateLimited for one with too many guests, and
        Conflict for the rid of another.
        """
        for _ in range(_ATTEMPTS_MAX):
            known = await self._of_rid(arrival)
            if known is not None:
                return known
            async with self._database.transaction() as connection:
                sub = await self._add(connection, arrival)
            if sub is not None:
                return sub
        raise Busy()

    async def forget(self, sub: str, session_id: str, now_ms: int) -> None:
        """Forget the name and mail of a guest, and tell it; idempotent."""
        async with self._database.transaction() as connection:
            if await self._people.forget_in(connection, [sub]):
                for guest in await connection.fetch(_SQL["place"], sub, session_id):
                    await _tell_erased(connection, guest, now_ms)

    async def _of_rid(self, arrival: Arrival) -> str | None:
        """Return the guest that an earlier copy of the request has let in."""
        if arrival.rid is None:
            return None
        rows = await self._database.fetch(_SQL["of_rid"], arrival.session_id, self._rids(arrival))
        if not rows:
            return None
        sub: str = rows[0]["sub"]
        if await self._people.read(sub) != arrival.contact:
            raise Conflict("this rid has let somebody else in: make another")
        return sub

    async def _add(self, connection: Connection, arrival: Arrival) -> str | None:
        """Add a guest; None if a copy of the request was first."""
        people, at_ms = self._people, arrival.at_ms
        networks = people.keys.digests("network", arrival.network)
        await self._refuse(connection, arrival, networks)
        sub = SUB_PREFIX + b32encode(secrets.token_bytes(_SUB_BYTES)).decode().lower()
        rid = self._rids(arrival)[0] if arrival.rid is not None else None
        added = await connection.fetchrow(
            _SQL["add"], sub, arrival.session_id, rid, networks[0], at_ms
        )
        if added is None:
            return None
        await people.keep(connection, sub, arrival.contact, at_ms=at_ms)
        over = await connection.fetch(_SQL["drop_over"], at_ms - self._life_ms, OVER_DROPPED_MAX)
        if over:
            gone = await people.forget_in(connection, [each["sub"] for each in over])
            for each in over:
                if each["sub"] in gone:
                    await _tell_erased(connection, each, at_ms)
        return sub

    async def _refuse(
        self, connection: Connection, arrival: Arrival, networks: Sequence[bytes]
    ) -> None:
        at_ms = arrival.at_ms
        place = (arrival.session_id, arrival.shop)
        if await connection.fetchrow(_SQL["shut"], networks, *place, at_ms) is not None:
            raise NotAllowed(
                "new guests from your network are not let in here: somebody was banned"
            )
        since_ms = at_ms - GUESTS_COUNTED_MS
        lately = await connection.fetchrow(
            _SQL["lately"], networks, since_ms, self._per_network_max
        )
        if lately["guests"] >= self._per_network_max:
            raise RateLimited(retry_after_ms=max(1, lately["oldest_ms"] - since_ms))

    def _rids(self, arrival: Arrival) -> list[bytes]:
        return self._people.keys.digests("guest rid", f"{arrival.session_id}\0{arrival.rid}")


async def _tell_erased(connection: Connection, guest: asyncpg.Record, now_ms: int) -> None:
    """Tell that a guest's name and mail are gone: other systems may have copied them."""
    sub, session_id = guest["sub"], guest["session_id"]
    await tell(
        connection,
        subject=f"customer/{sub}",
        kind="customer.erased",
        at_ms=now_ms,
        data={"viewer_id": sub, "session_id": session_id},
        session_id=session_id,
        shop=guest["shop"],
    )


def guests_of(settings: Settings, stores: Stores, people: KnownPeople) -> Guests:
    """Return the guests in the database of these stores."""
    return Guests(
        stores.database,
        people,
        per_network_max=settings.guests_per_address_max,
        life_s=settings.guest_token_life_s,
    )
