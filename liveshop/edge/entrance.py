"""How many HTTP connections a node takes until they are viewers', and which make room."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

from liveshop.core import limits
from liveshop.core.settings import Settings
from liveshop.edge.addresses import address_key, is_trusted
from liveshop.edge.refusals import Refusals
from liveshop.edge.wheel import Timed, Wheel

# The name by which trusted proxies are counted; no address reads so.
_PROXIES: Final = "trusted proxies"


class Visitor(Protocol):
    """An HTTP connection as the entrance sees it; only the entrance sets its two attributes."""

    counted_by: str | None
    """The name that it is counted by: None before, after and in the reserve."""
    rests: bool

    def make_room(self) -> None:
        """End at once, since others have come; the entrance has counted the visitor out."""


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
        self.refusals = Refusals(wheel, now_ms)
        self.keep_alive_ms: Final = settings.keep_alive_ms
        self._address_max: Final = settings.http_connections_per_address_max
        self._trusted: Final = settings.trusted_proxies
        self._prefixes: Final = settings.address_prefix_ipv4, settings.address_prefix_ipv6
        # A joiner comes and goes with one entry here: visitors that rest are kept apart.
        self._counts: dict[str, int] = {}
        self._count = 0
        self._resting: OrderedDict[Visitor, None] = OrderedDict()
        self._resting_by: dict[str, OrderedDict[Visitor, None]] = {}
        self._reserve: OrderedDict[Visitor, None] = OrderedDict()

    def __len__(self) -> int:
        return self._count + len(self._reserve)

    def enter(self, visitor: Visitor, address: str) -> bool:
        """Count a visitor in; False if it is in the reserve."""
        if self._trusted and is_trusted(address, self._trusted):
            name = _PROXIES
        else:
            name = address_key(address, *self._prefixes)
        if not self._make_room(name):
            if len(self._reserve) >= limits.HTTP_RESERVE_CONNECTIONS_MAX:
                oldest, _ = self._reserve.popitem(last=False)
                oldest.make_room()
            self._reserve[visitor] = None
            return False
        self._count += 1
        self._counts[name] = self._counts.get(name, 0) + 1
        visitor.counted_by = name
        return True

    def rest(self, visitor: Visitor) -> None:
        """Note that no request of a visitor is under way; idempotent."""
        name = visitor.counted_by
        if not (visitor.rests or name is None or name is _PROXIES):
            visitor.rests = True
            self._resting[visitor] = None
            self._resting_by.setdefault(name, OrderedDict())[visitor] = None

    def work(self, visitor: Visitor) -> None:
        """Note that a request of a visitor has begun; idempotent."""
        if visitor.rests:
            visitor.rests = False
            name = visitor.counted_by
            assert name is not None, "a visitor rests only while it is counted"
            del self._resting[visitor]
            of_name = self._resting_by[name]
            del of_name[visitor]
            if not of_name:
                del self._resting_by[name]

    def leave(self, visitor: Visitor) -> None:
        """Count a visitor out; idempotent."""
        self.work(visitor)
        name = visitor.counted_by
        if name is None:
            self._reserve.pop(visitor, None)
            return
        visitor.counted_by = None
        self._count -= 1
        left = self._counts[name] - 1
        if left:
            self._counts[name] = left
        else:
            del self._counts[name]

    def refusal_wait_ms(self, visitor: Visitor) -> int:
        """Count a refusal of what is no request, and return for how long its answer has to wait."""
        name = visitor.counted_by
        if name is None or name is _PROXIES:
            return 0  # in the reserve a connection ends soon; behind a proxy it may be anybody's
        return self.refusals.wait_ms(name)

    def _make_room(self, name: str) -> bool:
        """Make room if there is none; False if nobody rests."""
        if self._counts.get(name, 0) >= self._address_max and name is not _PROXIES:
            resting = self._resting_by.get(name)
        elif self._count >= limits.HTTP_CONNECTIONS_MAX:
            resting = self._resting
        else:
            return True
        if not resting:
            return False
        longest = next(iter(resting))
        self.leave(longest)
        longest.make_room()
        return True
