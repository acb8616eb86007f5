"""The units of one session: the typed face of the function library."""

from collections.abc import Sequence
from typing import Any

from liveshop.core.limits import (
    BUYER_RESERVATIONS_MAX,
    RESERVE_LINES_PER_CALL_MAX,
    RESOLVED_KEPT_MS,
    SETTLED_KEPT_MS,
    SWEEP_LINES_MAX,
)
from liveshop.core.model import Bought, Charge, Reservation, Row, Totals, charge_rid
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.loading import Loading
from liveshop.stores.redis.packing import (
    SEPARATOR,
    Arg,
    copy_args,
    outcome_args,
    pack_charges,
    pack_more,
    session_keys,
    unpack,
    unpack_all,
)
from liveshop.stores.redis.projection import Projection
from liveshop.stores.redis.refusals import (
    lacking_row,
    line_reply,
    pay_refusal,
    release_refusal,
    take_refusal,
)
from liveshop.stores.redis.unit_records import (
    CartReply,
    PayReply,
    ReleaseReply,
    ReserveLine,
    ReserveReply,
    RowLeft,
    SweepReply,
    TakeReply,
    UnitsStatus,
)


class SessionUnits(Loading):
    """Reserves, pays, releases, settles and rebuilds the units of one session.

    Every method but those of a rebuild is one atomic Redis function. Each may raise Unavailable
    (surely not carried out), OutcomeUnknown (maybe carried out: ask again with the same
    identifiers) or Busy. A method that changes something takes the caller's `epoch`, the session's
    `stock_epoch` in Postgres, and says by a `UnitsStatus` whether it was carried out. A missing
    library is loaded automatically.
    """

    def __init__(self, link: RedisLink, library: Library, session_id: str) -> None:
        self._link = link
        self._library = library
        self._keys = session_keys(session_id)

    async def reserve(self, epoch: int, offset: int, lines: Sequence[ReserveLine]) -> ReserveReply:
        """Set units aside for up to `RESERVE_LINES_PER_CALL_MAX` lines, as if one by one.

        `offset` is the room's: where Redis' projection is older, the status is STALE. Up to
        `SWEEP_LINES_MAX` overdue held reservations are expired first.
        """
        assert len(lines) <= RESERVE_LINES_PER_CALL_MAX
        args: list[Arg] = [epoch, offset, SWEEP_LINES_MAX, BUYER_RESERVATIONS_MAX]
        for line in lines:
            price = "" if line.price is None else line.price
            more = pack_more(line.charges, line.memo)
            word = "hold" if line.waits else line.command
            args += (line.rid, line.buyer, word, line.sku, line.quantity, price, more)
        status, now_ms, answers, expired = await self._call("reserve", *args)
        return ReserveReply(
            status=UnitsStatus(status),
            now_ms=now_ms,
            lines=tuple(map(line_reply, lines, answers)),
            expired=unpack_all(expired),
        )

    async def pay(
        self,
        epoch: int,
        *,
        buyer: str,
        order_id: str,
        rids: Sequence[str],
        charges: Sequence[Charge] = (),
    ) -> PayReply:
        """Make held reservations PAYING in one order, all or none; deadlines stay as they are.

        `rids` are taken as a set, `charges` with them. An order that is known keeps the charges
        that it was made with.
        """
        taken = (charge_rid(order_id), pack_charges(charges))
        reply = await self._call("pay", epoch, buyer, order_id, *taken, *sorted(set(rids)))
        status, now_ms, *answer = reply
        if not answer:
            return PayReply(status=UnitsStatus(status), now_ms=now_ms)
        if len(answer) == 1:
            return PayReply(
                status=UnitsStatus(status),
                now_ms=now_ms,
                refusal=pay_refusal(order_id, answer[0]),
                lacks=lacking_row(answer[0]),
            )
        records = unpack_all(answer[1])
        return PayReply(
            status=UnitsStatus(status),
            now_ms=now_ms,
            known=answer[0] == "known",
            reservations=tuple(each for each in records if each.is_purchase),
            charge=next((each for each in records if not each.is_purchase), None),
            spent=unpack_all(answer[2]),
        )

    async def take(
        self, epoch: int, *, rid: str, buyer: str, charge: Charge, kept_ms: int
    ) -> TakeReply:
        """Hold units of a row for a buyer for `kept_ms`.

        `release` gives them back, and an order of the buyer that takes of the row spends them.
        """
        args = (rid, buyer, kept_ms, pack_charges([charge]), BUYER_RESERVATIONS_MAX)
        status, now_ms, *answer = await self._call("take", epoch, *args)
        if not answer:
            return TakeReply(status=UnitsStatus(status), now_ms=now_ms)
        word, _, rest = answer[0].partition(SEPARATOR)
        if word in ("new", "known"):
            return TakeReply(
                status=UnitsStatus(status),
                now_ms=now_ms,
                known=word == "known",
                take=unpack(rest),
            )
        refusal = take_refusal(charge.row, charge.units, answer[0])
        return TakeReply(status=UnitsStatus(status), now_ms=now_ms, refusal=refusal)

    async def cart(self, buyer: str, rids: Sequence[str], rows: Sequence[str] = ()) -> CartReply:
        """Look up what a buyer would order, and what it may take of rows; changes nothing."""
        records, takes, left = await self._call("cart", buyer, len(rids), *rids, *rows)
        return CartReply(
            reservations=unpack_all(records),
            takes=unpack_all(takes),
            rows={
                row: RowLeft(free=free, counted=counted)
                for row, free, counted in zip(rows, left[::2], left[1::2], strict=True)
            },
        )

    async def release(self, epoch: int, *, buyer: str, rid: str, code: str = "") -> ReleaseReply:
        """Give a HELD reservation or take back; with the `code` of an error it is REFUSED."""
        status, now_ms, *answer = await self._call("release", epoch, buyer, rid, code)
        if not answer:
            return ReleaseReply(status=UnitsStatus(status), now_ms=now_ms)
        word, _, rest = answer[0].partition(SEPARATOR)
        if word in ("new", "known"):
            return ReleaseReply(
                status=UnitsStatus(status),
                now_ms=now_ms,
                known=word == "known",
                reservation=unpack(rest),
            )
        refusal = release_refusal(rid, word, rest)
        return ReleaseReply(status=UnitsStatus(status), now_ms=now_ms, refusal=refusal)

    async def settle(
        self,
        epoch: int,
        outcomes: Sequence[Reservation],
        rows: Sequence[Row] = (),
        bought: Sequence[Bought] = (),
        totals: Totals | None = None,
    ) -> UnitsStatus:
        """Record what Postgres decided about reservations, and copy what it changed, in one.

        Each outcome is SOLD, RELEASED, EXPIRED or REFUSED (with `code`); its `resolved_ms` is
        ignored, Redis' clock sets it. A hold is dropped if there is one; a rid that Redis does not
        know is recorded as resolved. A resolved one stays as it is, except that SOLD replaces
        anything, and brings order and price from Postgres. May be repeated.
        """
        args = outcome_args(outcomes) + copy_args(rows, bought, totals)
        return UnitsStatus(await self._call("settle", epoch, *args))

    async def copy(
        self,
        epoch: int,
        rows: Sequence[Row] = (),
        bought: Sequence[Bought] = (),
        totals: Totals | None = None,
    ) -> UnitsStatus:
        """Copy rows, buyer counts and totals from Postgres; the higher version wins."""
        return UnitsStatus(await self._call("copy", epoch, *copy_args(rows, bought, totals)))

    async def push(
        self, epoch: int, projection: Projection, rows: Sequence[Row] = ()
    ) -> UnitsStatus:
        """Replace the projection if this one's offset is higher, and copy rows.

        OK also where a higher one was there already.
        """
        fields = projection.fields()
        args = (projection.offset, len(fields), *fields, *copy_args(rows))
        return UnitsStatus(await self._call("push", epoch, *args))

    async def move(self, epoch: int, *, sells_offset: int, offset: int) -> UnitsStatus:
        """Move the projection on to `offset`, where nothing after `sells_offset` changes it.

        STALE where Redis has not got the event at `sells_offset` yet: `push` the whole.
        """
        return UnitsStatus(await self._call("move", epoch, sells_offset, offset))

    async def sweep(self, epoch: int, lines_max: int = SWEEP_LINES_MAX) -> SweepReply:
        """Expire overdue held reservations, list overdue paying ones, trim old resolved ones."""
        reply = await self._call("sweep", epoch, lines_max, RESOLVED_KEPT_MS)
        status, now_ms, expired, overdue, trimmed = reply
        return SweepReply(
            status=UnitsStatus(status),
            now_ms=now_ms,
            expired=unpack_all(expired),
            overdue=unpack_all(overdue),
            trimmed=trimmed,
        )

    async def retire(self, epoch: int) -> UnitsStatus:
        """Have a settled session's reservations forgotten in `RESOLVED_KEPT_MS`; idempotent.

        Totals, gauges and chat, which late viewers see, follow `SETTLED_KEPT_MS` after the last
        call. Nothing else gives their memory back.
        """
        args = (RESOLVED_KEPT_MS, SETTLED_KEPT_MS)
        return UnitsStatus(await self._call("retire", epoch, *args))

    async def peek(self, rids: Sequence[str]) -> dict[str, Reservation]:
        """Return those of the reservations that Redis knows."""
        found = unpack_all(await self._call("peek", *rids))
        return {reservation.rid: reservation for reservation in found}

    async def mine(self, *buyers: str) -> tuple[Reservation, ...]:
        """Return the HELD and PAYING reservations of some buyers, and their takes, in one call."""
        return unpack_all(await self._call("mine", *buyers))

    async def _call(self, name: str, *args: Arg) -> Any:
        return await self._library.call(self._link, name, self._keys, *args)
