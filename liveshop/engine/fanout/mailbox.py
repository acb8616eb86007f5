"""Private messages: to every connection of a buyer, on this node and on its peers."""

from dataclasses import dataclass
from typing import Any, Protocol

from liveshop.core import messages
from liveshop.core.errors import LiveshopError
from liveshop.core.limits import OUTGOING_MESSAGES_MAX
from liveshop.core.model import Order, Reservation
from liveshop.core.roles import Identity, Role
from liveshop.core.wire import error_frame, frame
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.viewer import Viewer


class Asker(Protocol):
    """Somebody who asked for something, and is answered: over a connection, or over HTTP."""

    viewer: Viewer | None
    ref: int | None

    @property
    def identity(self) -> Identity | None:
        """The bearer of its token; None without one, or where a program of ours asks."""

    @property
    def gone(self) -> bool:
        """Whether nobody is left to be answered."""

    def answer(self, message: dict[str, Any]) -> None:
        """Deliver an answer; it has the `ref` in it already."""

    def reserved(self, reservation: Reservation, *, known: bool) -> None:
        """Deliver a reservation; `known` if it was made before."""

    def refuse(self, refusal: LiveshopError) -> None:
        """Say why not."""


class ViewerAsker:
    """A command that came over a connection."""

    __slots__ = ("_audience", "ref", "viewer")

    def __init__(self, audience: Audience, viewer: Viewer, ref: int | None) -> None:
        self._audience = audience
        self.viewer: Viewer | None = viewer
        self.ref = ref

    @property
    def identity(self) -> Identity | None:
        """The bearer of the connection's token."""
        assert self.viewer is not None
        return self.viewer.identity

    @property
    def gone(self) -> bool:
        """Whether the connection that asked is closed."""
        assert self.viewer is not None
        return not self._audience.has(self.viewer)

    def answer(self, message: dict[str, Any]) -> None:
        """Write an answer on the connection that asked."""
        assert self.viewer is not None
        self._audience.write_to(self.viewer, frame(message))

    def reserved(self, reservation: Reservation, *, known: bool) -> None:
        """Write the reservation, made just now or before."""
        self.answer(messages.reserved(reservation, self.ref))

    def refuse(self, refusal: LiveshopError) -> None:
        """Write the error."""
        assert self.viewer is not None
        self._audience.write_to(self.viewer, error_frame(refusal, self.ref))


@dataclass(frozen=True, slots=True)
class Watched:
    """A reservation, or a take of an `offer`, that a buyer here believes to be open."""

    rid: str
    buyer: str
    sku: str
    quantity: int
    price: int
    offer: str = ""

    @classmethod
    def of(cls, reservation: Reservation) -> "Watched":
        """Return what is to be watched of a reservation."""
        return cls(
            rid=reservation.rid,
            buyer=reservation.buyer,
            sku=reservation.sku,
            quantity=reservation.quantity,
            price=reservation.price,
            offer=reservation.taken,
        )


class Mailbox:
    """Tells buyers and hosts; messages that other nodes must tell too are gathered until `take`.

    It also watches the reservations that buyers here believe to be open. Messages between nodes may
    be lost, and the pulse asks what became of these.
    """

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._to_buyers: list[tuple[str, dict[str, Any]]] = []
        self._orders: list[dict[str, Any]] = []
        self._watched: dict[str, Watched] = {}

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent to other nodes."""
        return len(self._to_buyers) + len(self._orders)

    def tell(self, buyer: str, message: dict[str, Any], *, but: Viewer | None = None) -> None:
        """Tell a buyer on every connection, here at once and elsewhere soon, but on one."""
        self._to_buyers.append((buyer, message))
        self.deliver(buyer, message, but=but)

    def watch(self, reservation: Watched) -> None:
        """Note that a buyer here has been told of an open reservation."""
        self._watched[reservation.rid] = reservation

    def watched(self, most: int) -> list[Watched]:
        """Return the reservations to ask for now, at most so many, each in its turn."""
        has_buyer = self._audience.has_buyer
        for gone in [each for each in self._watched.values() if not has_buyer(each.buyer)]:
            del self._watched[gone.rid]
        asked = list(self._watched.values())[:most]
        for each in asked:
            self._watched[each.rid] = self._watched.pop(each.rid)
        return asked

    def is_watched(self, rid: str) -> bool:
        """Return True if a buyer here still believes that a reservation is open."""
        return rid in self._watched

    def tell_order(self, order: Order) -> None:
        """Tell the hosts of an order."""
        message = messages.order_taken(order)
        self._orders.append(message)
        if self._audience.staffed:
            self._audience.write_to_staff(frame(message), Role.HOST)

    def take(self) -> dict[str, Any]:
        """Return what other nodes must tell, and forget it; empty where there is nothing."""
        to_buyers, self._to_buyers = self._to_buyers, []
        orders, self._orders = self._orders, []
        outgoing: dict[str, Any] = {}
        if to_buyers:
            outgoing["to_buyers"] = to_buyers
        if orders:
            outgoing["orders"] = orders
        return outgoing

    def put_back(self, outgoing: dict[str, Any]) -> None:
        """Keep what could not be sent for the next `take`; beyond a limit the oldest goes."""
        self._to_buyers = [*outgoing.get("to_buyers", ()), *self._to_buyers][
            -OUTGOING_MESSAGES_MAX:
        ]
        self._orders = [*outgoing.get("orders", ()), *self._orders][-OUTGOING_MESSAGES_MAX:]

    def receive(self, outgoing: dict[str, Any]) -> None:
        """Deliver here what another node took."""
        for buyer, message in outgoing.get("to_buyers", ()):
            self.deliver(buyer, message)
        if self._audience.staffed:
            for message in outgoing.get("orders", ()):
                self._audience.write_to_staff(frame(message), Role.HOST)

    def deliver(self, buyer: str, message: dict[str, Any], *, but: Viewer | None = None) -> None:
        """Tell a buyer on every connection here, but on one."""
        if not self._audience.has_buyer(buyer):
            return
        match message["type"]:
            case "reserved":
                names = ("rid", "sku", "quantity", "price")
                self.watch(Watched(buyer=buyer, **{name: message[name] for name in names}))
            case "taken":
                rid, offer = message["rid"], message["offer"]
                self.watch(Watched(rid=rid, buyer=buyer, sku="", quantity=0, price=0, offer=offer))
            case "confirmed" | "cancelled":
                for rid in message["rids"]:
                    self._watched.pop(rid, None)
            case "released" | "expired" | "refused" | "spent":
                self._watched.pop(message["rid"], None)
        others = self._audience.of_buyer(buyer, but=but)
        if others:
            shared = frame(message)
            for viewer in others:
                self._audience.write_to(viewer, shared)
