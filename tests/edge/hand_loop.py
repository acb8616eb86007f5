"""An event loop whose turns are taken by hand, as far as an intake needs one."""

import select
from collections.abc import Callable


class HandLoop:
    """Keeps what is to be called, until its next turn."""

    def __init__(self) -> None:
        self.watched: dict[int, Callable[[], None]] = {}
        self.soon: list[Callable[[], None]] = []

    def add_reader(self, fd: int, callback: Callable[[], None], /) -> None:
        self.watched[fd] = callback

    def remove_reader(self, fd: int, /) -> None:
        del self.watched[fd]

    def call_soon(self, callback: Callable[[], None], /) -> None:
        self.soon.append(callback)

    @property
    def idle(self) -> bool:
        """Whether the next turn would do nothing."""
        return not self.soon and not self._readable

    def turn(self) -> None:
        """Tell of what is readable, then call what was to be called soon."""
        called, self.soon = self.soon, []
        for descriptor in self._readable:
            self.watched[descriptor]()
        for callback in called:
            callback()

    @property
    def _readable(self) -> list[int]:
        return select.select(list(self.watched), (), (), 0)[0]
