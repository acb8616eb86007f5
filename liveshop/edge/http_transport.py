"""A transport as uvicorn's HTTP protocol uses it, with an end that the client can read."""

import asyncio
from typing import Any, Protocol


class Owner(Protocol):
    """The protocol that decides how its connection ends."""

    def close(self) -> None:
        """End the connection, once what was written has been read."""


class HttpTransport:
    """Passes everything on, but for what may go wrong at a connection's end.

    uvicorn closes a connection right after its last answer. If the client were still sending,
    the kernel would reset the connection, and the answer would be lost: the owner closes it.
    Once it does, nothing more is written. While the owner holds back input, or naps, or uvicorn has
    as much of a body as it keeps, nothing more is read.
    """

    __slots__ = ("_bare", "_owner", "_paused", "ended", "holding", "naps")

    def __init__(self, bare: asyncio.Transport, owner: Owner) -> None:
        self._bare = bare
        self._owner: Owner | None = owner
        self._paused = False  # as uvicorn asks
        self.ended = False
        self.holding = False
        self.naps = False

    def disown(self) -> None:
        """Break the circle of the owner and this object: it is the owner's no longer."""
        self.ended = True
        self._owner = None

    def write(self, data: bytes) -> None:
        """Write, unless all was said."""
        if not self.ended:
            self._bare.write(data)

    def close(self) -> None:
        """Let the owner end the connection."""
        if self._owner is not None:
            self._owner.close()

    def hold(self) -> None:
        """Read nothing until `read_on`, whatever uvicorn asks for."""
        self.holding = True
        self._bare.pause_reading()

    def read_on(self) -> None:
        """Read again after `hold`."""
        self.holding = False
        self._resume()

    def nap(self) -> None:
        """Read nothing until `wake`, whatever uvicorn asks for."""
        self.naps = True
        self._bare.pause_reading()

    def wake(self) -> None:
        """Read again after `nap`."""
        self.naps = False
        if not self._bare.is_closing():
            self._resume()

    def linger(self) -> None:
        """Say that nothing more will be said, and read on until the client hangs up, too."""
        self.holding = self.naps = False
        if not self._bare.is_closing():
            self._bare.write_eof()
            self._bare.resume_reading()

    def abort(self) -> None:
        """Cut the connection."""
        self._bare.abort()

    def is_closing(self) -> bool:
        """Whether all was said."""
        return self.ended or self._bare.is_closing()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait for the client to read."""
        return self._bare.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Read nothing for a while."""
        self._paused = True
        self._bare.pause_reading()

    def resume_reading(self) -> None:
        """Read on, unless the owner has input enough."""
        self._paused = False
        self._resume()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows of its connection."""
        return self._bare.get_extra_info(name, default)

    def _resume(self) -> None:
        if not (self._paused or self.holding or self.naps):
            self._bare.resume_reading()
