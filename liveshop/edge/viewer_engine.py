"""The engine, as the gateway sees it: what it asks of the node, the sessions and the viewers."""

from collections.abc import Callable
from typing import Protocol

from liveshop.core.access import Revocations
from liveshop.core.commands import Command
from liveshop.core.connection import StaffRefusal
from liveshop.core.feature import Vocabulary
from liveshop.core.wire import Message
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.metrics import Metrics
from liveshop.engine.purchase.lateness import Lateness


class GatewayAccess(Protocol):
    """The tokens that hold no longer, as the gateway hears of them."""

    @property
    def revocations(self) -> Revocations:
        """The revocations that the node knows."""

    on_revocations: Callable[[], None]
    on_shop: Callable[[], None]


class GatewayNode(Protocol):
    """The node, as the gateway sees it."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The commands that viewers may send."""

    @property
    def metrics(self) -> Metrics:
        """The node's counters."""

    @property
    def lateness(self) -> Lateness:
        """How late the node hears of what it is asked; kept by the gateway."""

    @property
    def access(self) -> GatewayAccess:
        """The tokens that hold no longer."""

    @property
    def knows_time(self) -> bool:
        """Whether `now_ms` is the stores' clock, and not just this machine's guess."""

    def now_ms(self) -> int:
        """Return the time by the stores' clock, in Unix milliseconds."""

    def retire(self) -> None:
        """Say from now on that this node is not ready; comes first when it stops."""


class GatewayRooms(Protocol):
    """The sessions, as the gateway sees them."""

    def loaded(self, session_id: str) -> object | None:
        """Return the session's room if this node has it."""

    def missing(self, session_id: str) -> bool:
        """Whether it was found a moment ago that there is no such session."""

    async def look_up(self, session_id: str) -> None:
        """Find out whether there is a session; raises NotFound or Unavailable."""

    async def finish(self) -> None:
        """Return once nothing is under way any longer; comes last when the node stops."""


class GatewayViewers(Protocol):
    """Where the gateway hands over viewers.

    `connect` comes once, after a good `hello`; then `submit` for each command or `answer` for
    each that is refused before, and `disconnect` once, when the connection is lost. All return
    at once and answer through the viewer.
    """

    def connect(
        self, viewer: Viewer, session_id: str, ref: int | None, visitor: str | None = None
    ) -> None:
        """Welcome a viewer to a session, or close its connection."""

    def submit(self, viewer: Viewer, command: Command) -> None:
        """Carry out a command that the viewer's role allows, and answer it."""

    def refuses_unread(self, viewer: Viewer, message: Message, /) -> bool:
        """Refuse a `buy` that the node is too busy for, before it is read whole."""

    def answer(self, viewer: Viewer, answer: bytes | StaffRefusal) -> None:
        """Write an answer of the gateway's own, after the welcome if that is still to come.

        The activity log is told of the refusals of the staff.
        """

    def lapse(self, viewer: Viewer) -> None:
        """Take one of the staff, whose `identity` is a viewer's now, for a viewer."""

    def disconnect(self, viewer: Viewer) -> None:
        """Forget a viewer."""


class ViewerEngine(Protocol):
    """The engine, as far as the gateway needs it."""

    @property
    def node(self) -> GatewayNode:
        """The node and its stores."""

    @property
    def rooms(self) -> GatewayRooms:
        """The sessions on this node."""

    @property
    def viewer_admission(self) -> GatewayViewers:
        """The viewers of this node."""
