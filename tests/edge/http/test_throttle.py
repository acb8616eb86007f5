"""How often each caller may ask over HTTP."""

import pytest

from liveshop.core import limits
from liveshop.core.claims import Grant
from liveshop.core.errors import RateLimited
from liveshop.core.roles import Identity, Role
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.throttle import Throttle


def a_caller(viewer_id: str, role: Role = Role.VIEWER, *, api_key: bool = False) -> Caller:
    return Caller(Grant(Identity(viewer_id, viewer_id, role), None), api_key)


def admitted(throttle: Throttle, caller: Caller, address: str = "192.0.2.1") -> int:
    """Ask until refused; return how often that went well."""
    for times in range(limits.HTTP_KEY_RATE[1] + 1):
        try:
            throttle.admit(caller, address)
        except RateLimited:
            return times
    raise AssertionError("nobody is refused")


@pytest.mark.parametrize(
    ("caller", "rate"),
    [
        (Caller(), limits.HTTP_ANONYMOUS_RATE),
        (a_caller("u1"), limits.HTTP_VIEWER_RATE),
        (a_caller("u1", Role.HOST), limits.HTTP_HOST_RATE),
        (a_caller("k1", Role.HOST, api_key=True), limits.HTTP_KEY_RATE),
    ],
)
def test_each_kind_of_caller_has_its_burst_and_then_its_rate(
    caller: Caller, rate: tuple[int, int]
) -> None:
    now_ms = 0
    throttle = Throttle(lambda: now_ms)
    assert admitted(throttle, caller) == rate[1]
    now_ms = 1000
    assert admitted(throttle, caller) == rate[0]


def test_the_refusal_says_when_to_come_back() -> None:
    throttle = Throttle(lambda: 0)
    admitted(throttle, a_caller("u1"))
    with pytest.raises(RateLimited) as refusal:
        throttle.admit(a_caller("u1"), "192.0.2.1")
    assert refusal.value.fields == {"retry_after_ms": 1000 // limits.HTTP_VIEWER_RATE[0]}


def test_callers_and_addresses_are_counted_apart() -> None:
    throttle = Throttle(lambda: 0)
    admitted(throttle, a_caller("u1"))
    admitted(throttle, Caller(), "192.0.2.1")
    throttle.admit(a_caller("u2"), "192.0.2.1")
    throttle.admit(Caller(), "192.0.2.2")


def test_a_buyer_reserves_as_often_as_over_a_socket_and_a_backend_at_will() -> None:
    throttle = Throttle(lambda: 0)
    buyer, backend = a_caller("u1"), a_caller("k1", Role.HOST, api_key=True)
    for _ in range(limits.PURCHASE_RATE[1]):
        throttle.admit_purchase(buyer)
        throttle.admit_purchase(backend)
    throttle.admit_purchase(backend)
    with pytest.raises(RateLimited):
        throttle.admit_purchase(buyer)


def test_another_shops_caller_with_the_same_id_or_key_name_has_a_rate_of_its_own() -> None:
    throttle = Throttle(lambda: 0)
    ours, theirs = (
        Caller(Grant(Identity("u1", "U", Role.VIEWER, shop), None)) for shop in ("north", "south")
    )
    admitted(throttle, ours)
    throttle.admit(theirs, "192.0.2.1")
    keys = [
        Caller(Grant(Identity("backend", "B", Role.HOST, key_id=key), None), api_key=True)
        for key in ("k1", "k2")
    ]
    admitted(throttle, keys[0])
    throttle.admit(keys[1], "192.0.2.1")


def test_a_caller_with_a_name_is_told_what_is_left_and_in_how_long_it_is_all() -> None:
    now_ms = 0
    throttle, host = Throttle(lambda: now_ms), a_caller("u1", Role.HOST)
    per_second, burst = limits.HTTP_HOST_RATE
    assert throttle.headers(host) == {}
    for _ in range(per_second + 1):
        throttle.admit(host, "192.0.2.1")
    assert throttle.headers(host) == {
        "RateLimit-Limit": str(burst),
        "RateLimit-Remaining": str(burst - per_second - 1),
        "RateLimit-Reset": "2",
    }
    now_ms += 1_000
    throttle.admit(host, "192.0.2.1")
    assert throttle.headers(host)["RateLimit-Remaining"] == str(burst - 2)
    throttle.admit(Caller(), "192.0.2.1")
    assert throttle.headers(Caller()) == {}
