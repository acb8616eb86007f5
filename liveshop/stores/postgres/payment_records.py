"""Payments that were reported, and what became of the money."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from liveshop.core.model import Order
from liveshop.stores.postgres.order_records import Copies

# Between a shop and an id that was given: no id has a control character.
_SEPARATOR: Final = "\x1f"


def stored_ids(shop: str | None, payment_id: str) -> tuple[str, str]:
    """Return the ids that a shop's payment may be stored under, the first that is its own.

    Each shop has ids of its own, since the providers of two may both count 1, 2, 3. The id as it
    was given is that of whichever shop reported it first. So rows of the release before are found,
    and its nodes find those of this one.
    """
    return payment_id, f"{shop or ''}{_SEPARATOR}{payment_id}"


def given_id(stored_id: str) -> str:
    """Return the id of a payment as the merchant gave it."""
    return stored_id.rpartition(_SEPARATOR)[2]


class PaymentStatus(StrEnum):
    """A payment is RECEIVED, then APPLIED or REFUND_DUE; a refund that is due ends REFUNDED."""

    RECEIVED = "received"
    APPLIED = "applied"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"


class RefundReason(StrEnum):
    """Why money goes back: it did not fit the order, or the order was cancelled since."""

    WRONG_AMOUNT = "wrong_amount"
    SECOND = "second"
    EXPIRED = "expired"
    SOLD_OUT = "sold_out"
    LIMIT = "limit"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that the merchant's backend reported; `reason` says why it is to be given back."""

    payment_id: str
    order_id: str
    amount: int
    status: PaymentStatus
    reason: RefundReason | None
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPage:
    """Payments by id; `next` is the `after` of the next page, None on the last.

    Of one shop that is the last one's id. Of all shops it may have a shop in it.
    """

    payments: list[Payment]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReply:
    """The outcome of a payment: APPLIED and a confirmed order, or REFUND_DUE with its reason.

    `new` is True where this very call decided it. `shop` is that of the order's session.
    """

    payment: Payment
    order: Order
    copies: Copies
    new: bool
    shop: str | None
