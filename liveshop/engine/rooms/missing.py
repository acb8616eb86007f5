"""Sessions that were asked for and are not there, so that to ask again is no query."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio

from liveshop.core import limits
from liveshop.core.errors import NotFound

_KNOWN_S = limits.MISSING_KNOWN_MS / 1000


class Missing:
    """The ids that PostgreSQL did not have a moment ago.

    Most ids of sessions are random and made by nodes: none is asked for before there is such a
    session. One that a client has made up, or that a restored backup has brought back, is found by
    other nodes a second later.
    """

    def __init__(self, now_s: Callable[[], float] = anyio.current_time) -> None:
        self._now_s = now_s
        self._until_s: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until_s)

    def __contains__(self, session_id: str) -> bool:
        until_s = self._until_s.get(session_id)
        return until_s is not None and self._now_s() < until_s

    def forget(self, session_id: str) -> None:
        """Ask for a session again: it was made."""
        self._until_s.pop(session_id, None)

    @contextmanager
    def noting(self, session_id: str) -> Iterator[None]:
        """Note that a session is not there if the block finds out; raises NotFound if it did."""
        if session_id in self:
            raise NotFound("session", session_id)
        try:
            yield
        except NotFound:
            self._until_s[session_id] = self._now_s() + _KNOWN_S
            self._until_s.move_to_end(session_id)
            if len(self._until_s) > limits.MISSING_KNOWN_MAX:
                self._until_s.popitem(last=False)
            raise
