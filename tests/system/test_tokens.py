"""Tokens: every fault closes with 4502 and is `unauthorized` over HTTP, in silence."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.cli.programs import program
from tests.client import connected
from tests.system.shop import SystemShop

_LATER_S = 3_600


def _claims(**claims: Any) -> dict[str, Any]:
    facts = {"sub": "ada", "role": "viewer", "exp": int(time.time()) + _LATER_S, **claims}
    return {name: value for name, value in facts.items() if value is not None}


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(shop: SystemShop) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(_claims(role='admin'))}."


def _promoted(shop: SystemShop) -> str:
    head, _, signature = shop.token("ada").split(".")
    return f"{head}.{_part(_claims(role='admin'))}.{signature}"


def _strangers_rsa(shop: SystemShop) -> str:
    return jwt.encode(_claims(), rsa.generate_private_key(65_537, 2_048), "RS256")


_FAULTY: dict[str, Callable[[SystemShop], str]] = {
    "alg none": _unsigned,
    "alg None": lambda shop: f"{_part({'alg': 'None'})}.{_part(_claims())}.",
    "another payload": _promoted,
    "another secret": lambda shop: jwt.encode(_claims(), "x" * 64, "HS256"),
    "another algorithm": lambda shop: jwt.encode(_claims(), shop.secret, "HS512"),
    "a stranger's RS256": _strangers_rsa,
    "expired": lambda shop: shop.token("ada", exp=int(time.time()) - 120),
    "no exp": lambda shop: shop.token("ada", exp=None),
    "exp is text": lambda shop: shop.token("ada", exp="tomorrow"),
    "sub empty": lambda shop: shop.token(""),
    "sub missing": lambda shop: jwt.encode(_claims(sub=None), shop.secret, "HS256"),
    "sub too long": lambda shop: shop.token("a" * 65),
    "sub with a control character": lambda shop: shop.token("a\x1fb"),
    "role unknown": lambda shop: shop.token("ada", "owner"),
    "role missing": lambda shop: jwt.encode(_claims(role=None), shop.secret, "HS256"),
    "another session": lambda shop: shop.token("ada", session="another"),
    "not a token": lambda shop: "nonsense",
    "empty": lambda shop: "",
    "claims are no object": lambda shop: jwt.api_jws.PyJWS().encode(b"[1]", shop.secret, "HS256"),
}


@pytest.mark.parametrize("fault", _FAULTY)
async def test_a_faulty_token_opens_nothing(shop: SystemShop, fault: str) -> None:
    session_id = await shop.session()
    token = _FAULTY[fault](shop)
    async with connected(shop.ws, session_id) as client:
        await client.send("hello", ref=1, token=token)
        assert (await client.closed()).code == 4502
        assert client.messages == []
    if fault == "empty":
        return
    path = f"/api/sessions/{session_id}/reservations"
    await shop.refuses(401, "unauthorized", "POST", path, {}, by=token)
    if fault != "another session":
        # Data that is public without a token is not given to one that does not hold.
        for path in ("/api/sessions", "/api/orders", f"/api/sessions/{session_id}"):
            await shop.refuses(401, "unauthorized", "GET", path, by=token)


async def test_a_token_of_one_session_opens_that_session(shop: SystemShop) -> None:
    mine, another = await shop.session(), await shop.session()
    host = shop.token("hana", "host", session=mine)
    async with connected(shop.ws, mine) as client:
        assert (await client.hello(host))["viewer"]["role"] == "host"
    await shop.host(mine, "session.pause", by=host)
    path = f"/api/sessions/{another}/commands"
    await shop.refuses(401, "unauthorized", "POST", path, {"type": "session.pause"}, by=host)
    assert (await shop.snapshot(another))["status"] == "live"


async def test_the_merchants_own_key_signs_tokens_where_it_is_set(
    other: SystemShop, merchant_key: rsa.RSAPrivateKey
) -> None:
    session_id = await other.session()
    token = jwt.encode(_claims(role="moderator", name="Mo"), merchant_key, "RS256")
    async with connected(other.ws, session_id) as client:
        viewer = (await client.hello(token))["viewer"]
    assert viewer == {"id": "ada", "name": "Mo", "role": "moderator"}
    # The public key is known to everyone: nothing may be signed with it as if it were a secret.
    pem = merchant_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = _part({"alg": "HS256", "typ": "JWT"})
    signed = f"{head}.{_part(_claims(role='admin'))}"
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    forged = base64.urlsafe_b64encode(key.sign(signed.encode(), pem)).rstrip(b"=").decode()
    async with connected(other.ws, session_id) as client:
        await client.send("hello", token=f"{signed}.{forged}")
        assert (await client.closed()).code == 4502


async def test_the_command_line_makes_tokens(shop: SystemShop) -> None:
    session_id = await shop.session()
    arguments = ("token", "--sub", "cli", "--role", "host", "--name", "Cleo", "--ttl", "60")
    environment = {"LIVESHOP_SECRET": shop.secret}
    with program(*arguments, "--session", session_id, environment=environment) as process:
        output, _ = process.communicate()
    assert process.returncode == 0
    async with connected(shop.ws, session_id) as client:
        viewer = (await client.hello(output.strip()))["viewer"]
    assert viewer == {"id": "cli", "name": "Cleo", "role": "host"}


async def test_other_authorization_is_none(shop: SystemShop) -> None:
    for value in ("Basic YWRhOmFkYQ==", "Bearer", "Bearer lsk_nobody", shop.api_key):
        response = await shop.http.get("/api/orders", headers={"Authorization": value})
        assert (response.status_code, response.json()["code"]) == (401, "unauthorized"), value
