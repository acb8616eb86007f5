"""Rehearsals over HTTP: decided for hosts only, bounded, and stored nowhere."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, Final

import pytest

from liveshop.core import wire
from liveshop.core.roles import Role
from liveshop.features.rehearsal import limits
from liveshop.features.rehearsal.rules import rehearse
from tests.edge.http.api import Api, Json, a_rid, token
from tests.features.rehearsal.steps import CROWD, START, beginning, path_of, step, stored
from tests.waiting import wait_until

# A process that decides imports a node's features first: seconds on a machine that is busy.
_S_MAX: Final = 30


def body_of(state: Json, size: int) -> bytes:
    """Return the body of a step without a command, of exactly so many bytes."""
    body = wire.encode_one({"state": state})
    return body[:-1] + b" " * (size - len(body)) + b"}"


def test_a_show_is_rehearsed_from_its_start_to_its_end(api: Api) -> None:
    session_id, sku = api.go_live(units=2)
    state = beginning(api, session_id)
    started = step(api.host, state, START)
    assert [event["type"] for event in started["events"]] == ["session.started"]
    assert started["state"]["session"]["status"] == "live"
    sale = {"type": "sale.start", "product_id": "shirt", "percent": 10, "duration_ms": 5_000}
    on_sale = step(api.host, started["state"], sale)
    buy = {"type": "buy", "rid": a_rid(), "sku": sku, "quantity": 2}
    sold = step(api.host, on_sale["state"], buy, CROWD)
    assert [event["type"] for event in sold["events"]] == ["sale.ended", "product.sold_out"]
    order = sold["order"]
    assert (order["viewer_id"], order["total"], order["status"]) == ("ada", 9000, "confirmed")
    assert order["lines"] == [{"rid": buy["rid"], "sku": sku, "quantity": 2, "price": 4500}]
    cancelled = step(api.host, sold["state"], {"type": "order.cancel", "order_id": buy["rid"]})
    assert [event["type"] for event in cancelled["events"]] == ["product.restocked"]
    assert cancelled["order"] == {**order, "status": "cancelled"}
    ended = step(api.host, cancelled["state"], {"type": "session.end"})
    assert ended["state"]["session"]["status"] == "ended"
    assert ended["state"]["session"]["shelf"][0]["variants"][0]["left"] == 2


def test_time_alone_ends_a_sale(api: Api) -> None:
    session_id, sku = api.go_live()
    state = step(api.host, beginning(api, session_id), START)["state"]
    now_ms = state["session"]["now_ms"]
    over = {"offset": 2, "product_id": "shirt", "prices": {sku: 1}, "left": None, "limit": None}
    state["session"]["sales"] = [{**over, "starts_at_ms": 0, "ends_at_ms": now_ms}]
    (ended,) = step(api.host, state, None)["events"]
    assert (ended["type"], ended["reason"]) == ("sale.ended", "timer")


def test_hosts_admins_and_backends_may_rehearse_and_nobody_else(api: Api) -> None:
    session_id = api.add_session()
    body = {"state": beginning(api, session_id)}
    callers = {
        api.anyone: 401,
        api.buyer: 403,
        api.as_role(Role.MODERATOR, "mo"): 403,
        api.as_role(Role.HOST, "other", session_id="another"): 401,
        api.host: 200,
        api.as_role(Role.ADMIN, "admin"): 200,
        api.backend: 200,
    }
    for caller, status in callers.items():
        assert caller.post(path_of(session_id), json=body).status_code == status


def test_what_the_core_refuses_is_refused_as_a_command_is(api: Api) -> None:
    session_id = api.add_session()
    body = {"state": beginning(api, session_id), "command": {"type": "session.pause"}}
    refused = api.host.post(path_of(session_id), json=body)
    told = api.host.post(f"/api/sessions/{session_id}/commands", json={"type": "session.pause"})
    words = "the session is scheduled"
    assert (refused.status_code, refused.json()["reason"]) == (409, words)
    assert {**told.json(), "message": words, "reason": words} == refused.json()


def test_faults_are_told_by_the_name_of_their_field(api: Api) -> None:
    session_id, other = api.add_session(), api.add_session()
    state = beginning(api, session_id)
    faults: list[tuple[Any, str]] = [
        ({}, "`state`"),
        ({"state": {**state, "more": 1}}, "`more`"),
        ({"state": {"session": {**state["session"], "offset": -1}}}, "`state.session.offset`"),
        ({"state": {"session": {**state["session"], "pinned": ["x"]}}}, "`pinned`"),
        ({"state": beginning(api, other)}, "`state.session.id`"),
        ({"state": state, "command": {"type": "hello"}}, "`command.type`"),
        ({"state": state, "command": {"type": "product.pin"}}, "`product_id`"),
        ({"state": state, "viewer": {"id": ""}}, "`viewer"),
    ]
    for body, words in faults:
        refused = api.host.post(path_of(session_id), json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request"), body
        assert words in refused.json()["message"]
    assert api.host.post(path_of("nowhere"), json={"state": state}).status_code == 404


def test_a_step_of_2_mib_is_decided_and_one_byte_more_refused(api: Api) -> None:
    session_id = api.add_session()
    state, most = beginning(api, session_id), 2 * 1024 * 1024
    decided = api.host.post(path_of(session_id), content=body_of(state, most), timeout=_S_MAX)
    assert decided.status_code == 200, decided.text
    assert decided.json()["state"]["session"]["status"] == "scheduled"
    refused = api.host.post(path_of(session_id), content=body_of(state, most + 1))
    assert (refused.status_code, refused.json()["code"]) == (413, "bad_request")


def test_a_refusal_in_another_process_is_the_same(api: Api) -> None:
    session_id = api.add_session()
    state = beginning(api, session_id)
    state["session"]["offset"] = -1
    refused = api.host.post(path_of(session_id), content=body_of(state, 100_000), timeout=_S_MAX)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert "`state.session.offset`" in refused.json()["message"]


# ---- bounds --------------------------------------------------------------------------------


@contextmanager
def half_sent(api: Api, session_id: str, bearer: str) -> Iterator[socket.socket]:
    """Begin a step and send no body, once the node waits for it."""
    address = ("127.0.0.1", int(api.url.rpartition(":")[2]))
    head = (
        f"POST {path_of(session_id)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\n"
        "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(address) as bare:
        bare.sendall(head.encode())
        assert bare.recv(1_000).startswith(b"HTTP/1.1 100 Continue")
        yield bare


def test_a_caller_has_two_steps_under_way_and_others_have_their_own(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REHEARSAL_RATE", (10_000, 10_000))
    session_id = api.add_session()
    body = {"state": beginning(api, session_id)}

    def answer() -> tuple[int, Any]:
        told = api.host.post(path_of(session_id), json=body)
        return told.status_code, told.json().get("code")

    bearer = token(Role.HOST, "host")
    with half_sent(api, session_id, bearer) as first, half_sent(api, session_id, bearer):
        assert answer() == (503, "busy")
        other = api.as_role(Role.HOST, "other")
        assert other.post(path_of(session_id), json=body).status_code == 200
        first.close()
        wait_until(lambda: answer() == (200, None))
    assert answer() == (200, None)


def test_a_node_has_so_many_under_way_and_no_more(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REHEARSAL_RATE", (10_000, 10_000))
    monkeypatch.setattr(limits, "REHEARSALS_AT_ONCE_MAX", 1)
    session_id = api.add_session()
    body = {"state": beginning(api, session_id)}
    with half_sent(api, session_id, token(Role.HOST, "other")):
        assert api.host.post(path_of(session_id), json=body).status_code == 503
    wait_until(lambda: api.host.post(path_of(session_id), json=body).status_code == 200)


def test_a_caller_rehearses_so_often_and_others_as_often(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REHEARSAL_RATE", (1, 2))
    session_id = api.add_session()
    body = {"state": beginning(api, session_id)}
    codes = [api.host.post(path_of(session_id), json=body).status_code for _ in range(2)]
    assert codes == [200, 200]
    refused = api.host.post(path_of(session_id), json=body)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    other = api.as_role(Role.HOST, "other")
    assert other.post(path_of(session_id), json=body).status_code == 200
    assert api.host.get(f"/api/sessions/{session_id}").status_code == 200


def test_a_node_answers_others_while_a_step_is_decided(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = api.add_session()
    begun, may_end = Event(), Event()

    def slow(*given: Any, **named: Any) -> Any:
        begun.set()
        assert may_end.wait(30)
        return rehearse(*given, **named)

    monkeypatch.setattr("liveshop.features.rehearsal.http.rehearse", slow)
    state = beginning(api, session_id)
    with ThreadPoolExecutor(1) as threads:
        try:
            answer = threads.submit(step, api.host, state, START)
            assert begun.wait(30)
            assert api.anyone.get("/healthz").status_code == 200
            assert not answer.done()
        finally:
            may_end.set()
        assert answer.result()["state"]["session"]["status"] == "live"


# ---- nothing is stored ---------------------------------------------------------------------


def test_nothing_is_written_to_the_stores(api: Api, postgres_url: str, redis_url: str) -> None:
    session_id, sku = api.go_live()
    state = beginning(api, session_id)
    before = stored(api, postgres_url, redis_url, session_id)
    commands: list[Json] = [
        START,
        {"type": "product.pin", "product_id": "shirt"},
        {"type": "buy", "rid": a_rid(), "sku": sku, "quantity": 2},
        {"type": "product.remove", "product_id": "shirt"},
        {"type": "session.end"},
    ]
    for command in commands:
        state = step(api.host, state, command)["state"]
    assert state["kept"] == {sku: 3}
    assert stored(api, postgres_url, redis_url, session_id) == before
    shown = api.anyone.get(f"/api/sessions/{session_id}").json()
    assert (shown["status"], shown["shelf"][0]["variants"][0]["left"]) == ("live", 5)
