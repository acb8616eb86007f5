"""Who is at the door: a token or an API key is checked, and nobody comes in too often."""

from starlette.requests import Request

from liveshop.core.claims import Grant
from liveshop.core.errors import Unauthorized
from liveshop.core.limits import TOKEN_CHARS_MAX
from liveshop.core.roles import Identity, Role
from liveshop.edge.clients import Clients
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.throttle import Throttle
from liveshop.edge.tokens import Tokens
from liveshop.stores.postgres.keys import PREFIX, Keys


class Gate:
    """Finds out who sent a request, and counts it."""

    def __init__(self, tokens: Tokens, keys: Keys, throttle: Throttle, clients: Clients) -> None:
        self._tokens = tokens
        self._keys = keys
        self._throttle = throttle
        self._clients = clients

    async def admit(self, request: Request) -> Caller:
        """Return the caller; raises Unauthorized for a faulty token, on public paths too."""
        address = self._address(request)
        try:
            caller = await self._identify(request.headers.get("authorization"))
        except Unauthorized:
            # Guessing costs the address a turn.
            self._throttle.admit(Caller(), address)
            raise
        self._throttle.admit(caller, address)
        return caller

    async def _identify(self, authorization: str | None) -> Caller:
        if authorization is None:
            return Caller()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or len(token) > TOKEN_CHARS_MAX:
            raise Unauthorized
        if not token.startswith(PREFIX):
            return Caller(self._tokens.read(token))
        name = await self._keys.find(token)
        if name is None:
            raise Unauthorized
        return Caller(Grant(Identity(name, name, Role.HOST), None), api_key=True)

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client is not None else ""
        forwarded_for = request.headers.getlist("x-forwarded-for")
        return self._clients.key(peer, forwarded_for)
