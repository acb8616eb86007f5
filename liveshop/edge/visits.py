"""How many connections each viewer has, and what they may ask for together."""

from dataclasses import dataclass

from liveshop.core.connection import Allowance
from liveshop.core.roles import Identity

_Viewer = tuple[str | None, str]


@dataclass(slots=True)
class Visits:
    """The connections of one viewer, and what they may ask for together."""

    allowance: Allowance
    count: int = 0


class Visitors:
    """The viewers with a token who are connected.

    Nothing is kept of one who has gone: rates are promised to connections, and a next one is new.
    """

    def __init__(self) -> None:
        # By shop too: another shop may have given somebody else the same id.
        self._here: dict[_Viewer, Visits] = {}

    def arrive(self, identity: Identity, allowance: Allowance) -> Visits:
        """Count a connection in; `allowance` is what it may ask for if it is the first."""
        viewer = identity.shop, identity.viewer_id
        visits = self._here.get(viewer)
        if visits is None:
            visits = self._here[viewer] = Visits(allowance)
        visits.count += 1
        return visits

    def leave(self, identity: Identity) -> None:
        """Count a connection out."""
        viewer = identity.shop, identity.viewer_id
        self._here[viewer].count -= 1
        if not self._here[viewer].count:
            del self._here[viewer]
