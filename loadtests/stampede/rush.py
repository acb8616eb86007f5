"""The purchases of one go, and what became of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rush:
    """The purchases to make: `attempts` of one unit each, the SKUs in turn.

    With a `rate` they are due at so many a second. Without one each buyer sends its next when the
    last has been answered. With a `patience_s` buyers wait for so long only.
    """

    skus: tuple[str, ...]
    attempts: int
    rate: float = 0.0
    seconds_max: float = 60.0  # afterwards nobody waits for answers any longer
    patience_s: float = 0.0


@dataclass
class Outcome:
    """The outcome of a rush; instants are nanoseconds of the monotonic clock.

    Those `served` were confirmed while the buyer still waited, which is always without a patience.
    `busy_ns` is when one was told `busy`: more often than there are in `refused`, since a buyer who
    has given up, or has asked again, is told too.
    """

    began_ns: int
    ended_ns: int
    cpu: float
    sent: int
    unanswered: int
    late_ms: list[float]
    reserved_ms: list[float]
    confirmed_ms: list[float]
    confirmed_ns: list[int]
    reserved_ns: list[int]
    refused: dict[str, int]
    busy_ns: list[int]
    contradicted: int
    lost_connections: int
    served_ms: list[float]
    served_ns: list[int]
    refused_ms: list[float]
    given_up: int
    asked_again: int
