"""Webhooks in requests and answers."""

from typing import Annotated

from msgspec import Meta, field

from liveshop.core import limits
from liveshop.core.fields import Id, Instant
from liveshop.edge.http.base_records import Input, Output, PageLimit, Sequence
from liveshop.features.change_feed import TypePattern
from liveshop.features.webhooks.rules import (
    TYPES_MAX,
    Fate,
    Ordering,
    State,
    WebhookUrl,
    shown_secret,
)
from liveshop.features.webhooks.store import Delivery, Wanted, Webhook

_States = Annotated[list[Fate], Meta(min_length=1, max_length=len(Fate))]
_Types = Annotated[list[TypePattern], Meta(min_length=1, max_length=TYPES_MAX)]


class NewWebhook(Input, frozen=True, kw_only=True):
    """A webhook to make: `types` are types of messages, `order.*`, or `*` for all."""

    url: WebhookUrl
    types: _Types
    session_id: Id | None = None
    ordering: Ordering = "none"
    shop: Id | None = None

    def wanted(self) -> Wanted:
        """Return it as it is stored."""
        return Wanted(
            url=self.url, types=self.types, session_id=self.session_id, ordering=self.ordering
        )


class ChangedWebhook(Input, frozen=True, kw_only=True):
    """A webhook as it is to be from now on."""

    url: WebhookUrl
    types: _Types
    session_id: Id | None = None
    ordering: Ordering = "none"
    state: State = State.ON

    def __post_init__(self) -> None:
        if self.state is State.DISABLED:
            raise ValueError("`state` is on or off")

    def wanted(self) -> Wanted:
        """Return it as it is stored."""
        return Wanted(
            url=self.url,
            types=self.types,
            session_id=self.session_id,
            ordering=self.ordering,
            state=self.state,
        )


class MadeWebhook(Output, frozen=True, kw_only=True):
    """A webhook: `secret` is shown this once."""

    id: str
    secret: str

    @classmethod
    def of(cls, webhook_id: str, secret: bytes) -> "MadeWebhook":
        """Return a webhook with the secret that its owner is given."""
        return cls(id=webhook_id, secret=shown_secret(secret))


class WebhookView(Output, frozen=True, kw_only=True):
    """A webhook without its secret. `waiting`, `dead` and `parked` count up to 10,000 in all."""

    id: str
    url: str
    types: list[str]
    session_id: str | None
    ordering: Ordering
    shop: str | None
    state: State
    created_at_ms: int
    failures: int
    failing_since_ms: int | None
    waiting: int
    waiting_since_ms: int | None
    dead: int
    parked: int

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookView":
        """Return a webhook as it is shown."""
        wanted = webhook.wanted
        return cls(
            id=webhook.webhook_id,
            url=wanted.url,
            types=list(wanted.types),
            session_id=wanted.session_id,
            ordering=wanted.ordering,
            shop=webhook.shop,
            state=wanted.state,
            created_at_ms=webhook.created_ms,
            failures=webhook.failures,
            failing_since_ms=webhook.failing_since_ms,
            waiting=webhook.waiting,
            waiting_since_ms=webhook.waiting_since_ms,
            dead=webhook.dead,
            parked=webhook.parked,
        )


class WebhookList(Output, frozen=True, kw_only=True):
    """A page of webhooks."""

    webhooks: list[WebhookView]
    next: str | None


class RemovedWebhook(Output, frozen=True, kw_only=True):
    """A webhook that hears of nothing any longer."""

    id: str


class DeliveriesPage(Input, frozen=True, kw_only=True):
    """Which deliveries: the newest first, before a `next`; in one state or in any."""

    before: Sequence | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT
    state: Fate | None = None


class DeliveryView(Output, frozen=True, kw_only=True):
    """A message to a webhook and the outcome of its last try; `answer` is the begin of a body.

    Without an answer `status` is null, and `answer` says why.
    """

    number: int
    message_id: str
    type: str
    subject: str
    state: Fate
    tries: int
    next_at_ms: int | None
    tried_at_ms: int | None
    status: int | None
    took_ms: int | None
    answer: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryView":
        """Return a delivery as it is shown."""
        return cls(
            number=delivery.number,
            message_id=delivery.message_id,
            type=delivery.type,
            subject=delivery.subject,
            state=delivery.state,
            tries=delivery.tries,
            next_at_ms=delivery.next_ms if delivery.state is Fate.WAITING else None,
            tried_at_ms=delivery.tried_ms,
            status=delivery.status,
            took_ms=delivery.took_ms,
            answer=delivery.answer,
        )


class DeliveryList(Output, frozen=True, kw_only=True):
    """A page of deliveries."""

    deliveries: list[DeliveryView]
    next: int | None


class Replay(Input, frozen=True, kw_only=True):
    """Which deliveries are made again: of messages that were made from an instant on.

    `after` is the `next` of an answer.
    """

    after: Sequence = 0
    from_ms: Instant = 0
    to_ms: Instant = limits.INSTANT_MS_MAX
    states: _States = field(default_factory=lambda: [Fate.DEAD])
    types: _Types | None = None

    def __post_init__(self) -> None:
        if Fate.WAITING in self.states:
            raise ValueError("`states`: what is waiting is delivered anyway")


class Replayed(Output, frozen=True, kw_only=True):
    """The number of deliveries that wait again; `more` if that were too many for one request.

    Then `next` says after which to ask again.
    """

    replayed: int
    more: bool
    next: int | None
