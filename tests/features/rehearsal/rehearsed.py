"""A rehearsed show, for tests of its rules and of the features that can be rehearsed."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from liveshop.core import wire
from liveshop.core.commands import Buy, Command, StartSession
from liveshop.core.feature import Vocabulary
from liveshop.core.model import Product, Status
from liveshop.core.roles import Identity, Role
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.features.rehearsal.rules import Rehearsed, rehearse
from liveshop.features.rehearsal.state import RehearsalState, rehearsal_state
from tests.core.world import NOW_MS, CoreWorld, make_product
from tests.vocabulary import VOCABULARY

HOST = Identity("h", "Hella", Role.HOST)
ADA = Identity("ada", "Ada", Role.VIEWER)
PRODUCTS = ("a", "b", "c", "x")  # the last is not in the catalogue
SKUS = tuple(f"{product_id}-{size}" for product_id in PRODUCTS for size in "ML")
Json = dict[str, Any]
_RIDS = count(1)


def a_rid() -> str:
    return str(UUID(int=next(_RIDS)))


def decoded(state: Json, vocabulary: Vocabulary = VOCABULARY) -> RehearsalState:
    """Return a state as it comes back from its page."""
    return wire.decode_body(wire.encode_one(state), rehearsal_state(vocabulary))


def a_beginning(status: Status = Status.SCHEDULED, stock: int = 30) -> Json:
    """Return the state of a show in which nothing has happened, with three products to sell."""
    world = CoreWorld(status if status is not Status.LIVE else Status.SCHEDULED)
    gauges = Gauges(viewers=3, likes=7, buying=True)
    session = snapshot(world.state, gauges, [], NOW_MS, for_staff=True)
    products = [_listed(make_product(product_id, stock=stock)) for product_id in PRODUCTS[:3]]
    return {"session": session, "products": products}


def _listed(product: Product) -> Json:
    message = wire.as_message(product)
    message = {name: message[name] for name in ("product_id", "title", "image", "variants")}
    return message


@dataclass
class RehearsedShow:
    """A rehearsal whose state goes through JSON at each step."""

    state: Json = field(default_factory=a_beginning)
    now_ms: int = NOW_MS
    vocabulary: Vocabulary = VOCABULARY

    def do(self, command: Command | None, by: Identity = HOST) -> Rehearsed:
        """Carry a step out, and keep its state; a refused step leaves that as it was."""
        before = wire.encode_one(self.state)
        try:
            step = rehearse(
                decoded(self.state, self.vocabulary),
                command,
                by,
                vocabulary=self.vocabulary,
                now_ms=self.now_ms,
                catalogue_currency="EUR",
            )
        finally:
            assert wire.encode_one(self.state) == before
        self.state = wire.decode_object(wire.encode_one(step.state))
        return step

    def send(self, kind: str, **fields: Any) -> Rehearsed:
        """Carry out a host's command."""
        return self.do(self.vocabulary.command({"type": kind, **fields}))

    def buy(self, sku: str, quantity: int = 1, price: int | None = None) -> str:
        """Buy as somebody of the crowd; return the order's id."""
        rid = a_rid()
        self.do(Buy(rid=rid, sku=sku, quantity=quantity, price=price), ADA)
        return rid

    def left(self, sku: str) -> int:
        """Return how many units of a SKU are left on the shelf."""
        variants = [v for each in self.state["session"]["shelf"] for v in each["variants"]]
        return int(next(v["left"] for v in variants if v["sku"] == sku))


def on_air(**units: int) -> RehearsedShow:
    """Return a live show with products on its shelf, so many units of each SKU."""
    show = RehearsedShow()
    for product_id, each in units.items():
        skus = {f"{product_id}-M": each, f"{product_id}-L": each}
        show.send("product.add", product_id=product_id, units=skus)
    show.do(StartSession())
    return show
