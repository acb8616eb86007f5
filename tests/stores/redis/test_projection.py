"""What Redis is told of a session."""

from liveshop.core.model import Sale, ShelfProduct, ShelfVariant, Status
from liveshop.core.session import SessionInfo, SessionState
from liveshop.stores.redis.projection import Offer, Projection, project


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
