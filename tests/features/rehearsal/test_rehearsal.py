"""Rehearsals: the core's decisions, on a state that comes and goes as JSON."""

import pickle
from copy import copy
from random import Random
from typing import Any

import pytest

from liveshop.core import errors, wire
from liveshop.core.commands import Buy, Command, HostCommand, PinProduct, StartSession
from liveshop.core.decide import due
from liveshop.core.model import Status, sku_row
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.features.rehearsal.rules import CancelOrder
from liveshop.features.rehearsal.state import RehearsalState
from tests.core.world import CoreWorld, make_product
from tests.features.rehearsal.rehearsed import (
    ADA,
    HOST,
    PRODUCTS,
    Json,
    RehearsedShow,
    a_rid,
    decoded,
    on_air,
)
from tests.vocabulary import VOCABULARY

# ---- the same decisions as in a real show --------------------------------------------------


class Reference:
    """The same show as the stores would carry it out, with units that are sold."""

    def __init__(self) -> None:
        self.price = 0  # of the last purchase
        self.world = CoreWorld(Status.SCHEDULED)
        self.world.products = {
            product_id: make_product(product_id, stock=30) for product_id in PRODUCTS[:3]
        }

    def do(self, command: HostCommand | Buy) -> list[Json]:
        """Carry a step out and return its events as messages; all or nothing."""
        before = copy(self.world)
        before.rows, before.products = dict(self.world.rows), dict(self.world.products)
        before.log = list(self.world.log)
        try:
            self._attempt_due()
            if isinstance(command, Buy):
                self._sell(command)
            else:
                self.world.do(command)
            self._attempt_due()
        except errors.LiveshopError:
            self.world = before
            raise
        return [wire.event_message(event) for event in self.world.log[len(before.log) :]]

    def shown(self) -> Json:
        """Return the `session` message, with the offsets of its sales."""
        state, world = self.world.state, self.world
        left = {name: row.units - row.sold for name, row in world.rows.items()}
        gauges = Gauges.of(state, left, viewers=3, likes=7, buying=True)
        shown = snapshot(state, gauges, [], world.now_ms, for_staff=True)
        for sale in shown["sales"]:
            sale["offset"] = state.sales[sale["product_id"]].offset
        return wire.decode_object(wire.encode_one(shown))

    def _attempt_due(self) -> None:
        for command in list(due(self.world.state, self.world.rows, self.world.now_ms)):
            self.world.do(command)

    def _sell(self, command: Buy) -> None:
        world = self.world
        if world.state.status is not Status.LIVE:
            raise errors.NotLive(world.state.status)
        owner = command.sku.split("-")[0]
        if world.state.offered(command.sku) is None:
            raise errors.NotFound("SKU", command.sku)
        rows = [sku_row(command.sku)]
        shelf = world.state.shelf[owner].variants
        self.price = next(variant.price for variant in shelf if variant.sku == command.sku)
        sale = world.state.sales.get(owner)
        if sale and command.sku in sale.prices and sale.starts_at_ms <= world.now_ms:
            rows += [sale.row] * (sale.units is not None)
            self.price = sale.prices[command.sku]
        left = min(world.rows[name].units - world.rows[name].sold for name in rows)
        if command.quantity > left:
            raise errors.SoldOut(command.sku, requested=command.quantity, left=left)
        for name in rows:
            world.set_sold(name, world.rows[name].sold + command.quantity)


def _any_command(dice: Random) -> Json:
    """Return a command, more often one that leaves something to buy."""
    product_id = dice.choice([*PRODUCTS[:3], *PRODUCTS])
    product = {"product_id": product_id}
    sku = f"{product_id}-{dice.choice('ML')}"
    units = dict.fromkeys((f"{product_id}-M", f"{product_id}-L"), dice.randint(1, 8))
    sale = {
        **{"percent": dice.randint(1, 99), "duration_ms": 5_000},
        **{"starts_in_ms": dice.choice([0, 3_000]), "units": dice.choice([None, 1, 4, 50])},
    }
    weighted: dict[str, tuple[int, Json]] = {
        "session.end": (1, {}),
        "session.pause": (2, {}),
        "session.resume": (8, {}),
        "product.add": (12, {**product, "units": units, "kept": dice.random() < 0.3}),
        "stock.add": (6, {**product, "units": {sku: dice.choice([1, 3, 9])}}),
        "product.reprice": (3, {**product, "prices": {sku: dice.randint(1_000, 7_000)}}),
        "product.remove": (2, product),
        "product.pin": (4, product),
        "product.unpin": (3, product),
        "shelf.order": (3, {"product_ids": dice.choices(PRODUCTS, k=2)}),
        "sale.start": (12, {**product, **sale}),
        "sale.end": (2, product),
        "buy": (40, {"sku": sku, "quantity": dice.randint(1, 5), "rid": a_rid()}),
    }
    (kind,) = dice.choices([*weighted], [weight for weight, _ in weighted.values()])
    return {"type": kind, **weighted[kind][1]}


_ON_AIR: list[Json] = [
    {"type": "product.add", "product_id": "a", "units": {"a-M": 5, "a-L": 2}},
    {"type": "product.add", "product_id": "b", "units": {"b-M": 2}},
    {"type": "session.start"},
]


@pytest.mark.parametrize("seed", range(60))
def test_what_is_decided_is_what_a_real_show_decides(seed: int) -> None:
    dice = Random(seed)
    show, reference = RehearsedShow(), Reference()
    for message in [*_ON_AIR, *(_any_command(dice) for _ in range(80))]:
        command = VOCABULARY.command(message)
        assert isinstance(command, HostCommand | Buy)
        by = ADA if isinstance(command, Buy) else HOST
        show.now_ms = reference.world.now_ms = show.now_ms + dice.choice([0, 0, 100, 2_000])
        try:
            expected = reference.do(command)
        except errors.LiveshopError as refusal:
            with pytest.raises(type(refusal)) as refused:
                show.do(command, by)
            assert refused.value.as_message() == refusal.as_message()
            continue
        step = show.do(command, by)
        assert [wire.event_message(event) for event in step.events] == expected
        assert (step.order is not None) == isinstance(command, Buy)
        assert step.order is None or step.order.lines[0].price == reference.price
        assert show.state["session"] == reference.shown()
        _assert_same(decoded(show.state), reference.world)


def _assert_same(state: RehearsalState, world: CoreWorld) -> None:
    assert {(row.row, row.units - row.sold) for row in state.rows()} == {
        (name, row.units - row.sold)
        for name, row in world.rows.items()
        if name.startswith("s") or name in {sale.row for sale in world.state.sales.values()}
    }
    stock = {v.sku: v.stock for each in state.products for v in each.variants}
    assert stock == {v.sku: v.stock for each in world.products.values() for v in each.variants}
    if state.session.status is not Status.ENDED:
        assert state.core_state({}).sold_out == world.state.sold_out


def test_a_state_reads_back_as_what_it_was_written_from() -> None:
    show = on_air(a=3, b=2)
    show.send("product.pin", product_id="a")
    show.send("sale.start", product_id="a", percent=10, duration_ms=5_000, units=2)
    show.send("product.remove", product_id="b")
    show.buy("a-M")
    before = show.state
    assert before["kept"] == {"b-M": 2, "b-L": 2}
    assert show.do(None).events == []
    assert show.state == before


# ---- who may what, and states that cannot be -----------------------------------------------


@pytest.mark.parametrize(
    "command",
    [StartSession(), PinProduct(product_id="a"), CancelOrder(order_id=a_rid())],
    ids=lambda command: type(command).__name__,
)
def test_the_crowd_may_do_what_viewers_may(command: Command) -> None:
    show = RehearsedShow()
    with pytest.raises(errors.Forbidden):
        show.do(command, ADA)


def _spoil(path: str, value: Any) -> Json:
    """Return a good state but for the value at a path of names and places."""
    show = on_air(a=2, b=2)
    show.send("product.pin", product_id="a")
    show.send("sale.start", product_id="a", percent=10, duration_ms=5_000)
    show.send("sale.start", product_id="b", percent=10, duration_ms=5_000)
    *way, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    place: Any = show.state
    for each in way:
        place = place[each]
    place[last] = value
    return show.state


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("session.status", "over", "`session.status`"),
        ("session.offset", -1, "`session.offset`"),
        ("session.shelf.0.variants.1.left", -1, "`session.shelf[0].variants[1].left`"),
        ("session.shelf.0.variants.1.sku", "a-M", "`shelf` has a product or a SKU twice"),
        ("session.shelf.1.product_id", "a", "`shelf` has a product or a SKU twice"),
        ("session.pinned", ["x"], "`pinned` has a product that is not on the shelf"),
        ("session.pinned", ["a", "a"], "`pinned` has a product twice"),
        ("session.sales.0.product_id", "x", "`sales` has a product that is not on the shelf"),
        ("session.sales.0.product_id", "b", "`sales` has a product twice"),
        ("session.sales.1.offset", 5, "`sales` has an `offset` twice"),
        ("products.1.product_id", "a", "`products` has a product twice"),
        ("products.1.variants.0.sku", "a-M", "`products` has a SKU that is another's"),
        ("products.1.variants.0.sku", "b-L", "`products` has a SKU that is another's"),
        ("kept", {"": 1}, "`kept`: in a key"),
        ("orders", [{}], "`orders[0]`"),
        ("stock", 1, "unknown field `stock`"),
    ],
)
def test_a_state_that_cannot_be_is_refused_by_the_name_of_its_field(
    path: str, value: Any, words: str
) -> None:
    with pytest.raises(errors.BadRequest) as refused:
        decoded(_spoil(path, value))
    assert words in refused.value.message


def test_the_state_that_is_spoiled_there_is_good() -> None:
    state = _spoil("session.pinned", [])
    assert decoded(state).session.sales[1].offset != 5
    assert decoded(state).session.sales[0].offset == 5


def test_a_refusal_is_the_same_after_it_was_pickled() -> None:
    refusal = errors.SoldOut("a-M", requested=2, left=1)
    copied = pickle.loads(pickle.dumps(refusal))
    assert (type(copied), copied.as_message()) == (errors.SoldOut, refusal.as_message())
    assert str(copied) == str(refusal)
