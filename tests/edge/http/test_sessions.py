"""Sessions, their commands and their log over HTTP."""

from typing import Any

from liveshop.core.roles import Role
from tests.edge.http.api import Api


def test_a_session_is_scheduled_if_it_says_when_it_starts_else_a_draft(api: Api) -> None:
    made = api.host.post(
        "/api/sessions", json={"title": "Autumn drop", "starts_at_ms": 1_790_000_000_000}
    )
    assert made.status_code == 201
    session = made.json()
    assert session["title"] == "Autumn drop"
    assert session["starts_at_ms"] == 1_790_000_000_000
    assert session["status"] == "scheduled"
    assert session["currency"] == "EUR"
    assert session["shelf"] == session["pinned"] == session["sales"] == []
    assert "chat" not in session
    draft = api.host.post("/api/sessions", json={"title": "Winter"}).json()
    assert (draft["status"], draft["starts_at_ms"]) == ("draft", None)


def test_a_session_says_how_many_decimals_its_currency_has(api: Api) -> None:
    digits = {"EUR": 2, "HUF": 2, "JPY": 0, "KWD": 3, "CLF": 4}
    for currency, expected in digits.items():
        made = api.host.post("/api/sessions", json={"title": "Drop", "currency": currency})
        session = made.json()
        assert (session["currency"], session["currency_digits"]) == (currency, expected)


def test_a_session_in_no_currency_of_iso_4217_is_refused(api: Api) -> None:
    for currency in ("XYZ", "XAU", "DEM"):
        body = {"title": "Drop", "currency": currency}
        refused = api.host.post("/api/sessions", json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
        assert f"{currency} is no currency of ISO 4217" in refused.json()["message"]
    assert api.host.get("/api/sessions").json()["sessions"] == []


def test_a_session_reads_as_its_snapshot(api: Api) -> None:
    session_id, sku = api.go_live(units=5, limit=2)
    session = api.anyone.get(f"/api/sessions/{session_id}").json()
    assert (session["type"], session["id"], session["status"]) == ("session", session_id, "live")
    assert session["offset"] == 2
    variant = {"sku": sku, "label": "M", "price": 5000, "was": None, "limit": 2, "left": 5}
    assert session["shelf"][0]["variants"] == [{**variant, "number": 1}]
    assert "chat" not in session


def test_drafts_are_seen_from_moderators_on(api: Api) -> None:
    draft = api.add_session()
    for path in (f"/api/sessions/{draft}", f"/api/sessions/{draft}/events"):
        assert api.anyone.get(path).status_code == 404
        assert api.buyer.get(path).status_code == 404
        assert api.as_role(Role.MODERATOR).get(path).status_code == 200
    assert api.buyer.get("/api/sessions").json() == {"sessions": [], "next": None}
    listed = api.as_role(Role.MODERATOR).get("/api/sessions").json()["sessions"]
    assert [session["id"] for session in listed] == [draft]


def test_a_token_of_another_session_is_unauthorized(api: Api) -> None:
    session_id = api.add_session(starts_at_ms=1)
    other = api.as_role(Role.HOST, session_id="other")
    assert other.get(f"/api/sessions/{session_id}").status_code == 401
    start = {"type": "session.start"}
    assert other.post(f"/api/sessions/{session_id}/commands", json=start).status_code == 401
    own = api.as_role(Role.HOST, session_id=session_id)
    assert own.post(f"/api/sessions/{session_id}/commands", json=start).status_code == 200


def test_sessions_are_listed_newest_first_in_pages(api: Api) -> None:
    made = [api.add_session(starts_at_ms=1) for _ in range(3)]
    first = api.anyone.get("/api/sessions", params={"limit": 2}).json()
    rest = api.anyone.get("/api/sessions", params={"limit": 2, "after": first["next"]}).json()
    seen = [session["id"] for session in first["sessions"] + rest["sessions"]]
    assert seen == made[::-1]
    assert rest["next"] is None


def test_a_command_answers_with_its_events_and_the_log_keeps_them(api: Api) -> None:
    session_id = api.add_session()
    done = api.host.post(f"/api/sessions/{session_id}/commands", json={"type": "session.start"})
    assert done.status_code == 200
    events = done.json()["events"]
    assert [(event["type"], event["offset"]) for event in events] == [("session.started", 1)]
    log = api.anyone.get(f"/api/sessions/{session_id}/events").json()
    assert log == {"events": events, "next": 1}


def test_the_log_is_polled_with_next_which_is_never_null(api: Api) -> None:
    session_id, _ = api.go_live()
    path = f"/api/sessions/{session_id}/events"
    first = api.anyone.get(path, params={"limit": 1}).json()
    assert ([event["offset"] for event in first["events"]], first["next"]) == ([1], 1)
    second = api.anyone.get(path, params={"after": first["next"]}).json()
    assert ([event["offset"] for event in second["events"]], second["next"]) == ([2], 2)
    assert api.anyone.get(path, params={"after": 2}).json() == {"events": [], "next": 2}


def test_each_command_needs_its_role(api: Api) -> None:
    session_id, _ = api.go_live()
    path, pin = f"/api/sessions/{session_id}/commands", "product.pin"
    body = {"type": pin, "product_id": "shirt"}
    assert api.anyone.post(path, json=body).status_code == 401
    assert api.buyer.post(path, json=body).status_code == 403
    moderator = api.as_role(Role.MODERATOR)
    assert moderator.post(path, json={"type": "session.end"}).status_code == 403
    assert moderator.post(path, json=body).status_code == 200


def test_a_faulty_command_is_refused_naming_the_field(api: Api) -> None:
    faults: list[tuple[dict[str, Any], str]] = [
        ({"type": "buy"}, "`type`"),
        ({"type": "hello"}, "`type`"),
        ({}, "`type`"),
        ({"type": "session.start", "now": 1}, "`now`"),
        ({"type": "product.pin"}, "`product_id`"),
        ({"type": "product.add", "product_id": "shirt", "units": {"a": 0}}, "`units"),
        ({"type": "sale.start", "product_id": "shirt", "duration_ms": 5000}, "`percent`"),
    ]
    session_id = api.add_session()
    for command, words in faults:
        refused = api.host.post(f"/api/sessions/{session_id}/commands", json=command)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request"), command
        assert words in refused.json()["message"]
    assert api.host.get(f"/api/sessions/{session_id}/events").json()["events"] == []


def test_a_transition_that_is_not_one_is_a_conflict_that_says_why(api: Api) -> None:
    session_id = api.add_session()
    path = f"/api/sessions/{session_id}/commands"
    refused = api.host.post(path, json={"type": "session.pause"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.json()["reason"]
