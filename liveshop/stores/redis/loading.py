"""How a session's units are made good again: in parts, so that Redis serves others in between."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from liveshop.core.limits import LOAD_LINES_PER_CALL_MAX
from liveshop.core.model import Reservation, ReservationState, Row, Totals
from liveshop.stores.redis.packing import Arg, copy_args, outcome_args, unpack_all
from liveshop.stores.redis.unit_records import LoadReply, UnitsStatus

_OPEN = "open"  # what a finished rebuild answers
_SETS = ("paying", "due")


class Loading(ABC):
    """The rebuild's half of `SessionUnits`."""

    @abstractmethod
    async def _call(self, name: str, *args: Arg) -> Any: ...

    async def fence(self, epoch: int) -> UnitsStatus:
        """Begin a rebuild: close the session in Redis and set its epoch.

        `epoch` is the one just raised in Postgres. EPOCH means that a later rebuild was first.
        """
        return UnitsStatus(await self._call("fence", epoch))

    async def survivors(self) -> tuple[Reservation, ...]:
        """Return all HELD and PAYING reservations, between `fence` and `load`.

        Redis may have come back from an old file. Look up in Postgres which of their rids have an
        order line, and which `order_id`s are void. Give those to `load` as `resolved`.
        """
        found: list[Reservation] = []
        for name in _SETS:
            page, first = LOAD_LINES_PER_CALL_MAX, 0
            while page == LOAD_LINES_PER_CALL_MAX:
                args = (name, first, LOAD_LINES_PER_CALL_MAX)
                page, packed = await self._call("survivors", *args)
                found += unpack_all(packed)
                first += page
        return tuple(found)

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

        It goes on with every reservation that survived and still fits. `pending` are the lines of
        pending orders, PAYING and with their `order_id`, those of an order together. They are kept
        in any case, and surviving PAYING ones too. HELD ones that no longer fit are refused, the
        newest first. `resolved` are as in `settle`. `now_ms_min` is the newest instant in Postgres:
        the clock goes on from there. Projection and buyer counts are gone: `push` next, then `copy`
        bought counts in batches. FENCED: `fence` has not been called, or Redis restarted since;
        EPOCH: a later rebuild was first. If it does not come to its end, the session stays closed:
        begin again with a new epoch.
        """
        assert all(line.state is ReservationState.PAYING and line.order_id for line in pending)
        begin = (epoch, now_ms_min)
        gone: list[Reservation] = []
        status = await self._call("refill", *begin, *copy_args(rows, (), totals))
        if status == "ok":
            status = await self._load(begin, resolved, pending)
        for name in _SETS:
            if status == "ok":
                status = await self._keep(begin, name, gone)
        if status == "ok":
            status = await self._call("open", epoch)
        finished = status in ("ok", _OPEN)
        return LoadReply(
            status=UnitsStatus.OK if finished else UnitsStatus(status), resolved=tuple(gone)
        )

    async def _load(
        self,
        begin: tuple[int, int],
        resolved: Sequence[Reservation],
        pending: Sequence[Reservation],
    ) -> str:
        status = "ok"
        orders = [tuple(lines) for _, lines in groupby(pending, key=lambda line: line.order_id)]
        none = outcome_args(())
        parts = [outcome_args(part) + none for part in _parts([(each,) for each in resolved])]
        parts += [none + outcome_args(part) for part in _parts(orders)]
        for args in parts:
            if status == "ok":
                status = await self._call("load", *begin, *args)
        return status

    async def _keep(self, begin: tuple[int, int], name: str, gone: list[Reservation]) -> str:
        status, found, first = "ok", LOAD_LINES_PER_CALL_MAX, 0
        while status == "ok" and found == LOAD_LINES_PER_CALL_MAX:
            args = (*begin, name, first, LOAD_LINES_PER_CALL_MAX)
            status, found, stay, packed = await self._call("keep", *args)
            gone += unpack_all(packed)
            first += stay
        return status


def _parts(
    groups: Sequence[tuple[Reservation, ...]],
) -> Iterator[tuple[Reservation, ...]]:
    """Join groups to parts of about LOAD_LINES_PER_CALL_MAX, none of them torn apart."""
    part: tuple[Reservation, ...] = ()
    for group in groups:
        part += group
        if len(part) >= LOAD_LINES_PER_CALL_MAX:
            yield part
            part = ()
    if part:
        yield part
