"""Sessions, their shelves and their events in requests and answers."""

from typing import Annotated, Any

from msgspec import Meta

from liveshop.core import limits
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Currency, Id, Instant, PaymentUrl, PictureUrl, Title, Url
from liveshop.core.model import PaymentMode, Status
from liveshop.core.money import is_currency
from liveshop.core.records import RecordField, extended
from liveshop.edge.http.base_records import Input, Output, PageLimit, Sequence


class SessionsPage(Input, frozen=True, kw_only=True):
    """Which page of the sessions: `after` is the `next` of the page before."""

    # The newest come first, so the first page starts below the highest number there is.
    after: Sequence = limits.REF_MAX
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class EventsPage(Input, frozen=True, kw_only=True):
    """Which page of a session's log: the events with an offset above `after`."""

    after: Annotated[int, Meta(ge=0, le=limits.OFFSET_MAX)] = 0
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class NewSession(Input, frozen=True, kw_only=True):
    """A session to plan: a draft without `starts_at_ms`; `currency` is the server's if left out.

    `shop` is the caller's if left out.
    """

    title: Title
    starts_at_ms: Instant | None = None
    currency: Currency | None = None
    payment: PaymentMode = "direct"
    hold_ms: Annotated[int, Meta(ge=limits.HOLD_MS_MIN, le=limits.HOLD_MS_MAX)] = (
        limits.HOLD_MS_DEFAULT
    )
    stream_url: Url | None = None
    cover_url: PictureUrl | None = None
    checkout_url: PaymentUrl | None = None
    shop: Id | None = None

    def __post_init__(self) -> None:
        if self.currency is not None and not is_currency(self.currency):
            raise ValueError(f"`currency`: {self.currency} is no currency of ISO 4217")


class OnShelf(Output, frozen=True, kw_only=True):
    """A variant on the shelf; `left` is what can be reserved now, `number` stays for good.

    `sold` is true once the last unit was sold, and left out before: until then, it is in carts.
    """

    sku: str
    label: str
    price: int
    was: int | None
    limit: int
    left: int
    number: int
    sold: bool = False


class Shelved(Output, frozen=True, kw_only=True):
    """A product on the shelf; `number` is its place in the order of adding, for good."""

    product_id: str
    title: str
    image: str | None
    variants: list[OnShelf]
    number: int


class RunningSale(Output, frozen=True, kw_only=True):
    """A flash sale, running or announced; `left` is null where the SKUs' own units count."""

    product_id: str
    prices: dict[str, int]
    starts_at_ms: int
    ends_at_ms: int
    left: int | None
    limit: int | None


class SessionView(Output, frozen=True, kw_only=True, tag_field="type", tag="session"):
    """A session as viewers see it, without its chat."""

    offset: int
    now_ms: int
    id: str
    title: str
    status: Status
    starts_at_ms: int | None
    currency: str
    currency_digits: int
    stream_url: str | None
    cover_url: str | None
    pinned: list[str]
    shelf: list[Shelved]
    sales: list[RunningSale]
    viewers: int
    likes: int
    buying: bool


def session_view(vocabulary: Vocabulary) -> Any:
    """Return the record of a session with the fields of features."""
    fields: list[RecordField] = [each for feature in vocabulary.features for each in feature.shown]
    # Told to moderators and above; left out where there is none.
    fields.append(("shop", str | None, None))
    return extended(SessionView, fields)


def session_list(view: Any) -> Any:
    """Return the record of a page of sessions."""
    fields: list[RecordField] = [("sessions", list[view]), ("next", int | None)]
    return extended(Output, fields, name="SessionList", doc="A page of sessions, the newest first.")


def event_list(event: Any) -> Any:
    """Return the record of a page of a log, whose events are of these types."""
    fields: list[RecordField] = [("events", list[event]), ("next", int)]
    doc = "A page of a session's log; ask again with `next`."
    return extended(Output, fields, name="EventList", doc=doc)


def happened(event: Any) -> Any:
    """Return the record of the events that a command led to."""
    doc = "The events that a command led to."
    return extended(Output, [("events", list[event])], name="Happened", doc=doc)
