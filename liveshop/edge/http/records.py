"""What goes in and out over HTTP: the classes that parse, and that the OpenAPI document shows."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.commands import Reserve
from liveshop.core.events import Event
from liveshop.core.fields import (
    PLAIN,
    PLAIN_OR_EMPTY,
    PROSE,
    Amount,
    Currency,
    Id,
    Instant,
    Label,
    PaymentUrl,
    Price,
    Quantity,
    Ref,
    Title,
    Units,
    Url,
    Uuid,
)
from liveshop.core.model import (
    ChatMessage,
    OrderStatus,
    PaymentMode,
    Product,
    ReservationState,
    Status,
    Variant,
)
from liveshop.stores.postgres.records import PaymentStatus, RefundReason

PageLimit = Annotated[int, Meta(ge=1, le=limits.PAGE_ITEMS_MAX)]
Sequence = Annotated[int, Meta(ge=0, le=limits.REF_MAX)]


class _Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that is not named here is refused."""


class _Output(Struct, frozen=True, kw_only=True):
    """Clients ignore the fields that they do not know."""


# In: the query


class Nothing(_Input, frozen=True, kw_only=True):
    """No fields at all."""


class Page(_Input, frozen=True, kw_only=True):
    """Which page of a list: `after` is the `next` of the page before."""

    after: Id | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class ProductsPage(Page, frozen=True, kw_only=True):
    """Which page of the catalogue: with `q`, of the products whose words or SKUs begin so."""

    q: Annotated[str, Meta(max_length=limits.SEARCH_CHARS_MAX, pattern=PLAIN_OR_EMPTY)] = ""


class SessionsPage(_Input, frozen=True, kw_only=True):
    """Which page of the sessions: `after` is the `next` of the page before."""

    # The newest come first, so the first page starts below the highest number there is.
    after: Sequence = limits.REF_MAX
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class EventsPage(_Input, frozen=True, kw_only=True):
    """Which page of a session's log: the events with an offset above `after`."""

    after: Annotated[int, Meta(ge=0, le=limits.OFFSET_MAX)] = 0
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class OrdersPage(_Input, frozen=True, kw_only=True):
    """Which orders: with `session`, those that changed since `after`; without, the newest."""

    session: Id | None = None
    after: Sequence = 0
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT

    def __post_init__(self) -> None:
        if self.after and self.session is None:
            raise ValueError("`after` needs `session` beside it")


class PaymentsPage(_Input, frozen=True, kw_only=True):
    """Which payments: those with a `status`, oldest first."""

    status: PaymentStatus = PaymentStatus.REFUND_DUE
    after: Id | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class ActingFor(_Input, frozen=True, kw_only=True):
    """With an API key: the buyer it acts for."""

    viewer_id: Id | None = None


# In: the body


class NewVariant(_Input, frozen=True, kw_only=True):
    """A variant to put into the catalogue."""

    sku: Id
    label: Label
    price: Price
    was: Price | None = None
    stock: Units


class NewProduct(_Input, frozen=True, kw_only=True):
    """A product to put into the catalogue."""

    product_id: Id
    title: Title
    description: Annotated[str, Meta(max_length=limits.DESCRIPTION_CHARS_MAX, pattern=PROSE)] = ""
    image: Url | None = None
    variants: Annotated[
        list[NewVariant], Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX)
    ]

    def __post_init__(self) -> None:
        if len({variant.sku for variant in self.variants}) < len(self.variants):
            raise ValueError("`variants` has one SKU twice")

    def product(self) -> Product:
        """Return the catalogue's record of it."""
        return Product(
            product_id=self.product_id,
            title=self.title,
            description=self.description,
            image=self.image,
            variants=[
                Variant(
                    sku=variant.sku,
                    label=variant.label,
                    price=variant.price,
                    was=variant.was,
                    stock=variant.stock,
                )
                for variant in self.variants
            ],
        )


class NewSession(_Input, frozen=True, kw_only=True):
    """A session to plan: a draft without `starts_at_ms`; `currency` is the server's if left out."""

    title: Title
    starts_at_ms: Instant | None = None
    currency: Currency | None = None
    payment: PaymentMode = "direct"
    hold_ms: Annotated[int, Meta(ge=limits.HOLD_MS_MIN, le=limits.HOLD_MS_MAX)] = (
        limits.HOLD_MS_DEFAULT
    )
    stream_url: Url | None = None
    checkout_url: PaymentUrl | None = None


class NewReservation(_Input, frozen=True, kw_only=True):
    """The command `reserve`; an API key names the buyer it acts for in `viewer_id`."""

    type: Literal["reserve"] = "reserve"
    ref: Ref | None = None
    rid: Uuid
    sku: Id
    quantity: Quantity
    price: Price | None = None
    viewer_id: Id | None = None

    def command(self) -> Reserve:
        """Return it as a socket would have brought it."""
        return Reserve(
            ref=self.ref, rid=self.rid, sku=self.sku, quantity=self.quantity, price=self.price
        )


class NewPayment(_Input, frozen=True, kw_only=True):
    """A payment that the merchant has received for an order, in minor units."""

    payment_id: Id
    amount: Amount


class NewKey(_Input, frozen=True, kw_only=True):
    """An API key to make; `name` says what it is for."""

    name: Annotated[str, Meta(max_length=limits.KEY_NAME_CHARS_MAX, pattern=PLAIN)]


# Out


class ProductList(_Output, frozen=True, kw_only=True):
    """A page of the catalogue."""

    products: list[Product]
    next: str | None


class OnShelf(_Output, frozen=True, kw_only=True):
    """A variant on the shelf; `left` is what can be reserved now."""

    sku: str
    label: str
    price: int
    was: int | None
    limit: int
    left: int


class Shelved(_Output, frozen=True, kw_only=True):
    """A product on the shelf."""

    product_id: str
    title: str
    image: str | None
    variants: list[OnShelf]


class RunningSale(_Output, frozen=True, kw_only=True):
    """A flash sale, running or announced; `left` is null where the SKUs' own units count."""

    product_id: str
    prices: dict[str, int]
    starts_at_ms: int
    ends_at_ms: int
    left: int | None
    limit: int | None


class SessionView(_Output, frozen=True, kw_only=True, tag_field="type", tag="session"):
    """A session as viewers see it, without its chat."""

    offset: int
    now_ms: int
    id: str
    title: str
    status: Status
    starts_at_ms: int | None
    currency: str
    stream_url: str | None
    pinned: list[str]
    shelf: list[Shelved]
    sales: list[RunningSale]
    viewers: int
    likes: int
    buying: bool
    chat_slow_ms: int = 0  # left out where it is 0
    chat_pinned: list[ChatMessage]


class SessionList(_Output, frozen=True, kw_only=True):
    """A page of sessions, the newest first."""

    sessions: list[SessionView]
    next: int | None


class EventList(_Output, frozen=True, kw_only=True):
    """A page of a session's log; poll with `next`."""

    events: list[Event]
    next: int


class Happened(_Output, frozen=True, kw_only=True):
    """The events that a command led to."""

    events: list[Event]


class Reserved(_Output, frozen=True, kw_only=True, tag_field="type", tag="reserved"):
    """A reservation; `state` is there once it is resolved."""

    ref: int | None = None
    rid: str
    sku: str
    quantity: int
    price: int
    expires_at_ms: int
    state: ReservationState | None = None


class Released(_Output, frozen=True, kw_only=True, tag_field="type", tag="released"):
    """A reservation that was given back."""

    rid: str
    sku: str


class LineView(_Output, frozen=True, kw_only=True):
    """One reservation of an order; `price` is for one unit."""

    rid: str
    sku: str
    quantity: int
    price: int


class OrderView(_Output, frozen=True, kw_only=True):
    """An order."""

    order_id: str
    session_id: str
    viewer_id: str
    status: OrderStatus
    lines: list[LineView]
    total: int
    currency: str
    at_ms: int


class OrderList(_Output, frozen=True, kw_only=True):
    """A page of orders; with `session`, poll with `next`, which is null only without it."""

    orders: list[OrderView]
    next: int | None


class PaymentView(_Output, frozen=True, kw_only=True):
    """A payment; `reason` says why the money is to be given back."""

    payment_id: str
    order_id: str
    amount: int
    status: PaymentStatus
    reason: RefundReason | None
    at_ms: int


class PaymentList(_Output, frozen=True, kw_only=True):
    """A page of payments."""

    payments: list[PaymentView]
    next: str | None


class MadeKey(_Output, frozen=True, kw_only=True):
    """An API key: `key` is shown this once."""

    id: str
    name: str
    key: str


class RemovedKey(_Output, frozen=True, kw_only=True):
    """An API key that lets nobody in any more."""

    id: str
    name: str


class Health(_Output, frozen=True, kw_only=True):
    """Alive, or able to serve."""

    status: Literal["alive", "ready"]


class Problem(_Output, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A refusal: `code` is stable, `message` is for people, the rest depends on the code."""

    code: str
    message: str
    limit: int = 0
    left: int = 0
    price: int = 0
    reason: str = ""
    retry_after_ms: int = 0
