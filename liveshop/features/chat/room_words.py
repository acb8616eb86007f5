"""The words that a session's chat refuses, as a node knows them."""

import anyio

from liveshop.core.errors import LiveshopError
from liveshop.engine.rooms.session import Session
from liveshop.features.chat.rules import ChatPart
from liveshop.features.chat.store import BlockedWordLists
from liveshop.features.chat.words import WordFilter


class BlockedWords:
    """Reads the words when the log says that they have changed, not before someone speaks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = anyio.Lock()
        self._offset = 0
        self._filter = WordFilter()

    async def find(self, text: str) -> bool:
        """Return True if the text has a blocked word; while Postgres is away, by an older list."""
        if self._offset < ChatPart.of(self._session.state).words_offset:
            await self._read()
        return self._filter.finds(text)

    async def _read(self) -> None:
        async with self._lock:
            offset = ChatPart.of(self._session.state).words_offset
            if self._offset == offset:
                return
            try:
                lists = self._session.node.stores[BlockedWordLists]
                words = await lists.of(self._session.session_id)
            except LiveshopError:
                return
            self._filter, self._offset = WordFilter(words), offset
