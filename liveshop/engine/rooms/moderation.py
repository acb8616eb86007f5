"""Bans in a session, and what a host takes back from a buyer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import anyio

from liveshop.core import limits, messages
from liveshop.core.access import Ban, Place
from liveshop.core.commands import BanViewer, Command, ReleaseHold, UnbanViewer
from liveshop.core.errors import Conflict, Expired, Forbidden, LiveshopError, NotAllowed, NotFound
from liveshop.core.model import ReservationState
from liveshop.core.roles import HOUSE, Identity, Role
from liveshop.core.wire import frame
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.fanout.partings import banned
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.part import overriding
from liveshop.engine.purchase.cart import Cart
from liveshop.engine.rooms.session import Session
from liveshop.engine.signal import Signal

_AGAIN_S: Final = limits.PULSE_MS / 1000
_RESOLVED: Final = (Conflict, Expired, NotFound)


class Moderation:
    """Bans, lets in again and takes back; heeds the bans that any node has made.

    Every node with the session closes the connections that it has, and takes back what the viewer
    holds: units may be set aside through any of them while the others do not know of the ban yet.
    """

    def __init__(self, session: Session, cart: Cart) -> None:
        self._session = session
        self._cart = cart
        self._buyers: dict[str, None] = {}  # whose held units are to be taken back
        self._wake = Signal()
        self._hear_banned = overriding(session.parts.values(), "banned")
        self.handlers: Mapping[type[Command], Callable[[Any, Asker], Awaitable[None]]] = {
            BanViewer: self.ban,
            UnbanViewer: self.unban,
            ReleaseHold: self.release_hold,
        }

    async def run(self) -> None:
        """Take back what banned viewers hold, until cancelled."""
        while True:
            await self._wake.wait()
            buyers = list(self._buyers)[: limits.BUYERS_PER_CALL_MAX]
            for buyer in buyers:
                del self._buyers[buyer]
            try:
                await self._take_back(buyers)
            except LiveshopError as failure:
                self._session.log.info("held units of banned viewers wait: %s", failure)
                self._buyers |= dict.fromkeys(buyers)
                # While a store is away, this must not keep the node busy.
                await anyio.sleep(_AGAIN_S)
            if self._buyers:
                self._wake.set()

    def begin(self) -> None:
        """Heed the bans that were made before the session was loaded here.

        A node may have died before it took back what it should.
        """
        for ban in self._bans():
            self.take_back(ban.viewer_id)

    def take_back(self, buyer: str) -> None:
        """Release what a buyer holds, in a moment."""
        self._buyers[buyer] = None
        self._wake.set()

    def heed(self, ban: Ban) -> None:
        """Close the connections of a viewer who was banned, and tell those who moderate here."""
        session = self._session
        if ban.place not in ((session.session_id, None), (None, session.shop)):
            return
        if ban.holds_at(session.node.now_ms()):
            kept_out = [
                viewer
                for viewer in session.audience.of_buyer(ban.viewer_id)
                if viewer.identity is not None and ban.holds_for(viewer.identity)
            ]
            for hear in self._hear_banned:
                hear(ban, {viewer.address for viewer in kept_out})
            for viewer in kept_out:
                banned(viewer, ban)
            self.take_back(ban.viewer_id)
        told = frame(messages.viewer_banned(ban))
        session.audience.write_to_staff(told, Role.MODERATOR)

    def tell_bans(self, viewer: Viewer) -> None:
        """Tell one who moderates whom the session keeps out, the newest bans if they are many."""
        bans = self._bans()[-limits.BANS_SHOWN_MAX :]
        if bans:
            told = frame(*map(messages.viewer_banned, bans))
            self._session.audience.write_to(viewer, told)

    async def note(self, identity: Identity) -> None:
        """Remember one of the staff who joins, so that nobody below can ban it."""
        if identity.role >= Role.MODERATOR:
            await self._session.live.note_staff(identity.viewer_id, identity.role)

    async def ban(self, command: BanViewer, asker: Asker) -> None:
        """Keep a viewer out on every node; raises Forbidden for one whose role is not lower."""
        session, by = self._session, asker.identity or HOUSE
        place = self._place(command, by)
        await session.require_below(command.viewer_id, by, "ban")
        now_ms = session.node.now_ms()
        until_ms = None if command.duration_ms is None else now_ms + command.duration_ms
        ban = Ban(
            viewer_id=command.viewer_id,
            session_id=place[0],
            shop=place[1],
            role=by.role,
            until_ms=until_ms,
            name=self._name_of(command.viewer_id),
        )
        await session.node.access.ban(ban, by=by.viewer_id)
        asker.answer(messages.ok(asker.ref))

    async def unban(self, command: UnbanViewer, asker: Asker) -> None:
        """Let a viewer in again; raises Conflict if it is not banned here."""
        by = asker.identity or HOUSE
        place = self._place(command, by)
        await self._session.node.access.unban(command.viewer_id, place, by.role)
        asker.answer(messages.ok(asker.ref))

    async def release_hold(self, command: ReleaseHold, asker: Asker) -> None:
        """Give back what a buyer holds, who is told; raises what refuses it."""
        await self._cart.take_back(command.viewer_id, command.rid)
        asker.answer(messages.ok(asker.ref))

    def _bans(self) -> list[Ban]:
        session = self._session
        bans = session.node.access.bans
        return list(bans.of(session.session_id, session.shop, session.node.now_ms()))

    def _place(self, command: BanViewer | UnbanViewer, by: Identity) -> Place:
        """Return where a command is to hold; raises Forbidden where its sender has no say."""
        if not command.everywhere:
            return self._session.session_id, None
        if by.role < Role.HOST:
            raise Forbidden(Role.HOST.word)
        if by.bound:
            raise NotAllowed("`everywhere` needs a token for every session")
        return None, self._session.shop

    def _name_of(self, viewer_id: str) -> str | None:
        """Return the name of a viewer who is connected here; that of a guest is kept sealed."""
        for viewer in self._session.audience.of_buyer(viewer_id):
            if viewer.identity is not None and not viewer.identity.guest:
                return viewer.identity.name
        return None

    async def _take_back(self, buyers: Sequence[str]) -> None:
        for each in await self._session.units.mine(*buyers):
            if each.state is ReservationState.HELD:
                try:
                    await self._cart.take_back(each.buyer, each.rid)
                except _RESOLVED:
                    continue  # it was ordered, released or has expired meanwhile
