"""The units of one session: the typed face of the function library."""

from collections.abc import Sequence

from liveshop.core.limits import SWEEP_LINES_MAX
from liveshop.core.model import Bought, Reservation, Row, Totals
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.projection import Projection
from liveshop.stores.redis.records import (
    LoadReply,
    PayReply,
    ReleaseReply,
    ReserveLine,
    ReserveReply,
    SweepReply,
    UnitsStatus,
)


class SessionUnits:
    """Reserves, pays, releases, settles and rebuilds the units of one session.

    Every method is one atomic Redis function, and may raise Unavailable (surely not carried
    out), OutcomeUnknown (maybe carried out: ask again with the same identifiers) or Busy. What
    changes something takes the caller's `epoch`, the session's `stock_epoch` in Postgres, and
    tells by a `UnitsStatus` whether it was carried out. A missing library is loaded by itself.
    """

    def __init__(self, link: RedisLink, library: Library, session_id: str) -> None: ...

    async def reserve(self, epoch: int, offset: int, lines: Sequence[ReserveLine]) -> ReserveReply:
        """Set units aside for up to `RESERVE_LINES_PER_CALL_MAX` lines, as if one by one.

        `offset` is the room's: where Redis' projection is older, the status is STALE. Up to
        `SWEEP_LINES_MAX` overdue held reservations are expired first.
        """
        raise NotImplementedError

    async def pay(self, epoch: int, *, buyer: str, order_id: str, rids: Sequence[str]) -> PayReply:
        """Make held reservations PAYING in one order, all or none; deadlines stay as they are.

        `rids` are taken as a set.
        """
        raise NotImplementedError

    async def release(self, epoch: int, *, buyer: str, rid: str) -> ReleaseReply:
        """Give a HELD reservation back."""
        raise NotImplementedError

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
        ignored, Redis' clock sets it. A hold is dropped if there is one; a rid that Redis does
        not know is recorded as resolved. What is resolved already stays so, except that SOLD
        replaces anything. May be repeated.
        """
        raise NotImplementedError

    async def copy(
        self,
        epoch: int,
        rows: Sequence[Row] = (),
        bought: Sequence[Bought] = (),
        totals: Totals | None = None,
    ) -> UnitsStatus:
        """Copy rows, buyer counts and totals from Postgres; the higher version wins."""
        raise NotImplementedError

    async def push(
        self, epoch: int, projection: Projection, rows: Sequence[Row] = ()
    ) -> UnitsStatus:
        """Replace the projection if this one's offset is higher, and copy rows.

        OK also where a higher one was there already.
        """
        raise NotImplementedError

    async def sweep(self, epoch: int, lines_max: int = SWEEP_LINES_MAX) -> SweepReply:
        """Expire overdue held reservations, list overdue paying ones, trim old resolved ones."""
        raise NotImplementedError

    async def peek(self, rids: Sequence[str]) -> dict[str, Reservation]:
        """Return those of the reservations that Redis knows."""
        raise NotImplementedError

    async def mine(self, buyer: str) -> tuple[Reservation, ...]:
        """Return a buyer's HELD and PAYING reservations."""
        raise NotImplementedError

    async def fence(self, epoch: int) -> UnitsStatus:
        """Begin a rebuild: close the session in Redis and set its epoch.

        `epoch` is the one just raised in Postgres. EPOCH means that a later rebuild was first.
        """
        raise NotImplementedError

    async def survivors(self) -> tuple[Reservation, ...]:
        """Return all HELD and PAYING reservations, between `fence` and `load`.

        Redis may have come back from an old file: look up in Postgres which of their rids have
        an order line (and which `order_id`s are void), and give those to `load` as `resolved`.
        """
        raise NotImplementedError

    async def load(
        self,
        epoch: int,
        *,
        now_ms_min: int,
        rows: Sequence[Row],
        totals: Totals,
        pending: Sequence[Reservation] = (),
        resolved: Sequence[Reservation] = (),
    ) -> LoadReply:
        """Finish a rebuild: replace what Redis has by what Postgres has, and open the session.

        It goes on with every reservation that survived and still fits. `pending` are the lines
        of pending orders, PAYING and with their `order_id`: they are kept in any case, as are
        surviving PAYING ones; HELD ones that no longer fit are refused, the newest first.
        `resolved` are as in `settle`. `now_ms_min` is the newest instant in Postgres: the clock
        goes on from there. Projection and buyer counts are gone: `push` next, then `copy`
        bought counts in batches. FENCED: `fence` has not been called, or Redis restarted since;
        EPOCH: a later rebuild was first.
        """
        raise NotImplementedError
