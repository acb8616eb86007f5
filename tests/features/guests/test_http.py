"""Guests over HTTP: who is let in, with what token, and how many."""

from functools import partial
from typing import Any, Final
from uuid import uuid4

import jwt
import pytest

from liveshop.core.roles import Role
from tests.client import connected
from tests.edge.http.api import SECRET, Api, Json, token
from tests.edge.http.conftest import api_of
from tests.features.guests.guest import MAIL, NAME, Guest, buy, let_in

_THIRTY_DAYS_S: Final = 30 * 86_400


def _claims(guest: Guest) -> Json:
    claims: Json = jwt.decode(guest.made["token"], SECRET, ["HS256"])
    return claims


def _refused(api: Api, status: int, code: str, **body: Any) -> str:
    answer = api.anyone.post("/api/guests", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return str(answer.json()["message"])


def test_anyone_becomes_a_guest_with_a_viewers_token_for_one_session_and_thirty_days(
    api: Api,
) -> None:
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)
    guest = let_in(api, session_id, email=MAIL)
    claims = _claims(guest)
    assert claims.pop("exp") - claims.pop("iat") == _THIRTY_DAYS_S
    assert claims == {"sub": guest.sub, "role": "viewer", "session": session_id, "guest": True}
    assert set(guest.made) == {"token", "viewer_id", "session_id", "name", "expires_at_ms"}
    assert guest.made["name"] == NAME
    assert guest.sub.startswith("guest-")
    assert let_in(api, session_id).sub != guest.sub


def test_a_guest_is_let_into_its_session_only(api: Api) -> None:
    session_id, other_id = (api.add_session(starts_at_ms=1_790_000_000_000) for _ in range(2))
    guest = let_in(api, session_id)
    assert guest.http.get("/api/orders").json() == {"orders": [], "next": 0}
    assert guest.http.get("/api/orders", params={"session": other_id}).status_code == 401


def test_a_guest_joins_and_speaks_under_its_name_though_its_token_does_not_carry_it(
    api: Api,
) -> None:
    session_id, _ = api.go_live()
    guest = let_in(api, session_id)
    assert "name" not in _claims(guest)
    viewer, said = api.portal.call(partial(_speak, guest))
    assert viewer == {"id": guest.sub, "name": NAME, "role": "viewer"}
    assert said == {"id": guest.sub, "name": NAME}


async def _speak(guest: Guest) -> tuple[Any, Any]:
    url = guest.api.url.replace("http", "ws", 1)
    async with (
        connected(url, guest.made["session_id"]) as client,
        connected(url, guest.made["session_id"]) as other,
    ):
        await other.hello()
        welcome = await client.hello(guest.made["token"])
        await client.send("say", text="hello")
        chat = await other.wait_for_type("chat")
        return welcome["viewer"], chat["messages"][0]["viewer"]


def test_an_order_has_the_name_of_its_guest_for_the_staff_and_for_the_guest(api: Api) -> None:
    session_id, sku = api.go_live()
    guest = let_in(api, session_id, email=MAIL)

    async def purchase() -> str:
        async with guest.joined() as client:
            return str((await buy(client, sku))["order_id"])

    order_id = api.portal.call(purchase)
    for caller in (api.host, api.backend, guest.http):
        (order,) = caller.get("/api/orders", params={"session": session_id}).json()["orders"]
        assert (order["order_id"], order["name"]) == (order_id, NAME)
        assert caller.get(f"/api/orders/{order_id}").json()["name"] == NAME
        assert MAIL not in caller.get(f"/api/orders/{order_id}").text
    (newest,) = api.host.get("/api/orders").json()["orders"]
    assert newest["name"] == NAME


def test_an_order_of_somebody_whose_name_is_not_kept_has_none(api: Api) -> None:
    session_id, sku = api.go_live()
    order = api.ask(session_id, "u1", "buy", rid=str(uuid4()), sku=sku, quantity=1)
    assert api.host.get(f"/api/orders/{order['order_id']}").json()["name"] is None


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", " "),
        ("name", "\u200b"),
        ("name", " Kaya"),
        ("name", "Kaya "),
        ("name", "#house"),
        ("name", "Kaya\n"),
        ("name", "a\u202eb"),
        ("name", "e\u0301" + "\u0301" * 5),
        ("name", "Zoe\u0308"),
        ("name", "x" * 65),
        ("email", ""),
        ("email", "kaya"),
        ("email", "@shop.example"),
        ("email", "kaya@"),
        ("email", "kaya@shop"),
        ("email", "kaya@shop..example"),
        ("email", "kaya@-shop.example"),
        ("email", "kaya@127.0.0.1"),
        ("email", "ka ya@shop.example"),
        ("email", "ka\u200bya@shop.example"),
        ("email", "kaya@shop.example\nBcc: eve@shop.example"),
        ("email", "kaya.@shop.example"),
        ("email", "a@b@shop.example"),
        ("email", f"{'x' * 65}@shop.example"),
        ("email", f"kaya@{'x' * 64}.example"),
        ("email", "x" * 250 + "@shop.example"),
        ("rid", "1"),
    ],
)
def test_what_is_no_name_or_no_mail_is_refused_by_its_field_and_nobody_is_let_in(
    api: Api, field: str, text: str
) -> None:
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)
    body = {"session": session_id, "name": "Kaya", field: text}
    assert f"`{field}`" in _refused(api, 400, "bad_request", **body)


@pytest.mark.parametrize(
    "mail",
    [
        "kaya@shop.example",
        "Kaya.O'Neil+live@sub.shop.example",
        "kaya@m\u00fcnchen.example",
        "\u03ba\u03b1\u03b3\u03b9\u03b1@\u03ba\u03b1\u03c4\u03ac\u03c3\u03c4\u03b7\u03bc\u03b1.gr",
        "\u8d75@\u4f8b\u5b50.\u4e2d\u56fd",
    ],
)
def test_mail_of_any_script_is_taken_and_kept_as_it_was_written(api: Api, mail: str) -> None:
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)
    guest = let_in(api, session_id, email=mail)
    kept = guest.http.get("/api/guests/me").json()
    assert kept == {
        "viewer_id": guest.sub,
        "session_id": session_id,
        "name": NAME,
        "email": mail,
        "expires_at_ms": guest.made["expires_at_ms"],
    }


def test_a_draft_and_a_session_that_is_not_there_have_no_guests(api: Api) -> None:
    _refused(api, 404, "not_found", session=api.add_session(), name="Kaya")
    _refused(api, 404, "not_found", session="nowhere", name="Kaya")


def test_guests_are_let_into_the_sessions_of_every_shop(api: Api) -> None:
    host = api.as_role(Role.HOST, "ours", shop="north")
    body = {"title": "Show", "starts_at_ms": 1_790_000_000_000}
    session_id = host.post("/api/sessions", json=body).json()["id"]
    guest = let_in(api, session_id)

    async def join() -> None:
        async with guest.joined():
            pass

    api.portal.call(join)


def test_a_name_with_a_word_that_the_chat_refuses_is_refused(api: Api) -> None:
    session_id, other_id = (api.add_session(starts_at_ms=1_790_000_000_000) for _ in range(2))
    api.command(session_id, "chat.block", words=["darn"])
    assert "darn" not in _refused(api, 409, "conflict", session=session_id, name="D4rn Darn")
    let_in(api, other_id, "D4rn Darn")


def test_an_address_is_let_in_twenty_times_and_then_at_a_rate(api: Api) -> None:
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)
    body = {"session": session_id, "name": "Kaya"}
    answers = [api.anyone.post("/api/guests", json=body) for _ in range(60)]
    taken = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(taken) + len(refused) == 60
    # 2 a second more while it lasts.
    assert 20 <= len(taken) < 50
    assert refused[0].json()["code"] == "rate_limited"
    assert 0 < refused[0].json()["retry_after_ms"] <= 500


def test_an_address_brings_so_many_guests_an_hour_whatever_became_of_them(
    postgres_url: str, redis_url: str
) -> None:
    with api_of(postgres_url, redis_url, guests_per_address_max=3) as api:
        session_id = api.add_session(starts_at_ms=1_790_000_000_000)
        for _ in range(3):
            assert let_in(api, session_id).http.delete("/api/guests/me").status_code == 204
        answer = api.anyone.post("/api/guests", json={"session": session_id, "name": "Kaya"})
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 3_000_000 < answer.json()["retry_after_ms"] <= 3_600_000


def test_a_request_that_is_repeated_by_its_rid_lets_one_guest_in(api: Api) -> None:
    session_id, other_id = (api.add_session(starts_at_ms=1_790_000_000_000) for _ in range(2))
    rid = str(uuid4())
    guest = let_in(api, session_id, email=MAIL, rid=rid)
    again = let_in(api, session_id, email=MAIL, rid=rid)
    assert again.sub == guest.sub
    assert _claims(again)["sub"] == guest.sub
    assert let_in(api, other_id, email=MAIL, rid=rid).sub != guest.sub
    for fields in ({"name": "Eve", "email": MAIL}, {"name": NAME}):
        _refused(api, 409, "conflict", session=session_id, rid=rid, **fields)
    assert guest.http.delete("/api/guests/me").status_code == 204
    _refused(api, 409, "conflict", session=session_id, name=NAME, email=MAIL, rid=rid)


def test_pages_know_in_advance_whether_guests_are_let_in(
    api: Api, postgres_url: str, redis_url: str
) -> None:
    assert api.anyone.get("/api/guests").json() == {"allowed": True, "reason": None}
    for settings in ({"guests": "off"}, {"secret": "", "jwt_public_key": _PUBLIC_KEY}):
        with api_of(postgres_url, redis_url, **settings) as other:
            known = other.anyone.get("/api/guests").json()
            assert known["allowed"] is False
            refused = _refused(other, 403, "forbidden", session="s", name="Kaya")
            assert refused == known["reason"]


def test_only_a_guest_reads_and_forgets_itself(api: Api) -> None:
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)
    bound = api.with_token(token(Role.VIEWER, session_id=session_id))
    for caller, status in ((api.anyone, 401), (api.buyer, 403), (bound, 403), (api.backend, 403)):
        for method in ("GET", "DELETE"):
            assert caller.send(method, "/api/guests/me").status_code == status


_PUBLIC_KEY: Final = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----
"""
