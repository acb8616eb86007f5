"""A feature's part of a room."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

from liveshop.core.access import Ban
from liveshop.core.commands import Command
from liveshop.core.decision import SystemCommand
from liveshop.core.events import Event
from liveshop.core.model import Order, Sums, Totals
from liveshop.core.roles import Identity
from liveshop.engine.fanout.mailbox import Asker

AtOnce = Callable[[Any, Asker], None]
Handler = Callable[[Any, Asker], Awaitable[None]]
Hearer = Callable[[Any], None]


class RoomPart:
    """A feature's part of a room; a method that it does not override costs the room nothing.

    It is made of a `Session`, with which the others share the room. A handler takes a command and
    its asker, and raises the error that refuses it; a command over HTTP has no viewer.
    """

    # Commands that are done at once, on the way of a message: a few microseconds at most.
    at_once: Mapping[type[Command], AtOnce] = {}
    # Commands that wait for a store: each in a task of the room.
    handlers: Mapping[type[Command], Handler] = {}
    # Messages of other nodes, by kind.
    hears: Mapping[str, Hearer] = {}

    async def run(self) -> None:
        """Do what the part does all the time, until cancelled."""

    def joined(self, identity: Identity | None, visitor: str | None) -> None:
        """Note that a viewer is about to be seated."""

    async def welcome(self, identity: Identity) -> Mapping[str, Any]:
        """Return the fields of the `welcome` of a viewer with a token."""
        return {}

    def banned(self, ban: Ban, addresses: Collection[str]) -> None:
        """Note a ban that holds here: it closes connections from these addresses."""

    def applied(self, event: Event) -> None:
        """Note that an event was applied; on opening a room, each of the log."""

    def sold(self, order: Order) -> None:
        """Note an order that was just confirmed here; each purchase waits for it to return."""

    async def pushed(self, events: Iterable[Event]) -> None:
        """Bring Redis up to events that this node has read or made; again, it changes nothing."""

    async def look_up(self, command: Any) -> Any:
        """Return what the feature's decision needs; it is in the facts by the feature's name.

        It comes for a command of the feature, and for the session's end.
        """
        return None

    def due(self) -> Iterable[SystemCommand]:
        """Return what this node has found to be due, besides what its part of the state says."""
        return ()

    def under_way(self) -> int:
        """Return how many commands wait for an answer that are no task of the room."""
        return 0

    async def refresh(self) -> None:
        """Fetch what the gauge shows; comes with each pulse."""

    async def add_up(self, totals: Totals) -> Sums | None:
        """Return what hosts are told was sold, no older than `totals`; None to leave it at those.

        It comes with each pulse while one of the staff is here; one part may have it.
        """
        return None

    def gauge(self) -> Any:
        """Return the newest gauge, which the pulse shows when it changes; None without one."""
        return None


def overriding(parts: Iterable[RoomPart], method: str) -> tuple[Any, ...]:
    """Return a method of those parts that override it."""
    return tuple(
        getattr(part, method)
        for part in parts
        if getattr(type(part), method) is not getattr(RoomPart, method)
    )
