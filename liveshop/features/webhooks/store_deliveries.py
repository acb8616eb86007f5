"""Deliveries in PostgreSQL: made of messages, leased by a worker, and marked with their outcome.

Nothing is sent within a transaction. A worker that dies between sending and marking leaves the
delivery waiting: it is sent again, under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg

from liveshop.features.change_feed import tell
from liveshop.features.people import MasterKeys, NoKey
from liveshop.features.webhooks.rules import (
    DISABLED,
    Fate,
    Outcome,
    concurrency_after,
    is_to_be_disabled,
)
from liveshop.features.webhooks.store_secrets import WebhookSecrets
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("deliveries.sql"))
_MESSAGES_AT_ONCE_MAX: Final = 500
# Longer than what is leased can take: twice the longest request, and the marking.
LEASE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One message that is to be sent now; it was tried so often before."""

    number: int
    tries: int
    message_id: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A webhook that is this worker's for a while, and what is due. `secrets` are none if lost."""

    webhook_id: str
    lease: str
    url: str
    secrets: tuple[bytes, ...]
    concurrency: int
    due: Sequence[Due]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A try and its outcome, with the answer's status, its time and the begin of its body."""

    number: int
    outcome: Outcome
    status: int | None
    took_ms: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The state of a webhook that was given back: when the next delivery is due, if one is."""

    due_ms: int | None = None
    disabled: bool = False


class Deliveries:
    """The deliveries of one database."""

    def __init__(self, database: Database, keys: MasterKeys) -> None:
        self._database = database
        self._secrets = WebhookSecrets(keys)

    async def fan_out(self, now_ms: int) -> tuple[int, bool]:
        """Make the deliveries of new messages; return how many, and whether there is more."""
        async with self._database.transaction() as connection:
            last = await connection.fetchval(_SQL["take_turn"])
            if last is None:
                return 0, False
            upto = await connection.fetchval(_SQL["newest"], last, _MESSAGES_AT_ONCE_MAX)
            if upto is None:
                return 0, False
            made: int = await connection.fetchval(_SQL["fan_out"], last, upto, now_ms)
            if made:
                await connection.execute(_SQL["park"], last, upto)
            await connection.execute(_SQL["move_cursor"], upto)
        return made, upto - last >= _MESSAGES_AT_ONCE_MAX

    async def lease(self, limit: int, now_ms: int) -> list[Leased]:
        """Take the webhooks that are most overdue, for LEASE_MS, with what is due of each."""
        lease = uuid4().hex
        records = await self._database.commit(
            _SQL["lease"], now_ms, now_ms + LEASE_MS, limit, lease
        )
        return [
            self._leased(lease, list(rows), now_ms)
            for _, rows in groupby(records, key=lambda each: each["id"])
        ]

    async def mark(self, leased: Leased, tried: Sequence[Tried], now_ms: int) -> Marked:
        """Say what came of tries, and give the webhook back.

        A worker that has lost its lease, because it stood still for so long, says only what was
        delivered: another one is trying the rest.
        """
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_SQL["lock_leased"], leased.webhook_id)
            if row is None:
                return Marked()  # removed meanwhile
            lost = row["lease"] != leased.lease
            told = [each for each in tried if not lost or each.outcome.fate is Fate.DONE]
            if told:
                await self._mark(connection, leased.webhook_id, told, now_ms)
            if lost:
                return Marked()
            return await self._hand_back(connection, leased, row, told, now_ms)

    async def overview(self, now_ms: int) -> tuple[float, int]:
        """Return how late the most overdue webhook is, in seconds, and how many are given up."""
        (row,) = await self._database.fetch(_SQL["overview"], now_ms)
        return row["lag_ms"] / 1000, row["disabled"]

    async def _mark(
        self, connection: Connection, webhook_id: str, tried: Sequence[Tried], now_ms: int
    ) -> None:
        await connection.execute(
            _SQL["mark"],
            *(webhook_id, now_ms, [each.number for each in tried]),
            *([each.outcome.fate for each in tried], [each.outcome.next_ms for each in tried]),
            *([each.status for each in tried], [each.took_ms for each in tried]),
            [each.answer for each in tried],
        )

    async def _hand_back(
        self,
        connection: Connection,
        leased: Leased,
        row: asyncpg.Record,
        tried: Sequence[Tried],
        now_ms: int,
    ) -> Marked:
        """Count successes and failures, and give the webhook up if there are too many."""
        done = sum(each.outcome.fate is Fate.DONE for each in tried)
        failed = len(tried) - done
        since = None if done else row["failing_since_ms"] or (now_ms if failed else None)
        failures = failed if done else row["failures"] + failed
        overloaded = any(each.outcome.overloaded for each in tried)
        concurrency, successes = concurrency_after(
            row["concurrency"], row["successes"], done, overloaded=overloaded
        )
        args = (leased.webhook_id, concurrency, successes, failures, since)
        due_ms: int | None = await connection.fetchval(_SQL["hand_back"], *args)
        gone = any(each.outcome.gone for each in tried)
        if row["state"] != "on" or not (gone or is_to_be_disabled(failures, since, now_ms)):
            return Marked(due_ms=due_ms)
        (given_up,) = await connection.fetch(_SQL["disable"], leased.webhook_id)
        await tell(
            connection,
            subject=f"webhook/{leased.webhook_id}",
            kind=DISABLED,
            at_ms=now_ms,
            data={"webhook_id": leased.webhook_id, "url": given_up["url"], "gone": gone},
            shop=given_up["shop"],
        )
        return Marked(disabled=True)

    def _leased(self, lease: str, rows: Sequence[asyncpg.Record], now_ms: int) -> Leased:
        first = rows[0]
        try:
            opened = self._secrets.open(first, now_ms)
        except NoKey:
            opened = ()
        return Leased(
            webhook_id=first["id"],
            lease=lease,
            url=first["url"],
            secrets=opened,
            concurrency=first["concurrency"],
            due=[
                Due(
                    number=each["number"],
                    tries=each["tries"],
                    message_id=each["message_id"],
                    body=each["body"],
                )
                for each in rows
                if each["number"] is not None
            ],
        )
