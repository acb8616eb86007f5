"""The errors of liveshop, which say what is refused, and why.

    LiveshopError
    ├── BadRequest            bad_request     400   a field is missing, unknown or out of range
    ├── Unauthorized          unauthorized    401   no token, or one that is not valid
    │   ├── NotYetValid       unauthorized    401   the token begins later; sockets are told to come
    │   ├── Ended             unauthorized    401   the token has ended
    │   ├── Revoked           unauthorized    401   the token was revoked
    │   └── LivesTooLong      unauthorized    401   a token of the staff may not be good for so long
    ├── Forbidden             forbidden       403   the role is too low
    │   ├── NotAllowed        forbidden       403   the role would do, something else does not
    │   └── Banned            forbidden       403   banned from the session, or from its shop
    ├── NotFound              not_found       404   unknown, not on the shelf, or another buyer's
    │   └── OtherShop         not_found       404   another shop's, which its caller may not touch
    ├── NotLive               not_live        409   buying outside `live`
    ├── SoldOut               sold_out        409   fewer units left than wanted
    ├── LimitReached          limit           409   a per-buyer limit, or a fourth pin
    ├── PriceChanged          price_changed   409   the price is higher than the buyer saw
    │   └── TotalChanged      price_changed   409   the order would cost more than the buyer saw
    ├── Conflict              conflict        409   already so, or not in a state for it
    ├── Expired               expired         410   a deadline has passed
    ├── RateLimited           rate_limited    429   too many commands
    ├── Busy                  busy            503   it would wait too long, or a queue is full
    ├── Unavailable           unavailable     503   a store is away; try again
    │   └── OutcomeUnknown    unavailable     503   the call may or may not have been carried out
    └── InternalError         internal        500   a bug of ours
    BadFrame                  closes with 4501      not a JSON object at all; no answer is possible

Fields in, sentence out: each error makes its own message from its fields, and `code` is stable.
"""

from typing import Any, ClassVar

from liveshop.core.limits import RETRY_AFTER_MS_MIN


class LiveshopError(Exception):
    """A refusal with a stable `code`, an HTTP `status` and the `fields` that clients read."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    # Its message from `code` on, in JSON, once it was written: one refusal may answer thousands.
    written: bytes = b""

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by message and fields: each class has another signature."""
        return _restored, (type(self), self.message, self.fields)

    def as_message(self) -> dict[str, Any]:
        """Return the protocol's `error` message, without `ref`."""
        return {"type": "error", "code": self.code, "message": self.message, **self.fields}


class BadFrame(Exception):
    """The input is not a JSON object in text: over a WebSocket the connection closes with 4501."""


class BadRequest(LiveshopError):
    """A field is missing, unknown, of the wrong type or out of range; `message` names it."""

    code = "bad_request"
    status = 400


class Unauthorized(LiveshopError):
    """The command needs a token, or the given one is not valid."""

    code = "unauthorized"
    status = 401

    def __init__(self, message: str = "this needs a valid token") -> None:
        super().__init__(message)


class NotYetValid(Unauthorized):
    """The token is signed as it should be, and begins later: a passing condition."""

    def __init__(self, *, begins_in_ms: int) -> None:
        super().__init__(f"this token begins in {begins_in_ms} ms")
        self.begins_in_ms = begins_in_ms

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (Unauthorized, self.message, self.fields)


class Ended(Unauthorized):
    """The token is signed as it should be, and has ended."""

    def __init__(self) -> None:
        super().__init__("this token has ended")


class Revoked(Unauthorized):
    """The token was revoked."""

    def __init__(self) -> None:
        super().__init__("this token was revoked")


class LivesTooLong(Unauthorized):
    """The token of one of the staff is good for longer than the operator allows."""

    def __init__(self, life_s_max: int) -> None:
        super().__init__(
            f"LIVESHOP_STAFF_TOKEN_LIFE_MAX_S is {life_s_max}: use a token with an earlier `exp`"
        )


class Forbidden(LiveshopError):
    """The role is too low for the command."""

    code = "forbidden"
    status = 403

    def __init__(self, needed: str) -> None:
        super().__init__(f"this needs the role {needed}")


class NotAllowed(Forbidden):
    """The role would do, but something else about the asker does not."""

    def __init__(self, message: str) -> None:
        LiveshopError.__init__(self, message)


class Banned(NotAllowed):
    """The viewer is banned from the session, or from all shows of its shop."""

    def __init__(self, *, everywhere: bool) -> None:
        place = "the shows of this shop" if everywhere else "this session"
        super().__init__(f"you are banned from {place}")


class NotFound(LiveshopError):
    """Unknown, not on the shelf, or another buyer's."""

    code = "not_found"
    status = 404

    def __init__(self, what: str, which: str) -> None:
        super().__init__(f"there is no {what} {which} here")


class OtherShop(NotFound):
    """There, but in a shop that the caller is not of: to the caller it is not there.

    `shop` is that shop, which the caller is not told.
    """

    shop: str | None = None

    def __init__(self, what: str, which: str, *, shop: str | None) -> None:
        super().__init__(what, which)
        self.shop = shop


class NotLive(LiveshopError):
    """Buying is closed because the session is not live."""

    code = "not_live"
    status = 409

    def __init__(self, session_status: str) -> None:
        super().__init__(f"the session is {session_status}; buying is open only while it is live")


class SoldOut(LiveshopError):
    """Fewer units are left than were requested; `left` says how many."""

    code = "sold_out"
    status = 409

    def __init__(self, sku: str, *, requested: int, left: int) -> None:
        super().__init__(f"{sku} has {left} left, {requested} requested", left=left)


class LimitReached(LiveshopError):
    """A limit is reached; `limit` is its size, `left` what may still be taken."""

    code = "limit"
    status = 409

    def __init__(self, what: str, *, limit: int, left: int, fix: str = "") -> None:
        message = f"{what}: the limit is {limit}, {left} left"
        super().__init__(f"{message}; {fix}" if fix else message, limit=limit, left=left)


class PriceChanged(LiveshopError):
    """The unit price is higher now than the buyer saw; `price` is the price now."""

    code = "price_changed"
    status = 409

    def __init__(self, sku: str, *, price: int) -> None:
        super().__init__(f"the price of {sku} is {price} now", price=price)


class TotalChanged(PriceChanged):
    """An order would cost more than its buyer saw; `total` is what it would cost now."""

    def __init__(self, *, total: int) -> None:
        LiveshopError.__init__(self, f"the order comes to {total} now", total=total)


class Conflict(LiveshopError):
    """Already so, or not in a state for it; `reason` says which."""

    code = "conflict"
    status = 409

    def __init__(self, reason: str) -> None:
        super().__init__(reason, reason=reason)


class Expired(LiveshopError):
    """The deadline has passed."""

    code = "expired"
    status = 410

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} has expired")


class RateLimited(LiveshopError):
    """Too many commands; try again after `retry_after_ms`."""

    code = "rate_limited"
    status = 429

    def __init__(self, *, retry_after_ms: int) -> None:
        super().__init__(
            f"too many commands, try again in {retry_after_ms} ms", retry_after_ms=retry_after_ms
        )


class Busy(LiveshopError):
    """A queue is full or its wait too long; try again after `retry_after_ms`, nothing was done."""

    code = "busy"
    status = 503

    def __init__(
        self,
        message: str = "many are asking right now, try again",
        *,
        retry_after_ms: int = RETRY_AFTER_MS_MIN,
    ) -> None:
        super().__init__(message, retry_after_ms=retry_after_ms)


class Unavailable(LiveshopError):
    """A store is away; the same request may succeed in a moment."""

    code = "unavailable"
    status = 503

    def __init__(self, message: str = "a store is unavailable at the moment, try again") -> None:
        super().__init__(message)


class OutcomeUnknown(Unavailable):
    """The call was sent and never answered: ask again with the same identifiers."""


class InternalError(LiveshopError):
    """A bug of ours; the log has the details, the client has none of them."""

    code = "internal"
    status = 500

    def __init__(self) -> None:
        super().__init__("something went wrong on our side")


def _restored(kind: type[LiveshopError], message: str, fields: dict[str, Any]) -> LiveshopError:
    error = kind.__new__(kind)
    LiveshopError.__init__(error, message, **fields)
    return error


def reason(error: BaseException) -> str:
    """Return in one line why a store does not answer; its own error only says that it does not."""
    return (str(error.__cause__ or error) or "no answer in time").splitlines()[0].rstrip(".")
