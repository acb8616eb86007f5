"""A connection that the intake reads from, in place of its transport."""

import asyncio
from typing import Final

from liveshop.edge.intake import Intake

_UNWATCHED: Final = -1


class WatchedSocket(asyncio.Protocol):
    """Has at most one reader, the transport or the intake, and none while input is paused.

    Invariant: the intake forgets the descriptor before the transport closes it. The number is
    another client's afterwards, whose bytes would be read as this one's.
    """

    __slots__ = ("_descriptor", "_intake", "_transport")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._transport: asyncio.Transport
        self._descriptor = _UNWATCHED

    def watch(self, *, paused: bool) -> None:
        """Let the intake read from here on, if it is open and the connection is not closing."""
        if self._transport.is_closing():
            return
        descriptor = self._transport.get_extra_info("socket").fileno()
        if self._intake.watch(self, descriptor):
            self._descriptor = descriptor
            self._transport.pause_reading()
            if paused:
                self._intake.hold(descriptor)

    def read(self, data: bytes, spread_ns: int = 0, /) -> None:
        """Read what came, the last of it so much later than the first."""
        raise NotImplementedError

    def abort(self) -> None:
        """Cut the connection."""
        raise NotImplementedError

    def leave(self) -> None:
        """Let the transport read what is left, and the end."""
        self._descriptor = _UNWATCHED
        if not self._transport.is_closing():
            self._transport.resume_reading()

    @property
    def _has_unread(self) -> bool:
        """Whether the viewer is known to have sent what is not read yet."""
        return self._descriptor in self._intake

    def _pause(self) -> None:
        """Leave in the kernel what the viewer sends."""
        if self._descriptor == _UNWATCHED:
            self._transport.pause_reading()
        else:
            self._intake.hold(self._descriptor)

    def _resume(self) -> None:
        if self._descriptor != _UNWATCHED:
            self._intake.go_on(self._descriptor)
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    def _unwatch(self) -> None:
        """Read nothing further; idempotent."""
        if self._descriptor != _UNWATCHED:
            self._intake.forget(self._descriptor)
            self._descriptor = _UNWATCHED
