"""Strangers who make sessions up over HTTP, and what is written once for many readers."""

from itertools import count
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter

from liveshop.core import limits
from liveshop.core.roles import Role
from liveshop.edge.http.health import Exposition
from tests.edge.http.api import Api, Caller


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


def test_metrics_are_written_at_most_twice_a_second() -> None:
    registry, now_s, written = CollectorRegistry(), 10.0, count()
    total = Counter("asked", "How often.", registry=registry)

    def registered() -> CollectorRegistry:
        next(written)
        return registry

    exposition = Exposition(registered, lambda: now_s)
    first = exposition.text()
    total.inc()
    now_s += limits.METRICS_KEPT_MS / 1000 - 0.001
    assert exposition.text() is first
    now_s += 0.001
    assert b"asked_total 1.0" in exposition.text()
    assert next(written) == 2
