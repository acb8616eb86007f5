"""Guests in a session on this node: their networks when they are banned, and being forgotten."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import anyio

from liveshop.core.access import Ban
from liveshop.core.errors import LiveshopError
from liveshop.core.roles import Identity
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.engine.signal import Signal
from liveshop.features.chat import Chat
from liveshop.features.guests.rules import LOOK_MS, NAME, SUB_PREFIX, closed_reason
from liveshop.features.guests.store_networks import ShutNetworks
from liveshop.features.people import KnownPeople

_LOOK_S: Final = LOOK_MS / 1000
_FORGOTTEN: Final = "guest.forgotten"


class GuestsRoom(RoomPart):
    """Shuts the networks of banned viewers to new guests, and takes forgotten names away."""

    def __init__(self, session: Session) -> None:
        people = session.node.people
        assert isinstance(people, KnownPeople), "guests stand on people"
        self._session = session
        self._people = people
        self._networks = session.node.stores[ShutNetworks]
        self._open = closed_reason(session.node.settings) is None
        self._wake = Signal()
        self._here: dict[str, None] = {}  # guests who have joined here with a name
        self.hears = {_FORGOTTEN: self.forgotten}

    @classmethod
    def of(cls, session: Session) -> "GuestsRoom":
        """Return that of a session."""
        return cast(GuestsRoom, session.parts[NAME])

    async def run(self) -> None:
        """Store networks, and find the guests whom other nodes have forgotten, until cancelled."""
        while True:
            with anyio.move_on_after(_LOOK_S if self._here or self._networks else None):
                await self._wake.wait()
            try:
                if self._networks:
                    await self._networks.store(self._session.node.now_ms())
                if self._here:
                    await self._look()
            except LiveshopError as failure:
                self._session.log.info("guests are looked for again: %s", failure)
                await anyio.sleep(_LOOK_S)

    async def welcome(self, identity: Identity) -> Mapping[str, Any]:
        """Note a guest who joins with its name, which may be forgotten later."""
        if identity.guest and identity.name != identity.viewer_id:
            self._here[identity.viewer_id] = None
            self._wake.set()
        return {}

    def banned(self, ban: Ban, addresses: Collection[str]) -> None:
        """Shut the networks of a banned viewer to new guests of this session, or of its shop."""
        if not self._open or not (addresses or ban.viewer_id.startswith(SUB_PREFIX)):
            return
        digest = self._people.keys.current.digest
        # Without an address, as over a Unix socket, everybody is of one network.
        self._networks.note(ban, {digest("network", each) for each in addresses if each})
        self._wake.set()

    async def forget(self, sub: str) -> None:
        """Show a guest's name no longer, on all nodes; it is to be forgotten in the store before.

        Its messages in the chat are left to the caller.
        """
        self.forgotten(sub)
        await self._session.peers.publish(_FORGOTTEN, sub)

    def forgotten(self, sub: str) -> None:
        """Call a guest who is here by its id from now on."""
        self._here.pop(sub, None)
        for viewer in self._session.audience.of_buyer(sub):
            if viewer.identity is not None and viewer.identity.guest:
                viewer.identity = replace(viewer.identity, name=sub)

    async def _look(self) -> None:
        """Forget the guests whom another node has forgotten; its message may have been lost."""
        audience = self._session.audience
        for gone in [sub for sub in self._here if not audience.has_buyer(sub)]:
            del self._here[gone]
        here = list(self._here)
        known = await self._people.known(here)
        for sub in here:
            if sub not in known:
                self.forgotten(sub)
                await Chat.of(self._session).take_away(sub)
