"""The import of a catalogue over HTTP."""

import socket
from urllib.parse import urlsplit

from liveshop.core.roles import Role
from liveshop.features.catalogue_import.limits import CSV_BYTES_MAX
from tests.edge.http.api import Api, token

CSV = (
    "Handle,Title,Body (HTML),Variant Price,Variant SKU,Variant Inventory Qty\n"
    "pot,Clay pot,<p>Round.</p>,19.50,POT,7\n"
    "bad,Bad,,-1.00,BAD,1\n"
)
TYPE = {"Content-Type": "text/csv"}


def test_a_csv_is_imported_and_its_bad_rows_are_reported(api: Api) -> None:
    done = api.host.post(
        "/api/products/import", content=CSV.encode(), headers={"Content-Type": "text/csv"}
    )
    assert done.status_code == 200
    report = done.json()
    assert [(row["line"], row["handle"]) for row in report["bad"]] == [(3, "bad")]
    counts = ("products", "variants", "created", "updated", "unchanged")
    assert [report[count] for count in counts] == [1, 1, 1, 0, 0]
    assert api.anyone.get("/api/products/pot").json()["variants"] == [
        {"sku": "POT", "label": "", "price": 1950, "was": None, "stock": 7}
    ]


def test_an_import_of_another_media_type_is_refused(api: Api) -> None:
    refused = api.host.post("/api/products/import", files={"file": CSV.encode()})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("the body must be text/csv")


def test_its_path_has_the_methods_of_an_import_and_a_product_may_still_have_its_name(
    api: Api,
) -> None:
    refused = api.host.delete("/api/products/import")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    api.add_product("import")
    assert api.anyone.get("/api/products/import").json()["title"] == "Import"


def test_only_hosts_import(api: Api) -> None:
    for caller, status in (
        (api.anyone, 401),
        (api.buyer, 403),
        (api.as_role(Role.MODERATOR), 403),
        (api.as_role(Role.ADMIN, session_id="s1"), 403),
    ):
        refused = caller.post("/api/products/import", content=CSV.encode(), headers=TYPE)
        assert refused.status_code == status
    assert api.anyone.get("/api/products").json()["products"] == []


def test_a_csv_over_the_limit_is_refused_before_it_is_sent(api: Api) -> None:
    with socket.create_connection((urlsplit(api.url).hostname, urlsplit(api.url).port)) as line:
        head = (
            "POST /api/products/import HTTP/1.1\r\nHost: shop\r\nContent-Type: text/csv\r\n"
            f"Authorization: Bearer {token(Role.HOST)}\r\n"
            f"Content-Length: {CSV_BYTES_MAX + 1}\r\n\r\n"
        )
        line.sendall(head.encode())
        assert line.recv(65_536).startswith(b"HTTP/1.1 413 ")
