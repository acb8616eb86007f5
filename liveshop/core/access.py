"""Banned viewers and revoked tokens: those whom a token names, but who are not let in."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from liveshop.core import limits
from liveshop.core.claims import Grant
from liveshop.core.roles import Identity, Role

# A session, or None and a shop; shows without a shop are those of the shop None.
Place = tuple[str | None, str | None]


class Ban(Struct, frozen=True, kw_only=True):
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
    """The bans that a node knows, by place and viewer. An empty one is falsy: nobody is banned."""

    def __init__(self) -> None:
        self._by_place: dict[Place, dict[str, Ban]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def put(self, ban: Ban, now_ms: int) -> None:
        """Take in a ban, in place of the viewer's other in the same place; an ended one goes."""
        here = self._by_place.setdefault(ban.place, {})
        here[ban.viewer_id] = ban
        if not ban.holds_at(now_ms):
            self._drop(ban)

    def drop_ended(self, now_ms: int) -> None:
        """Forget the bans that are over."""
        for ban in [each for here in self._by_place.values() for each in here.values()]:
            if not ban.holds_at(now_ms):
                self._drop(ban)

    def clear(self) -> None:
        """Forget all."""
        self._by_place.clear()

    def at(self, place: Place, viewer_id: str, now_ms: int) -> Ban | None:
        """Return the ban of a viewer in one place, None if there is none that holds."""
        ban = self._by_place.get(place, {}).get(viewer_id)
        return ban if ban is not None and ban.holds_at(now_ms) else None

    def find(
        self, identity: Identity, session_id: str, shop: str | None, now_ms: int
    ) -> Ban | None:
        """Return the ban that keeps somebody out of a session of a shop, None for most."""
        for place in ((None, shop), (session_id, None)):
            ban = self.at(place, identity.viewer_id, now_ms)
            if ban is not None and ban.holds_for(identity):
                return ban
        return None

    def count(self, place: Place) -> int:
        """Return how many bans are known of a place."""
        return len(self._by_place.get(place, ()))

    def of(self, session_id: str, shop: str | None, now_ms: int) -> Iterator[Ban]:
        """Yield the bans that hold in a session, those of its shop first."""
        for place in ((None, shop), (session_id, None)):
            for ban in self._by_place.get(place, {}).values():
                if ban.holds_at(now_ms):
                    yield ban

    def _drop(self, ban: Ban) -> None:
        here = self._by_place[ban.place]
        del here[ban.viewer_id]
        if not here:
            del self._by_place[ban.place]


class Revocation(Struct, frozen=True, kw_only=True):
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

    def reaches(self, grant: Grant) -> bool:
        """Return True if a token with the named `jti` or `sub` holds no longer because of it."""
        if grant.identity.role > self.role:
            return False
        if self.session_id is not None and grant.session_id != self.session_id:
            return False
        if self.shop is not None and grant.identity.shop != self.shop:
            return False
        if self.before_ms is not None:
            return grant.issued_s * 1000 < self.before_ms
        return True


class Revocations:
    """The revocations that a node knows. An empty one is falsy: every token holds."""

    def __init__(self) -> None:
        self._by_jti: dict[str, dict[str, Revocation]] = {}
        self._by_sub: dict[str, dict[str, Revocation]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_jti or self._by_sub)

    def __iter__(self) -> Iterator[Revocation]:
        for index in (self._by_jti, self._by_sub):
            for found in index.values():
                yield from found.values()

    def put(self, revocation: Revocation) -> None:
        """Take in a revocation; again, it changes nothing."""
        index, name = self._where(revocation)
        index.setdefault(name, {})[revocation.revocation_id] = revocation

    def drop_ended(self, now_ms: int) -> None:
        """Forget the revocations whose tokens have ended, by the clock of any issuer.

        A token is good for the leeway after its `exp`; without that here it would hold again.
        """
        ended_ms = now_ms - limits.TOKEN_LEEWAY_S * 1000
        ended = [each for each in self if each.ends_ms is not None and each.ends_ms <= ended_ms]
        for each in ended:
            index, name = self._where(each)
            del index[name][each.revocation_id]
            if not index[name]:
                del index[name]

    def clear(self) -> None:
        """Forget all."""
        self._by_jti.clear()
        self._by_sub.clear()

    def reach(self, grant: Grant) -> bool:
        """Return True if a token was revoked."""
        found: Iterable[Revocation] = self._by_sub.get(grant.identity.viewer_id, {}).values()
        if any(each.reaches(grant) for each in found):
            return True
        if grant.token_id is None:
            return False
        found = self._by_jti.get(grant.token_id, {}).values()
        return any(each.reaches(grant) for each in found)

    def _where(self, revocation: Revocation) -> tuple[dict[str, dict[str, Revocation]], str]:
        if revocation.jti is not None:
            return self._by_jti, revocation.jti
        assert revocation.sub is not None, "it names a token or a subject"
        return self._by_sub, revocation.sub
