"""The arguments and answers of the functions of units: reservations, deadlines, loads."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from liveshop.core.errors import LiveshopError
from liveshop.core.model import Charge, PurchaseWord, Reservation


class UnitsStatus(StrEnum):
    """Whether a call was carried out; unless it is OK, nothing was read into or changed.

    FENCED: Redis may have lost writes (keys missing, another process than at the last rebuild,
    a rebuild under way, an older epoch). Rebuild with a new epoch, or wait for the node that does.
    EPOCH: the caller's epoch is older than Redis': read `stock_epoch` again, then call again.
    STALE (`reserve` and `move`): Redis' projection is older than the session's: `push`, then call
    again.
    """

    OK = "ok"
    FENCED = "fenced"
    EPOCH = "epoch"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveLine:
    """One `buy` or `reserve`; `price` is the unit price that the buyer saw, if it was sent.

    `charges` are held with the units, all or none. Neither they nor the `memo` tell a replay from
    another purchase: those of the first stay. A `buy` that `waits` is HELD until `pay` orders it
    under its rid.
    """

    rid: str
    buyer: str
    command: PurchaseWord
    sku: str
    quantity: int
    price: int | None = None
    charges: tuple[Charge, ...] = ()
    memo: str | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReply:
    """The answer to one line: a reservation, or the reason why there is none.

    `known`: the rid was reserved before with the same arguments, and `reservation` is the stored
    one in whatever state it is by now. Otherwise a reservation is new: PAYING with the rid as
    its `order_id` for `buy`, HELD for `reserve`. A refusal binds nothing: Conflict (the rid has
    other arguments), RateLimited (the buyer, over all its connections), NotLive, NotFound,
    PriceChanged, LimitReached or SoldOut.
    """

    reservation: Reservation | None = None
    known: bool = False
    refusal: LiveshopError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveReply:
    """One `LineReply` for each line in its order, and the held ones that the call expired.

    `lines` and `expired` are empty unless `status` is OK; `expired` buyers are to be told.
    """

    status: UnitsStatus
    now_ms: int
    lines: tuple[LineReply, ...]
    expired: tuple[Reservation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayReply:
    """All the reservations of an order, PAYING, or the reason why none has changed.

    `known`: the same checkout was carried out before; the reservations are as they are by now, and
    `charge` is what was taken besides them then. Otherwise all of them have just become PAYING, and
    `spent` are the buyer's takes that the charges took over. `refusal` is NotFound, Conflict,
    Expired, or for a charge LimitReached or SoldOut; `lacks` is the row that has too few units, in
    all or for this buyer.
    """

    status: UnitsStatus
    now_ms: int
    known: bool = False
    reservations: tuple[Reservation, ...] = ()
    charge: Reservation | None = None
    refusal: LiveshopError | None = None
    lacks: str | None = None
    spent: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReply:
    """A take, HELD, or the reason why there is none.

    `known`: it was made before, and is in whatever state it is by now. `refusal` is Conflict,
    RateLimited, LimitReached or SoldOut.
    """

    status: UnitsStatus
    now_ms: int
    known: bool = False
    take: Reservation | None = None
    refusal: LiveshopError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLeft:
    """The rest of a row for a buyer: `free` units, and `counted` ones for its limit.

    Units that the buyer has taken are free, and do not count.
    """

    free: int
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CartReply:
    """The reservations that Redis knows, their buyer's takes that are held, and what rows have."""

    reservations: tuple[Reservation, ...]
    takes: tuple[Reservation, ...]
    rows: Mapping[str, RowLeft]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReply:
    """The reservation, RELEASED, or the reason why it has not changed.

    `known`: it was released before. `refusal` is NotFound, Conflict (PAYING or SOLD) or Expired.
    """

    status: UnitsStatus
    now_ms: int
    known: bool = False
    reservation: Reservation | None = None
    refusal: LiveshopError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReply:
    """The result of `sweep`: `expired` were HELD and are EXPIRED now, their units free again.

    `overdue` are PAYING past their deadline and unchanged: Postgres decides what became of them
    (void, or confirmed), then `settle`. `trimmed` counts the resolved ones that were forgotten;
    if there were as many as asked for, there may be more of each.
    """

    status: UnitsStatus
    now_ms: int
    expired: tuple[Reservation, ...] = ()
    overdue: tuple[Reservation, ...] = ()
    trimmed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReply:
    """The outcome of surviving holds in a rebuild.

    `resolved` are EXPIRED (their deadline had passed) or REFUSED with the code `sold_out` (they
    no longer fit); their buyers are to be told. All others are as they were.
    """

    status: UnitsStatus
    resolved: tuple[Reservation, ...] = ()
