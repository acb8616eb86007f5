"""The names of people, as all layers ask for them; a feature may keep them."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Final, Protocol

# Shown in place of a name that is kept sealed, where what is shown is stored for good.
NAMELESS: Final = "Guest"


class People(Protocol):
    """Knows the names of people by the `sub` of their tokens, as far as they are kept."""

    def names_of(self, subs: Sequence[str], /) -> Awaitable[Mapping[str, str]]:
        """Return the names that are known; raises Unavailable."""
