"""Deliveries in PostgreSQL: made of messages, leased by a worker, and marked with their outcome.

Nothing is sent within a transaction. A worker that dies between sending and marking leaves the
delivery waiting: it is sent again, under the same id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from liveshop.features.change_feed import tell
from liveshop.features.people import MasterKeys, NoKey
from liveshop.features.webhooks.rules import (
    DISABLED,
    Fate,
    Outcome,
    State,
    concurrency_after,
    is_to_be_disabled,
)
from liveshop.features.webhooks.store_secrets import WebhookSecrets
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("deliveries.sql"))
_MESSAGES_AT_ONCE_MAX: Final = 100
# Of messages times webhooks: more would take longer than a statement may, time and again.
_DELIVERIES_AT_ONCE_MAX: Final = 50_000
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
    """A webhook that is this worker's until an instant, with what is due.

    `secrets` are none if the key that opens them is lost.
    """

    webhook_id: str
    lease: str
    until_ms: int
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
class Served:
    """A webhook that was sent something, and what came of it."""

    leased: Leased
    tried: Sequence[Tried]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The state of a webhook that was given back: when the next delivery is due, if one is."""

    due_ms: int | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """The counts of a webhook that is given back, in the order of `hand_back`."""

    webhook_id: str
    concurrency: int
    successes: int
    failures: int
    failing_since_ms: int | None


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
            limits = (_MESSAGES_AT_ONCE_MAX, _DELIVERIES_AT_ONCE_MAX)
            (found,) = await connection.fetch(_SQL["newest"], last, *limits)
            upto = found["number"]
            if upto is None:
                return 0, False
            made: int = await connection.fetchval(_SQL["fan_out"], last, upto, now_ms)
            if made:
                await connection.execute(_SQL["park"], last, upto)
            await connection.execute(_SQL["move_cursor"], upto)
        return made, upto < found["newest"]

    async def lease(
        self, limit: int, now_ms: int, *, slow: Collection[str] = (), slow_limit: int = 0
    ) -> list[Leased]:
        """Take the webhooks that are most overdue, for LEASE_MS, with what is due of each.

        Of those that are `slow` there are at most `slow_limit`, besides the others.
        """
        lease, until_ms = uuid4().hex, now_ms + LEASE_MS
        records = await self._database.commit(
            _SQL["lease"], now_ms, until_ms, limit, lease, list(slow), slow_limit
        )
        return [
            self._leased(lease, until_ms, list(rows), now_ms)
            for _, rows in groupby(records, key=lambda each: each["id"])
        ]

    async def mark(self, served: Sequence[Served], now_ms: int) -> dict[str, Marked]:
        """Say what came of tries, and give the webhooks back; return how each then stands.

        A worker that has lost a lease, because it stood still for so long, says only what was
        delivered: another one is trying the rest.
        """
        async with self._database.transaction() as connection:
            ids = [each.leased.webhook_id for each in served]
            rows = {each["id"]: each for each in await connection.fetch(_SQL["lock_leased"], ids)}
            # One that is missing was removed meanwhile.
            there = [each for each in served if each.leased.webhook_id in rows]
            held = [each for each in there if _is_held(each, rows)]
            lost = [_delivered(each) for each in there if not _is_held(each, rows)]
            await self._mark(connection, [*held, *lost], now_ms)
            marked = await self._hand_back(connection, held, rows, now_ms)
            for each in lost:
                if each.tried and rows[each.leased.webhook_id]["lease"] is None:
                    await connection.execute(_SQL["say_when_due"], each.leased.webhook_id)
        return {each: marked.get(each, Marked()) for each in ids}

    async def overview(self, now_ms: int) -> tuple[float, int]:
        """Return how late the most overdue webhook is, in seconds, and how many are given up."""
        (row,) = await self._database.fetch(_SQL["overview"], now_ms)
        return row["lag_ms"] / 1000, row["disabled"]

    async def _mark(self, connection: Connection, served: Sequence[Served], now_ms: int) -> None:
        told = [(each.leased.webhook_id, tried) for each in served for tried in each.tried]
        if not told:
            return
        tries = [tried for _, tried in told]
        await connection.execute(
            _SQL["mark"],
            *(now_ms, [webhook_id for webhook_id, _ in told], [each.number for each in tries]),
            *([each.outcome.fate for each in tries], [each.outcome.next_ms for each in tries]),
            *([each.status for each in tries], [each.took_ms for each in tries]),
            [each.answer for each in tries],
        )

    async def _hand_back(
        self,
        connection: Connection,
        held: Sequence[Served],
        rows: Mapping[str, asyncpg.Record],
        now_ms: int,
    ) -> dict[str, Marked]:
        """Count successes and failures, and give up what has failed for too long."""
        counts = [_counts(each, rows[each.leased.webhook_id], now_ms) for each in held]
        if not counts:
            return {}
        columns = zip(*(astuple(each) for each in counts), strict=True)
        records = await connection.fetch(_SQL["hand_back"], *map(list, columns))
        marked = {each["id"]: Marked(due_ms=each["due_ms"]) for each in records}
        for served, count in zip(held, counts, strict=True):
            gone = any(each.outcome.gone for each in served.tried)
            over = is_to_be_disabled(count.failures, count.failing_since_ms, now_ms)
            if rows[count.webhook_id]["state"] == State.ON and (gone or over):
                await self._give_up(connection, count.webhook_id, gone=gone, now_ms=now_ms)
                marked[count.webhook_id] = Marked(disabled=True)
        return marked

    async def _give_up(
        self, connection: Connection, webhook_id: str, *, gone: bool, now_ms: int
    ) -> None:
        (given_up,) = await connection.fetch(_SQL["disable"], webhook_id)
        # The rest of an address may be a secret of its own, and hosts read messages.
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(given_up["url"]))
        await tell(
            connection,
            subject=f"webhook/{webhook_id}",
            kind=DISABLED,
            at_ms=now_ms,
            data={"webhook_id": webhook_id, "url": origin, "gone": gone},
            shop=given_up["shop"],
        )

    def _leased(
        self, lease: str, until_ms: int, rows: Sequence[asyncpg.Record], now_ms: int
    ) -> Leased:
        first = rows[0]
        try:
            opened = self._secrets.open(first, now_ms)
        except NoKey:
            opened = ()
        return Leased(
            webhook_id=first["id"],
            lease=lease,
            until_ms=until_ms,
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


def _is_held(served: Served, rows: Mapping[str, asyncpg.Record]) -> bool:
    held: bool = rows[served.leased.webhook_id]["lease"] == served.leased.lease
    return held


def _delivered(served: Served) -> Served:
    done = [each for each in served.tried if each.outcome.fate is Fate.DONE]
    return Served(leased=served.leased, tried=done)


def _counts(served: Served, row: asyncpg.Record, now_ms: int) -> _Counts:
    done = sum(each.outcome.fate is Fate.DONE for each in served.tried)
    failed = len(served.tried) - done
    since = None if done else row["failing_since_ms"] or (now_ms if failed else None)
    overloaded = any(each.outcome.overloaded for each in served.tried)
    concurrency, successes = concurrency_after(
        row["concurrency"], row["successes"], done, overloaded=overloaded
    )
    return _Counts(
        webhook_id=served.leased.webhook_id,
        concurrency=concurrency,
        successes=successes,
        failures=failed if done else row["failures"] + failed,
        failing_since_ms=since,
    )
