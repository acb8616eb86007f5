"""JSON Web Tokens: HS256 with our secret, RS256 or ES256 with a given public key."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from liveshop.core import limits
from liveshop.core.claims import Grant, grant_of
from liveshop.core.errors import Unauthorized
from liveshop.core.roles import Identity, Role
from liveshop.core.settings import Settings

_Key = str | RSAPublicKey | EllipticCurvePublicKey
_OPTIONS: jwt.types.Options = {
    "require": ["exp", "sub"],
    # RFC 7519 asks for no check of `iat`, and the issuer's clock may be ahead of ours.
    "verify_iat": False,
    # Ours is the stores' clock, not this machine's: see `read`.
    "verify_exp": False,
    "verify_nbf": False,
    # Identity providers name an audience of their own; whom we trust, the key says.
    "verify_aud": False,
}


class _Known(NamedTuple):
    """The grant of a token, and its time."""

    grant: Grant
    begins_ms: float
    ends_ms: float


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Tokens:
    """Checks tokens; each algorithm has keys of its own, so none can be passed off as another."""

    def __init__(
        self,
        *,
        secret: str = "",
        public_key: str = "",
        second_secret: str = "",
        second_public_key: str = "",
        now_ms: Callable[[], int] = _wall_ms,
    ) -> None:
        """Take the keys as the settings have them, empty where there is none.

        A token is good by either of two, so that one can replace the other. Raises ValueError for
        a public key of a kind that is not taken.
        """
        self._now_ms = now_ms
        # Tokens that held, by their hash, the latest last.
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._keys: dict[str, list[_Key]] = {}
        for each in (secret, second_secret):
            if each:
                self._keys.setdefault("HS256", []).append(each)
        for each in (public_key, second_public_key):
            if each:
                algorithm, key = _load(each)
                self._keys.setdefault(algorithm, []).append(key)

    @classmethod
    def of(cls, settings: Settings, now_ms: Callable[[], int] = _wall_ms) -> "Tokens":
        """Return what checks tokens by the keys of the settings."""
        return cls(
            secret=settings.secret,
            public_key=settings.jwt_public_key,
            second_secret=settings.secret_second,
            second_public_key=settings.jwt_public_key_second,
            now_ms=now_ms,
        )

    def recall(self, token: str) -> Grant | None:
        """Return what a token that was read lately grants now; None if it is to be read."""
        known = self._known.get(_digest(token))
        if known is None or not known.begins_ms <= self._now_ms() < known.ends_ms:
            return None
        return known.grant

    def read(self, token: str) -> Grant:
        """Return whom a token names and where it is good; raises Unauthorized."""
        try:
            algorithm = str(jwt.get_unverified_header(token).get("alg"))
            claims = self._claims(token, algorithm)
        except jwt.PyJWTError as exc:
            raise Unauthorized from exc
        grant = grant_of(claims)
        begins_ms, ends_ms = claims.get("nbf", 0) * 1000, claims["exp"] * 1000
        if not begins_ms <= self._now_ms() < ends_ms < math.inf:  # NaN is neither
            raise Unauthorized
        self._known[_digest(token)] = _Known(grant, begins_ms, ends_ms)
        if len(self._known) > limits.TOKENS_KNOWN_MAX:
            self._known.popitem(last=False)
        return grant

    def _claims(self, token: str, algorithm: str) -> dict[str, Any]:
        """Return what a token claims if one of its algorithm's keys has signed it."""
        for key in self._keys.get(algorithm, ()):
            try:
                return jwt.decode(token, key, [algorithm], options=_OPTIONS)
            except jwt.InvalidSignatureError:
                continue
        raise Unauthorized

    def identify(self, token: str, session_id: str) -> Identity:
        """Return whom a token names in a session; raises Unauthorized."""
        return self.read(token).identity_in(session_id)


def make_token(
    secret: str,
    *,
    viewer_id: str,
    role: Role,
    ttl_s: int,
    name: str | None = None,
    session_id: str | None = None,
    shop: str | None = None,
) -> str:
    """Return an HS256 token that is good for `ttl_s` seconds."""
    now_s = int(time.time())
    claims = {
        "sub": viewer_id,
        "role": role.word,
        "name": name,
        "session": session_id,
        "shop": shop,
        "iat": now_s,
        "exp": now_s + ttl_s,
    }
    given = {claim: value for claim, value in claims.items() if value is not None}
    return jwt.encode(given, secret, algorithm="HS256")


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()


def _load(pem: str) -> tuple[str, _Key]:
    key = load_pem_public_key(pem.encode())
    if isinstance(key, RSAPublicKey):
        return "RS256", key
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return "ES256", key
    raise ValueError("the public key is neither RSA nor on the curve P-256")
