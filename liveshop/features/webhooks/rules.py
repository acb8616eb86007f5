"""The rules of webhooks: when a failed delivery is tried again, and what answers mean."""

import base64
import hmac
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.fields import PLAIN

NAME: Final = "webhooks"
PING: Final = "ping"
DISABLED: Final = "endpoint.disabled"

WEBHOOKS_MAX: Final = 5_000
# One shop among many must not take the places of all.
WEBHOOKS_OF_A_SHOP_MAX: Final = 100
TYPES_MAX: Final = 50
SECRET_BYTES: Final = 24
OLD_SECRET_MS: Final = 86_400_000
REPLAYED_AT_ONCE_MAX: Final = 10_000

# The waits after the first failure, the second, and so on: 75 h 35 min in all.
RETRIES_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
TRIES_MAX: Final = len(RETRIES_S) + 1
JITTER: Final = 0.2
FAILING_MS_MAX: Final = 5 * 86_400_000
FAILURES_MIN: Final = 20

CONCURRENCY_MAX: Final = 8
_SUCCESSES_FOR_MORE: Final = 20
# Of an endpoint, or of what stands before it, that has more than it can do.
_OVERLOADED: Final = frozenset({429, 502, 504})
_ABORT: Final = ("webhook-delivery", "abort-message")
_GONE: Final = 410

Ordering = Literal["none", "subject"]
WebhookUrl = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX, pattern=PLAIN)]


class State(StrEnum):
    """A webhook is ON; OFF if its owner says so, DISABLED once all tries of days have failed."""

    ON = "on"
    OFF = "off"
    DISABLED = "disabled"


class Fate(StrEnum):
    """A delivery is WAITING until it is DONE, DEAD or ABORTED; PARKED while its webhook is off."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    ABORTED = "aborted"
    PARKED = "parked"


# The ends of deliveries that were not taken.
UNDELIVERED: Final = frozenset({Fate.DEAD, Fate.ABORTED, Fate.PARKED})


class Outcome(Struct, frozen=True, kw_only=True):
    """The outcome of one try: what becomes of the delivery, and of its endpoint.

    `next_ms` is when the next try is due, if there is one. `gone` says that the endpoint wants
    nothing more, `overloaded` that it has too much.
    """

    fate: Fate
    next_ms: int = 0
    gone: bool = False
    overloaded: bool = False


def outcome(
    status: int | None,
    headers: dict[str, str],
    *,
    tries: int,
    now_ms: int,
    chance: float,
) -> Outcome:
    """Return what comes of a try: the one numbered `tries`, from 1 on.

    `status` is None without an answer, `chance` a number from 0 to 1 that spreads retries.
    """
    if status is not None and 200 <= status < 300:
        return Outcome(fate=Fate.DONE)
    if status == _GONE:
        return Outcome(fate=Fate.PARKED, gone=True)
    overloaded = status in _OVERLOADED
    if headers.get(_ABORT[0], "").strip().lower() == _ABORT[1]:
        return Outcome(fate=Fate.ABORTED, overloaded=overloaded)
    if tries >= TRIES_MAX:
        return Outcome(fate=Fate.DEAD, overloaded=overloaded)
    wait_ms = _wait_ms(tries, headers.get("retry-after", ""), chance)
    return Outcome(fate=Fate.WAITING, next_ms=now_ms + wait_ms, overloaded=overloaded)


def _wait_ms(tries: int, retry_after: str, chance: float) -> int:
    """Return the wait after a failed try; the receiver may ask for more, up to the next step."""
    step_s = RETRIES_S[tries - 1]
    spread_ms = round(step_s * 1000 * (1 + JITTER * (2 * chance - 1)))
    longest_s = RETRIES_S[min(tries, len(RETRIES_S) - 1)]
    asked = retry_after.strip()
    asked_s = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
    return max(spread_ms, min(asked_s, longest_s) * 1000)


def is_to_be_disabled(failures: int, failing_since_ms: int | None, now_ms: int) -> bool:
    """Return True if an endpoint has failed for so long that it is given up."""
    if failing_since_ms is None or failures < FAILURES_MIN:
        return False
    return now_ms - failing_since_ms >= FAILING_MS_MAX


def concurrency_after(now: int, successes: int, more: int, *, overloaded: bool) -> tuple[int, int]:
    """Return how many requests at once an endpoint gets, and its successes since that changed."""
    if overloaded:
        return max(1, now // 2), 0
    successes += more
    raised = min(CONCURRENCY_MAX, now + successes // _SUCCESSES_FOR_MORE)
    return raised, successes % _SUCCESSES_FOR_MORE


def shown_secret(secret: bytes) -> str:
    """Write a secret as receivers are given it."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def signature(secrets: tuple[bytes, ...], message_id: str, timestamp_s: int, body: bytes) -> str:
    """Sign a message with each secret, as Standard Webhooks 1.0 has it."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp_s, body)
    digests = (hmac.digest(each, signed, sha256) for each in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests)
