"""Purchases in a room: some of each pulse's are noted, and told with the next."""

import math
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from liveshop.core.model import Order
from liveshop.core.wire import as_message, decode_as
from liveshop.engine.asked import Asked
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.features.bought.rules import (
    BOUGHT_PER_PULSE_MAX,
    CHOICE_ASKED_MS,
    CHOICE_MS_MAX,
    NAME,
    Bought,
    Naming,
    sampled,
    short_name,
    told_of,
)
from liveshop.features.bought.store import Namings


class BoughtRoom(RoomPart):
    """Tells of at most `BOUGHT_PER_PULSE_MAX` purchases a pulse, the first of each.

    A purchase costs it one look at a list, however many there are. Those that are left out, or
    lost with a message to another node, were never promised.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._noted: list[Order] = []
        self._heard: list[Bought] = []
        self._told: list[Bought] | None = None
        self._naming = Naming.OFF
        self._naming_since_s = -math.inf
        self._names: Mapping[str, str] = {}
        self._asked = Asked(self._read)
        self._shelf: object = None
        self._products: dict[str, str] = {}
        self.hears = {NAME: self.hear}

    async def run(self) -> None:
        """Read the shop's choice, and names, when there is something to tell, until cancelled."""
        await self._asked.run()

    def sold(self, order: Order) -> None:
        """Note an order, unless there are enough for this pulse."""
        if len(self._noted) < BOUGHT_PER_PULSE_MAX:
            self._noted.append(order)

    def hear(self, told: list[Any]) -> None:
        """Note what another node tells of, unless there is enough for this pulse."""
        new = [decode_as(each, Bought) for each in told]
        self._heard = sampled([*self._heard, *new])

    async def refresh(self) -> None:
        """Make the next gauge, and tell the other nodes; wait until the shop's choice is known."""
        self._told = None
        if not self._noted and not self._heard:
            return
        if self._naming_age_ms() >= CHOICE_ASKED_MS or self._strangers():
            await self._asked.ask()
            if self._naming_age_ms() > CHOICE_MS_MAX:
                return
        noted, self._noted = self._noted, []
        heard, self._heard = self._heard, []
        if self._naming is Naming.OFF:
            return
        own = sampled(each for order in noted for each in self._told_of(order))
        self._told = sampled([*own, *heard]) or None
        if own:
            await self._session.peers.publish(NAME, [as_message(each) for each in own])

    def gauge(self) -> list[Bought] | None:
        """Return what was just bought; None where that is nothing, or nobody is to know."""
        return self._told

    def _naming_age_ms(self) -> float:
        return (perf_counter() - self._naming_since_s) * 1000

    async def _read(self) -> None:
        node, since_s = self._session.node, perf_counter()
        self._naming = await node.stores[Namings].of_shop(self._session.shop)
        self._naming_since_s = since_s
        # They bought over HTTP, or have gone.
        strangers = self._strangers()
        self._names = await node.people.names_of(strangers) if strangers else {}

    def _strangers(self) -> list[str]:
        """Return the buyers who are to be named and have no connection that says their name."""
        if self._naming is not Naming.FIRST:
            return []
        buyers = {order.viewer_id for order in self._noted}
        return [each for each in buyers if not self._session.audience.has_buyer(each)]

    def _told_of(self, order: Order) -> list[Bought]:
        name = self._name_of(order.viewer_id) if self._naming is Naming.FIRST else None
        return told_of(order, self._product_of, name)

    def _product_of(self, sku: str) -> str | None:
        shelf = self._session.state.shelf
        if shelf is not self._shelf:
            # Looked through once a change of the shelf: it may have 100,000 SKUs.
            self._shelf = shelf
            self._products = {
                variant.sku: product.product_id
                for product in shelf.values()
                for variant in product.variants
            }
        return self._products.get(sku)

    def _name_of(self, buyer: str) -> str | None:
        """Return the name of a buyer who is here, as the chat would show it, or that is kept."""
        for viewer in self._session.audience.of_buyer(buyer):
            identity = viewer.identity
            # A token without a name has its `sub` for one, which is for machines.
            if identity is not None and identity.name != buyer:
                return short_name(identity.name)
        kept = self._names.get(buyer)
        return None if kept is None else short_name(kept)
