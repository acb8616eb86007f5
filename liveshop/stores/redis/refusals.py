"""The words of the Lua functions, told as the errors of the core."""

from liveshop.core.errors import (
    Conflict,
    Expired,
    LimitReached,
    LiveshopError,
    NotFound,
    NotLive,
    PriceChanged,
    RateLimited,
    SoldOut,
)
from liveshop.stores.redis.packing import SEPARATOR, unpack
from liveshop.stores.redis.unit_records import LineReply, ReserveLine


def line_reply(line: ReserveLine, answer: str) -> LineReply:
    """Return what `reserve` answered to a line."""
    word, _, rest = answer.partition(SEPARATOR)
    if word in ("new", "known"):
        return LineReply(reservation=unpack(rest), known=word == "known")
    return LineReply(refusal=_line_refusal(line, word, rest.split(SEPARATOR)))


def _line_refusal(line: ReserveLine, word: str, details: list[str]) -> LiveshopError:
    match word, details:
        case "conflict", _:
            return Conflict("this rid was used with other arguments")
        case "rate_limited", [wait_ms]:
            return RateLimited(retry_after_ms=int(wait_ms))
        case "not_live", [status]:
            return NotLive(status)
        case "not_found", _:
            return NotFound("product", line.sku)
        case "price_changed", [price]:
            return PriceChanged(line.sku, price=int(price))
        case "limit", [which, limit, left]:
            return LimitReached(
                _LIMITS[which].format(sku=line.sku), limit=int(limit), left=int(left)
            )
        case "sold_out", [left]:
            return SoldOut(line.sku, requested=line.quantity, left=int(left))
        case (("charge_limit" | "lacks"), _):
            return _charge_refusal(word, details)
    raise AssertionError((word, details))


_LIMITS = {
    "sku": "{sku} for one buyer",
    "sale": "{sku} at the sale's price for one buyer",
    "open": "open reservations of one buyer",
    "void": "ordered reservations of one buyer that ended unsold within a day",
}


def _charge_refusal(word: str, details: list[str]) -> LiveshopError:
    row, number, left = details
    if word == "lacks":
        return SoldOut(row, requested=int(number), left=int(left))
    return LimitReached(f"{row} for one buyer", limit=int(number), left=int(left))


def lacking_row(answer: str) -> str | None:
    """Return which row of a charge has too few units, or for this buyer, for `pay` to take."""
    word, _, details = answer.partition(SEPARATOR)
    return details.partition(SEPARATOR)[0] if word in ("lacks", "charge_limit") else None


def take_refusal(row: str, units: int, answer: str) -> LiveshopError:
    """Return why `take` took nothing."""
    word, _, rest = answer.partition(SEPARATOR)
    details = rest.split(SEPARATOR)
    match word, details:
        case (("charge_limit" | "lacks"), _):
            return _charge_refusal(word, details)
        case "conflict", _:
            return Conflict("this rid was used with other arguments")
        case "rate_limited", [wait_ms]:
            return RateLimited(retry_after_ms=int(wait_ms))
        case "limit", [which, limit, left]:
            return LimitReached(_LIMITS[which], limit=int(limit), left=int(left))
    raise AssertionError((row, units, answer))


def pay_refusal(order_id: str, answer: str) -> LiveshopError:
    """Return why `pay` changed nothing."""
    word, _, which = answer.partition(SEPARATOR)
    match word:
        case "charge_limit" | "lacks":
            return _charge_refusal(word, which.split(SEPARATOR))
        case "not_found":
            return NotFound("reservation", which)
        case "expired":
            return Expired(f"reservation {which}")
        case "conflict" if which == order_id:
            return Conflict(f"order {order_id} was made from other reservations")
        case "conflict":
            return Conflict(f"reservation {which} is in another order")
    raise AssertionError(answer)


def release_refusal(rid: str, word: str, state: str) -> LiveshopError:
    """Return why `release` changed nothing."""
    match word:
        case "not_found":
            return NotFound("reservation", rid)
        case "expired":
            return Expired(f"reservation {rid}")
        case "conflict":
            return Conflict(f"reservation {rid} is {state}")
    raise AssertionError((word, state))
