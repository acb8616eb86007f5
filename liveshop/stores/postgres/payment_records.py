"""Payments that were reported, and what became of the money."""

from dataclasses import dataclass
from enum import StrEnum

from liveshop.core.model import Order
from liveshop.stores.postgres.order_records import Copies


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
    """Payments by id; `next` is the `after` of the next page, None on the last."""

    payments: list[Payment]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReply:
    """The outcome of a payment: APPLIED and a confirmed order, or REFUND_DUE with its reason.

    `new` is True where this very call decided it.
    """

    payment: Payment
    order: Order
    copies: Copies
    new: bool
