"""Banned viewers and revoked tokens: those whom a token names, but who are not let in."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from liveshop.core import limits
from liveshop.core.claims import Grant
from liveshop.core.ends import Ends
from liveshop.core.roles import Identity, Role

# A session, or None and a shop; shows without a shop are those of the shop None.
Place = tuple[str | None, str | None]


def places_of(session_id: str, shop: str | None) -> tuple[Place, Place]:
    """Return the places whose bans hold in a session: its shop, and itself."""
    return (None, shop), (session_id, None)


class Ban(Struct, frozen=True, kw_only=True, gc=False):
    """One viewer who is kept out of a session, or of all shows of a shop, by somebody of a role.

    `session_id` is None for a ban that holds everywhere in `shop`. `until_ms` is None for one
    without an end. `name` is the name that the viewer was last seen by, if it was.
    """

    viewer_id: str
    session_id: str | None
    shop: str | None
    role: Role
    until_ms: int | None
    name: str | None = None

    @property
    def place(self) -> Place:
        """Where it holds."""
        return self.session_id, None if self.session_id is not None else self.shop

    @property
    def everywhere(self) -> bool:
        """Whether it holds in all shows of a shop."""
        return self.session_id is None

    def holds_at(self, now_ms: int) -> bool:
        """Return True if it has not ended."""
        return self.until_ms is None or now_ms < self.until_ms

    def holds_for(self, identity: Identity) -> bool:
        """Return True if it is meant for somebody: a ban reaches only lower roles than its own.

        Otherwise a moderator could keep a host out by banning its id before it joins.
        """
        return identity.viewer_id == self.viewer_id and identity.role < self.role


class Bans:
    """The bans of the places that a node needs. An empty one is falsy: nobody is banned there."""

    def __init__(self) -> None:
        # Those of a place by viewer, the newest last.
        self._by_place: dict[Place, dict[str, Ban]] = {}
        self._ends: Ends[Ban] = Ends(self._is_current)

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def put(self, ban: Ban, now_ms: int) -> None:
        """Take in a ban, in place of the viewer's other in the same place; an ended one goes."""
        here = self._by_place.setdefault(ban.place, {})
        here.pop(ban.viewer_id, None)
        if ban.holds_at(now_ms):
            here[ban.viewer_id] = ban
            if ban.until_ms is not None:
                self._ends.put(ban, ban.until_ms)
        elif not here:
            del self._by_place[ban.place]

    def replace(self, place: Place, bans: Iterable[Ban], now_ms: int) -> None:
        """Know these bans of a place, the newest last, and no others."""
        self.forget(place)
        for ban in bans:
            self.put(ban, now_ms)

    def forget(self, place: Place) -> None:
        """Forget the bans of a place."""
        self._by_place.pop(place, None)

    def drop_ended(self, now_ms: int) -> None:
        """Forget the bans that are over."""
        for ban in self._ends.pop_ended(now_ms):
            here = self._by_place[ban.place]
            del here[ban.viewer_id]
            if not here:
                del self._by_place[ban.place]

    def at(self, place: Place, viewer_id: str, now_ms: int) -> Ban | None:
        """Return the ban of a viewer in one place, None if there is none that holds."""
        ban = self._by_place.get(place, {}).get(viewer_id)
        return ban if ban is not None and ban.holds_at(now_ms) else None

    def find(
        self, identity: Identity, session_id: str, shop: str | None, now_ms: int
    ) -> Ban | None:
        """Return the ban that keeps somebody out of a session of a shop, None for most."""
        for place in places_of(session_id, shop):
            ban = self.at(place, identity.viewer_id, now_ms)
            if ban is not None and ban.holds_for(identity):
                return ban
        return None

    def count(self, place: Place) -> int:
        """Return how many bans are known of a place."""
        return len(self._by_place.get(place, ()))

    def in_place(self, place: Place, now_ms: int) -> Iterator[Ban]:
        """Yield the bans that hold in a place, the newest last."""
        for ban in self._by_place.get(place, {}).values():
            if ban.holds_at(now_ms):
                yield ban

    def of(self, session_id: str, shop: str | None, now_ms: int) -> Iterator[Ban]:
        """Yield the bans that hold in a session, those of its shop first."""
        for place in places_of(session_id, shop):
            yield from self.in_place(place, now_ms)

    def _is_current(self, ban: Ban) -> bool:
        return self._by_place.get(ban.place, {}).get(ban.viewer_id) is ban


class Revocation(Struct, frozen=True, kw_only=True, gc=False):
    """Tokens that hold no longer: the one of a `jti`, or those of a `sub` issued before an instant.

    It reaches tokens up to `role`, and those of one session or shop if it names one: whoever
    revokes may do so where its own token holds. `ends_ms` is until when it is kept, None for ever.
    """

    revocation_id: str
    jti: str | None
    sub: str | None
    before_ms: int | None
    session_id: str | None
    shop: str | None
    role: Role
    at_ms: int
    by: str
    ends_ms: int | None

    @property
    def place(self) -> Place:
        """Where the token of whoever revoked holds; None and None is everywhere."""
        return self.session_id, self.shop

    def reaches(self, grant: Grant, shop: str | None) -> bool:
        """Return True if a token of a shop with the named `jti` or `sub` holds no longer by it."""
        if grant.identity.role > self.role:
            return False
        if self.session_id is not None and grant.session_id != self.session_id:
            return False
        if self.shop is not None and shop != self.shop:
            return False
        if self.before_ms is not None:
            return grant.issued_s * 1000 < self.before_ms
        return True


class Revocations:
    """The revocations that a node knows. An empty one is falsy: every token holds.

    A token for one session that names no shop is of the shop of its session. `learn` tells which
    that is; until then `depends` may be true of it.
    """

    def __init__(self) -> None:
        self._shops: dict[str, str | None] = {}  # of sessions; it never changes
        self._by_jti: dict[str, dict[str, Revocation]] = {}
        self._by_sub: dict[str, dict[str, Revocation]] = {}
        self._ends: Ends[Revocation] = Ends(self._is_current)

    def __bool__(self) -> bool:
        return bool(self._by_jti or self._by_sub)

    def put(self, revocation: Revocation) -> None:
        """Take in a revocation; again, it changes nothing."""
        index, name = self._where(revocation)
        index.setdefault(name, {})[revocation.revocation_id] = revocation
        if revocation.ends_ms is not None:
            # A token is good for the leeway after its `exp`, by the clock of any issuer; without
            # that here it would hold again.
            self._ends.put(revocation, revocation.ends_ms + limits.TOKEN_LEEWAY_S * 1000)

    def replace(self, revocations: Iterable[Revocation]) -> None:
        """Know these revocations, and no others."""
        self._by_jti.clear()
        self._by_sub.clear()
        for revocation in revocations:
            self.put(revocation)

    def drop_ended(self, now_ms: int) -> None:
        """Forget the revocations whose tokens have ended."""
        for each in self._ends.pop_ended(now_ms):
            index, name = self._where(each)
            del index[name][each.revocation_id]
            if not index[name]:
                del index[name]

    def learn(self, session_id: str, shop: str | None) -> bool:
        """Note the shop of a session; return True if it was not known."""
        if session_id in self._shops:
            return False
        if len(self._shops) >= limits.SESSION_SHOPS_KNOWN_MAX:
            del self._shops[next(iter(self._shops))]
        self._shops[session_id] = shop
        return True

    def depends(self, grant: Grant) -> bool:
        """Whether only the shop of its session, which is not known here, tells of a token."""
        if grant.identity.shop is not None or grant.session_id is None:
            return False
        if grant.session_id in self._shops:
            return False
        return any(each.reaches(grant, each.shop) for each in self._naming(grant))

    def reach(self, grant: Grant) -> bool:
        """Return True if a token was revoked."""
        shop = grant.identity.shop
        if shop is None and grant.session_id is not None:
            shop = self._shops.get(grant.session_id)
        return any(each.reaches(grant, shop) for each in self._naming(grant))

    def _naming(self, grant: Grant) -> Iterator[Revocation]:
        yield from self._by_sub.get(grant.identity.viewer_id, {}).values()
        if grant.token_id is not None:
            yield from self._by_jti.get(grant.token_id, {}).values()

    def _where(self, revocation: Revocation) -> tuple[dict[str, dict[str, Revocation]], str]:
        if revocation.jti is not None:
            return self._by_jti, revocation.jti
        assert revocation.sub is not None, "it names a token or a subject"
        return self._by_sub, revocation.sub

    def _is_current(self, revocation: Revocation) -> bool:
        index, name = self._where(revocation)
        return index.get(name, {}).get(revocation.revocation_id) is revocation
