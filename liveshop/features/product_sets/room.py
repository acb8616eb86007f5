"""The catalogue's side of a set that is added to a show."""

from typing import Any

from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.features.product_sets.rules import AddSet
from liveshop.stores.postgres.catalogue import Catalogue


class SetsRoom(RoomPart):
    """Looks the products up that a set names."""

    def __init__(self, session: Session) -> None:
        self._catalogue = session.node.stores[Catalogue]

    async def look_up(self, command: Any) -> Any:
        """Return the products with their free units, by id."""
        if not isinstance(command, AddSet):
            return None
        ids = [wish.product_id for wish in command.wishes]
        return await self._catalogue.offered(ids, [s for w in command.wishes for s in w.units])
