"""What the Redis functions are asked with and what they answer."""

from dataclasses import dataclass
from enum import StrEnum

from liveshop.core.errors import LiveshopError
from liveshop.core.model import ChatMessage, PurchaseWord, Reservation, Totals


class UnitsStatus(StrEnum):
    """Whether a call was carried out; unless it is OK, nothing was read into or changed.

    FENCED: Redis may have lost writes (keys missing, another process than at the last rebuild,
    a rebuild under way, an older epoch): rebuild with a new epoch, or wait for who does.
    EPOCH: the caller's epoch is older than Redis': read `stock_epoch` again, then call again.
    STALE (`reserve` alone): Redis' projection is older than the room's: `push`, then call again.
    """

    OK = "ok"
    FENCED = "fenced"
    EPOCH = "epoch"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveLine:
    """One `buy` or `reserve`; `price` is the unit price that the buyer saw, if it was sent."""

    rid: str
    buyer: str
    command: PurchaseWord
    sku: str
    quantity: int
    price: int | None = None


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

    `known`: the same checkout was carried out before; the reservations are as they are by now.
    Otherwise all of them have just become PAYING. `refusal` is NotFound, Conflict or Expired.
    """

    status: UnitsStatus
    now_ms: int
    known: bool = False
    reservations: tuple[Reservation, ...] = ()
    refusal: LiveshopError | None = None


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
    """What `sweep` found: `expired` were HELD and are EXPIRED now, their units free again.

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
    """What became of surviving holds in a rebuild.

    `resolved` are EXPIRED (their deadline had passed) or REFUSED with the code `sold_out` (they
    no longer fit); their buyers are to be told. All others are as they were.
    """

    status: UnitsStatus
    resolved: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGauge:
    """The units of one row as Redis has them: `s<sku>`, or `@<offset>` of a sale with units."""

    row: str
    units: int
    sold: int
    held: int
    version: int

    @property
    def left(self) -> int:
        """Units that can still be reserved; never below 0."""
        return max(self.units - self.sold - self.held, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseReply:
    """The gauges of a session, and what has happened to given reservations.

    It is answered whatever `status` is, since viewers, likes and chat need no rebuild; but
    `rows` and `reservations` are only to be believed when it is OK.
    `plan_offset` is that of the projection, 0 if there is none; `epoch` is Redis', 0 if none.
    `tick` is to be given back in the next pulse: `rows` is None where it has not changed since.
    `chat` are the messages after `chat_after`, oldest first, at most `CHAT_TAIL_MESSAGES`;
    `chat_dropped` counts all that the cap dropped, ever (it may restart at 0 with Redis).
    `reservations` has the asked rids that Redis knows; one that is missing was lost or trimmed.
    """

    status: UnitsStatus
    now_ms: int
    epoch: int
    plan_offset: int
    viewers: int
    nodes: int
    likes: int
    viewers_peak: int
    tick: str
    rows: tuple[RowGauge, ...] | None
    totals: Totals
    chat: tuple[ChatMessage, ...]
    chat_dropped: int
    reservations: dict[str, Reservation]


class SayOutcome(StrEnum):
    """SENT: all see it. MUTED and DROPPED (by the cap): its sender alone is to see it."""

    SENT = "sent"
    DROPPED = "dropped"
    MUTED = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SayReply:
    """The message with its id and instant, and who is to see it."""

    outcome: SayOutcome
    message: ChatMessage
