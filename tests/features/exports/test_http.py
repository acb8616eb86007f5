"""Exports over HTTP: asked for at one node, fetched at another, and only by those of the shop."""

from hashlib import sha256

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Caller, Json, a_rid
from tests.edge.http.conftest import api_of
from tests.features.change_feed.test_http import working
from tests.waiting import wait_until

_PATH = "/api/exports"


def _made(caller: Caller, **asked: object) -> Json:
    answer = caller.post(_PATH, json=asked)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def _done(caller: Caller, export_id: str) -> Json:
    wait_until(lambda: caller.get(f"{_PATH}/{export_id}").json()["state"] in ("done", "failed"))
    found: Json = caller.get(f"{_PATH}/{export_id}").json()
    return found


def test_two_nodes_and_two_runs_give_the_same_file(
    api: Api, postgres_url: str, redis_url: str
) -> None:
    session_id, sku = api.go_live()
    for buyer in ("ada", "=bo", "cy"):
        bought = api.ask(session_id, buyer, "buy", rid=a_rid(), sku=sku, quantity=1)
        assert bought["type"] == "confirmed", bought
    with api_of(postgres_url, redis_url) as other:
        first = _made(api.host, dataset="lines", session_id=session_id)
        second = _made(other.host, dataset="lines", session_id=session_id)
        assert (first["state"], first["rows_expected"], first["sha256"]) == ("waiting", None, None)
        early = api.host.get(f"{_PATH}/{first['id']}/file")
        assert (early.status_code, early.json()["reason"]) == (409, "the export is waiting")
        with working(api, postgres_url):
            _done(api.host, first["id"])
        with working(other, postgres_url):
            done = _done(other.host, second["id"])
        assert (done["state"], done["rows"], done["rows_expected"]) == ("done", 3, 3)
        files = {
            node.host.get(f"{_PATH}/{each['id']}/file").content
            for node in (api, other)
            for each in (first, second)
        }
    (file,) = files
    assert sha256(file).hexdigest() == done["sha256"]
    assert len(file) == done["bytes"]
    assert b",'=bo," in file and b",ada," in file


def test_an_export_is_there_for_its_shop_only(api: Api, postgres_url: str) -> None:
    ours, theirs = (api.as_role(Role.HOST, each, shop=each) for each in ("ours", "theirs"))
    product = {"title": "Autumn drop"}
    session = ours.post("/api/sessions", json=product).json()["id"]
    asked = theirs.post(_PATH, json={"dataset": "events", "session_id": session})
    assert asked.status_code == 404
    made = _made(ours, dataset="events", format="jsonl", session_id=session)
    path = f"{_PATH}/{made['id']}"
    for method, each in (("GET", path), ("GET", f"{path}/file"), ("DELETE", path)):
        assert theirs.send(method, each).status_code == 404
    assert theirs.get(_PATH).json() == {"exports": [], "next": None}
    with working(api, postgres_url):
        assert _done(ours, made["id"])["state"] == "done"
    assert [each["id"] for each in ours.get(_PATH).json()["exports"]] == [made["id"]]
    assert ours.delete(path).json() == {"id": made["id"]}
    assert ours.get(path).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"dataset": "people"},
        {"dataset": "orders", "format": "xlsx"},
        {"dataset": "orders", "from_ms": 5, "to_ms": 5},
        {},
    ],
)
def test_what_cannot_be_exported_is_refused(api: Api, body: Json) -> None:
    assert api.host.post(_PATH, json=body).status_code == 400
    assert api.host.get(_PATH).json()["exports"] == []


def test_only_hosts_of_every_session_ask_for_files(api: Api) -> None:
    session_id = api.add_session()
    body = {"dataset": "orders"}
    assert api.anyone.post(_PATH, json=body).status_code == 401
    assert api.buyer.post(_PATH, json=body).status_code == 403
    bound = api.as_role(Role.HOST, "h", session_id=session_id)
    assert bound.post(_PATH, json=body).status_code == 403
    # Sent again under its key, it is the same export.
    headers = {"Idempotency-Key": "nightly-1"}
    first = api.host.post(_PATH, json=body, headers=headers).json()
    assert api.host.post(_PATH, json=body, headers=headers).json() == first
    assert len(api.host.get(_PATH).json()["exports"]) == 1
