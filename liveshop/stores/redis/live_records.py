"""The answers of the functions of a live session: the pulse and the chat."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from liveshop.core.model import ChatMessage, Reservation, Totals
from liveshop.stores.redis.unit_records import UnitsStatus


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

    It is answered whatever `status` is, because viewers, likes and chat need no rebuild. `rows` and
    `reservations` are to be believed only if `status` is OK. `features` are those that all of the
    `nodes` have. `plan_offset` is that of the projection, 0 if there is none; `epoch` is Redis', 0
    if none. `tick` is to be given back in the next pulse: `rows` is None where it has not changed
    since. `chat` are the messages after `chat_after`, oldest first, at most `CHAT_TAIL_MESSAGES`;
    `chat_dropped` counts all that the cap dropped, ever (it may restart at 0 with Redis).
    `reservations` has those of the asked rids that Redis knows; the others were lost or trimmed.
    """

    status: UnitsStatus
    now_ms: int
    epoch: int
    plan_offset: int
    viewers: int
    nodes: int
    features: frozenset[str]
    likes: int
    viewers_peak: int
    tick: str
    rows: tuple[RowGauge, ...] | None
    totals: Totals
    chat: tuple[ChatMessage, ...]
    chat_dropped: int
    reservations: dict[str, Reservation]


class Share(NamedTuple):
    """How much one viewer may say: `burst` messages at once, and one more each `step_ms`."""

    step_ms: int
    burst: int


class SayOutcome(StrEnum):
    """SENT: all see it. MUTED and DROPPED (by the cap): only its sender is to see it."""

    SENT = "sent"
    DROPPED = "dropped"
    MUTED = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SayReply:
    """The message with its id and instant, and who is to see it."""

    outcome: SayOutcome
    message: ChatMessage
