"""The activity log over HTTP: what is in it, and who reads what of it."""

from functools import partial
from typing import Any, Final

import pytest

from liveshop.core.roles import Role
from tests.client import Closed, connected
from tests.edge.http.api import Api, Caller, Json, token
from tests.edge.http.two_shops import OURS, THEIRS, TwoShops, open_shops
from tests.waiting import wait_until

_FIELDS: Final = ("subject", "role", "kind", "action", "object", "session_id", "shop", "outcome")


@pytest.fixture
def shops(api: Api, postgres_url: str) -> TwoShops:
    return open_shops(api, postgres_url)


def _entries(reader: Caller, **query: Any) -> list[Json]:
    answer = reader.get("/api/activity", params=query)
    assert answer.status_code == 200, answer.text
    entries: list[Json] = answer.json()["entries"]
    return entries


def _newest(reader: Caller, action: str) -> tuple[Any, ...]:
    """Return the newest entry of an action, once it is there."""

    def of_action() -> list[Json]:
        return [entry for entry in _entries(reader) if entry["action"] == action]

    wait_until(lambda: bool(of_action()))
    entry = of_action()[0]
    assert entry["address"] == "127.0.0.1"
    return tuple(entry[field] for field in _FIELDS)


def test_what_a_host_changes_over_http_is_recorded(shops: TwoShops) -> None:
    host, session_id = shops.our_host, shops.session_id
    who = ("our host", "host", "token")
    commands = f"/api/sessions/{session_id}/commands"
    assert host.post(commands, json={"type": "product.pin", "product_id": "shirt"}).is_success
    about = ("shirt", session_id, OURS, "ok")
    assert _newest(host, "product.pin") == (*who, "product.pin", *about)
    assert host.post(commands, json={"type": "session.end"}).is_success
    assert _newest(host, "session.end") == (*who, "session.end", None, session_id, OURS, "ok")
    made = _newest(host, "add_session")
    assert made == (*who, "add_session", None, session_id, OURS, "ok")
    product = _newest(host, "add_product")
    assert product == (*who, "add_product", "shirt", None, OURS, "ok")


def test_a_change_by_one_who_is_bound_to_no_shop_is_told_to_the_shop_that_it_changed(
    shops: TwoShops,
) -> None:
    path = f"/api/sessions/{shops.session_id}/plan"
    assert shops.api.host.send("PUT", path, json={"sales": {}}).is_success
    saved = ("host", "host", "token", "save_plan", None, shops.session_id, OURS, "ok")
    assert _newest(shops.our_host, "save_plan") == saved


@pytest.mark.feature("chat")
def test_what_a_moderator_changes_over_the_socket_is_recorded(shops: TwoShops) -> None:
    shops.api.portal.call(partial(_mute_and_pin, shops))
    who = ("mod", "moderator", "token")
    muted = (*who, "viewer.mute", "eve", shops.session_id, OURS, "ok")
    assert _newest(shops.our_host, "viewer.mute") == muted
    pinned = (*who, "product.pin", "shirt", shops.session_id, OURS, "ok")
    assert _newest(shops.our_host, "product.pin") == pinned


async def _mute_and_pin(shops: TwoShops) -> None:
    async with connected(shops.api.url.replace("http", "ws", 1), shops.session_id) as client:
        await client.hello(token(Role.MODERATOR, "mod", shop=OURS))
        assert (await client.ask("viewer.mute", viewer_id="eve"))["type"] == "ok"
        assert (await client.ask("product.pin", product_id="shirt"))["type"] == "ok"
        # Refused, and nothing has changed.
        assert (await client.ask("product.pin", product_id="shirt"))["type"] == "error"


def test_what_a_moderator_is_refused_over_the_socket_is_recorded(shops: TwoShops) -> None:
    shops.api.portal.call(partial(_try_what_is_a_hosts, shops))
    who, where = ("mod", "moderator", "token"), (shops.session_id, OURS, "forbidden")
    for action, about in (("session.end", None), ("viewer.ban", "host"), ("viewer.unban", "eve")):
        assert _newest(shops.our_host, action) == (*who, action, about, *where)
    refused = [each for each in _entries(shops.our_host) if each["outcome"] == "forbidden"]
    assert sorted(each["action"] for each in refused) == [
        "session.end",
        "viewer.ban",
        "viewer.unban",
    ]


async def _try_what_is_a_hosts(shops: TwoShops) -> None:
    url = shops.api.url.replace("http", "ws", 1)
    async with connected(url, shops.session_id) as host, connected(url, shops.session_id) as mod:
        await host.hello(token(Role.HOST, "host", shop=OURS))
        # Before the welcome, which comes in a moment.
        await mod.send("hello", token=token(Role.MODERATOR, "mod", shop=OURS))
        await mod.send("session.end", ref=1)
        await mod.wait_for_type("session")
        assert (await mod.wait_for_type("error", ref=1))["code"] == "forbidden"
        assert (await mod.ask("viewer.ban", viewer_id="host"))["code"] == "forbidden"
        unban = await mod.ask("viewer.unban", viewer_id="eve", everywhere=True)
        assert unban["code"] == "forbidden"
        # A conflict is about no right, and viewers are not recorded.
        assert (await mod.ask("viewer.unban", viewer_id="nobody"))["code"] == "conflict"
    async with connected(url, shops.session_id) as viewer:
        await viewer.hello(token(Role.VIEWER, "eve", shop=OURS))
        assert (await viewer.ask("session.pause"))["code"] == "forbidden"


def test_a_key_is_recorded_by_its_id_and_its_purchases_are_not(shops: TwoShops) -> None:
    admin = shops.api.as_role(Role.ADMIN, "root")
    made = admin.post("/api/keys", json={"name": "backend", "shop": OURS}).json()
    key = shops.api.with_token(made["key"])
    reserve = {"rid": shops.rid, "sku": shops.sku, "quantity": 1, "viewer_id": "eve"}
    key.post(f"/api/sessions/{shops.session_id}/reservations", json=reserve)
    assert key.post(f"/api/payments/{shops.payment_id}/refunded").is_success
    who = (made["id"], "host", "key")
    paid = (*who, "mark_refunded", shops.payment_id, None, OURS, "ok")
    assert _newest(shops.our_host, "mark_refunded") == paid
    assert {entry["action"] for entry in _entries(admin, subject=made["id"])} == {"mark_refunded"}
    added = ("root", "admin", "token", "add_key", made["id"], None, OURS, "ok")
    assert _newest(shops.our_host, "add_key") == added


def test_what_people_of_another_shop_try_is_told_to_the_shop(shops: TwoShops) -> None:
    their = shops.their(Role.HOST)
    path = f"/api/sessions/{shops.session_id}/commands"
    assert their.post(path, json={"type": "session.end"}).status_code == 404
    who = ("their host", "host", "token")
    tried = (*who, "command_session", None, shops.session_id, OURS, "not_found")
    assert _newest(shops.our_host, "command_session") == tried
    assert shops.api.portal.call(partial(_try_to_join, shops)) is True
    hello = (*who, "hello", None, shops.session_id, OURS, "not_found")
    assert _newest(shops.our_host, "hello") == hello
    assert their.get(f"/api/orders/{shops.rid}").status_code == 404
    read = (*who, "read_order", shops.rid, None, OURS, "not_found")
    assert _newest(shops.our_host, "read_order") == read
    assert _entries(their) == []


async def _try_to_join(shops: TwoShops) -> bool:
    async with connected(shops.api.url.replace("http", "ws", 1), shops.session_id) as client:
        try:
            await client.hello(token(Role.HOST, "their host", shop=THEIRS))
        except Closed:
            return True
    return False


def test_what_a_key_was_refused_for_want_of_a_scope_is_recorded(shops: TwoShops) -> None:
    admin = shops.api.as_role(Role.ADMIN, "root")
    fields = {"name": "reader", "scopes": ["orders"], "shop": OURS}
    made = admin.post("/api/keys", json=fields).json()
    path = f"/api/sessions/{shops.session_id}/commands"
    refused = shops.api.with_token(made["key"]).post(path, json={"type": "session.end"})
    assert refused.status_code == 403
    entry = _newest(shops.our_host, "command_session")
    who = (made["id"], "host", "key")
    assert entry == (*who, "command_session", None, shops.session_id, OURS, "forbidden")


def test_reading_and_failing_are_not_recorded_and_nor_are_viewers(shops: TwoShops) -> None:
    host = shops.our_host
    before = len(_entries(host))
    assert host.get("/api/orders").is_success
    path = f"/api/sessions/{shops.session_id}/commands"
    assert host.post(path, json={"type": "session.start"}).status_code == 409
    assert host.post(path, json={"type": "nonsense"}).status_code == 400
    assert shops.api.as_role(Role.VIEWER, "ada").post(path, json={}).status_code == 403
    assert host.post("/api/sessions", json={"title": "last"}).is_success
    wait_until(lambda: len(_entries(host)) > before)
    assert len(_entries(host)) == before + 1


def test_it_is_read_in_pages_by_session_and_by_subject(shops: TwoShops) -> None:
    host = shops.our_host
    other = shops.api.as_role(Role.HOST, "second host", shop=OURS)
    assert other.post("/api/sessions", json={"title": "T"}).is_success
    _newest(host, "add_session")
    wait_until(lambda: _entries(host)[0]["subject"] == "second host")
    everything = _entries(host)
    numbers = [entry["number"] for entry in everything]
    assert numbers == sorted(numbers, reverse=True)
    first = host.get("/api/activity", params={"limit": 2}).json()
    rest = host.get("/api/activity", params={"after": first["next"]}).json()
    assert first["entries"] + rest["entries"] == everything
    assert [entry["action"] for entry in _entries(host, subject="second host")] == ["add_session"]
    of_session = _entries(host, session=shops.session_id)
    assert {entry["session_id"] for entry in of_session} == {shops.session_id}
    assert len(of_session) >= 3


def test_hosts_read_their_shop_or_session_and_admins_of_all_shops_everything(
    shops: TwoShops,
) -> None:
    their = shops.their(Role.HOST)
    assert their.post("/api/sessions", json={"title": "T"}).is_success
    wait_until(lambda: len(_entries(their)) == 1)
    assert {entry["shop"] for entry in _entries(shops.our_host)} == {OURS}
    everything = _entries(shops.api.as_role(Role.ADMIN))
    # The key of the whole house is among them.
    assert {entry["shop"] for entry in everything} == {OURS, THEIRS, None}
    one = shops.api.as_role(Role.HOST, session_id=shops.session_id)
    assert {entry["session_id"] for entry in _entries(one)} == {shops.session_id}
    foreign = their.get("/api/activity", params={"session": shops.session_id})
    assert foreign.status_code == 404
    for caller, status in (
        (shops.api.anyone, 401),
        (shops.api.buyer, 403),
        (shops.api.as_role(Role.MODERATOR, shop=OURS), 403),
        (shops.api.backend, 403),
    ):
        assert caller.get("/api/activity").status_code == status
