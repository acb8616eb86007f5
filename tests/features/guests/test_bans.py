"""A viewer who is banned does not come back as a guest from the same network."""

from functools import partial
from typing import Any

from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from tests.client import connected
from tests.edge.http.api import Api, token
from tests.edge.http.conftest import api_of
from tests.features.guests.guest import Guest, let_in
from tests.waiting import wait_until


def _answer(api: Api, session_id: str, **headers: str) -> tuple[int, str | None]:
    body = {"session": session_id, "name": "Kaya"}
    answer = api.anyone.post("/api/guests", json=body, headers=headers)
    return answer.status_code, answer.json().get("code")


async def _ask(api: Api, session_id: str, bearer: str, kind: str, **fields: Any) -> None:
    async with connected(api.url.replace("http", "ws", 1), session_id) as host:
        await host.hello(bearer)
        answer = await host.ask(kind, **fields)
        assert answer["type"] == "ok", answer


def _ban(api: Api, session_id: str, kind: str, *, shop: str | None = None, **fields: Any) -> None:
    bearer = token(Role.HOST, "ho", shop=shop)
    api.portal.call(partial(_ask, api, session_id, bearer, kind, **fields))


async def _with_banned(api: Api, session_id: str, bearer: str, sub: str, **fields: Any) -> None:
    """Ban somebody who is connected, and wait until its connection is closed."""
    async with connected(api.url.replace("http", "ws", 1), session_id) as client:
        await client.hello(bearer)
        await _ask(api, session_id, token(Role.HOST, "ho"), "viewer.ban", viewer_id=sub, **fields)
        assert (await client.closed()).code == 4503


def _two_sessions(api: Api) -> tuple[str, str]:
    one, other = (api.add_session(starts_at_ms=1_790_000_000_000) for _ in range(2))
    return one, other


def test_a_ban_of_a_guest_who_has_left_shuts_the_network_that_it_came_from(api: Api) -> None:
    session_id, other_id = _two_sessions(api)
    guest = let_in(api, session_id)
    _ban(api, session_id, "viewer.ban", viewer_id=guest.sub)
    assert _answer(api, session_id) == (403, "forbidden")
    assert _answer(api, other_id) == (201, None)


def test_a_ban_of_a_connected_viewer_shuts_its_network_at_once_until_it_is_lifted(
    api: Api,
) -> None:
    session_id, other_id = _two_sessions(api)
    bearer = token(Role.VIEWER, "eve")
    api.portal.call(partial(_with_banned, api, session_id, bearer, "eve"))
    assert _answer(api, session_id) == (403, "forbidden")
    assert _answer(api, other_id) == (201, None)
    _ban(api, session_id, "viewer.unban", viewer_id="eve")
    assert _answer(api, session_id) == (201, None)


def test_a_ban_for_a_time_shuts_a_network_for_that_time(api: Api) -> None:
    session_id, _ = _two_sessions(api)
    bearer = token(Role.VIEWER, "eve")
    api.portal.call(partial(_with_banned, api, session_id, bearer, "eve", duration_ms=1_500))
    assert _answer(api, session_id) == (403, "forbidden")
    wait_until(lambda: _answer(api, session_id) == (201, None))


def test_a_ban_everywhere_shuts_a_network_in_all_shows_of_the_shop_and_in_no_other(
    api: Api,
) -> None:
    ours = [_of_shop(api, "north") for _ in range(2)]
    theirs = _of_shop(api, "south")
    guest = let_in(api, ours[0])
    _ban(api, ours[0], "viewer.ban", shop="north", viewer_id=guest.sub, everywhere=True)
    assert [_answer(api, each) for each in ours] == [(403, "forbidden")] * 2
    assert _answer(api, theirs) == (201, None)


def _of_shop(api: Api, shop: str) -> str:
    host = api.as_role(Role.HOST, f"host of {shop}", shop=shop)
    body = {"title": "Show", "starts_at_ms": 1_790_000_000_000}
    return str(host.post("/api/sessions", json=body).json()["id"])


def test_another_network_is_let_in_and_the_banned_one_stays_shut_after_a_restart(
    postgres_url: str, redis_url: str
) -> None:
    proxied = {"trusted_proxies": _proxies()}
    with api_of(postgres_url, redis_url, **proxied) as api:
        session_id, _ = _two_sessions(api)
        body = {"session": session_id, "name": "Eve"}
        came_from = {"x-forwarded-for": "2001:db8:1:2::9"}
        made = api.anyone.post("/api/guests", json=body, headers=came_from).json()
        _ban(api, session_id, "viewer.ban", viewer_id=Guest(api, made).sub)
        assert _answer(api, session_id, **came_from) == (403, "forbidden")
    with api_of(postgres_url, redis_url, **proxied) as api:
        same, next_one = "2001:db8:1:2:ffff::1", "2001:db8:1:3::9"
        assert _answer(api, session_id, **{"x-forwarded-for": same}) == (403, "forbidden")
        assert _answer(api, session_id, **{"x-forwarded-for": next_one}) == (201, None)


def _proxies() -> Any:
    return Settings.read({"LIVESHOP_TRUSTED_PROXIES": "127.0.0.1"}).trusted_proxies
