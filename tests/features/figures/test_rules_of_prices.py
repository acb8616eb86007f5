"""The lowest price of the last days: which prices held, and when."""

from liveshop.core.commands import (
    EndSale,
    EndSession,
    HostCommand,
    RemoveProduct,
    RepriceProduct,
    StartSale,
    StartSession,
)
from liveshop.core.model import Status
from liveshop.features.figures.prices import lowest_prices
from tests.core.world import NOW_MS, CoreWorld

DAY_MS = 86_400_000


def _played(*script: tuple[float, HostCommand]) -> CoreWorld:
    """A show with a shirt (M 50.00, L 60.00), in which each command comes on this day."""
    world = CoreWorld(Status.SCHEDULED)
    world.shelve("shirt")
    for day, command in script:
        world.now_ms = NOW_MS + int(day * DAY_MS)
        world.do(command)
    return world


def _reprice(price: int) -> RepriceProduct:
    return RepriceProduct(product_id="shirt", prices={"shirt-M": price})


def _lowest(world: CoreWorld, since_day: float, now_day: float) -> dict[str, int]:
    since_ms, now_ms = NOW_MS + int(since_day * DAY_MS), NOW_MS + int(now_day * DAY_MS)
    return lowest_prices({"s1": world.log}, since_ms, now_ms)


def test_a_price_counts_if_it_held_for_an_instant_of_the_time_asked_for() -> None:
    world = _played((0, StartSession()), (10, _reprice(4000)), (20, _reprice(4500)))
    assert _lowest(world, 0, 30) == {"shirt-M": 4000, "shirt-L": 6000}
    assert _lowest(world, 20, 50)["shirt-M"] == 4500
    assert _lowest(world, 19, 50)["shirt-M"] == 4000
    assert _lowest(world, -5, 10)["shirt-M"] == 5000


def test_a_sale_counts_while_its_prices_held() -> None:
    sale = StartSale(product_id="shirt", percent=50, duration_ms=DAY_MS, starts_in_ms=DAY_MS // 2)
    world = _played((0, StartSession()), (1, sale), (9, EndSession()))
    assert _lowest(world, 0, 30) == {"shirt-M": 2500, "shirt-L": 3000}
    assert _lowest(world, 2.5, 30) == {"shirt-M": 5000, "shirt-L": 6000}
    called_off = _played((0, StartSession()), (1, sale), (1.4, EndSale(product_id="shirt")))
    assert _lowest(called_off, 0, 30)["shirt-M"] == 5000


def test_what_was_never_offered_in_a_show_that_began_is_not_known() -> None:
    assert _lowest(_played(), 0, 30) == {}
    ended = _played((0, StartSession()), (1, RemoveProduct(product_id="shirt")))
    assert _lowest(ended, 2, 30) == {}
    assert _lowest(ended, 0, 30)["shirt-M"] == 5000


def test_the_lowest_of_all_shows_is_told() -> None:
    one = _played((0, StartSession()), (1, _reprice(4400)))
    other = _played((0, StartSession()), (1, _reprice(4300)), (2, EndSession()))
    logs = {"s1": one.log, "s2": other.log}
    assert lowest_prices(logs, NOW_MS, NOW_MS + 9 * DAY_MS)["shirt-M"] == 4300
