"""Authentication: a token or an API key is checked, and failed attempts are limited."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from anyio.lowlevel import checkpoint
from starlette.requests import Request

from liveshop.core import limits
from liveshop.core.claims import Grant
from liveshop.core.errors import LiveshopError, NotFound, Unauthorized
from liveshop.core.roles import Identity, Role
from liveshop.edge.clients import Clients
from liveshop.edge.guesses import Guesses
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.key_uses import KeyUses
from liveshop.edge.http.known_keys import KnownKeys
from liveshop.edge.http.throttle import Throttle
from liveshop.edge.tokens import Tokens
from liveshop.stores.postgres.keys import PREFIX, Key


async def _hold(grant: Grant) -> None:
    """Let every token hold."""


class Gate:
    """Finds out who sent a request, and counts it before anything is done for it."""

    def __init__(
        self,
        tokens: Tokens,
        keys: KnownKeys,
        throttle: Throttle,
        clients: Clients,
        uses: KeyUses,
        now_ms: Callable[[], int],
        knows_revoked: Callable[[], Awaitable[object]] = checkpoint,
        require_held: Callable[[Grant], Awaitable[object]] = _hold,
    ) -> None:
        """Take what knows the callers; `now_ms` is the stores' clock, by which keys end.

        `knows_revoked` returns once the revocations of tokens are known, and `require_held` raises
        Revoked for a token of which they tell only with the shop of its session.
        """
        self._tokens = tokens
        self._keys = keys
        self._throttle = throttle
        self._clients = clients
        self._knows_revoked = knows_revoked
        self._require_held = require_held
        self._guesses = Guesses(throttle.now_ms)
        self._strays = Guesses(throttle.now_ms, lambda: limits.STRAYS_RATE)
        self._uses = uses
        self._now_ms = now_ms

    async def admit(self, request: Request) -> Caller:
        """Return the caller; raises Unauthorized for a faulty token, on public paths too."""
        address = self._address(request)
        try:
            caller = await self._identify(request.headers.get("authorization"), address)
        except Unauthorized:
            # Guessing costs the address a turn.
            self._throttle.admit(Caller(), address)
            raise
        self._throttle.admit(caller, address)
        return caller

    def admit_anyone(self, request: Request) -> None:
        """Count a request by its address, whoever sent it; raises RateLimited."""
        self._throttle.admit(Caller(), self._address(request))

    @contextmanager
    def seeking(self, request: Request) -> Iterator[None]:
        """Count it for the address if the block finds that a session is not there.

        Raises RateLimited, before any query, if that was so too often.
        """
        address = self._address(request)
        # Counted first: many that are asked for at once are all counted by then.
        self._strays.take(address)
        try:
            yield
        except NotFound:
            raise
        except BaseException:
            self._strays.give_back(address)
            raise
        self._strays.give_back(address)

    async def _identify(self, authorization: str | None, address: str) -> Caller:
        if authorization is None:
            return Caller(address=address)
        # The parser leaves the blanks around a field's value, which are no part of it.
        scheme, _, token = authorization.strip(" \t").partition(" ")
        token = token.lstrip(" ")
        if scheme.lower() != "bearer" or len(token) > limits.TOKEN_CHARS_MAX:
            raise Unauthorized
        if not token.startswith(PREFIX):
            await self._knows_revoked()
            grant = self._guesses.read(self._tokens, token, address)
            await self._require_held(grant)
            return Caller(grant.seen_at(address), address=address)
        key = await self._key_of(token, address)
        if key.expired(self._now_ms()):
            raise Unauthorized("this API key has expired")
        self._uses.note(key.key_id)
        identity = Identity(
            key.name, key.name, Role.HOST, key.shop, key_id=key.key_id, address=address
        )
        return Caller(Grant(identity, None), api_key=True, key=key, address=address)

    async def _key_of(self, secret: str, address: str) -> Key:
        """Return an API key; raises Unauthorized, or RateLimited before any query."""
        found = self._keys.recall(secret)
        if found is not None and found.key is not None:
            return found.key
        if self._keys.held(secret):
            # No guess. If it were counted, whoever guesses at a backend's address, such as behind
            # the same NAT, would lock the backend out.
            key = await self._keys.find(secret)
            if key is not None:
                return key
            found = self._keys.recall(secret)
        # Counted first: many that are looked up at once are all counted by then.
        self._guesses.take(address)
        try:
            key = None if found is not None else await self._keys.find(secret)
        except LiveshopError:
            self._guesses.give_back(address)  # nothing is known of the key while a store is away
            raise
        if key is None:
            raise Unauthorized
        self._guesses.give_back(address)
        return key

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client is not None else ""
        forwarded_for = request.headers.getlist("x-forwarded-for")
        return self._clients.key(peer, forwarded_for)
