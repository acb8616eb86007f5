"""Several products put on a shelf at once, out of one stock."""

import pytest

from liveshop.core.commands import AddProduct
from liveshop.core.decision import Move
from liveshop.core.errors import BadRequest, NotFound
from liveshop.core.model import Product, Row, Status, Variant, sku_row
from liveshop.core.session import SessionInfo, SessionState
from liveshop.core.shelving import Shelving, SkuUnits, short_of

_INFO = SessionInfo(id="s1", title="T", currency="EUR", payment="direct", hold_ms=300_000)


def _product(product_id: str, *skus: str, shop: str | None = None) -> Product:
    variants = [Variant(sku=sku, label=sku, price=5000, stock=99) for sku in skus]
    return Product(product_id=product_id, title=product_id, variants=variants, shop=shop)


def _shelving(free: dict[str, int], rows: dict[str, Row] | None = None) -> Shelving:
    state = SessionState(info=_INFO, status=Status.DRAFT)
    return Shelving(state, now_ms=1, catalogue_currency="EUR", free=free, rows=rows)


def test_each_product_takes_what_the_ones_before_it_have_left() -> None:
    free = {"A": 5, "B": 2}
    shelving = _shelving(free)
    shelving.add(AddProduct(product_id="p", units={"A": 3, "B": 4}), _product("p", "A", "B"))
    shelving.add(AddProduct(product_id="q", units={"A": 3}), _product("q", "A"))
    assert [(each.sku, each.asked, each.got) for each in shelving.units] == [
        ("A", 3, 3),
        ("B", 4, 2),
        ("A", 3, 2),
    ]
    assert shelving.moves == [
        Move(sku="A", units=3),
        Move(sku="B", units=2),
        Move(sku="A", units=2),
    ]
    assert [event.offset for event in shelving.events] == [1, 2]
    assert list(shelving.state.shelf) == ["p", "q"]
    assert free == {"A": 0, "B": 0}
    assert short_of(shelving.units) == SkuUnits(product_id="p", sku="B", asked=4, got=2)
    assert short_of(shelving.units[:1]) is None


def test_a_sku_that_gets_nothing_is_shown_and_moves_nothing() -> None:
    shelving = _shelving({"A": 0})
    shelving.add(AddProduct(product_id="p", units={"A": 3, "B": 0}), _product("p", "A", "B"))
    assert [variant.left for variant in shelving.state.shelf["p"].variants] == [0, 0]
    assert shelving.moves == []


def test_units_that_the_session_has_of_a_sku_already_are_shown_with_the_new_ones() -> None:
    rows = {sku_row("A"): Row(row=sku_row("A"), units=4, sold=1, version=3)}
    shelving = _shelving({"A": 9}, rows)
    shelving.add(AddProduct(product_id="p", units={"A": 2}), _product("p", "A"))
    assert shelving.state.shelf["p"].variants[0].left == 5


def test_a_product_that_may_not_be_sold_is_refused_as_on_its_own_and_takes_nothing() -> None:
    free = {"A": 5}
    shelving = _shelving(free)
    wish = AddProduct(product_id="p", units={"A": 3})
    with pytest.raises(NotFound):
        shelving.add(wish, None)
    with pytest.raises(NotFound):
        shelving.add(wish, _product("p", "A", shop="another"))
    with pytest.raises(NotFound):
        shelving.add(wish, _product("p", "B"))
    with pytest.raises(BadRequest):
        foreign = Shelving(shelving.state, now_ms=1, catalogue_currency="JPY", free=free)
        foreign.add(wish, _product("p", "A"))
    assert (free, shelving.events, shelving.units) == ({"A": 5}, [], [])
