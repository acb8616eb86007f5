"""A request that names itself by an Idempotency-Key does its work once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import asyncpg
import httpx
import pytest

from liveshop.core.roles import Role, Scope
from liveshop.edge.http.app import operations
from tests.edge.http.api import Api, Caller, Json
from tests.edge.http.conftest import api_of
from tests.every_feature import WHOLE
from tests.waiting import wait_until

_PATH: Final = "/api/sessions"
_SHOW: Final = {"title": "Autumn drop", "starts_at_ms": 1_790_000_000_000}


def _post(caller: Caller, key: str | None, body: Any = _SHOW, path: str = _PATH) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return caller.post(path, json=body, headers=headers)


def _shows(api: Api) -> int:
    return len(api.host.get(_PATH, params={"limit": 100}).json()["sessions"])


def test_a_request_that_is_sent_again_is_answered_as_before_and_makes_nothing_more(
    api: Api,
) -> None:
    first, again = _post(api.backend, "a"), _post(api.backend, "a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == "application/json"
    assert _shows(api) == 1
    assert _post(api.backend, "b").json()["id"] != first.json()["id"]
    assert _post(api.backend, None).json()["id"] != _post(api.backend, None).json()["id"]
    # Another caller's key is another key.
    assert _post(api.host, "a").json()["id"] != first.json()["id"]
    assert _shows(api) == 5


def test_another_request_with_the_key_is_a_conflict_and_changes_nothing(api: Api) -> None:
    made = _post(api.backend, "a").json()
    commands = f"{_PATH}/{made['id']}/commands"
    for body, path in (({**_SHOW, "title": "Other"}, _PATH), (_SHOW, commands)):
        refused = _post(api.backend, "a", body, path)
        assert refused.status_code in (400, 409), refused.text
    assert _post(api.backend, "a", {**_SHOW, "title": "Other"}).json()["code"] == "conflict"
    assert _shows(api) == 1


def test_a_refusal_frees_the_key(api: Api) -> None:
    variant = {"sku": "mug-r", "label": "", "price": 900, "stock": 5}
    product = {"product_id": "mug", "title": "Mug", "variants": [variant]}
    session_id = api.add_session(starts_at_ms=1_790_000_000_000)
    add = {"type": "product.add", "product_id": "mug", "units": {"mug-r": 1}}
    commands = f"{_PATH}/{session_id}/commands"
    assert _post(api.backend, "a", add, commands).status_code == 404
    assert _post(api.backend, "p", product, "/api/products").status_code == 201
    assert _post(api.backend, "a", add, commands).status_code == 200
    assert _post(api.backend, "a", add, commands).status_code == 200
    events = api.host.get(f"{_PATH}/{session_id}").json()["offset"]
    assert events == 1


def test_of_requests_at_once_on_two_nodes_one_does_its_work(
    postgres_url: str, redis_url: str
) -> None:
    with api_of(postgres_url, redis_url) as one, api_of(postgres_url, redis_url) as two:
        callers = [one.backend, two.with_token(str(one.backend.bearer))] * 4
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda caller: _post(caller, "a"), callers))
        made = {each.json()["id"] for each in answers if each.status_code == 201}
        assert {each.status_code for each in answers} <= {201, 409}
        assert len(made) == 1
        assert _shows(one) == 1


def test_what_is_answered_again_is_one_line_of_the_activity_log(api: Api) -> None:
    for _ in range(3):
        assert _post(api.host, "a").status_code == 201
    last = _post(api.host, "b").json()["id"]

    def made() -> list[str]:
        entries: list[Json] = api.host.get("/api/activity").json()["entries"]
        return [each["session_id"] for each in entries if each["action"] == "add_session"]

    wait_until(lambda: last in made())
    assert len(made()) == 2


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(api: Api, postgres_url: str) -> None:
    # PostgreSQL goes away once the work is done.
    _execute(
        api,
        postgres_url,
        "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57014'; END $$",
        "CREATE TRIGGER away BEFORE UPDATE ON kept_answer FOR EACH ROW EXECUTE FUNCTION away()",
    )
    assert _post(api.backend, "a").status_code == 201
    again = _post(api.backend, "a")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert _shows(api) == 1


def test_a_show_that_was_made_and_cannot_be_shown_is_not_made_twice(
    api: Api, postgres_url: str
) -> None:
    # PostgreSQL goes away once the show is made: nothing can be read.
    _execute(
        api,
        postgres_url,
        "CREATE FUNCTION away() RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57014'; END $$",
        "ALTER TABLE event RENAME TO kept_event",
        "CREATE VIEW event AS SELECT * FROM kept_event WHERE (SELECT away())",
    )
    assert _post(api.backend, "a").status_code == 503
    _execute(api, postgres_url, "DROP VIEW event", "ALTER TABLE kept_event RENAME TO event")
    again = _post(api.backend, "a")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert _shows(api) == 1


def _execute(api: Api, postgres_url: str, *statements: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(postgres_url)
        try:
            for each in statements:
                await connection.execute(each)
        finally:
            await connection.close()

    api.portal.call(execute)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_what_is_no_key_is_refused(api: Api, key: str) -> None:
    refused = _post(api.backend, key)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert _shows(api) == 0


def test_two_keys_are_refused(api: Api) -> None:
    answer = api.client.post(
        _PATH,
        json=_SHOW,
        headers=[
            ("Authorization", f"Bearer {api.backend.bearer}"),
            ("Idempotency-Key", "a"),
            ("Idempotency-Key", "b"),
        ],
    )
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "`Idempotency-Key` is given twice",
    )
    assert _shows(api) == 0


def test_what_a_rid_names_or_is_shown_once_takes_no_key(api: Api) -> None:
    for each in operations(WHOLE):
        if each.method != "POST" or each.scope is Scope.RESERVE:
            assert not each.once, each.path
    admin = api.as_role(Role.ADMIN, "admin")
    first, again = (_post(admin, "a", {"name": "backend"}, "/api/keys").json() for _ in range(2))
    assert first["key"] != again["key"]
