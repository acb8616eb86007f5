"""The records of sessions in PostgreSQL: how far each is, and what Redis is rebuilt from."""

from dataclasses import dataclass

from liveshop.core.model import Order, Row, Status
from liveshop.core.session import SessionInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session as Postgres has it; `number` is its place in the order of creation."""

    info: SessionInfo
    status: Status
    head_offset: int
    stock_epoch: int
    settled: bool
    created_ms: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """Sessions, newest first; `next` is the `after` of the next page, None on the last."""

    sessions: list[SessionRecord]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a session is, to be compared with what a room believes; `seq` is its totals'."""

    offset: int
    epoch: int
    settled: bool
    seq: int

    def is_behind(self, known: "Head") -> bool:
        """Return True if Postgres was further before: it is an older copy now."""
        return (
            self.offset < known.offset
            or self.epoch < known.epoch
            or self.seq < known.seq
            or self.settled < known.settled
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """The data that a session's Redis keys are made of again, read as the epoch was raised.

    `pending` are the orders that wait for their money.
    """

    epoch: int
    rows: list[Row]
    pending: list[Order]
    newest_ms: int
