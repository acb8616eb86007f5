"""The bans and revocations that a node knows, and the way in which it hears of new ones.

PostgreSQL keeps them and counts their changes. A node knows all revocations, and the bans of the
places that its rooms need. It reads what is newer than it knows: when the bus tells of a change,
and twice a second in case that message was lost. Once PostgreSQL was away, it reads all that it
needs again, since PostgreSQL may have gone back to an older copy.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import anyio
from msgspec.structs import replace

from liveshop.core.access import Ban, Bans, Place, Revocation, Revocations
from liveshop.core.claims import Grant
from liveshop.core.errors import (
    Conflict,
    Forbidden,
    LimitReached,
    LiveshopError,
    Revoked,
    reason,
)
from liveshop.core.limits import (
    ACCESS_LOOK_MS,
    BANS_PER_PLACE_MAX,
    REVOCATIONS_MAX,
    REVOCATIONS_PER_PLACE_MAX,
)
from liveshop.core.roles import Role
from liveshop.engine.signal import Signal
from liveshop.engine.until_known import until_known
from liveshop.stores.postgres.access import AccessLists
from liveshop.stores.redis.bus import Bus

# On the bus it stands in the place of a session, and no session has this id.
ACCESS_CHANNEL: Final = "#access"
_LOOK_S: Final = ACCESS_LOOK_MS / 1000
_UNKNOWN: Final = -1
_ROOM_FOR_BANS: Final = "lift some with `viewer.unban`, or ban for a time with `duration_ms`"

_logger: Final = logging.getLogger(__name__)


class Access:
    """Knows who is not let in; `run` keeps that up to date.

    `on_bans` is told of each ban that is new or lifted, `on_revocations` that there are new ones,
    both at once when this node knows. `on_shop` is told that the shop of a session is known now, by
    which tokens for it may turn out to be revoked.
    """

    def __init__(self, lists: AccessLists, bus: Bus, now_ms: Callable[[], int]) -> None:
        self.bans: Final = Bans()
        self.revocations: Final = Revocations()
        self.on_bans: Callable[[Sequence[Ban]], None] = lambda bans: None
        self.on_revocations: Callable[[], None] = lambda: None
        self.on_shop: Callable[[], None] = lambda: None
        self._lists = lists
        self._bus = bus
        self._now_ms = now_ms
        self._lock = anyio.Lock()
        self._version = _UNKNOWN
        self._known = False
        self._told = Signal()
        self._rooms_in: Counter[Place] = Counter()  # that need the bans of a place
        self._being_banned: Counter[Place] = Counter()

    async def run(self) -> None:
        """Look for changes until cancelled."""
        await self._bus.subscribe(ACCESS_CHANNEL)
        while True:
            try:
                await self.refresh()
            except LiveshopError as failure:
                _logger.info("bans and revocations are not up to date: %s", reason(failure))
            except Exception:
                _logger.exception("the bans and revocations could not be read")
            with anyio.move_on_after(_LOOK_S):
                await self._told.wait()

    def hear(self) -> None:
        """Look for changes now: the bus has told of one, or may have lost one."""
        self._told.set()

    async def require(self) -> None:
        """Return once the revocations are known here; raises Unavailable if they cannot be read."""
        if not self._known:
            await self.refresh()

    async def need(self, places: Sequence[Place]) -> None:
        """Know the bans of places from here on, for a room; raises Unavailable.

        It is to be told by `need_no_longer` once the room has gone.
        """
        # Under the lock: a change that is read while the place is, before this one needs it,
        # would be passed over.
        async with self._lock:
            new = [place for place in places if place not in self._rooms_in]
            if new:
                now_ms = self._now_ms()
                for place, bans in (await self._lists.banned(new, now_ms)).items():
                    self.bans.replace(place, bans, now_ms)
            self._rooms_in.update(places)

    def need_no_longer(self, places: Iterable[Place]) -> None:
        """Forget the bans of places that no other room needs."""
        for place in places:
            self._rooms_in[place] -= 1
            if not self._rooms_in[place]:
                del self._rooms_in[place]
                self.bans.forget(place)

    async def require_held(self, grant: Grant) -> None:
        """Raise Revoked for a token that only the shop of its session tells to be revoked.

        Raises Unavailable where that cannot be read. Most tokens cost nothing here.
        """
        if self.revocations and self.revocations.depends(grant):
            assert grant.session_id is not None, "the session decides"
            for shop in await self._lists.shops_of(grant.session_id):
                self.revocations.learn(grant.session_id, shop)
            if self.revocations.reach(grant):
                raise Revoked

    def learn(self, session_id: str, shop: str | None) -> None:
        """Note the shop of a session that tokens for it are used in; revoked ones are closed."""
        if self.revocations.learn(session_id, shop) and self.revocations:
            self.on_shop()

    async def refresh(self) -> None:
        """Read what has changed; raises Unavailable."""
        async with self._lock:
            try:
                await self._read()
            except LiveshopError:
                # PostgreSQL may come back as an older copy, whose versions were given before.
                self._version = _UNKNOWN
                raise
        now_ms = self._now_ms()
        self.bans.drop_ended(now_ms)
        self.revocations.drop_ended(now_ms)

    async def ban(self, ban: Ban, *, by: str) -> None:
        """Keep a viewer out; raises Conflict where somebody of a higher role has banned it.

        LimitReached where as many are kept out as may be.
        """
        await self.refresh()
        place = ban.place
        # With those that are being made: many at once would all find the last place free.
        count = self.bans.count(place) + self._being_banned[place]
        known = self.bans.at(place, ban.viewer_id, self._now_ms())
        if known is None and count >= BANS_PER_PLACE_MAX:
            raise LimitReached("bans here", limit=BANS_PER_PLACE_MAX, left=0, fix=_ROOM_FOR_BANS)
        self._being_banned[place] += 1
        try:
            await self._store(ban, by)
        finally:
            self._being_banned[place] -= 1
            if not self._being_banned[place]:
                del self._being_banned[place]

    async def _store(self, ban: Ban, by: str) -> None:
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

    async def _read(self) -> None:
        version = await self._lists.version()
        if version == self._version:
            return
        if version < self._version or self._version == _UNKNOWN:
            await self._read_all(version)
        else:
            await self._read_on(version)
        self._version, self._known = version, True

    async def _read_on(self, version: int) -> None:
        """Read the changes up to a version."""
        now_ms, revoked = self._now_ms(), False
        async for bans in self._lists.bans_changed(after=self._version, up_to=version):
            self._take([ban for ban in bans if ban.place in self._rooms_in], now_ms)
        changed = self._lists.revocations_changed
        async for page in changed(after=self._version, up_to=version, now_ms=now_ms):
            for revocation in page:
                self.revocations.put(revocation)
            revoked = True
        if revoked:
            self.on_revocations()

    async def _read_all(self, version: int) -> None:
        """Read all that is needed here, in place of what is known."""
        now_ms, revocations, places = self._now_ms(), [], list(self._rooms_in)
        changed = self._lists.revocations_changed
        async for page in changed(after=_UNKNOWN, up_to=version, now_ms=now_ms):
            revocations += page
        banned = await self._lists.banned(places, now_ms) if places else {}
        self.revocations.replace(revocations)
        for place in places:
            if place in self._rooms_in:  # the last room that needs it may have gone meanwhile
                self._replace(place, banned.get(place, ()), now_ms)
        if revocations:
            self.on_revocations()

    def _take(self, bans: Sequence[Ban], now_ms: int) -> None:
        """Take in bans that have changed, and tell of those that were not known."""
        news = [ban for ban in bans if self._is_news(ban, now_ms)]
        for ban in bans:
            self.bans.put(ban, now_ms)
        if news:
            self.on_bans(news)

    def _replace(self, place: Place, bans: Sequence[Ban], now_ms: int) -> None:
        """Know these bans of a place and no others, and tell of what is new."""
        known = {ban.viewer_id: ban for ban in self.bans.in_place(place, now_ms)}
        news = [ban for ban in bans if known.pop(ban.viewer_id, None) != ban]
        # The rest was lifted meanwhile, or the copy that PostgreSQL went back to lacks it.
        news += [replace(ban, until_ms=now_ms) for ban in known.values()]
        self.bans.replace(place, bans, now_ms)
        if news:
            self.on_bans(news)

    def _is_news(self, ban: Ban, now_ms: int) -> bool:
        """Return True unless a ban is known, or was lifted before it was heard of here."""
        known = self.bans.at(ban.place, ban.viewer_id, now_ms)
        return known != ban if ban.holds_at(now_ms) else known is not None
