"""The viewers who watch a session on this node, and how bytes reach them."""

from liveshop.core import limits
from liveshop.core.close_codes import CloseCode
from liveshop.core.frames import SharedFrame
from liveshop.core.roles import Role
from liveshop.engine.fanout.viewer import Viewer


class Audience:
    """The viewers of a room, those of each buyer, and those who moderate or host.

    A viewer is *expected* while its welcome is being prepared: private frames for it wait, so
    that none is lost and none overtakes the welcome. It is *seated* once it has its snapshot.
    """

    def __init__(self) -> None:
        self._seated: dict[Viewer, None] = {}
        # How many of those read compressed frames.
        self.deflating = 0
        self._copy: tuple[Viewer, ...] | None = None  # of those, until somebody comes or goes
        self._expected: dict[Viewer, list[bytes]] = {}
        self._buyers: dict[str, list[Viewer]] = {}
        self._staff: dict[Viewer, Role] = {}

    def __len__(self) -> int:
        return len(self._seated)

    def has(self, viewer: Viewer) -> bool:
        """Return True if a viewer is seated or expected, so that an answer may reach it."""
        return viewer in self._seated or viewer in self._expected

    @property
    def empty(self) -> bool:
        """Whether nobody is here or expected."""
        return not self._seated and not self._expected

    @property
    def named(self) -> bool:
        """Whether someone with a token is here, or expected."""
        return bool(self._buyers)

    def seated(self) -> tuple[Viewer, ...]:
        """Return those who see the next flush; a copy, since writing may drop some."""
        if self._copy is None:
            self._copy = tuple(self._seated)
        return self._copy

    def expect(self, viewer: Viewer) -> None:
        """Begin to gather private frames for a viewer whose welcome is being prepared."""
        self._expected[viewer] = []
        if viewer.identity is not None:
            self._buyers.setdefault(viewer.identity.viewer_id, []).append(viewer)
            if viewer.identity.role >= Role.MODERATOR:
                self._staff[viewer] = viewer.identity.role

    def seat(self, viewer: Viewer, welcome: bytes, snapshot: SharedFrame) -> None:
        """Write the welcome, the snapshot and what has waited, and count the viewer in.

        A viewer that has left meanwhile is not seated.
        """
        waiting = self._expected.pop(viewer, None)
        if waiting is None:
            return
        self._seated[viewer] = None
        self.deflating += viewer.deflates
        self._copy = None
        viewer.write(welcome)
        viewer.write(snapshot.deflated if viewer.deflates else snapshot.plain)
        for frame in waiting:
            viewer.write(frame)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer; idempotent."""
        known = self._expected.pop(viewer, None) is not None
        if viewer in self._seated:
            known = True
            del self._seated[viewer]
            self.deflating -= viewer.deflates
        self._copy = None
        self._staff.pop(viewer, None)
        if known and viewer.identity is not None:
            buyer = viewer.identity.viewer_id
            self._buyers[buyer].remove(viewer)
            if not self._buyers[buyer]:
                del self._buyers[buyer]

    def lapse(self, viewer: Viewer) -> None:
        """Write nothing that is for the staff to a viewer any longer; idempotent."""
        self._staff.pop(viewer, None)

    def has_buyer(self, buyer: str) -> bool:
        """Return True if a buyer has a connection here."""
        return buyer in self._buyers

    def buyers(self) -> list[str]:
        """Return the buyers with a connection here."""
        return list(self._buyers)

    def of_buyer(self, buyer: str, *, but: Viewer | None = None) -> list[Viewer]:
        """Return a buyer's connections here, but one."""
        return [viewer for viewer in self._buyers.get(buyer, ()) if viewer is not but]

    def write_to(self, viewer: Viewer, frame: bytes) -> None:
        """Write a private frame to one viewer, after its welcome if that is still to come.

        A viewer that would have too many waiting is sent away: after a reconnect it is right again.
        """
        waiting = self._expected.get(viewer)
        if waiting is None:
            viewer.write(frame)
        elif len(waiting) < limits.FRAMES_WAITING_MAX:
            waiting.append(frame)
        else:
            self.leave(viewer)
            viewer.close(CloseCode.TOO_SLOW, "too much waits for the welcome")

    def write_to_staff(self, frame: bytes, role: Role) -> None:
        """Write a frame to those who moderate (`Role.MODERATOR`) or host (`Role.HOST`)."""
        for viewer, has in tuple(self._staff.items()):
            if has >= role:
                self.write_to(viewer, frame)

    @property
    def staffed(self) -> bool:
        """Whether someone who moderates or hosts is here."""
        return bool(self._staff)
