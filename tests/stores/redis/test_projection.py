"""The facts of a session that Redis is told."""

from dataclasses import replace

import pytest

from liveshop.core import commands
from liveshop.core.decision import MarkRestocked, MarkSoldOut
from liveshop.core.model import Sale, ShelfProduct, ShelfVariant, Status
from liveshop.core.session import SessionInfo, SessionState
from liveshop.features.chat import rules as chat
from liveshop.stores.redis.projection import Offer, Projection, project
from tests.core.world import CoreWorld, make_chat, make_product
from tests.vocabulary import VOCABULARY


def test_offer_has_the_sale_only_where_its_sku_is_in_it() -> None:
    variants = [
        ShelfVariant(sku=sku, label="", price=5000, was=None, limit=3, left=10) for sku in "SM"
    ]
    sale = Sale(
        offset=4,
        product_id="shirt",
        prices={"S": 3900},
        starts_at_ms=1000,
        ends_at_ms=2000,
        units=5,
        limit=1,
    )
    state = SessionState(
        info=SessionInfo(id="s1", title="t", currency="EUR", payment="direct", hold_ms=60_000),
        status=Status.LIVE,
        offset=4,
        shelf={"shirt": ShelfProduct(product_id="shirt", title="", image=None, variants=variants)},
        sales={"shirt": sale},
    )
    projection = project(state)
    assert projection == Projection(
        offset=4,
        status=Status.LIVE,
        hold_ms=60_000,
        offers=(
            Offer(sku="S", price=5000, limit=3, sale=sale),
            Offer(sku="M", price=5000, limit=3),
        ),
    )
    assert projection.fields() == [
        "offset",
        4,
        "status",
        "live",
        "hold_ms",
        60_000,
        "sS",
        "5000\x1f3\x1f@4\x1f3900\x1f1000\x1f2000\x1f1\x1f1",
        "sM",
        "5000\x1f3",
    ]


def _what_is_sold(world: CoreWorld) -> tuple[Projection, dict[str, int]]:
    projection = project(world.state)
    offers = sorted(projection.offers, key=lambda offer: offer.sku)
    units = {name: row.units for name, row in world.rows.items()}
    return replace(projection, offset=0, offers=tuple(offers)), units


@pytest.mark.feature("chat")
def test_events_that_do_not_say_that_they_change_what_is_sold_leave_the_projection() -> None:
    """Otherwise Redis would go on selling what is for sale no longer, or at another price."""
    world = CoreWorld(Status.DRAFT)
    world.products["shirt"] = make_product("shirt")
    world.products["mug"] = make_product("mug")
    world.chat.append(make_chat("1-0"))
    seen, units = set(), {"shirt-M": 10, "shirt-L": 10}
    story = (
        commands.AddProduct(product_id="shirt", units=units),
        commands.AddProduct(product_id="mug", units={"mug-M": 1}),
        commands.UpdateSession(starts_at_ms=1_900_000_000_000),
        commands.StartSession(),
        commands.PinProduct(product_id="shirt"),
        commands.UnpinProduct(product_id="shirt"),
        commands.OrderShelf(product_ids=["mug", "shirt"]),
        commands.RepriceProduct(product_id="shirt", prices={"shirt-M": 4_000}),
        commands.AddStock(product_id="shirt", units={"shirt-M": 2}),
        commands.StartSale(product_id="shirt", percent=10, duration_ms=60_000, units=3),
        commands.EndSale(product_id="shirt"),
        commands.PauseSession(),
        commands.ResumeSession(),
        MarkSoldOut(sku="mug-M"),
        MarkRestocked(sku="mug-M"),
        chat.PinChat(id="1-0"),
        chat.UnpinChat(id="1-0"),
        chat.DeleteChat(id="1-0"),
        chat.SlowChat(interval_ms=5_000),
        chat.BlockWords(words=["fake"]),
        commands.RemoveProduct(product_id="mug"),
        commands.EndSession(),
    )
    for command in story:
        if isinstance(command, MarkSoldOut | MarkRestocked):
            world.set_sold("smug-M", int(isinstance(command, MarkSoldOut)))
        before = _what_is_sold(world)
        events = world.do(command)
        changed = _what_is_sold(world) != before
        assert changed == any(event.sells for event in events), command
        seen |= {type(event) for event in events}
    # Those of other features are tried with their rules.
    assert seen == {kind for kind in VOCABULARY.events if kind.feature in ("", "chat")}
