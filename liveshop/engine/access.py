"""The bans and revocations that a node knows, and the way in which it hears of new ones.

PostgreSQL keeps them and counts their changes. A node reads what is newer than it knows: when the
bus tells of a change, twice a second in case that message was lost, and whole once PostgreSQL was
away, since it may have gone back to an older copy.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

import anyio

from liveshop.core.access import Ban, Bans, Place, Revocation, Revocations
from liveshop.core.errors import Conflict, Forbidden, LimitReached, LiveshopError
from liveshop.core.limits import (
    ACCESS_LOOK_MS,
    BANS_PER_PLACE_MAX,
    REVOCATIONS_MAX,
    REVOCATIONS_PER_PLACE_MAX,
)
from liveshop.core.roles import Role
from liveshop.engine.signal import Signal
from liveshop.engine.until_known import until_known
from liveshop.stores.postgres.access import AccessChanges, AccessLists
from liveshop.stores.redis.bus import Bus

# On the bus it stands in the place of a session, and no session has this id.
ACCESS_CHANNEL: Final = "#access"
_LOOK_S: Final = ACCESS_LOOK_MS / 1000
_UNKNOWN: Final = -1

_logger: Final = logging.getLogger(__name__)


class Access:
    """Knows who is not let in; `run` keeps that up to date.

    `on_bans` is told of each ban that is new or lifted, `on_revocations` that there are new ones,
    both at once when this node knows.
    """

    def __init__(self, lists: AccessLists, bus: Bus, now_ms: Callable[[], int]) -> None:
        self.bans: Final = Bans()
        self.revocations: Final = Revocations()
        self.on_bans: Callable[[Sequence[Ban]], None] = lambda bans: None
        self.on_revocations: Callable[[], None] = lambda: None
        self._lists = lists
        self._bus = bus
        self._now_ms = now_ms
        self._lock = anyio.Lock()
        self._version = _UNKNOWN
        self._known = False
        self._told = Signal()

    async def run(self) -> None:
        """Look for changes until cancelled."""
        await self._bus.subscribe(ACCESS_CHANNEL)
        while True:
            try:
                await self.refresh()
            except LiveshopError:
                # PostgreSQL may come back as an older copy, whose versions were given before.
                self._version = _UNKNOWN
            except Exception:
                _logger.exception("the bans and revocations could not be read")
            with anyio.move_on_after(_LOOK_S):
                await self._told.wait()

    def hear(self) -> None:
        """Look for changes now: the bus has told of one, or may have lost one."""
        self._told.set()

    async def require(self) -> None:
        """Return once the lists are known here; raises Unavailable where they cannot be read."""
        if not self._known:
            await self.refresh()

    async def refresh(self) -> None:
        """Read what has changed; raises Unavailable."""
        async with self._lock:
            version = await self._lists.version()
            if version == self._version:
                return
            whole = version < self._version or self._version == _UNKNOWN
            changes = await self._lists.changes(_UNKNOWN if whole else self._version)
            self._take(changes, whole=whole)
            self._version, self._known = version, True

    async def ban(self, ban: Ban, *, by: str) -> None:
        """Keep a viewer out; raises Conflict where somebody of a higher role has banned it."""
        await self.refresh()
        if (
            self.bans.at(ban.place, ban.viewer_id, self._now_ms()) is None
            and self.bans.count(ban.place) >= BANS_PER_PLACE_MAX
        ):
            raise LimitReached("bans here", limit=BANS_PER_PLACE_MAX, left=0)
        now_ms = self._now_ms()
        if not await until_known(lambda again: self._lists.ban(ban, by=by, now_ms=now_ms)):
            raise Conflict(f"{ban.viewer_id} is banned by somebody of a higher role already")
        await self._tell()

    async def unban(self, viewer_id: str, place: Place, role: Role) -> None:
        """Let a viewer in again; raises Conflict if no ban holds, Forbidden for a higher role's."""
        await self.refresh()
        ban = self.bans.at(place, viewer_id, self._now_ms())
        if ban is None:
            raise Conflict(f"{viewer_id} is not banned here")
        if ban.role > role:
            raise Forbidden(ban.role.word)
        now_ms = self._now_ms()
        await until_known(lambda again: self._lists.unban(ban, role=role, now_ms=now_ms))
        await self._tell()

    async def revoke(self, revocation: Revocation) -> None:
        """Let tokens hold no longer; may be repeated."""
        if not await until_known(lambda again: self._lists.revoke(revocation)):
            bound = revocation.place != (None, None)
            limit = REVOCATIONS_PER_PLACE_MAX if bound else REVOCATIONS_MAX
            raise LimitReached("revocations", limit=limit, left=0)
        await self._tell()

    async def _tell(self) -> None:
        """Know of a change here, and tell the other nodes; they look for it anyway."""
        await self.refresh()
        try:
            await self._bus.publish(ACCESS_CHANNEL, b"{}")
        except LiveshopError as failure:
            _logger.info("the other nodes find the change when they look for it: %s", failure)

    def _take(self, changes: AccessChanges, *, whole: bool) -> None:
        now_ms = self._now_ms()
        news = [ban for ban in changes.bans if self._is_news(ban, now_ms)]
        if whole:
            self.bans.clear()
            self.revocations.clear()
        for ban in changes.bans:
            self.bans.put(ban, now_ms)
        for revocation in changes.revocations:
            self.revocations.put(revocation)
        self.bans.drop_ended(now_ms)
        self.revocations.drop_ended(now_ms)
        if news:
            self.on_bans(news)
        if changes.revocations:
            self.on_revocations()

    def _is_news(self, ban: Ban, now_ms: int) -> bool:
        """Return True unless a ban is known, or was lifted before it was heard of here."""
        known = self.bans.at(ban.place, ban.viewer_id, now_ms)
        return known != ban if ban.holds_at(now_ms) else known is not None
