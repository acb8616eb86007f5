"""Orders and the payments for them in requests and answers."""

from msgspec import field

from liveshop.core import limits
from liveshop.core.fields import Amount, Id, ListAfter, Uuid
from liveshop.core.model import OrderStatus
from liveshop.core.pricing.price import Reason
from liveshop.edge.http.base_records import Input, Output, PageLimit, Sequence
from liveshop.stores.postgres.payment_records import PaymentStatus, RefundReason


class OrdersPage(Input, frozen=True, kw_only=True):
    """Which orders: with `session`, those that changed since `after`; without, the newest."""

    session: Id | None = None
    after: Sequence = 0
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT

    def __post_init__(self) -> None:
        if self.after and self.session is None:
            raise ValueError("`after` needs `session`")


class PaymentsPage(Input, frozen=True, kw_only=True):
    """Which payments: those with a `status`, by their ids."""

    status: PaymentStatus = PaymentStatus.REFUND_DUE
    after: ListAfter | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class RefundedPayment(Input, frozen=True, kw_only=True):
    """The order of a payment, which tells apart those of several shops with the same id."""

    order: Uuid | None = None


class NewPayment(Input, frozen=True, kw_only=True):
    """A payment that the merchant has received for an order, in minor units."""

    payment_id: Id
    amount: Amount


class LineView(Output, frozen=True, kw_only=True):
    """One reservation of an order; `price` is for one unit.

    `final` is the whole line's by the offers of the order, left out if it has none.
    """

    rid: str
    sku: str
    quantity: int
    price: int
    final: int | None = None


class OrderView(Output, frozen=True, kw_only=True):
    """An order; `name` is that of its buyer, null unless it is kept.

    `why` has a reason for all of its total that is not price * quantity; left out without one.
    """

    order_id: str
    session_id: str
    viewer_id: str
    status: OrderStatus
    lines: list[LineView]
    total: int
    currency: str
    at_ms: int
    name: str | None = None
    why: list[Reason] = field(default_factory=list)


class OrderList(Output, frozen=True, kw_only=True):
    """A page of orders; with `session`, ask again with `next`, which is null only without it."""

    orders: list[OrderView]
    next: int | None


class PaymentView(Output, frozen=True, kw_only=True):
    """A payment; `reason` says why the money is to be given back."""

    payment_id: str
    order_id: str
    amount: int
    status: PaymentStatus
    reason: RefundReason | None
    at_ms: int


class PaymentList(Output, frozen=True, kw_only=True):
    """A page of payments."""

    payments: list[PaymentView]
    next: str | None
