"""JSON Web Tokens: HS256 with our secrets, RS256 or ES256 with a given public key."""

import time
from collections.abc import Sequence

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from liveshop.core.claims import Grant, grant_of
from liveshop.core.errors import Unauthorized
from liveshop.core.roles import Identity, Role

_Key = str | RSAPublicKey | EllipticCurvePublicKey
_OPTIONS: jwt.types.Options = {
    "require": ["exp", "sub"],
    # RFC 7519 asks for no check of `iat`, and the issuer's clock may be ahead of ours.
    "verify_iat": False,
}


class Tokens:
    """Checks tokens; each algorithm has keys of its own, so none can be passed off as another.

    Several secrets let one be replaced while tokens made with the old one are about.
    """

    def __init__(self, *, secrets: Sequence[str], public_key: str | None = None) -> None:
        self._keys: dict[str, list[_Key]] = {}
        if secrets:
            self._keys["HS256"] = list(secrets)
        if public_key is not None:
            algorithm, key = _load(public_key)
            self._keys[algorithm] = [key]

    def read(self, token: str) -> Grant:
        """Return whom a token names and where it is good; raises Unauthorized."""
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
        except jwt.PyJWTError as exc:
            raise Unauthorized from exc
        for key in self._keys.get(str(algorithm), []):
            try:
                return grant_of(jwt.decode(token, key, [str(algorithm)], options=_OPTIONS))
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as exc:
                raise Unauthorized from exc
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
) -> str:
    """Return an HS256 token that is good for `ttl_s` seconds."""
    claims = {
        "sub": viewer_id,
        "role": role.word,
        "name": name,
        "session": session_id,
        "exp": int(time.time()) + ttl_s,
    }
    given = {claim: value for claim, value in claims.items() if value is not None}
    return jwt.encode(given, secret, algorithm="HS256")


def _load(pem: str) -> tuple[str, _Key]:
    key = load_pem_public_key(pem.encode())
    if isinstance(key, RSAPublicKey):
        return "RS256", key
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return "ES256", key
    raise ValueError("the public key is neither RSA nor on the curve P-256")
