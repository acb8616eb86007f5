"""The change feed in PostgreSQL: messages are made of what was committed, and read by number."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import asyncpg

from liveshop.core.failpoint import Failpoint
from liveshop.core.wire import decode_object
from liveshop.features.change_feed.rules import (
    LOOKED_AT_MAX,
    RESTORED,
    STEPS_PER_TURN_MAX,
    Step,
    body_of,
    message_id,
    step_of_event,
    step_of_restore,
    steps_of_order,
)
from liveshop.stores.failpoints import Reach, pass_by
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.orders import orders_of
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("change_feed.sql"))
_SESSIONS_PER_PAGE: Final = 200
# Each has a delivery for each webhook that hears of it, which go with it.
_FORGOTTEN_AT_ONCE_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The outcome of one turn: how many messages were made, and whether there may be more.

    `had` is whether this worker had the turn: otherwise another one has it.
    """

    made: int = 0
    more: bool = False
    had: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A page of messages as they were made; `next` is the number of the last one."""

    bodies: list[bytes]
    next: int


class Feed:
    """The change feed of one database.

    The lock of its one row is held from the reading of a source to the COMMIT of its messages and
    the cursor together. Any number of workers may try: one has the turn, whoever it is.
    """

    def __init__(self, database: Database, *, reach: Reach = pass_by) -> None:
        self._database = database
        self._reach = reach
        # The number of the newest message, and when that was read here.
        self._known: tuple[int, int] = (0, 0)

    async def behind(self, *, everywhere: bool, after: str = "") -> list[str]:
        """Return sessions that have something to tell, some; of all, or of those that are on.

        Ask again `after` the last one: if the first ones were all, those that always have
        something to tell would leave no turn to the others.
        """
        query = _SQL["behind_anywhere" if everywhere else "behind"]
        records = await self._database.fetch(query, _SESSIONS_PER_PAGE, after)
        return [each["id"] for each in records]

    async def follow(self, session_id: str, now_ms: int) -> Turn:
        """Tell what a session has done since it was told last, at most so much in a turn."""
        async with self._turn(now_ms) as held:
            if held is None:
                return Turn(had=False)
            connection = held.connection
            at = await connection.fetchrow(_SQL["position"], session_id)
            if at is None:
                return Turn(made=held.made)
            told, limit = at["told_seq"], STEPS_PER_TURN_MAX
            orders = await connection.fetch(_SQL["orders_after"], session_id, told, limit)
            offset = at["told_offset"]
            events = await connection.fetch(_SQL["events_after"], session_id, offset, limit)
            steps = [*_of_events(session_id, at["shop"], events), *_of(orders, at["shop"], now_ms)]
            await self._write(held, steps, now_ms)
            rest_of_orders = len({each["id"] for each in orders}) == limit
            # Not all numbers are an order's, so that the last of a whole page is behind the head.
            seq = orders[-1]["seq"] if rest_of_orders else max(at["seq"], _last_seq(orders))
            await connection.execute(_SQL["move_cursor"], session_id, seq, offset + len(events))
        if held.made:
            self._reach(Failpoint.AFTER_MESSAGES)
        return Turn(made=held.made, more=rest_of_orders or len(events) == limit)

    async def empty_outbox(self, now_ms: int) -> Turn:
        """Tell what features have told in their transactions."""
        async with self._turn(now_ms) as held:
            if held is None:
                return Turn(had=False)
            records = await held.connection.fetch(_SQL["take_outbox"], STEPS_PER_TURN_MAX)
            await self._write(held, _of_outbox(records), now_ms)
        if held.made:
            self._reach(Failpoint.AFTER_MESSAGES)
        return Turn(made=held.made, more=len(records) == STEPS_PER_TURN_MAX)

    async def forget(self, before_ms: int) -> bool:
        """Delete messages made before an instant, some; return True if there may be more."""
        args = (before_ms, _FORGOTTEN_AT_ONCE_MAX)
        forgotten = await self._database.commit(_SQL["forget"], *args)
        return len(forgotten) == _FORGOTTEN_AT_ONCE_MAX

    async def changes(
        self, after: int, limit: int, *, types: Sequence[str] | None, shop: str | None
    ) -> Changes:
        """Return messages after one, of some types and of one shop if they are given.

        It looks at so many messages at most: otherwise a caller for whom there are few among
        millions would be refused for want of time, again and again.
        """
        filtered = types is not None or shop is not None
        # Read before the page: a message that comes in between is not in the one, nor passed by.
        args = (after, LOOKED_AT_MAX if filtered else limit)
        (reach,) = await self._database.fetch(_SQL["reach"], *args)
        if reach["number"] is None:
            # If PostgreSQL went back to an older copy, a reader may be ahead of the feed: it goes
            # back too, or it would pass by what comes under the numbers that it knows.
            return Changes(bodies=[], next=reach["newest"])
        records = await self._database.fetch(
            _SQL["changes"], after, limit, types, shop, reach["number"]
        )
        following = records[-1]["number"] if len(records) == limit else reach["number"]
        return Changes(bodies=[each["body"] for each in records], next=following)

    @asynccontextmanager
    async def _turn(self, now_ms: int) -> AsyncIterator["_Held | None"]:
        """Lock the feed, and give None if another worker has the turn.

        If the number of its newest message went back, PostgreSQL is an older copy than this worker
        has seen. That is told before everything else.
        """
        async with self._database.transaction() as connection:
            last = await connection.fetchval(_SQL["take_turn"])
            held = None if last is None else _Held(connection=connection, last=last)
            if held is not None and held.last < self._known[0]:
                await self._tell_restored(held, now_ms)
            yield held
        if held is not None:
            self._known = (held.last, now_ms)

    async def _tell_restored(self, held: "_Held", now_ms: int) -> None:
        """Tell that PostgreSQL was restored, unless another worker has told it."""
        known, known_ms = self._known
        found = await held.connection.fetchrow(_SQL["restored"], RESTORED, known_ms)
        if not found["told"]:
            sequence, newest = found["steps"] + 1, held.last
            step = step_of_restore(sequence, newest=newest, known=known, now_ms=now_ms)
            await self._write(held, [step], now_ms)

    async def _write(self, held: "_Held", steps: Sequence[Step], now_ms: int) -> None:
        if not steps:
            return
        told = {each.subject: each.sequence for each in steps if not _is_of_session(each)}
        if told:
            counted = (list(told), list(told.values()))
            await held.connection.execute(_SQL["count_steps"], *counted)
        await held.connection.execute(
            _SQL["insert_messages"],
            *(held.last, now_ms),
            *([message_id(each) for each in steps], [each.type for each in steps]),
            *([each.subject for each in steps], [each.sequence for each in steps]),
            *([each.session_id for each in steps], [each.shop for each in steps]),
            [body_of(each, _instant_text(each.at_ms)) for each in steps],
        )
        held.last += len(steps)
        held.made += len(steps)
        self._reach(Failpoint.BEFORE_MESSAGES)


@dataclass(slots=True, kw_only=True)
class _Held:
    """The lock of the feed: the number of its newest message, and how many were made under it."""

    connection: Connection
    last: int
    made: int = 0


def _is_of_session(step: Step) -> bool:
    return step.subject.startswith("session/")


def _of_events(session_id: str, shop: str | None, records: Sequence[asyncpg.Record]) -> list[Step]:
    return [step_of_event(session_id, shop, decode_object(each["body"])) for each in records]


def _of(records: Sequence[asyncpg.Record], shop: str | None, now_ms: int) -> list[Step]:
    """Return the steps of orders; one that was void from the start was never one to anybody."""
    first: dict[str, Any] = {
        name: next(lines) for name, lines in groupby(records, key=lambda each: each["id"])
    }
    return [
        step
        for order in orders_of(records)
        if first[order.order_id]["was_made"]
        for step in steps_of_order(
            order,
            told=first[order.order_id]["told"],
            shop=shop,
            reason=first[order.order_id]["reason"],
            now_ms=now_ms,
        )
    ]


def _of_outbox(records: Sequence[asyncpg.Record]) -> list[Step]:
    steps: dict[str, int] = {}
    made = []
    for each in records:
        subject = each["subject"]
        steps[subject] = steps.get(subject, each["told"]) + 1
        made.append(
            Step(
                type=each["type"],
                subject=subject,
                sequence=steps[subject],
                at_ms=each["at_ms"],
                session_id=each["session_id"],
                shop=each["shop"],
                data=decode_object(each["data"]),
            )
        )
    return made


def _last_seq(records: Sequence[asyncpg.Record]) -> int:
    return records[-1]["seq"] if records else 0


def _instant_text(at_ms: int) -> str:
    """Write an instant in UTC to the millisecond: 2026-11-30T12:03:41.250Z."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
