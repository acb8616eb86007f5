"""The figures that a log gives of a show, and the steps of a series."""

import pytest

from liveshop.core.commands import (
    EndSale,
    EndSession,
    HostCommand,
    PinProduct,
    RemoveProduct,
    StartSale,
    StartSession,
    UnpinProduct,
)
from liveshop.core.limits import SAMPLE_MS, SERIES_POINTS_MAX
from liveshop.core.model import Status
from liveshop.features.figures.rules import (
    Point,
    ProductFigures,
    SalePeriod,
    Sold,
    Story,
    products_of,
    series_of,
    step_for,
)
from tests.core.world import NOW_MS, CoreWorld


def _played(*script: tuple[int, HostCommand]) -> CoreWorld:
    """A show with two products, in which each command comes so many seconds after the first."""
    world = CoreWorld(Status.SCHEDULED)
    world.shelve("shirt", "mug")
    for second, command in script:
        world.now_ms = NOW_MS + second * 1000
        world.do(command)
    return world


def test_a_product_is_shown_while_it_is_pinned_in_a_show_that_is_on() -> None:
    world = _played(
        (-60, PinProduct(product_id="shirt")),
        (0, StartSession()),
        (10, UnpinProduct(product_id="shirt")),
        (20, PinProduct(product_id="mug")),
        (25, PinProduct(product_id="shirt")),
        (30, RemoveProduct(product_id="mug")),
        (40, EndSession()),
    )
    story = Story.of(world.log, now_ms=NOW_MS + 99_000)
    assert (story.started_at_ms, story.ended_at_ms) == (NOW_MS, NOW_MS + 40_000)
    assert story.shown_ms == {"shirt": 25_000, "mug": 10_000}


def test_what_goes_on_is_counted_until_now() -> None:
    world = _played((0, StartSession()), (10, PinProduct(product_id="mug")))
    assert Story.of(world.log, now_ms=NOW_MS + 12_500).shown_ms == {"mug": 2_500}


def test_sales_are_told_as_long_as_their_prices_held() -> None:
    sale = StartSale(product_id="mug", percent=10, duration_ms=20_000)
    late = StartSale(product_id="shirt", percent=10, duration_ms=20_000, starts_in_ms=60_000)
    world = _played(
        (0, StartSession()),
        (10, sale),
        (11, late),
        (15, EndSale(product_id="mug")),
        (16, EndSale(product_id="shirt")),
        (20, sale),
    )
    assert Story.of(world.log, now_ms=NOW_MS + 99_000).sales == [
        SalePeriod(product_id="mug", starts_at_ms=NOW_MS + 10_000, ends_at_ms=NOW_MS + 15_000),
        SalePeriod(product_id="mug", starts_at_ms=NOW_MS + 20_000, ends_at_ms=NOW_MS + 40_000),
    ]


def test_every_product_that_was_on_the_shelf_has_a_line() -> None:
    world = _played((0, StartSession()), (5, RemoveProduct(product_id="mug")))
    sold = {"mug": Sold(orders=1, units=2, revenue=10_000)}
    lines = products_of(Story.of(world.log, NOW_MS), {"shirt": 7}, sold, {"mug": 9})
    assert lines == [
        ProductFigures(
            product_id="shirt",
            title="Shirt",
            shown_ms=0,
            looks=7,
            orders=0,
            units=0,
            revenue=0,
            allocated=0,
        ),
        ProductFigures(
            product_id="mug",
            title="Mug",
            shown_ms=0,
            looks=0,
            orders=1,
            units=2,
            revenue=10_000,
            allocated=9,
        ),
    ]


@pytest.mark.parametrize(
    ("minutes", "step_s"), [(0, 10), (40, 10), (41, 30), (240, 60), (24 * 60, 600)]
)
def test_a_series_has_at_most_240_points(minutes: int, step_s: int) -> None:
    assert step_for(minutes * 60_000) == step_s * 1000


def test_a_step_without_a_sample_has_no_gauges_and_is_there() -> None:
    sold = {2: Sold(orders=1, units=2, revenue=100)}
    assert series_of(NOW_MS, 10_000, {0: (5, 3, 1)}, sold) == [
        Point(at_ms=NOW_MS, viewers=5, likes=3, held=1),
        Point(at_ms=NOW_MS + 10_000),
        Point(at_ms=NOW_MS + 20_000, orders=1, units=2, revenue=100),
    ]
    assert series_of(NOW_MS, 10_000, {}, {}) == []


def test_an_order_long_after_the_show_does_not_lengthen_the_series() -> None:
    sold = {0: Sold(orders=1, units=1, revenue=5), SERIES_POINTS_MAX: Sold(orders=1, units=1)}
    series = series_of(NOW_MS, SAMPLE_MS, {0: (3, 0, 0)}, sold)
    assert len(series) == SERIES_POINTS_MAX
    assert (series[0].orders, series[-1].orders) == (1, 0)
