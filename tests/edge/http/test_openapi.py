"""The OpenAPI document, and a node that is held against it."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from liveshop.core import limits
from liveshop.core.roles import Role
from liveshop.edge.http.app import operations
from liveshop.edge.http.openapi import openapi_document
from tests.edge.http.api import Api, Caller, a_rid
from tests.vocabulary import VOCABULARY

OPERATIONS = operations(VOCABULARY)
DOCUMENT = openapi_document(OPERATIONS)
_FOR_BACKENDS = {
    f"{each.method} {each.path.replace(':path', '')}" for each in OPERATIONS if each.api_key
}
# Of a webhook that is there it waits for a worker: see tests/features/webhooks.
_WAITS = "POST /api/webhooks/{webhook_id}/test"

_schema = schemathesis.openapi.from_dict(deepcopy(DOCUMENT))


@dataclass(frozen=True)
class HttpShow:
    """Ids that exist, by the name that they have in paths."""

    ids: dict[str, str]
    admin: Caller
    backend: Caller


def test_the_document_that_is_served_is_that_of_the_table(api: Api) -> None:
    assert api.anyone.get("/api/openapi.json").json() == DOCUMENT
    shown = {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    assert shown == {(each.method, each.path.replace(":path", "")) for each in OPERATIONS}


@pytest.fixture
def show(api: Api, monkeypatch: pytest.MonkeyPatch) -> HttpShow:
    """A live session with something of everything, and callers who may do all.

    Each case is asked without a token and with tokens that do not hold, too: more often than an
    address may.
    """
    for rate in ("GUESSES_RATE", "HTTP_ANONYMOUS_RATE", "STRAYS_RATE"):
        monkeypatch.setattr(limits, rate, (100_000, 100_000))
    session_id, sku = api.go_live(
        payment="checkout", checkout_url="http://localhost:8001/pay/{order_id}"
    )
    order_id, rid = a_rid(), a_rid()
    last = api.ask(session_id, "u1", "buy", rid=order_id, sku=sku, quantity=1)
    assert last["type"] == "checkout", last
    api.buyer.post(
        f"/api/sessions/{session_id}/reservations", json={"rid": rid, "sku": sku, "quantity": 1}
    )
    wrong = {"payment_id": "pay-1", "amount": 1}
    assert api.backend.post(f"/api/orders/{order_id}/confirm", json=wrong).status_code == 409
    asked = api.host.post("/api/exports", json={"dataset": "orders"})
    assert asked.status_code == 201, asked.text
    wanted = {"url": "https://erp.shop.example/", "types": ["*"]}
    hook = api.as_role(Role.ADMIN).post("/api/webhooks", json=wanted)
    assert hook.status_code == 201, hook.text
    spare = api.as_role(Role.ADMIN).post("/api/keys", json={"name": "spare"}).json()
    return HttpShow(
        ids={
            "product_id": "shirt",
            "upload_id": "0" * 32,
            "session_id": session_id,
            "order_id": order_id,
            "rid": rid,
            "payment_id": "pay-1",
            "key_id": spare["id"],
            "set_id": "summer",
            "webhook_id": hook.json()["id"],
            "export_id": asked.json()["id"],
        },
        admin=api.as_role(Role.ADMIN),
        backend=api.backend,
    )


@_schema.parametrize()
@settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_strangers_and_those_who_may_do_all_get_only_documented_answers(
    case: Case[Any], api: Api, show: HttpShow
) -> None:
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.path_parameters |= {name: show.ids[name] for name in case.path_parameters}
        if case.operation.label == _WAITS:
            case.path_parameters["webhook_id"] = "wh_0"
    caller = show.backend if case.operation.label in _FOR_BACKENDS else show.admin
    for headers in ({}, {"Authorization": f"Bearer {caller.bearer}"}):
        case.call_and_validate(
            base_url=api.url,
            headers=headers,
            # Some rules are between fields, which a schema cannot say; and 1.0 is no integer here.
            excluded_checks=[positive_data_acceptance],
        )
