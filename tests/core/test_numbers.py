"""Products and variants have numbers, in the order in which they came to the shelf, for good."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import wire
from liveshop.core.commands import AddProduct, OrderShelf, RemoveProduct
from liveshop.core.earlier import completed
from liveshop.core.events import Event
from liveshop.core.model import Product, Status, Variant
from liveshop.core.session import SessionState, replay
from tests.core.world import CoreWorld
from tests.vocabulary import VOCABULARY

_SIZES = ("S", "M", "L", "XL")


def _world(*names: str) -> CoreWorld:
    world = CoreWorld()
    for name in names:
        variants = [Variant(sku=f"{name}-{s}", label=s, price=100, stock=1_000) for s in _SIZES]
        world.products[name] = Product(product_id=name, title=name, variants=variants)
    return world


def _add(world: CoreWorld, name: str, *sizes: str) -> Event:
    (added,) = world.do(AddProduct(product_id=name, units={f"{name}-{s}": 1 for s in sizes}))
    return added


def _numbers(state: SessionState) -> dict[str, tuple[int, dict[str, int]]]:
    return {
        name: (product.number, {v.label: v.number for v in product.variants})
        for name, product in state.shelf.items()
    }


def _as_of_an_earlier_release(event: Event) -> dict[str, Any]:
    """Return the message of an event as a node of the release before wrote it."""
    message = wire.decode_object(wire.encode_one(wire.event_message(event)))
    if message["type"] == "product.added":
        del message["product"]["number"]
        for variant in message["product"]["variants"]:
            del variant["number"]
    return message


def test_products_and_variants_are_numbered_in_the_order_of_adding() -> None:
    world = _world("cap", "mug", "bag")
    for name, sizes in (("mug", "SL"), ("bag", "M"), ("cap", "SML")):
        _add(world, name, *sizes)
    assert _numbers(world.state) == {
        "mug": (1, {"S": 1, "L": 2}),
        "bag": (2, {"M": 1}),
        "cap": (3, {"S": 1, "M": 2, "L": 3}),
    }


def test_the_event_has_the_numbers_that_the_shelf_has() -> None:
    world = _world("cap", "mug")
    for name in ("mug", "cap"):
        product = wire.event_message(_add(world, name, "S", "M"))["product"]
        assert product == wire.as_message(world.state.shelf[name])
    assert (product["number"], [v["number"] for v in product["variants"]]) == (2, [1, 2])


def test_a_number_outlives_removals_and_another_order() -> None:
    world = _world("cap", "mug", "bag")
    for name in ("cap", "mug", "bag"):
        _add(world, name, "S", "M")
    world.do(RemoveProduct(product_id="cap"))
    world.do(OrderShelf(product_ids=["bag"]))
    assert {name: number for name, (number, _) in _numbers(world.state).items()} == {
        "bag": 3,
        "mug": 2,
    }


def test_the_number_of_what_was_removed_is_given_to_nothing_else() -> None:
    world = _world("cap", "mug", "bag")
    _add(world, "cap", "S")
    _add(world, "mug", "S")
    world.do(RemoveProduct(product_id="mug"))
    _add(world, "bag", "S")
    assert _numbers(world.state)["bag"] == (3, {"S": 1})


def test_what_comes_back_has_the_numbers_that_it_had() -> None:
    world = _world("cap", "mug")
    _add(world, "cap", "M", "L")
    _add(world, "mug", "S")
    world.do(RemoveProduct(product_id="cap"))
    _add(world, "cap", "S", "L", "XL")
    assert _numbers(world.state)["cap"] == (1, {"S": 3, "L": 2, "XL": 4})
    world.do(RemoveProduct(product_id="cap"))
    _add(world, "cap", "M", "S")
    assert _numbers(world.state)["cap"] == (1, {"S": 3, "M": 1})


def test_events_of_an_earlier_release_are_shown_with_the_numbers_of_the_shelf() -> None:
    world = _world("cap", "mug")
    state = CoreWorld(Status.SCHEDULED).state
    _add(world, "mug", "M")
    _add(world, "cap", "S", "L")
    for event in world.log:
        read = VOCABULARY.event(_as_of_an_earlier_release(event))
        state = replay(state, [read])
        assert completed(read, state) == event
        assert completed(event, state) == event


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cap", "mug", "bag", "hat"]),
        st.lists(st.sampled_from(_SIZES), min_size=1, unique=True),
        st.booleans(),
    ),
    max_size=20,
)


@pytest.mark.parametrize("mixed", ["all", "some"])
@given(steps=_STEPS, data=st.data())
def test_a_log_of_an_earlier_release_makes_the_same_numbers(
    mixed: str, steps: list[tuple[str, list[str], bool]], data: st.DataObject
) -> None:
    world = _world("cap", "mug", "bag", "hat")
    for name, sizes, first in steps:
        if name in world.state.shelf:
            world.do(RemoveProduct(product_id=name))
        else:
            _add(world, name, *sizes)
            if first and next(iter(world.state.shelf)) != name:
                world.do(OrderShelf(product_ids=[name]))
    logged = [
        _as_of_an_earlier_release(event)
        if mixed == "all" or data.draw(st.booleans())
        else wire.event_message(event)
        for event in world.log
    ]
    read = replay(CoreWorld(Status.SCHEDULED).state, map(VOCABULARY.event, logged))
    assert _numbers(read) == _numbers(world.state)
    assert read.numbers == world.state.numbers
    given = [product.number for product in read.shelf.values()]
    assert len(set(given)) == len(given)
