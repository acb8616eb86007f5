"""What the engine needs of a viewer's connection; the edge implements it."""

from typing import Protocol

from liveshop.core.frames import SharedFrame
from liveshop.core.roles import Identity


class Viewer(Protocol):
    """One connection of one viewer: it carries bytes and knows nothing of what they say."""

    identity: Identity | None

    def write(self, frame: bytes) -> None:
        """Write a complete WebSocket frame; never blocks, never raises, no-op once closing."""

    def write_shared(self, frame: SharedFrame) -> None:
        """Write a frame that goes to many, in the form that this viewer can read."""

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; idempotent. The edge calls `Engine.disconnect` after."""
