"""The choice of a shop how its buyers are named."""

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Caller

_PATH = "/api/bought"


def _names(caller: Caller, shop: str | None = None) -> str:
    answer = caller.get(_PATH, params={} if shop is None else {"shop": shop})
    assert answer.status_code == 200, answer.text
    names: str = answer.json()["names"]
    return names


def test_each_shop_has_a_choice_of_its_own_and_somebody_is_the_first(api: Api) -> None:
    ours, theirs = (api.as_role(Role.HOST, "host", shop=shop) for shop in ("ours", "theirs"))
    assert [_names(each) for each in (ours, theirs, api.host)] == ["somebody"] * 3
    chosen = ours.send("PUT", _PATH, json={"names": "first"})
    assert (chosen.status_code, chosen.json()) == (200, {"names": "first"})
    assert api.host.send("PUT", _PATH, json={"names": "off"}).status_code == 200
    assert [_names(each) for each in (ours, theirs, api.host)] == ["first", "somebody", "off"]
    assert _names(api.host, "ours") == "first"
    assert api.host.send("PUT", f"{_PATH}?shop=theirs", json={"names": "first"}).is_success
    assert _names(theirs) == "first"


def test_nobody_chooses_for_another_shop_and_a_refusal_changes_nothing(api: Api) -> None:
    body = {"names": "off"}
    ours = api.as_role(Role.HOST, "host", shop="ours")
    assert ours.send("PUT", f"{_PATH}?shop=theirs", json=body).status_code == 403
    assert ours.get(f"{_PATH}?shop=theirs").status_code == 403
    moderator = api.as_role(Role.MODERATOR, "mo", shop="ours")
    assert moderator.send("PUT", _PATH, json=body).status_code == 403
    bound = api.as_role(Role.HOST, "host", session_id=api.add_session())
    assert bound.send("PUT", _PATH, json=body).status_code == 403
    assert api.anyone.send("PUT", _PATH, json=body).status_code == 401
    assert api.anyone.get(_PATH).status_code == 401
    assert _names(moderator) == _names(api.host) == _names(api.host, "theirs") == "somebody"


@pytest.mark.parametrize("body", [{}, {"names": "all"}, {"names": "off", "more": 1}, {"names": 1}])
def test_what_is_no_choice_is_refused(api: Api, body: dict[str, object]) -> None:
    refused = api.host.send("PUT", _PATH, json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert _names(api.host) == "somebody"
