"""Flash sales: their prices, units, announced starts and their one end."""

import pytest

from liveshop.core import errors
from liveshop.core.commands import EndSale, HostCommand, PauseSession, StartSale
from liveshop.core.decide import due
from liveshop.core.decision import CloseSale, Decision, NewRow
from liveshop.core.events import SaleEnded, SaleStarted
from liveshop.core.model import Status
from tests.core.world import NOW_MS, CoreWorld


@pytest.fixture
def world() -> CoreWorld:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    return world


def on_sale(world: CoreWorld, *, units: int | None = None, starts_in_ms: int = 0) -> SaleStarted:
    command = StartSale(
        product_id="shirt",
        prices={"shirt-M": 3900},
        duration_ms=60_000,
        units=units,
        starts_in_ms=starts_in_ms,
    )
    (started,) = world.do(command)
    assert isinstance(started, SaleStarted)
    return started


def test_percent_is_taken_off_every_sku_of_the_product(world: CoreWorld) -> None:
    command = StartSale(
        product_id="shirt", percent=22, duration_ms=60_000, units=5, limit=1, starts_in_ms=1000
    )
    started = SaleStarted(
        offset=3,
        at_ms=NOW_MS,
        product_id="shirt",
        prices={"shirt-M": 3900, "shirt-L": 4680},
        starts_at_ms=NOW_MS + 1000,
        ends_at_ms=NOW_MS + 61_000,
        left=5,
        limit=1,
    )
    assert world.decide(command) == Decision(events=(started,), rows=(NewRow(row="@3", units=5),))


def test_a_sale_without_units_has_no_row_of_its_own(world: CoreWorld) -> None:
    command = StartSale(product_id="shirt", percent=10, duration_ms=60_000)
    assert world.decide(command).rows == ()


def test_the_sales_price_holds_from_its_start_until_just_before_its_end(world: CoreWorld) -> None:
    on_sale(world, starts_in_ms=1000)
    sale = world.state.sales["shirt"]
    assert [sale.active_at(NOW_MS + ms) for ms in (999, 1000, 60_999, 61_000)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (StartSale(product_id="hat", percent=10, duration_ms=5000), errors.NotFound),
        (
            StartSale(product_id="shirt", prices={"hat-M": 1}, duration_ms=5000),
            errors.NotFound,
        ),
        (
            StartSale(product_id="shirt", prices={"shirt-M": 5001}, duration_ms=5000),
            errors.BadRequest,
        ),
        (EndSale(product_id="hat"), errors.NotFound),
        (EndSale(product_id="shirt"), errors.Conflict),
    ],
)
def test_what_cannot_be_on_sale_changes_nothing(
    world: CoreWorld, command: HostCommand, refusal: type[errors.LiveshopError]
) -> None:
    before = world.state
    with pytest.raises(refusal):
        world.do(command)
    assert world.state == before


def test_a_sale_cannot_have_more_units_than_are_unsold(world: CoreWorld) -> None:
    world.set_sold("sshirt-M", 4)
    with pytest.raises(errors.SoldOut) as refusal:
        on_sale(world, units=7)
    assert refusal.value.fields == {"left": 6}
    on_sale(world, units=6)


def test_a_product_has_one_sale(world: CoreWorld) -> None:
    on_sale(world)
    with pytest.raises(errors.Conflict, match="a sale already"):
        on_sale(world)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED])
def test_a_sale_needs_a_session_that_has_started(status: Status) -> None:
    world = CoreWorld(status)
    world.shelve("shirt")
    with pytest.raises(errors.Conflict, match=f"the session is {status}"):
        on_sale(world)


def test_a_sale_may_start_in_a_pause(world: CoreWorld) -> None:
    world.do(PauseSession())
    on_sale(world)
    assert list(world.state.sales) == ["shirt"]


def test_a_host_ends_a_sale(world: CoreWorld) -> None:
    on_sale(world)
    assert world.do(EndSale(product_id="shirt")) == (
        SaleEnded(offset=4, at_ms=NOW_MS, product_id="shirt", reason="manual"),
    )
    assert world.state.sales == {}


def test_the_timer_ends_a_sale_at_its_end_and_once(world: CoreWorld) -> None:
    started = on_sale(world)
    close = CloseSale(offset=started.offset, reason="timer")
    world.now_ms = started.ends_at_ms - 1
    assert list(due(world.state, world.rows, world.now_ms)) == []
    with pytest.raises(errors.Conflict, match="time is not over"):
        world.do(close)
    world.now_ms = started.ends_at_ms
    assert list(due(world.state, world.rows, world.now_ms)) == [close]
    (ended,) = world.do(close)
    assert ended == SaleEnded(
        offset=4, at_ms=started.ends_at_ms, product_id="shirt", reason="timer"
    )
    with pytest.raises(errors.Conflict, match="over already"):
        world.do(close)
    assert list(due(world.state, world.rows, world.now_ms)) == []


@pytest.mark.parametrize(("row", "sold"), [("@3", 5), ("sshirt-M", 10)])
def test_a_sale_ends_when_its_units_or_those_of_its_skus_are_sold(
    world: CoreWorld, row: str, sold: int
) -> None:
    started = on_sale(world, units=5)
    close = CloseSale(offset=started.offset, reason="sold_out")
    world.set_sold(row, sold - 1)
    assert close not in due(world.state, world.rows, world.now_ms)
    with pytest.raises(errors.Conflict, match="units left"):
        world.do(close)
    world.set_sold(row, sold)
    assert close in due(world.state, world.rows, world.now_ms)
    (ended,) = world.do(close)
    assert ended == SaleEnded(offset=4, at_ms=NOW_MS, product_id="shirt", reason="sold_out")


def test_an_announced_sale_is_not_sold_out_before_it_starts(world: CoreWorld) -> None:
    started = on_sale(world, starts_in_ms=1000)
    world.set_sold("sshirt-M", 10)
    close = CloseSale(offset=started.offset, reason="sold_out")
    assert close not in due(world.state, world.rows, world.now_ms)
    world.now_ms = started.starts_at_ms
    assert close in due(world.state, world.rows, world.now_ms)
