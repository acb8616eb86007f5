"""Webhooks over HTTP: made, tested, changed, listed and removed, by admins."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import anyio
import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import SECRET, Api, Caller, Json
from tests.edge.http.conftest import api_of
from tests.features.change_feed.test_http import working
from tests.features.webhooks.receiver import Receiver
from tests.waiting import wait_until

_PATH = "/api/webhooks"
_URL = "https://erp.shop.example/hook"
_HERE = "127.0.0.0/8"


def _admin(api: Api, shop: str | None = None) -> Caller:
    return api.as_role(Role.ADMIN, "admin", shop=shop)


def _made(caller: Caller, url: str = _URL, **fields: Any) -> Json:
    made = caller.post(_PATH, json={"url": url, "types": ["order.*"], **fields})
    assert made.status_code == 201, made.text
    answer: Json = made.json()
    return answer


def test_a_webhook_is_made_and_its_secret_is_shown_once(api: Api) -> None:
    admin = _admin(api)
    made = _made(admin, ordering="subject")
    assert made["secret"].startswith("whsec_")
    (shown,) = admin.get(_PATH).json()["webhooks"]
    assert shown == admin.get(f"{_PATH}/{made['id']}").json()
    assert shown["created_at_ms"] > 0
    assert {k: v for k, v in shown.items() if k != "created_at_ms"} == {
        "id": made["id"],
        "url": _URL,
        "types": ["order.*"],
        "session_id": None,
        "ordering": "subject",
        "shop": None,
        "state": "on",
        "failures": 0,
        "failing_since_ms": None,
        "waiting": 0,
        "waiting_since_ms": None,
        "dead": 0,
        "parked": 0,
    }
    assert made["secret"] not in admin.get(_PATH).text
    rotated = admin.post(f"{_PATH}/{made['id']}/secret")
    assert rotated.status_code == 201
    assert rotated.json()["id"] == made["id"]
    assert rotated.json()["secret"] != made["secret"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "http://erp.shop.example/"}, "`url`: it must start with https://"),
        ({"url": "https://127.0.0.1/"}, "`url`: its address is this machine"),
        ({"url": "https://10.0.0.1/"}, "`url`: its address is private"),
        ({"url": "https://a@erp.shop.example/"}, "`url`: it must have no user name"),
        ({"types": []}, "`types`"),
        ({"types": ["Order"]}, "`types["),
        ({"ordering": "all"}, "`ordering`"),
        ({"more": 1}, "more"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_by_name(api: Api, fields: Json, words: str) -> None:
    refused = _admin(api).post(_PATH, json={"url": _URL, "types": ["order.*"], **fields})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert words in refused.json()["message"]
    assert _admin(api).get(_PATH).json()["webhooks"] == []


def test_webhooks_are_for_admins_of_their_shop(api: Api) -> None:
    ours, theirs = _admin(api, "ours"), _admin(api, "theirs")
    webhook_id = _made(ours)["id"]
    assert [each["shop"] for each in ours.get(_PATH).json()["webhooks"]] == ["ours"]
    assert theirs.get(_PATH).json()["webhooks"] == []
    for caller, status in ((theirs, 404), (api.host, 403), (api.backend, 403), (api.anyone, 401)):
        assert caller.get(f"{_PATH}/{webhook_id}").status_code == status
        assert caller.delete(f"{_PATH}/{webhook_id}").status_code == status
        assert caller.post(f"{_PATH}/{webhook_id}/secret").status_code == status
    body = {"url": _URL, "types": ["*"], "shop": "ours"}
    assert theirs.post(_PATH, json=body).status_code == 403
    session_id = api.add_session()
    of_nobody = {"url": _URL, "types": ["*"], "session_id": session_id}
    assert ours.post(_PATH, json=of_nobody).status_code == 404
    assert _admin(api).post(_PATH, json=of_nobody).status_code == 201
    assert len(_admin(api).get(_PATH).json()["webhooks"]) == 2


def test_a_webhook_is_changed_and_removed(api: Api) -> None:
    admin = _admin(api)
    path = f"{_PATH}/{_made(admin)['id']}"
    changed = admin.send("PUT", path, json={"url": _URL + "2", "types": ["*"], "state": "off"})
    assert changed.status_code == 200, changed.text
    shown = changed.json()
    assert (shown["url"], shown["types"], shown["state"]) == (_URL + "2", ["*"], "off")
    refused = admin.send("PUT", path, json={"url": _URL, "types": ["*"], "state": "disabled"})
    assert refused.status_code == 400
    assert admin.post(f"{path}/test").status_code == 409
    assert admin.delete(path).status_code == 200
    assert admin.get(path).status_code == 404
    assert admin.post(f"{path}/replay", json={}).status_code == 404


def _in_loop(api: Api, work: Callable[[], Any]) -> Any:
    async def call() -> Any:
        return await work()

    return api.portal.call(call)


def test_a_test_sends_a_ping_and_answers_with_what_came_back(
    postgres_url: str, redis_url: str
) -> None:
    shop = Receiver()
    here = (ip_network(_HERE),)
    with api_of(postgres_url, redis_url, egress_allow=here) as api:
        _in_loop(api, shop.open)
        admin = _admin(api)
        made = _made(admin, shop.url)
        path = f"{_PATH}/{made['id']}"
        with working(api, postgres_url, secret=SECRET, egress_allow=_HERE):
            shop.behaviour.append(200)
            wait_until(lambda: len(shop.requests) == 1)
            shop.secret = made["secret"]
            shop.always = 503
            told = admin.post(f"{path}/test").json()
            assert (told["type"], told["state"], told["tries"]) == ("ping", "waiting", 1)
            assert (told["status"], told["answer"]) == (503, "answer 503")
            listed = admin.get(f"{path}/deliveries", params={"state": "waiting"}).json()
            assert [each["number"] for each in listed["deliveries"]] == [told["number"]]
            (first,) = admin.get(f"{path}/deliveries", params={"before": told["number"]}).json()[
                "deliveries"
            ]
            assert (first["type"], first["state"]) == ("ping", "done")
            replayed = admin.post(f"{path}/replay", json={"states": ["done"]})
            assert replayed.json() == {"replayed": 1, "more": False, "next": None}
            wait_until(lambda: len(shop.requests) >= 3)
        _in_loop(api, shop.close)
    assert set(shop.ids()) == {first["message_id"], told["message_id"]}


def test_a_purchase_is_told_within_a_second(postgres_url: str, redis_url: str) -> None:
    shop = Receiver()
    here = (ip_network(_HERE),)
    with api_of(postgres_url, redis_url, egress_allow=here) as api:
        _in_loop(api, shop.open)
        session_id, sku = api.go_live()
        with working(api, postgres_url, secret=SECRET, egress_allow=_HERE):
            made = _made(_admin(api), shop.url)
            wait_until(lambda: len(shop.requests) == 1)
            shop.secret = made["secret"]
            rid = "7d3a9a52-6b3f-4d27-9c1e-0c5a3f1e2b44"
            bought = api.ask(session_id, "ada", "buy", quantity=1, sku=sku, price=5000, rid=rid)
            confirmed_s = anyio_now(api)
            wait_until(lambda: len(shop.requests) == 2)
            assert anyio_now(api) - confirmed_s < 1.0
        _in_loop(api, shop.close)
    assert shop.requests[1].message["data"]["order_id"] == bought["order_id"]


def anyio_now(api: Api) -> float:
    """Return the time of the node's loop."""
    return api.portal.call(anyio.current_time)
