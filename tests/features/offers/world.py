"""A session with offers in memory, for tests of the rules."""

from typing import Any

from liveshop.core.commands import AddProduct
from liveshop.core.model import Status
from liveshop.features.offers.rules import OffersPart
from liveshop.features.offers.vocabulary import OpenOffer
from tests.core.world import CoreWorld, make_product
from tests.vocabulary import VOCABULARY


def opening(**fields: Any) -> OpenOffer:
    """Return the command that opens an offer: a code for 5.00 off if no more is given."""
    asked = {"kind": "code", "label": "Live"} | fields
    if asked["kind"] == "code" and "percent" not in asked:
        asked = {"amount": 500} | asked
    command = VOCABULARY.command({"type": "offer.open", **asked})
    assert isinstance(command, OpenOffer)
    return command


class OfferWorld(CoreWorld):
    """A show with a shirt and a mug on the shelf."""

    def __init__(self, status: Status = Status.LIVE) -> None:
        super().__init__(status)
        for name in ("shirt", "mug"):
            self.products[name] = make_product(name)
            self.do(AddProduct(product_id=name, units={f"{name}-M": 5}))

    @property
    def offers(self) -> OffersPart:
        """The offers' part of the state."""
        return OffersPart.of(self.state)

    def open(self, **fields: Any) -> str:
        """Open an offer and return its name."""
        self.do(opening(**fields))
        return f"@{self.state.offset}"
