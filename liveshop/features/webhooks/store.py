"""Webhooks in PostgreSQL, as their owners make and read them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.errors import Conflict, LimitReached, NotFound
from liveshop.features.change_feed import tell
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import (
    OLD_SECRET_MS,
    PING,
    REPLAYED_AT_ONCE_MAX,
    SECRET_BYTES,
    UNDELIVERED,
    WEBHOOKS_MAX,
    WEBHOOKS_OF_A_SHOP_MAX,
    Fate,
    Ordering,
    State,
)
from liveshop.features.webhooks.store_secrets import WebhookSecrets
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.postgres.shops import Owner

_SQL: Final = load_queries(Path(__file__).with_name("webhooks.sql"))
_DUE: Final = load_queries(Path(__file__).with_name("deliveries.sql"))["say_when_due"]
_ID_BYTES: Final = 8
_SEALED_AT_ONCE_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The part of a webhook that its owner says: where it is, and what it hears of."""

    url: str
    types: Sequence[str]
    session_id: str | None
    ordering: Ordering
    state: State = State.ON


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook, and how it fares; counts are up to 10,000."""

    webhook_id: str
    shop: str | None
    wanted: Wanted
    created_ms: int
    failures: int
    failing_since_ms: int | None
    waiting: int
    dead: int
    parked: int
    waiting_since_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message to a webhook, and what came of its last try."""

    number: int
    message_id: str
    type: str
    subject: str
    state: Fate
    tries: int
    next_ms: int
    tried_ms: int | None
    status: int | None
    took_ms: int | None
    answer: str | None


class Webhooks:
    """The webhooks of one database."""

    def __init__(self, database: Database, keys: MasterKeys) -> None:
        self._database = database
        self._secrets = WebhookSecrets(keys)

    async def make(self, wanted: Wanted, *, shop: str | None, now_ms: int) -> tuple[str, bytes]:
        """Make a webhook and ping it; return its id and its secret, which is not shown again.

        Raises LimitReached, and Conflict where nothing could be sealed.
        """
        webhook_id = f"wh_{secrets.token_hex(_ID_BYTES)}"
        secret = secrets.token_bytes(SECRET_BYTES)
        sealed = self._secrets.seal(webhook_id, secret)
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["one_at_a_time"])
            (count,) = await connection.fetch(_SQL["count"], shop)
            for limit, there in ((WEBHOOKS_MAX, "whole"), (WEBHOOKS_OF_A_SHOP_MAX, "own")):
                if count[there] >= limit:
                    raise LimitReached("webhooks", limit=limit, left=0)
            await connection.execute(
                _SQL["create"],
                *(webhook_id, shop, wanted.url, list(wanted.types), wanted.session_id),
                *(wanted.ordering, now_ms, sealed.master, sealed.key, sealed.content),
            )
            await _ping(connection, webhook_id, shop, now_ms)
        return webhook_id, secret

    async def page(self, *, shop: str | None, after: str, limit: int) -> list[Webhook]:
        """Return webhooks by their ids, of one shop or of all."""
        records = await self._database.fetch(_SQL["read"], shop, after, limit, None)
        return [_webhook(each) for each in records]

    async def get(self, webhook_id: str) -> Webhook:
        """Return a webhook; raises NotFound."""
        records = await self._database.fetch(_SQL["read"], None, "", 1, webhook_id)
        if not records:
            raise NotFound("webhook", webhook_id)
        return _webhook(records[0])

    async def owner(self, webhook_id: str) -> Owner | None:
        """Find the shop that a webhook belongs to; None where there is no such webhook."""
        record = await self._database.fetchrow(_SQL["owner"], webhook_id)
        return None if record is None else Owner(record["shop"])

    async def change(self, webhook_id: str, wanted: Wanted) -> None:
        """Replace what its owner says of a webhook; raises NotFound."""
        async with self._database.transaction() as connection:
            await _lock(connection, webhook_id)
            await connection.execute(
                _SQL["change"],
                *(webhook_id, wanted.url, list(wanted.types), wanted.session_id),
                *(wanted.ordering, wanted.state),
            )
            await connection.execute(_DUE, webhook_id)

    async def remove(self, webhook_id: str) -> None:
        """Remove a webhook, and all that waits for it."""
        await self._database.commit(_SQL["remove"], webhook_id)

    async def rotate(self, webhook_id: str, now_ms: int) -> bytes:
        """Give a webhook a new secret; the old one signs too for a day. Raises NotFound."""
        secret = secrets.token_bytes(SECRET_BYTES)
        sealed = self._secrets.seal(webhook_id, secret)
        async with self._database.transaction() as connection:
            await _lock(connection, webhook_id)
            args = (sealed.master, sealed.key, sealed.content, now_ms + OLD_SECRET_MS)
            await connection.execute(_SQL["rotate"], webhook_id, *args)
        return secret

    async def ping(self, webhook_id: str, now_ms: int) -> str:
        """Have a webhook pinged; return the subject by which `tried` finds what came of it.

        Raises NotFound, and Conflict for one that is not on.
        """
        async with self._database.transaction() as connection:
            found = await _lock(connection, webhook_id)
            if found["state"] != State.ON:
                raise Conflict(f"the webhook is {found['state']}: put its `state` to `on` first")
            return await _ping(connection, webhook_id, found["shop"], now_ms)

    async def tried(self, webhook_id: str, subject: str) -> Delivery | None:
        """Return the delivery of a ping once it was tried."""
        record = await self._database.fetchrow(_SQL["tried"], webhook_id, subject)
        return None if record is None else _delivery(record)

    async def deliveries(
        self, webhook_id: str, *, before: int | None, limit: int, state: Fate | None
    ) -> list[Delivery]:
        """Return deliveries, the newest first."""
        query = _SQL["undelivered" if state in UNDELIVERED else "deliveries"]
        records = await self._database.fetch(query, webhook_id, before, limit, state)
        return [_delivery(each) for each in records]

    async def replay(
        self,
        webhook_id: str,
        *,
        from_ms: int,
        to_ms: int,
        states: Sequence[Fate],
        types: Sequence[str] | None,
        now_ms: int,
        after: int = 0,
    ) -> tuple[int, int | None]:
        """Have deliveries made again, under the same ids; return how many.

        At most REPLAYED_AT_ONCE_MAX, from the oldest `after` a number on. If there may be more, the
        number of the last one is returned too: those that are done by then are not sent again.
        Raises NotFound.
        """
        async with self._database.transaction() as connection:
            await _lock(connection, webhook_id)
            again = await connection.fetch(
                _SQL["replay"],
                *(webhook_id, from_ms, to_ms, list(states), types, now_ms, REPLAYED_AT_ONCE_MAX),
                after,
            )
            await connection.execute(_DUE, webhook_id)
        more = len(again) == REPLAYED_AT_ONCE_MAX
        return len(again), max(each["number"] for each in again) if more else None

    async def wrap_again(self) -> tuple[int, int]:
        """Put the secrets that are under another than the current master key under that.

        Returns of how many webhooks, and of how many the key is lost.
        """
        done, lost, after = 0, 0, ""
        current = self._secrets.current
        while records := await self._database.fetch(
            _SQL["under_others"], current, after, _SEALED_AT_ONCE_MAX
        ):
            for each in records:
                new = self._secrets.wrap_again(each)
                if new is None:
                    lost += 1
                    continue
                await self._database.commit(_SQL["sealed_again"], each["id"], *new)
                done += 1
            after = records[-1]["id"]
        return done, lost


async def _lock(connection: Connection, webhook_id: str) -> asyncpg.Record:
    found = await connection.fetchrow(_SQL["lock"], webhook_id)
    if found is None:
        raise NotFound("webhook", webhook_id)
    return found


async def _ping(connection: Connection, webhook_id: str, shop: str | None, now_ms: int) -> str:
    subject = f"webhook/{webhook_id}/{secrets.token_hex(_ID_BYTES)}"
    data = {"webhook_id": webhook_id}
    await tell(connection, subject=subject, kind=PING, at_ms=now_ms, data=data, shop=shop)
    return subject


def _webhook(record: asyncpg.Record) -> Webhook:
    return Webhook(
        webhook_id=record["id"],
        shop=record["shop"],
        wanted=Wanted(
            url=record["url"],
            types=record["types"],
            session_id=record["session_id"],
            ordering=record["ordering"],
            state=State(record["state"]),
        ),
        created_ms=record["created_ms"],
        failures=record["failures"],
        failing_since_ms=record["failing_since_ms"],
        waiting=record["waiting"],
        dead=record["dead"],
        parked=record["parked"],
        waiting_since_ms=record["waiting_since_ms"],
    )


def _delivery(record: asyncpg.Record) -> Delivery:
    return Delivery(
        number=record["number"],
        message_id=record["message_id"],
        type=record["type"],
        subject=record["subject"],
        state=Fate(record["state"]),
        tries=record["tries"],
        next_ms=record["next_ms"],
        tried_ms=record["tried_ms"],
        status=record["status"],
        took_ms=record["took_ms"],
        answer=record["answer"],
    )
