"""The words of offers: commands and events."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from liveshop.core.commands import ON, Command, HostCommand, Rate
from liveshop.core.decision import SystemCommand
from liveshop.core.events import KnownEvent
from liveshop.core.fields import (
    CODE_WORD,
    OFFER,
    PLAIN,
    Amount,
    Code,
    Codes,
    Id,
    PersonId,
    Price,
    Quantity,
    Rids,
    Uuid,
)
from liveshop.core.pricing.offers import budget_row
from liveshop.core.roles import Role
from liveshop.features.offers import limits
from liveshop.features.offers.limits import NAME

Kind = Literal["code", "quantity", "buy_get", "bundle", "delivery"]
Who = Literal["everyone", "code", "viewers", "first_order"]
CloseReason = Literal["timer", "used_up", "manual", "session_end"]
OfferId = Annotated[str, Meta(pattern=OFFER)]
OfferLabel = Annotated[str, Meta(max_length=limits.OFFER_LABEL_CHARS_MAX, pattern=PLAIN)]
Percent = Annotated[int, Meta(ge=1, le=100)]
Uses = Annotated[int, Meta(ge=1, le=limits.USES_MAX)]
PerBuyer = Annotated[int, Meta(ge=1, le=limits.PER_BUYER_MAX)]
Budget = Annotated[int, Meta(ge=1, le=limits.BUDGET_MAX)]
AnyOf = Annotated[list[Id], Meta(min_length=1, max_length=limits.OFFER_PRODUCTS_MAX)]
Word = Annotated[str, Meta(pattern=CODE_WORD)]


class _Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of an offer; a field that is not named here is refused."""


class Goods(_Record, frozen=True, kw_only=True):
    """So many units of any of some SKUs, or of any variant of some products."""

    quantity: Quantity
    skus: AnyOf | None = None
    product_ids: AnyOf | None = None

    def __post_init__(self) -> None:
        if (self.skus is None) == (self.product_ids is None):
            raise ValueError("give exactly one of `skus` and `product_ids`")


class Break(_Record, frozen=True, kw_only=True, rename={"at_least": "from"}):
    """A quantity break: so many units or more cost `percent` less, or `price` each."""

    at_least: Annotated[int, Meta(ge=2, le=limits.BREAK_UNITS_MAX)]
    percent: Percent | None = None
    price: Price | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.price is None):
            raise ValueError("a step has exactly one of `percent` and `price`")


Parts = Annotated[list[Goods], Meta(min_length=limits.PARTS_MIN, max_length=limits.PARTS_MAX)]
Steps = Annotated[list[Break], Meta(min_length=1, max_length=limits.STEPS_MAX)]
Methods = Annotated[list[Id], Meta(min_length=1, max_length=limits.METHODS_MAX)]
Viewers = Annotated[list[PersonId], Meta(min_length=1, max_length=limits.VIEWERS_MAX)]


class OpenOffer(HostCommand, frozen=True, kw_only=True, tag="offer.open"):
    """Open an offer now, or announce one for `starts_in_ms`.

    Each kind has its own fields; `product_ids` left out mean the whole order. With `who: "code"`
    the word of a `code` is told to nobody. `alone`: no other offer goes with it.
    """

    feature = NAME
    when = ON
    opens = True
    kind: Kind
    label: OfferLabel
    who: Who = "everyone"
    viewers: Viewers | None = None
    units: Uses | None = None
    per_buyer: PerBuyer | None = None
    budget: Budget | None = None
    alone: bool = False
    starts_in_ms: Annotated[int, Meta(ge=1, le=limits.STARTS_IN_MS_MAX)] | None = None
    ends_in_ms: Annotated[int, Meta(ge=limits.OFFER_MS_MIN, le=limits.OFFER_MS_MAX)] | None = None
    keep_ms: Annotated[int, Meta(ge=limits.KEEP_MS_MIN, le=limits.KEEP_MS_MAX)] = (
        limits.KEEP_MS_DEFAULT
    )
    code: Word | None = None
    percent: Percent | None = None
    amount: Annotated[int, Meta(ge=1, le=limits.BUDGET_MAX)] | None = None
    max_amount: Annotated[int, Meta(ge=1, le=limits.BUDGET_MAX)] | None = None
    product_ids: AnyOf | None = None
    min_goods: Amount | None = None
    steps: Steps | None = None
    buy: Goods | None = None
    get: Goods | None = None
    times: Quantity | None = None
    parts: Parts | None = None
    price: Price | None = None
    methods: Methods | None = None

    def __post_init__(self) -> None:
        refuse_fields(self)


class CloseOffer(HostCommand, frozen=True, kw_only=True, tag="offer.close"):
    """Close an offer before its time; what was taken of it stays good until its deadline."""

    feature = NAME
    when = ON
    about = "offer"
    offer: OfferId


class OrderOffers(HostCommand, frozen=True, kw_only=True, tag="offers.order"):
    """Put offers first, in the order in which a cart is to try them; the others follow."""

    feature = NAME
    when = ON
    offers: Annotated[list[OfferId], Meta(min_length=1, max_length=limits.OFFERS_MAX)]


class TakeOffer(Command, frozen=True, kw_only=True, tag="offer.take"):
    """Have one use of an offer kept: of the `offer`, or of the one that a `code` names."""

    feature = NAME
    needs = Role.VIEWER
    when = ON
    rate = Rate("takes", *limits.TAKE_RATE)
    rid: Uuid
    offer: OfferId | None = None
    code: Code | None = None

    def __post_init__(self) -> None:
        if (self.offer is None) == (self.code is None):
            raise ValueError("give exactly one of `offer` and `code`")


class AskPrice(Command, frozen=True, kw_only=True, tag="price"):
    """Ask what reservations would come to in one order; nothing is held by it."""

    feature = NAME
    needs = Role.VIEWER
    rate = Rate("price", *limits.PRICE_RATE)
    rids: Rids
    codes: Codes | None = None


class StartOffer(SystemCommand, frozen=True, kw_only=True):
    """Open an offer that was announced, at its time."""

    feature = NAME
    offer: str


class EndOffer(SystemCommand, frozen=True, kw_only=True):
    """Close an offer: its time is over, or all its uses or its budget are sold."""

    feature = NAME
    offer: str
    reason: Literal["timer", "used_up"]


class OfferOpened(KnownEvent, frozen=True, kw_only=True, tag="offer.opened", omit_defaults=True):
    """An offer was opened, or announced if it has a `starts_at_ms`; the fields of `offer.open`.

    A `code` that is only for those who know it is left out, and so are `viewers`.
    """

    feature = NAME
    sells = True  # its rows go to Redis with the plan
    offer: str
    kind: Kind
    label: str
    who: Who = "everyone"
    units: int | None = None
    per_buyer: int | None = None
    budget: int | None = None
    alone: bool = False
    starts_at_ms: int | None = None
    ends_at_ms: int | None = None
    keep_ms: int = limits.KEEP_MS_DEFAULT
    code: str | None = None
    percent: int | None = None
    amount: int | None = None
    max_amount: int | None = None
    product_ids: list[str] | None = None
    min_goods: int | None = None
    steps: list[Break] | None = None
    buy: Goods | None = None
    get: Goods | None = None
    times: int | None = None
    parts: list[Goods] | None = None
    price: int | None = None
    methods: list[str] | None = None

    @property
    def named(self) -> bool:
        """Whether it is only for a buyer who names or takes it."""
        return self.kind == "code" or self.who == "code"

    @property
    def counted(self) -> bool:
        """Whether its uses are units of the row that has its name."""
        return (
            self.named
            or self.who != "everyone"
            or self.units is not None
            or self.per_buyer is not None
        )

    @property
    def budget_row(self) -> str | None:
        """The row of its budget, in minor units; None without one."""
        return None if self.budget is None else budget_row(self.offer)


class OfferStarted(KnownEvent, frozen=True, kw_only=True, tag="offer.started"):
    """An offer that was announced is open."""

    feature = NAME
    offer: str


class OfferClosed(KnownEvent, frozen=True, kw_only=True, tag="offer.closed"):
    """An offer is closed."""

    feature = NAME
    offer: str
    reason: CloseReason


class OffersOrdered(KnownEvent, frozen=True, kw_only=True, tag="offers.ordered"):
    """Offers are tried in another order; `offers` are all that are announced or open."""

    feature = NAME
    offers: list[str]


# The fields of a kind: those that it must have, exactly one of some, and those that it may have.
_KINDS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "code": ((), ("percent", "amount"), ("max_amount", "product_ids", "min_goods")),
    "quantity": (("product_ids", "steps"), (), ()),
    "buy_get": (("buy", "get"), (), ("percent", "times")),
    "bundle": (("parts",), ("price", "percent"), ()),
    "delivery": ((), (), ("min_goods", "methods")),
}
_OF_KINDS: Final = {name for groups in _KINDS.values() for names in groups for name in names}


def refuse_fields(command: OpenOffer) -> None:
    """Raise ValueError for fields that do not go together."""
    needs, one_of, may_have = _KINDS[command.kind]
    given = {name for name in _OF_KINDS if getattr(command, name) is not None}
    if missing := [name for name in needs if name not in given]:
        raise ValueError(f"`{missing[0]}` is missing for an offer of kind {command.kind}")
    if one_of and len(given.intersection(one_of)) != 1:
        raise ValueError(f"give exactly one of `{one_of[0]}` and `{one_of[1]}`")
    if strange := sorted(given - {*needs, *one_of, *may_have}):
        raise ValueError(f"`{strange[0]}` is not for an offer of kind {command.kind}")
    if (command.who == "viewers") != (command.viewers is not None):
        raise ValueError("`viewers` go with `who` viewers, and only with it")
    if command.code is None and command.who == "code":
        raise ValueError("`code` is missing for those who know it")
    if command.budget is not None and command.kind == "delivery":
        raise ValueError("`budget` is not for an offer of kind delivery: it takes nothing off")
    if command.max_amount is not None and command.percent is None:
        raise ValueError("`max_amount` goes with `percent`")
    refuse_steps(command.steps or ())


def refuse_steps(steps: Sequence[Break]) -> None:
    """Raise ValueError unless each step of a quantity break begins above the one before."""
    begins = [step.at_least for step in steps]
    if begins != sorted(set(begins)):
        raise ValueError("each of the `steps` begins above the one before")


COMMANDS: Final = (OpenOffer, CloseOffer, OrderOffers, TakeOffer, AskPrice)
EVENTS: Final = (OfferOpened, OfferStarted, OfferClosed, OffersOrdered)
