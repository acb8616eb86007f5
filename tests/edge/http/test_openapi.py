"""The OpenAPI document, and a node that is held against it."""

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case

from liveshop.edge.http.app import OPERATIONS
from liveshop.edge.http.openapi import openapi_document
from tests.edge.http.api import Api

DOCUMENT = openapi_document(OPERATIONS)
schema = schemathesis.openapi.from_dict(DOCUMENT)


def test_the_document_that_is_served_is_the_one_of_the_table(api: Api) -> None:
    assert api.anyone.get("/api/openapi.json").json() == DOCUMENT
    shown = {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    assert shown == {(each.method, each.path.replace(":path", "")) for each in OPERATIONS}


@schema.parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_documented(case: Case, api: Api) -> None:
    case.call_and_validate(base_url=api.url)
