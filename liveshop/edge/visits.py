"""How many connections each viewer has, and what they may ask for together."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from liveshop.core import limits
from liveshop.core.connection import Allowance
from liveshop.core.roles import Identity

_Viewer = tuple[str | None, str]


@dataclass(slots=True)
class Visits:
    """The connections of one viewer, and what they may ask for together."""

    allowance: Allowance
    count: int = 0


class Visitors:
    """The viewers with a token who are connected, and those who left a moment ago.

    The rest of somebody's allowance is kept after the last connection, until it would be as much
    as a newcomer's. Otherwise those who connect again for each burst would have no rate.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        # By shop too: another shop may have given somebody else the same id.
        self._here: dict[_Viewer, Visits] = {}
        # Until when it is not full again; who left first comes first.
        self._left: OrderedDict[_Viewer, tuple[Allowance, int]] = OrderedDict()

    def arrive(self, identity: Identity, allowance: Allowance) -> Visits:
        """Count a connection in; `allowance` is what it may ask for if it is the first."""
        viewer = identity.shop, identity.viewer_id
        visits = self._here.get(viewer)
        if visits is None:
            if viewer in self._left:
                allowance = self._left.pop(viewer)[0]
            visits = self._here[viewer] = Visits(allowance)
        visits.count += 1
        return visits

    def leave(self, identity: Identity) -> None:
        """Count a connection out."""
        viewer = identity.shop, identity.viewer_id
        visits = self._here[viewer]
        visits.count -= 1
        if not visits.count:
            del self._here[viewer]
            self._keep(viewer, visits.allowance)

    def _keep(self, viewer: _Viewer, allowance: Allowance) -> None:
        now_ms, left = self._now_ms(), self._left
        full_ms = now_ms + allowance.full_in_ms(now_ms)
        while left and next(iter(left.values()))[1] <= now_ms:
            left.popitem(last=False)
        if full_ms > now_ms:
            left[viewer] = allowance, full_ms
            if len(left) > limits.ALLOWANCES_KEPT_MAX:
                left.popitem(last=False)
