"""Strangers who make sessions up over HTTP, and what is written once for many readers."""

from itertools import count
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request

from liveshop.core import limits
from liveshop.core.errors import Busy, LiveshopError, NotFound, RateLimited, Unavailable
from liveshop.core.roles import Role
from liveshop.edge.http.health import Exposition
from tests.edge.http.api import Api, Caller
from tests.edge.http.test_gate import AtTheGate


def _until_refused(caller: Caller, path: str) -> list[int]:
    codes: list[int] = []
    for _ in range(2_000):
        codes.append(caller.get(path.format(uuid4().hex)).status_code)
        if codes[-1] == 429:
            break
    return codes


def test_a_stranger_who_makes_sessions_up_is_refused_and_nobody_else_is(api: Api) -> None:
    host = api.as_role(Role.HOST)
    made = {"title": "Show", "currency": "EUR", "payment": "direct"}
    session_id = host.post("/api/sessions", json=made).json()["id"]
    codes = _until_refused(api.anyone, "/api/sessions/{}")
    assert set(codes[:-1]) == {404}
    assert len(codes) > limits.STRAYS_RATE[1]
    assert codes[-1] == 429
    assert host.get(f"/api/sessions/{session_id}").status_code == 200
    assert host.get(f"/api/sessions/{uuid4().hex}").status_code == 404


def test_metrics_are_those_of_now_unless_too_many_ask() -> None:
    registry, now_s, written = CollectorRegistry(), 10.0, count()
    total = Counter("asked", "How often.", registry=registry)

    def registered() -> CollectorRegistry:
        next(written)
        return registry

    exposition = Exposition(registered, lambda: now_s)
    per_second, burst = limits.METRICS_RATE
    for number in range(burst):
        total.inc()
        assert b"asked_total %.1f" % (number + 1) in exposition.text()
    last = exposition.text()
    total.inc()
    assert exposition.text() is last
    now_s += 1 / per_second
    assert b"asked_total %.1f" % (burst + 1) in exposition.text()
    assert next(written) == burst + 1


def seek(here: AtTheGate, address: str = "192.0.2.1", *, raises: Exception | None = None) -> bool:
    """Ask for a session; return True if it was looked for."""
    looked = False
    try:
        with here.gate.seeking(Request({"type": "http", "client": (address, 1), "headers": []})):
            looked = True
            if raises is not None:
                raise raises
    except RateLimited:
        return False
    except LiveshopError:
        pass
    return looked


def test_an_address_looks_for_so_many_sessions_that_are_not_there() -> None:
    here, not_there = AtTheGate(), NotFound("session", "made up")
    burst, per_second = limits.STRAYS_RATE[1], limits.STRAYS_RATE[0]
    looked = [seek(here, raises=not_there) for _ in range(burst + 5)]
    assert looked == [True] * burst + [False] * 5
    assert seek(here, "192.0.2.2", raises=not_there)
    here.clock.advance(1_000)
    looked = [seek(here, raises=not_there) for _ in range(per_second + 5)]
    assert looked == [True] * per_second + [False] * 5


@pytest.mark.parametrize("raises", [None, Unavailable(), Busy()])
def test_a_session_that_is_there_or_cannot_be_asked_for_counts_for_nobody(
    raises: Exception | None,
) -> None:
    here = AtTheGate()
    assert all(seek(here, raises=raises) for _ in range(limits.STRAYS_RATE[1] + 5))
    assert seek(here, raises=NotFound("session", "made up"))


def test_the_document_of_the_api_counts_for_its_address_as_any_request() -> None:
    here = AtTheGate()
    request = Request({"type": "http", "client": ("192.0.2.1", 1), "headers": []})
    for _ in range(limits.HTTP_ANONYMOUS_RATE[1]):
        here.gate.admit_anyone(request)
    with pytest.raises(RateLimited):
        here.gate.admit_anyone(request)
