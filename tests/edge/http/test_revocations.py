"""Tokens are revoked over HTTP, within the place of whoever revokes, and never upwards."""

import time
from typing import Any

import anyio
import jwt
import pytest

from liveshop.core.roles import Role
from tests.client import Closed, connected
from tests.edge.http.api import SECRET, Api, Caller
from tests.waiting import wait_until

_NOW_S = int(time.time())


def signed(role: str = "viewer", **changed: Any) -> str:
    claims = {"sub": "ada", "role": role, "iat": _NOW_S - 60, "exp": _NOW_S + 3600, **changed}
    return jwt.encode(claims, SECRET)


def holds(api: Api, token: str) -> bool:
    status = api.with_token(token).get("/api/orders").status_code
    return bool(status != 401)


def revoke(by: Caller, **named: Any) -> dict[str, Any]:
    answer = by.post("/api/tokens/revoke", json=named)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_one_token_is_revoked_by_its_jti_and_listed(api: Api) -> None:
    good, bad = signed(jti="good"), signed(jti="bad")
    assert (holds(api, good), holds(api, bad)) == (True, True)
    made = revoke(api.host, jti="bad", ends_ms=(_NOW_S + 3600) * 1000)
    assert (holds(api, good), holds(api, bad)) == (True, False)
    refused = api.with_token(bad).get("/api/orders").json()
    assert (refused["code"], refused["message"]) == ("unauthorized", "this token was revoked")
    assert {**made, "id": "", "at_ms": 0} == {
        **{"id": "", "jti": "bad", "sub": None, "issued_before_ms": None},
        **{"session": None, "shop": None, "role": "host", "by": "host", "at_ms": 0},
        "ends_ms": (_NOW_S + 3600) * 1000,
    }
    assert api.host.get("/api/tokens/revoked").json() == {"revocations": [made], "next": None}


def test_a_subjects_tokens_issued_before_an_instant_are_revoked(api: Api) -> None:
    old, none = signed(), signed(iat="long ago")
    # Long after the whole suite began, when this module was read.
    newer, other = signed(iat=time.time() + 60), signed(sub="bo")
    revoke(api.host, sub="ada")
    assert [holds(api, token) for token in (old, none, newer, other)] == [False, False, True, True]


def test_revoking_again_takes_no_further_room_and_never_less_away(api: Api) -> None:
    first = revoke(api.host, sub="ada", issued_before_ms=(_NOW_S - 10) * 1000)
    again = revoke(api.host, sub="ada", issued_before_ms=1)
    assert first["id"] == again["id"]
    (only,) = api.host.get("/api/tokens/revoked").json()["revocations"]
    assert only["issued_before_ms"] == (_NOW_S - 10) * 1000
    assert not holds(api, signed())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"jti": "t1", "sub": "ada"},
        {"jti": "t1", "issued_before_ms": 1},
        {"sub": ""},
        {"jti": "x" * 256},
        {"sub": "ada", "issued_before_ms": -1},
        {"sub": "ada", "forever": True},
        {"sub": "ada", "issued_before_ms": (_NOW_S + 3600) * 1000},
        {"sub": "Cafe\u0301"},
    ],
)
def test_what_names_no_tokens_is_refused_and_changes_nothing(api: Api, body: Any) -> None:
    answer = api.host.post("/api/tokens/revoke", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert api.host.get("/api/tokens/revoked").json()["revocations"] == []


def test_a_token_in_its_leeway_stays_revoked_and_the_revocation_listed(api: Api) -> None:
    ended_s = int(time.time()) - 1
    late = signed(jti="late", exp=ended_s)
    assert holds(api, late)
    made = revoke(api.host, jti="late", ends_ms=ended_s * 1000)
    assert not holds(api, late)
    assert api.host.get("/api/tokens/revoked").json()["revocations"] == [made]


def test_a_host_revokes_within_its_session_or_shop_and_never_an_admins_token(api: Api) -> None:
    session_id = api.add_session()
    tokens = {
        "here": signed(session=session_id),
        "elsewhere": signed(session="s2"),
        "north": signed(shop="north"),
        "south": signed(shop="south"),
        "anywhere": signed(),
        "admin": signed("admin"),
    }

    def held() -> set[str]:
        return {name for name, token in tokens.items() if holds(api, token)}

    revoke(api.as_role(Role.HOST, "a", session_id=session_id), sub="ada")
    assert held() == set(tokens) - {"here"}
    revoke(api.as_role(Role.HOST, "a", shop="north"), sub="ada")
    assert held() == set(tokens) - {"here", "north"}
    revoke(api.host, sub="ada")
    assert held() == {"admin"}
    revoke(api.as_role(Role.ADMIN, "boss"), sub="ada")
    assert held() == set()


@pytest.mark.parametrize("joined_before", [True, False])
def test_a_shops_host_revokes_tokens_for_its_sessions_that_name_no_shop(
    api: Api, joined_before: bool
) -> None:
    begins = {"starts_at_ms": 1_790_000_000_000}
    north, south = (api.add_session(**begins, shop=shop) for shop in ("north", "south"))
    ours, theirs = signed(session=north), signed(session=south)
    host = api.as_role(Role.HOST, "a", shop="north")

    async def watch(session_id: str, bearer: str) -> int | None:
        async with connected(api.url.replace("http", "ws"), session_id) as client:
            if joined_before:
                await client.hello(bearer)
            await anyio.to_thread.run_sync(lambda: revoke(host, sub="ada"))
            if not joined_before:
                await client.send("hello", ref=900, token=bearer)
            if session_id == south:
                assert (await client.ask("time", client_ms=1))["type"] == "time"
                return None
            closed: Closed = await client.closed()
            assert client.of_type("welcome") == [] or joined_before
            return closed.code

    assert api.portal.call(watch, north, ours) == 4502
    assert api.portal.call(watch, south, theirs) is None
    assert (holds(api, ours), holds(api, theirs)) == (False, True)


def test_a_shops_host_revokes_such_a_token_over_http_too(api: Api) -> None:
    session_id = api.add_session(shop="north")
    tokens = [signed(session=session_id), signed(session=session_id, jti="t1", sub="bo")]
    assert [holds(api, each) for each in tokens] == [True, True]
    revoke(api.as_role(Role.HOST, "b", shop="south"), sub="ada")
    assert [holds(api, each) for each in tokens] == [True, True]
    host = api.as_role(Role.HOST, "a", shop="north")
    revoke(host, sub="ada")
    revoke(host, jti="t1")
    assert [holds(api, each) for each in tokens] == [False, False]


def test_a_host_sees_the_revocations_of_its_own_place(api: Api) -> None:
    north = api.as_role(Role.HOST, "a", shop="north")
    south = api.as_role(Role.HOST, "b", shop="south")
    for number in range(3):
        revoke(north, jti=f"t{number}")
    assert south.get("/api/tokens/revoked").json()["revocations"] == []
    page = north.get("/api/tokens/revoked?limit=2").json()
    rest = north.get(f"/api/tokens/revoked?limit=2&after={page['next']}").json()
    named = [each["jti"] for each in page["revocations"] + rest["revocations"]]
    assert (sorted(named), rest["next"]) == (["t0", "t1", "t2"], None)


def test_neither_viewers_nor_moderators_nor_keys_revoke(api: Api) -> None:
    for caller, status in (
        (api.anyone, 401),
        (api.buyer, 403),
        (api.as_role(Role.MODERATOR), 403),
        (api.backend, 403),
    ):
        assert caller.post("/api/tokens/revoke", json={"sub": "ada"}).status_code == status
        assert caller.get("/api/tokens/revoked").status_code == status
    assert holds(api, signed())


def test_a_revocation_closes_the_connections_of_its_tokens(api: Api) -> None:
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)

    async def watch() -> int:
        async with connected(api.url.replace("http", "ws"), session_id) as client:
            await client.hello(signed(jti="t1"))
            await anyio.to_thread.run_sync(lambda: revoke(api.host, jti="t1"))
            closed: Closed = await client.closed()
            return closed.code

    assert api.portal.call(watch) == 4502


def test_the_activity_log_says_who_revoked_what(api: Api) -> None:
    revoke(api.as_role(Role.HOST, "ho", shop="north"), sub="ada")
    admin = api.as_role(Role.ADMIN, "boss")

    def entries() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = admin.get("/api/activity").json()["entries"]
        return [each for each in found if each["action"] == "revoke_tokens"]

    wait_until(entries)
    (entry,) = entries()
    assert (entry["subject"], entry["object"], entry["shop"]) == ("ho", "ada", "north")
