"""The limits of guests, and whether a server lets any in."""

from typing import Final

from liveshop.core.settings import Settings

NAME: Final = "guests"
# Before what is random in the `sub` of a guest.
SUB_PREFIX: Final = "guest-"

# New guests of a network on a node: (a second, burst).
GUESTS_RATE: Final = (2, 20)
# Those of a network on all nodes, by the setting, are counted over so long.
GUESTS_COUNTED_MS: Final = 3_600_000
# Between two looks at which guests who are here were forgotten by another node.
LOOK_MS: Final = 5_000
# How many guests and networks whose time is over go when a new guest comes.
OVER_DROPPED_MAX: Final = 20
# Networks of banned viewers that a room has not stored yet, while PostgreSQL is away.
NETWORKS_WAITING_MAX: Final = 1_000


def closed_reason(settings: Settings) -> str | None:
    """Return why a server lets no guests in; None if it does."""
    if settings.guests == "off":
        return "this server lets no guests in: ask the shop for a token"
    if not settings.secret:
        return "this server lets no guests in: it has no secret to sign their tokens with"
    return None
