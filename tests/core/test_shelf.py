"""The shelf: adding, removing, repricing, selling out and coming back."""

import pytest

from liveshop.core import errors, limits
from liveshop.core.commands import (
    AddProduct,
    EndSession,
    HostCommand,
    OrderShelf,
    PinProduct,
    RemoveProduct,
    RepriceProduct,
    StartSale,
)
from liveshop.core.decide import due
from liveshop.core.decision import Decision, MarkRestocked, MarkSoldOut, Move
from liveshop.core.events import (
    ProductAdded,
    ProductRemoved,
    ProductRepriced,
    ProductRestocked,
    ProductSoldOut,
    ProductUnpinned,
    SaleEnded,
    ShelfOrdered,
)
from liveshop.core.model import Product, ShelfProduct, ShelfVariant, Status, Variant
from tests.core.world import NOW_MS, CoreWorld, make_product


def test_adding_offers_the_named_skus_and_moves_their_units() -> None:
    world = CoreWorld()
    world.products["shirt"] = make_product()
    command = AddProduct(product_id="shirt", units={"shirt-L": 4}, limit=2)
    variant = ShelfVariant(
        sku="shirt-L", label="L", price=6000, was=7000, limit=2, left=4, number=1
    )
    product = ShelfProduct(
        product_id="shirt", title="Shirt", image=None, variants=[variant], number=1
    )
    assert world.decide(command) == Decision(
        events=(ProductAdded(offset=2, at_ms=NOW_MS, product=product),),
        moves=(Move(sku="shirt-L", units=4),),
    )


def test_a_shelf_takes_200_skus_of_a_product_and_refuses_more_as_a_limit() -> None:
    world = CoreWorld()
    skus = [f"M{number:04}" for number in range(2_048)]
    variants = [Variant(sku=sku, label=sku, price=100, stock=5) for sku in skus]
    world.products["beads"] = Product(product_id="beads", title="Beads", variants=variants)
    with pytest.raises(errors.LimitReached) as refusal:
        world.decide(AddProduct(product_id="beads", units=dict.fromkeys(skus[:201], 1)))
    assert (refusal.value.code, refusal.value.fields) == ("limit", {"limit": 200, "left": 200})
    world.do(AddProduct(product_id="beads", units=dict.fromkeys(skus[-200:], 1)))
    assert [v.sku for v in world.state.shelf["beads"].variants] == skus[-200:]


def test_a_shelf_may_be_filled_before_the_session_goes_live() -> None:
    world = CoreWorld(Status.DRAFT)
    world.shelve("shirt")
    assert list(world.state.shelf) == ["shirt"]


def test_added_again_a_product_has_its_unsold_units_too_and_comes_last() -> None:
    world = CoreWorld()
    world.shelve("shirt", "shoes", units=10)
    world.set_sold("sshirt-M", 3)
    world.do(RemoveProduct(product_id="shirt"))
    world.do(AddProduct(product_id="shirt", units={"shirt-M": 5}))
    assert list(world.state.shelf) == ["shoes", "shirt"]
    assert [variant.left for variant in world.state.shelf["shirt"].variants] == [12]


def test_what_was_kept_comes_back_without_a_unit_more() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.set_sold("sshirt-M", 3)
    world.do(RemoveProduct(product_id="shirt"))
    decision = world.decide(AddProduct(product_id="shirt", units={"shirt-M": 99}, kept=True))
    assert decision.moves == ()
    (added,) = decision.events
    assert isinstance(added, ProductAdded)
    assert [variant.left for variant in added.product.variants] == [7]


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (AddProduct(product_id="hat", units={"hat-M": 1}, kept=True), errors.NotFound),
        (AddProduct(product_id="shirt", units={"shirt-M": 1}), errors.Conflict),
        (AddProduct(product_id="none", units={"none-M": 1}), errors.NotFound),
        (AddProduct(product_id="hat", units={"shirt-M": 1}), errors.NotFound),
        (
            AddProduct(product_id="hat", units={"hat-M": 1}, prices={"hat-L": 1}),
            errors.NotFound,
        ),
        (AddProduct(product_id="hat", units={"hat-M": 101}), errors.SoldOut),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    command: HostCommand, refusal: type[errors.LiveshopError]
) -> None:
    world = CoreWorld()
    world.shelve("shirt")
    world.products["hat"] = make_product("hat")
    before = world.state, dict(world.rows)
    with pytest.raises(refusal):
        world.do(command)
    assert (world.state, world.rows) == before


def test_more_than_the_catalogue_has_is_sold_out_with_what_it_has() -> None:
    world = CoreWorld()
    world.products["hat"] = make_product("hat", stock=7)
    with pytest.raises(errors.SoldOut) as refusal:
        world.do(AddProduct(product_id="hat", units={"hat-M": 8}))
    assert refusal.value.as_message() == {
        "type": "error",
        "code": "sold_out",
        "message": "hat-M has 7 left, 8 requested",
        "left": 7,
    }


def test_a_full_shelf_is_a_limit() -> None:
    world = CoreWorld()
    world.shelve(*(f"p{number}" for number in range(limits.SHELF_PRODUCTS_MAX)), units=1)
    with pytest.raises(errors.LimitReached) as refusal:
        world.shelve("one-more")
    assert refusal.value.fields == {"limit": limits.SHELF_PRODUCTS_MAX, "left": 0}


def test_another_currency_needs_a_price_for_every_sku() -> None:
    world = CoreWorld(currency="SEK")
    world.products["shirt"] = make_product()
    units = {"shirt-M": 1, "shirt-L": 1}
    with pytest.raises(errors.BadRequest, match="every SKU needs a price"):
        world.do(AddProduct(product_id="shirt", units=units, prices={"shirt-M": 55_000}))
    prices = {"shirt-M": 55_000, "shirt-L": 65_000}
    world.do(AddProduct(product_id="shirt", units=units, prices=prices))
    variants = world.state.shelf["shirt"].variants
    assert [(variant.price, variant.was) for variant in variants] == [
        (55_000, None),
        (65_000, None),
    ]


def test_removing_ends_the_sale_and_the_pin_first() -> None:
    world = CoreWorld()
    world.shelve("shirt", "shoes")
    world.do(PinProduct(product_id="shirt"))
    world.do(PinProduct(product_id="shoes"))
    world.do(StartSale(product_id="shirt", percent=10, duration_ms=5000))
    assert world.do(RemoveProduct(product_id="shirt")) == (
        SaleEnded(offset=7, at_ms=NOW_MS, product_id="shirt", reason="manual"),
        ProductUnpinned(offset=8, at_ms=NOW_MS, product_id="shirt", pinned=["shoes"]),
        ProductRemoved(offset=9, at_ms=NOW_MS, product_id="shirt"),
    )
    assert list(world.state.shelf) == ["shoes"]
    assert world.state.sales == {}


def test_repricing_tells_only_what_changed() -> None:
    world = CoreWorld()
    world.shelve("shirt")
    prices = {"shirt-M": 4500, "shirt-L": 6000}
    assert world.do(RepriceProduct(product_id="shirt", prices=prices)) == (
        ProductRepriced(offset=3, at_ms=NOW_MS, product_id="shirt", prices={"shirt-M": 4500}),
    )
    assert [variant.price for variant in world.state.shelf["shirt"].variants] == [4500, 6000]
    with pytest.raises(errors.Conflict, match="the prices already"):
        world.do(RepriceProduct(product_id="shirt", prices=prices))
    with pytest.raises(errors.NotFound):
        world.do(RepriceProduct(product_id="shirt", prices={"shoes-M": 1}))


@pytest.mark.parametrize("starts_in_ms", [0, 60_000])
def test_repricing_stays_above_a_sale_that_runs_or_is_announced(starts_in_ms: int) -> None:
    world = CoreWorld()
    world.shelve("shirt")
    sale = StartSale(
        product_id="shirt",
        prices={"shirt-M": 4000},
        duration_ms=5000,
        starts_in_ms=starts_in_ms,
    )
    world.do(sale)
    with pytest.raises(errors.Conflict, match="shirt-M costs 4000"):
        world.do(RepriceProduct(product_id="shirt", prices={"shirt-M": 3999}))
    world.do(RepriceProduct(product_id="shirt", prices={"shirt-M": 4000, "shirt-L": 1}))


def test_a_sku_is_sold_out_once_its_last_unit_is_sold_not_held() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.set_sold("sshirt-M", 9)
    assert list(due(world.state, world.rows, world.now_ms)) == []
    with pytest.raises(errors.Conflict):
        world.do(MarkSoldOut(sku="shirt-M"))
    world.set_sold("sshirt-M", 10)
    assert list(due(world.state, world.rows, world.now_ms)) == [MarkSoldOut(sku="shirt-M")]
    assert world.do(MarkSoldOut(sku="shirt-M")) == (
        ProductSoldOut(offset=3, at_ms=NOW_MS, product_id="shirt", sku="shirt-M"),
    )
    assert list(due(world.state, world.rows, world.now_ms)) == []
    with pytest.raises(errors.Conflict):
        world.do(MarkSoldOut(sku="shirt-M"))


def test_a_cancel_restocks_a_sold_out_sku_once() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.set_sold("sshirt-M", 10)
    world.do(MarkSoldOut(sku="shirt-M"))
    world.set_sold("sshirt-M", 8)
    assert list(due(world.state, world.rows, world.now_ms)) == [MarkRestocked(sku="shirt-M")]
    assert world.do(MarkRestocked(sku="shirt-M")) == (
        ProductRestocked(offset=4, at_ms=NOW_MS, product_id="shirt", sku="shirt-M", left=2),
    )
    with pytest.raises(errors.Conflict):
        world.do(MarkRestocked(sku="shirt-M"))


def test_a_product_removed_sold_out_comes_back_with_units() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.set_sold("sshirt-M", 10)
    world.do(MarkSoldOut(sku="shirt-M"))
    world.do(RemoveProduct(product_id="shirt"))
    world.do(AddProduct(product_id="shirt", units={"shirt-M": 1}))
    assert world.state.sold_out == frozenset()
    assert list(due(world.state, world.rows, world.now_ms)) == []


def test_settling_after_the_end_sells_nothing_out() -> None:
    world = CoreWorld()
    world.shelve("shirt", units=10)
    world.do(EndSession())
    world.set_sold("sshirt-M", 10)
    assert list(due(world.state, world.rows, world.now_ms)) == []
    with pytest.raises(errors.Conflict, match="has ended"):
        world.do(MarkSoldOut(sku="shirt-M"))


@pytest.mark.parametrize(
    "command",
    [
        AddProduct(product_id="hat", units={"hat-M": 1}),
        RemoveProduct(product_id="shirt"),
        RepriceProduct(product_id="shirt", prices={"shirt-M": 1}),
        PinProduct(product_id="shirt"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_the_shelf_of_an_ended_session_stays_as_it_is(command: HostCommand) -> None:
    world = CoreWorld()
    world.shelve("shirt")
    world.products["hat"] = make_product("hat")
    world.do(EndSession())
    with pytest.raises(errors.Conflict, match="has ended"):
        world.do(command)


def test_products_that_are_named_come_first_and_the_others_stay_in_order() -> None:
    world = CoreWorld()
    world.shelve("a", "b", "c", "d")
    (ordered,) = world.do(OrderShelf(product_ids=["c", "a", "c"]))
    assert ordered == ShelfOrdered(offset=6, at_ms=NOW_MS, product_ids=["c", "a", "b", "d"])
    assert list(world.state.shelf) == ["c", "a", "b", "d"]


def test_an_order_with_a_product_that_is_not_there_changes_nothing() -> None:
    world = CoreWorld()
    world.shelve("a", "b")
    before = world.state
    with pytest.raises(errors.NotFound):
        world.do(OrderShelf(product_ids=["b", "x"]))
    with pytest.raises(errors.Conflict):
        world.do(OrderShelf(product_ids=["a"]))
    assert world.state == before


def test_the_shelf_of_an_ended_session_is_not_put_in_order() -> None:
    world = CoreWorld()
    world.shelve("a", "b")
    world.do(EndSession())
    with pytest.raises(errors.Conflict, match="ended"):
        world.do(OrderShelf(product_ids=["b"]))
