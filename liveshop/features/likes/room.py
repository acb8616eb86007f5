"""Likes in a room: counted here, added up by the pulse."""

from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.engine.taps import Taps
from liveshop.features.likes.rules import Like


class Likes(RoomPart):
    """Counts likes; the pulse reports them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._taps = Taps()
        self.at_once = {Like: self.like}

    def like(self, command: Like, asker: Asker) -> None:
        """Count likes; raises Conflict where nobody may like anything, and RateLimited."""
        self._session.state.require_open()
        self._taps.admit(asker, self._session.clock.now_ms())
        self._session.new_likes += command.count
