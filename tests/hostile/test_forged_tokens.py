"""Tokens that are bent, borrowed or promoted open nothing; nor do they cost more than a refusal."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.client import connected
from tests.system.shop import SystemShop, named, refused


def _part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _claims(**claims: Any) -> dict[str, Any]:
    return {"sub": "mallory", "role": "admin", "exp": int(time.time()) + 600, **claims}


def _signed(shop: SystemShop, head: Any, claims: Any) -> str:
    """Sign anything with the right key, as a backend with a bug would."""
    body = f"{_part(head)}.{_part(claims)}"
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{body}.{_part(key.sign(body.encode(), shop.secret.encode()))}"


def _own_key(shop: SystemShop) -> str:
    """Bring the key along that the signature is to be checked with."""
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return jwt.encode(_claims(), key, "ES256", headers={"jwk": jwk, "kid": "../../dev/null"})


_HS256 = {"alg": "HS256", "typ": "JWT"}
_FORGED: dict[str, Callable[[SystemShop], str]] = {
    "a key of its own": _own_key,
    "an empty key": lambda shop: jwt.encode(_claims(), " " * 32, "HS256", {"kid": "' OR 1=1 --"}),
    "no algorithm at all": lambda shop: _signed(shop, {"typ": "JWT"}, _claims()),
    "algorithms in a list": lambda shop: _signed(shop, {"alg": ["HS256"]}, _claims()),
    "an algorithm in small": lambda shop: _signed(shop, {"alg": "hs256"}, _claims()),
    "NoNe": lambda shop: f"{_part({'alg': 'NoNe'})}.{_part(_claims())}.",
    "no encoding": lambda shop: _signed(shop, {**_HS256, "b64": False, "crit": ["b64"]}, _claims()),
    "what we do not know and must": lambda shop: _signed(
        shop, {**_HS256, "crit": ["x"], "x": 1}, _claims()
    ),
    "claims in a list": lambda shop: _signed(shop, _HS256, [_claims()]),
    "brackets for claims": lambda shop: _signed(shop, _HS256, b"[" * 1_500),
    "brackets for a head": lambda shop: f"{_part(b'[' * 2_000)}.{_part(_claims())}.x",
    "objects for a head": lambda shop: ".".join((_part(b'{"a":' * 350), _part(_claims()), "x")),
    "an end that is no number": lambda shop: _signed(shop, _HS256, _claims(exp=float("nan"))),
    "an end long past": lambda shop: _signed(shop, _HS256, _claims(exp=-(10**30))),
    "a beginning to come": lambda shop: _signed(shop, _HS256, _claims(nbf=4_000_000_000)),
    "two roles": lambda shop: _signed(shop, _HS256, _claims(role=["viewer", "admin"])),
    "a role in capitals": lambda shop: _signed(shop, _HS256, _claims(role="ADMIN")),
    "a subject that is an object": lambda shop: _signed(shop, _HS256, _claims(sub={"$ne": 1})),
    "a session that is a list": lambda shop: _signed(shop, _HS256, _claims(session=["*"])),
    "a name that is too long": lambda shop: _signed(shop, _HS256, _claims(name="x" * 65)),
    "an API key": lambda shop: shop.api_key,
    "a signature in part": lambda shop: shop.token("ada", "admin")[:-6],
    "three thousand dots": lambda shop: "." * 3_000,
}


@pytest.mark.parametrize("kind", _FORGED)
async def test_a_token_that_was_forged_closes_with_4502_and_is_unauthorized(
    shop: SystemShop, kind: str
) -> None:
    session_id = await shop.session()
    token = _FORGED[kind](shop)
    assert len(token) <= 3_000
    async with connected(shop.ws, session_id) as client:
        await client.send("hello", ref=1, token=token)
        assert (await client.closed()).code == 4502
        assert client.messages == []
    if kind == "an API key":
        return  # an API key is only for HTTP
    await shop.refuses(401, "unauthorized", "GET", "/api/orders", by=token)
    path = f"/api/sessions/{session_id}/commands"
    await shop.refuses(401, "unauthorized", "POST", path, {"type": "session.end"}, by=token)
    assert (await shop.snapshot(session_id))["status"] == "live"


async def test_a_token_longer_than_any_is_a_bad_field_and_another_may_follow(
    shop: SystemShop,
) -> None:
    session_id = await shop.session()
    async with connected(shop.ws, session_id) as client:
        answer = await client.ask("hello", token="x" * 3_001)
        assert (answer["code"], "`token`" in answer["message"]) == ("bad_request", True)
        assert (await client.hello(shop.token(named("ada"))))["viewer"]["role"] == "viewer"


@pytest.mark.feature("chat")
async def test_a_token_that_was_overheard_is_good_for_its_bearers_things_and_no_others(
    shop: SystemShop,
) -> None:
    product = await shop.product(S=5)
    mine, other = await shop.session(product), await shop.session()
    overheard = shop.token(named("ada"), "host", session=mine)
    async with connected(shop.ws, other) as client:
        await client.send("hello", token=overheard)
        assert (await client.closed()).code == 4502
    for path in (f"/api/sessions/{other}/commands", f"/api/sessions/{other}/reservations"):
        await shop.refuses(401, "unauthorized", "POST", path, {}, by=overheard)
    variant = {"sku": named("s"), "label": "", "price": 1, "stock": 1}
    for path, what in (
        ("/api/products", {"product_id": named("p"), "title": "P", "variants": [variant]}),
        ("/api/sessions", {"title": "Mine"}),
        ("/api/keys", {"name": "mine"}),
    ):
        response = await shop.ask("POST", path, what, by=overheard)
        assert response.status_code in (401, 403), path
    viewer = named("bo")
    async with shop.joined(mine, viewer) as client:
        # The message cannot say what the token does not.
        await refused(client, "bad_request", "say", text="x", role="admin")
        await refused(client, "bad_request", "hello", token=shop.token("admin", "admin"))
        await refused(client, "forbidden", "session.end")
        await refused(client, "forbidden", "viewer.mute", viewer_id=viewer)
    wanted = {"viewer_id": "ada", "rid": "5f2b8a34-52a5-4c26-9b0f-3f9a3d1c7e55", "quantity": 1}
    body = {**wanted, "sku": product["variants"][0]["sku"]}
    path = f"/api/sessions/{mine}/reservations"
    response = await shop.ask("POST", path, body, by=shop.token(viewer))
    assert response.status_code in (400, 403), response.text
    assert await shop.left(mine) == {body["sku"]: 5}
