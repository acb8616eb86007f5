"""The figures of a show: its viewers, the products shown, looked at and bought, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from liveshop.core.commands import Command
from liveshop.core.events import (
    Event,
    ProductAdded,
    ProductPinned,
    ProductUnpinned,
    SaleEnded,
    SaleStarted,
    SessionEnded,
    SessionStarted,
)
from liveshop.core.fields import Id
from liveshop.core.limits import SAMPLE_MS, SERIES_POINTS_MAX
from liveshop.core.wire import Message

# Steps that people can read, up to what a series of a week needs.
_STEPS_MS = tuple(
    s * 1000 for s in (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400)
)


NAME = "figures"

TREND_SHOWS_MAX: Final = 5
# They are looked for among so many that were planned before a show, and as many after it.
TREND_NEAR_MAX: Final = 50


class ViewProduct(Command, frozen=True, kw_only=True, tag="look"):
    """Count one more look at a product's details; never answered."""

    feature = NAME
    product_id: Id


class SavePlan(Struct, frozen=True, kw_only=True):
    """The plan of a show from here on, kept next to the log for hosts to read."""

    plan: Message


class Sold(Struct, frozen=True, kw_only=True):
    """The sums of what was ordered and not cancelled."""

    orders: int = 0
    units: int = 0
    revenue: int = 0


class ProductFigures(Struct, frozen=True, kw_only=True):
    """One product of a show: `shown_ms` is for how long it was pinned, `looks` at its details.

    `allocated` are the units that the show took out of the catalogue's stock, sold or not.
    """

    product_id: str
    title: str
    shown_ms: int
    looks: int
    orders: int
    units: int
    revenue: int
    allocated: int


class ShowFigures(Struct, frozen=True, kw_only=True):
    """The result of one of a shop's shows, so far or for good."""

    session_id: str
    title: str
    currency: str
    currency_digits: int
    started_at_ms: int
    orders: int
    units: int
    revenue: int
    viewers_peak: int


class SalePeriod(Struct, frozen=True, kw_only=True):
    """A flash sale as it was: while its prices held."""

    product_id: str
    starts_at_ms: int
    ends_at_ms: int


class Point(Struct, frozen=True, kw_only=True):
    """A step of the series: gauges are null where nothing was sampled, sums are of the step."""

    at_ms: int
    viewers: int | None = None
    likes: int | None = None
    held: int | None = None
    orders: int = 0
    units: int = 0
    revenue: int = 0


class Summary(Struct, frozen=True, kw_only=True):
    """The figures of a show, so far or for good.

    `visitors` is an estimate of how many different viewers have joined, `buyers` counts exactly;
    both leave out what cannot be known. `step_ms` is the length of a step of `series`. `oversold`
    are the units that were sold and never there. `trend` are the shop's shows up to this one, the
    oldest first; `returning` counts buyers who bought in another one of them, null for those who
    may know of this show only.
    """

    session_id: str
    title: str
    currency: str
    currency_digits: int
    status: str
    started_at_ms: int | None
    ended_at_ms: int | None
    orders: int
    units: int
    revenue: int
    buyers: int
    visitors: int | None
    viewers_peak: int
    viewers_average: int | None
    likes: int
    products: list[ProductFigures]
    sales: list[SalePeriod]
    step_ms: int
    series: list[Point]
    oversold: int
    trend: list[ShowFigures]
    returning: int | None


@dataclass
class Story:
    """A show as its log tells it: when it was on, and what was shown and on sale meanwhile."""

    until_ms: int
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    titles: dict[str, str] = field(default_factory=dict)
    shown_ms: dict[str, int] = field(default_factory=dict)
    sales: list[SalePeriod] = field(default_factory=list)
    _pinned_ms: dict[str, int] = field(default_factory=dict)
    _selling: dict[str, SaleStarted] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Event], now_ms: int) -> "Story":
        """Return what the events tell, those that go on being cut at `now_ms`."""
        story = cls(until_ms=now_ms)
        for event in events:
            story._take(event)
        story._close()
        return story

    def _take(self, event: Event) -> None:
        match event:
            case SessionStarted(at_ms=at_ms):
                self.started_at_ms = at_ms
                # Products that were pinned before are shown from now on.
                self._pinned_ms = dict.fromkeys(self._pinned_ms, at_ms)
            case SessionEnded(at_ms=at_ms):
                self.ended_at_ms = self.until_ms = at_ms
            case ProductAdded(product=product):
                self.titles[product.product_id] = product.title
            case ProductPinned(product_id=product_id, at_ms=at_ms):
                self._pinned_ms[product_id] = at_ms
            case ProductUnpinned(product_id=product_id, at_ms=at_ms):
                self._show_until(product_id, at_ms)
            case SaleStarted(product_id=product_id):
                self._selling[product_id] = event
            case SaleEnded(product_id=product_id, at_ms=at_ms):
                self._sell_until(product_id, at_ms)
            case _:
                return

    def _close(self) -> None:
        for product_id in tuple(self._pinned_ms):
            self._show_until(product_id, self.until_ms)
        for product_id in tuple(self._selling):
            self._sell_until(product_id, self.until_ms)

    def _show_until(self, product_id: str, at_ms: int) -> None:
        since_ms = self._pinned_ms.pop(product_id, at_ms)
        if self.started_at_ms is not None:
            self.shown_ms[product_id] = self.shown_ms.get(product_id, 0) + max(0, at_ms - since_ms)

    def _sell_until(self, product_id: str, at_ms: int) -> None:
        sale = self._selling.pop(product_id, None)
        if sale is None or sale.starts_at_ms >= at_ms:
            return  # called off before it began
        period = SalePeriod(
            product_id=product_id,
            starts_at_ms=sale.starts_at_ms,
            ends_at_ms=min(at_ms, sale.ends_at_ms),
        )
        self.sales.append(period)


def products_of(
    story: Story,
    looks: Mapping[str, int],
    sold: Mapping[str, Sold],
    allocated: Mapping[str, int],
) -> list[ProductFigures]:
    """Return a line for each product that was ever on the shelf, in the order they came."""
    nothing = Sold()
    return [
        ProductFigures(
            product_id=product_id,
            title=title,
            shown_ms=story.shown_ms.get(product_id, 0),
            looks=looks.get(product_id, 0),
            orders=sold.get(product_id, nothing).orders,
            units=sold.get(product_id, nothing).units,
            revenue=sold.get(product_id, nothing).revenue,
            allocated=allocated.get(product_id, 0),
        )
        for product_id, title in story.titles.items()
    ]


def step_for(length_ms: int) -> int:
    """Return how long a step is, so that a series of this length has few enough points."""
    fitting = (step for step in _STEPS_MS if length_ms <= step * SERIES_POINTS_MAX)
    return next(fitting, -(-length_ms // SERIES_POINTS_MAX // SAMPLE_MS) * SAMPLE_MS)


def series_of(
    start_ms: int,
    step_ms: int,
    gauges: Mapping[int, tuple[int, int, int]],
    sold: Mapping[int, Sold],
) -> list[Point]:
    """Return a point a step; `gauges` (viewers, likes, held) and `sold` are by their step.

    There are `SERIES_POINTS_MAX` at most: orders paid long after the show are left out.
    """
    steps: Sequence[int] = range(min(max([-1, *gauges, *sold]) + 1, SERIES_POINTS_MAX))
    nothing = Sold()
    points = []
    for step in steps:
        viewers, likes, held = gauges.get(step, (None, None, None))
        ordered = sold.get(step, nothing)
        point = Point(
            at_ms=start_ms + step * step_ms,
            viewers=viewers,
            likes=likes,
            held=held,
            orders=ordered.orders,
            units=ordered.units,
            revenue=ordered.revenue,
        )
        points.append(point)
    return points
