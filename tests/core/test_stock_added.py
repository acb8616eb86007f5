"""More units for a product on the shelf: once, out of the catalogue's free stock, and no others."""

from typing import Any
from uuid import UUID

import pytest

from liveshop.core import errors, limits, wire
from liveshop.core.commands import (
    AddProduct,
    AddStock,
    EndSession,
    PauseSession,
    PinProduct,
    RemoveProduct,
    StartSale,
)
from liveshop.core.decide import due
from liveshop.core.decision import Decision, MarkRestocked, MarkSoldOut, Move
from liveshop.core.events import ProductRestocked, StockAdded
from liveshop.core.model import Product, Row, Status, Variant
from liveshop.core.snapshot import Gauges
from tests.core.world import NOW_MS, CoreWorld, make_product

RID = str(UUID(int=1))
OTHER = str(UUID(int=2))


def add(rid: str | None = None, product_id: str = "shirt", **units: int) -> AddStock:
    """Return the command that adds units of the sizes named."""
    named = {f"{product_id}-{size}": number for size, number in units.items()}
    return AddStock(product_id=product_id, units=named, rid=rid)


def test_more_units_move_out_of_the_catalogue_and_nothing_else_changes() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.do(PinProduct(product_id="shirt"))
    world.do(StartSale(product_id="shirt", percent=10, duration_ms=5_000, units=4))
    before = world.state
    assert world.decide(add(M=5, L=1)) == Decision(
        events=(
            StockAdded(
                offset=5, at_ms=NOW_MS, product_id="shirt", units={"shirt-M": 5, "shirt-L": 1}
            ),
        ),
        moves=(Move(sku="shirt-M", units=5), Move(sku="shirt-L", units=1)),
    )
    world.do(add(M=5, L=1))
    assert {name: row.units for name, row in world.rows.items()} == {
        "sshirt-M": 15,
        "sshirt-L": 11,
        "@4": 4,
    }
    assert [variant.stock for variant in world.products["shirt"].variants] == [85, 89]
    after = world.state
    assert (after.shelf, after.sales, after.pinned) == (before.shelf, before.sales, before.pinned)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.LIVE])
def test_units_may_be_added_in_every_state_before_the_end(status: Status) -> None:
    world = CoreWorld(status)
    world.shelve("shirt", units=10)
    world.do(add(M=5))
    if status is Status.LIVE:
        world.do(PauseSession())
        world.do(add(M=5))
    assert world.rows["sshirt-M"].units == (20 if status is Status.LIVE else 15)


def _refused(world: CoreWorld, command: AddStock) -> dict[str, Any]:
    """Return the error that refuses a command and changes nothing."""
    before = world.state, dict(world.rows), dict(world.products)
    with pytest.raises(errors.LiveshopError) as refusal:
        world.do(command)
    assert (world.state, world.rows, world.products) == before
    return refusal.value.as_message()


def test_more_than_the_catalogue_has_free_is_sold_out_with_that_and_no_sku_gets_any() -> None:
    world = CoreWorld()
    world.products["shirt"] = make_product("shirt", stock=12)
    world.shelve("shirt", units=10)
    assert _refused(world, add(L=2, M=3)) == {
        "type": "error",
        "code": "sold_out",
        "message": "shirt-M has 2 left, 3 requested",
        "left": 2,
    }
    world.do(add(L=2, M=2))
    assert _refused(world, add(M=1))["left"] == 0


def test_a_sku_that_is_not_offered_is_refused_with_what_to_do() -> None:
    world = CoreWorld()
    variants = [Variant(sku=f"shirt-{size}", label=size, price=1, stock=9) for size in "MLX"]
    world.products["shirt"] = Product(product_id="shirt", title="Shirt", variants=variants)
    world.do(AddProduct(product_id="shirt", units={"shirt-M": 1}))
    refusal = _refused(world, add(M=1, X=1))
    assert (refusal["code"], refusal["message"]) == (
        "bad_request",
        "`units`: shirt-X is not on the shelf; remove the product and add it with this SKU",
    )
    assert _refused(world, add(XXL=1))["code"] == "not_found"
    assert _refused(world, add(product_id="none", M=1))["code"] == "not_found"
    world.do(RemoveProduct(product_id="shirt"))
    assert _refused(world, add(M=1))["code"] == "not_found"


def test_an_ended_session_gets_no_units() -> None:
    world = CoreWorld()
    world.shelve("shirt")
    world.do(EndSession())
    assert _refused(world, add(M=1))["message"] == "the session has ended"


def test_a_rid_adds_once_and_is_answered_the_same_even_after_the_end() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    first = world.do(add(RID, M=5))
    assert first == (
        StockAdded(offset=3, at_ms=NOW_MS, product_id="shirt", units={"shirt-M": 5}, rid=RID),
    )
    world.now_ms += 60_000
    assert world.decide(add(RID, M=5)) == Decision(events=first, done=True)
    world.do(add(OTHER, M=5))
    world.do(EndSession())
    assert world.do(add(RID, M=5)) == first
    assert world.rows["sshirt-M"].units == 20


def test_a_rid_of_another_addition_is_a_conflict() -> None:
    world = CoreWorld()
    world.shelve("shirt", "shoes", units=10)
    world.do(add(RID, M=5))
    for other in (add(RID, M=6), add(RID, L=5), add(RID, M=5, L=5), add(RID, "shoes", M=5)):
        refusal = _refused(world, other)
        assert (refusal["code"], refusal["message"]) == (
            "conflict",
            "this rid is of another addition of stock",
        )


def test_without_a_rid_the_same_units_come_again() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.do(add(M=5))
    world.do(add(M=5))
    assert (world.rows["sshirt-M"].units, world.state.stock_added) == (20, {})


def test_the_newest_200_rids_of_a_session_are_known() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.products["shirt"] = make_product("shirt", stock=1_000)
    rids = [str(UUID(int=number)) for number in range(limits.STOCK_RIDS_KEPT_MAX + 1)]
    for rid in rids:
        world.do(add(rid, M=1))
    assert (limits.STOCK_RIDS_KEPT_MAX, list(world.state.stock_added)) == (200, rids[1:])
    assert world.decide(add(rids[1], M=1)).done
    assert not world.decide(add(rids[0], M=1)).done


def test_a_sku_that_was_sold_out_is_restocked_by_what_is_added() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.set_sold("sshirt-M", 10)
    world.do(MarkSoldOut(sku="shirt-M"))
    world.do(add(M=3))
    assert list(due(world.state, world.rows, world.now_ms)) == [MarkRestocked(sku="shirt-M")]
    assert world.do(MarkRestocked(sku="shirt-M")) == (
        ProductRestocked(offset=5, at_ms=NOW_MS, product_id="shirt", sku="shirt-M", left=3),
    )


def test_a_sale_with_units_of_its_own_gets_none_and_ends_when_those_are_sold() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.do(StartSale(product_id="shirt", percent=10, duration_ms=5_000, units=4))
    world.do(add(M=5))
    assert world.rows["@3"] == Row(row="@3", units=4, sold=0, version=1)
    world.set_sold("@3", 4)
    (closes,) = due(world.state, world.rows, world.now_ms)
    (ended,) = world.do(closes)
    assert wire.event_message(ended)["reason"] == "sold_out"


def test_what_a_viewer_shows_as_left_changes_with_the_pulse_and_not_with_the_event() -> None:
    """A node of the release before shows the event, and would correct no viewer who added it."""
    shown = Gauges(left={"shirt-M": 0})
    event = StockAdded(offset=1, at_ms=NOW_MS, product_id="shirt", units={"shirt-M": 5})
    assert shown.after(event) is shown


@pytest.mark.parametrize(("rid", "more"), [(None, {}), (RID, {"rid": RID})])
def test_the_event_says_its_rid_only_if_it_has_one(rid: str | None, more: dict[str, str]) -> None:
    event = StockAdded(offset=7, at_ms=NOW_MS, product_id="shirt", units={"shirt-M": 5}, rid=rid)
    assert wire.event_message(event) == {
        **{"type": "stock.added", "offset": 7, "at_ms": NOW_MS},
        **{"product_id": "shirt", "units": {"shirt-M": 5}, **more},
    }
