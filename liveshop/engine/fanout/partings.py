"""How viewers are sent away: for good, or to come back in a moment."""

import random

from liveshop.core import limits, messages
from liveshop.core.access import Ban
from liveshop.core.close_codes import CloseCode
from liveshop.core.errors import Banned
from liveshop.core.wire import frame
from liveshop.engine.fanout.viewer import Viewer


def no_such_session(viewer: Viewer) -> None:
    """Close the connection of a viewer whose session is not there for it."""
    viewer.close(CloseCode.NO_SUCH_SESSION, "there is no such session")


def banned(viewer: Viewer, ban: Ban) -> None:
    """Close the connection of a banned viewer."""
    viewer.close(CloseCode.BANNED, Banned(everywhere=ban.everywhere).message)


def send_away(viewer: Viewer, wait_ms: int = 0, turn: str | None = None) -> None:
    """Tell a viewer to come back, through whatever node, and close its connection."""
    tell_moved(viewer, wait_ms, turn)
    viewer.close(CloseCode.DRAINED, "connect again")


def tell_moved(viewer: Viewer, wait_ms: int, turn: str | None) -> None:
    """Tell a viewer to come back after `wait_ms` and a moment, with the turn that it is given."""
    retry_after_ms = random.randint(limits.RETRY_AFTER_MS_MIN, limits.RETRY_AFTER_MS_MAX)
    retry_after_ms += min(wait_ms, limits.TURN_MS_MAX)
    viewer.write(frame(messages.moved(retry_after_ms, turn)))
