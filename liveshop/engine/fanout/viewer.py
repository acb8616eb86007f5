"""The interface of a viewer's connection that the engine needs; the edge implements it."""

from typing import Protocol

from liveshop.core.roles import Identity


class Viewer(Protocol):
    """One connection of one viewer: it carries bytes and knows nothing of what they say."""

    identity: Identity | None
    address: str  # what its address counts by, empty where it has none
    deflates: bool  # reads compressed frames

    def write(self, frame: bytes, /) -> None:
        """Write a complete WebSocket frame; never blocks, never raises, no-op once closing."""

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; idempotent. `ViewerAdmission.disconnect` is called after."""
