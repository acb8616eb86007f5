"""How many HTTP connections a node takes until they are viewers', and which make room."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

from liveshop.core import limits
from liveshop.core.settings import Settings
from liveshop.edge.addresses import address_key, is_trusted
from liveshop.edge.wheel import Timed, Wheel


class Visitor(Protocol):
    """An HTTP connection as the entrance sees it."""

    def make_room(self) -> None:
        """End at once, since others have come; the entrance has counted the visitor out."""


class _Crowd:
    """The visitors of one address, or of one network where limits count by those."""

    __slots__ = ("count", "key", "resting")

    def __init__(self, key: str) -> None:
        self.key: Final = key
        self.count = 0
        self.resting: OrderedDict[Visitor, None] = OrderedDict()


class Entrance:
    """Counts HTTP connections, of the node and of each address.

    A visitor says when it rests: while none of its requests is under way. Where there are too
    many, the one that has rested longest makes room: of its own address if that has too many,
    else of all.
    Trusted proxies, behind which everyone may be, count for the node only, and never make room.

    If nobody can make room, a visitor is let into the reserve, where it may only upgrade or ask
    how the node is: a load balancer or Kubernetes would otherwise take a node that strangers have
    filled for a dead one. In the reserve the oldest makes room, so a newcomer always gets in.
    """

    def __init__(self, settings: Settings, wheel: Wheel[Timed], now_ms: Callable[[], int]) -> None:
        """Take the node's wheel, on which each connection waits for its next deadline."""
        self.wheel = wheel
        self.now_ms = now_ms
        self.keep_alive_ms: Final = settings.keep_alive_ms
        self._address_max: Final = settings.http_connections_per_address_max
        self._trusted: Final = settings.trusted_proxies
        self._prefixes: Final = settings.address_prefix_ipv4, settings.address_prefix_ipv6
        self._crowds: dict[str, _Crowd] = {}
        self._visitors: dict[Visitor, _Crowd | None] = {}
        self._resting: OrderedDict[Visitor, None] = OrderedDict()
        self._reserve: OrderedDict[Visitor, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visitors) + len(self._reserve)

    def enter(self, visitor: Visitor, address: str) -> bool:
        """Count a visitor in; False if it is in the reserve."""
        crowd = self._crowd(address)
        if not self._has_room(crowd):
            if len(self._reserve) >= limits.HTTP_RESERVE_CONNECTIONS_MAX:
                oldest, _ = self._reserve.popitem(last=False)
                oldest.make_room()
            self._reserve[visitor] = None
            return False
        self._visitors[visitor] = crowd
        if crowd is not None:
            self._crowds[crowd.key] = crowd
            crowd.count += 1
        return True

    def rest(self, visitor: Visitor) -> None:
        """Note that no request of a visitor is under way; idempotent."""
        crowd = self._visitors.get(visitor)
        if crowd is not None:
            crowd.resting.setdefault(visitor)
            self._resting.setdefault(visitor)

    def work(self, visitor: Visitor) -> None:
        """Note that a request of a visitor has begun; idempotent."""
        crowd = self._visitors.get(visitor)
        if crowd is not None:
            crowd.resting.pop(visitor, None)
            self._resting.pop(visitor, None)

    def leave(self, visitor: Visitor) -> None:
        """Count a visitor out; idempotent."""
        self.work(visitor)
        self._reserve.pop(visitor, None)
        crowd = self._visitors.pop(visitor, None)
        if crowd is not None:
            crowd.count -= 1
            if not crowd.count:
                del self._crowds[crowd.key]

    def _crowd(self, address: str) -> _Crowd | None:
        """Return the visitors that an address counts with; None for a trusted proxy."""
        if self._trusted and is_trusted(address, self._trusted):
            return None
        key = address_key(address, *self._prefixes)
        return self._crowds.get(key) or _Crowd(key)

    def _has_room(self, crowd: _Crowd | None) -> bool:
        """Make room if there is none; False if nobody rests."""
        if crowd is not None and crowd.count >= self._address_max:
            resting = crowd.resting
        elif len(self._visitors) >= limits.HTTP_CONNECTIONS_MAX:
            resting = self._resting
        else:
            return True
        if not resting:
            return False
        longest = next(iter(resting))
        self.leave(longest)
        longest.make_room()
        return True
