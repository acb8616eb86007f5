"""Reservations in requests and answers."""

from typing import Literal

from liveshop.core.commands import Reserve
from liveshop.core.fields import Id, PersonId, Price, Quantity, Ref, Uuid
from liveshop.core.model import ReservationState
from liveshop.edge.http.base_records import Input, Output


class NewReservation(Input, frozen=True, kw_only=True):
    """The command `reserve`; an API key names the buyer it acts for in `viewer_id`."""

    type: Literal["reserve"] = "reserve"
    ref: Ref | None = None
    rid: Uuid
    sku: Id
    quantity: Quantity
    price: Price | None = None
    viewer_id: PersonId | None = None

    def command(self) -> Reserve:
        """Return it as a socket would have brought it."""
        return Reserve(
            ref=self.ref, rid=self.rid, sku=self.sku, quantity=self.quantity, price=self.price
        )


class Reserved(Output, frozen=True, kw_only=True, tag_field="type", tag="reserved"):
    """A reservation; `state` is there once it is resolved."""

    ref: int | None = None
    rid: str
    sku: str
    quantity: int
    price: int
    expires_at_ms: int
    state: ReservationState | None = None


class Released(Output, frozen=True, kw_only=True, tag_field="type", tag="released"):
    """A reservation that was given back."""

    rid: str
    sku: str
