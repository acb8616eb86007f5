"""Uploads over HTTP: for hosts of a shop, by their content, and served so that nothing else is."""

import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from liveshop.core.roles import Role
from liveshop.features.media.limits import UPLOAD_BYTES_MAX, UPLOADS_RATE
from tests.edge.http.api import SHOP_ORIGIN, Api, Caller, Json, make_key, token
from tests.features.media.pictures import encoded, halves, opened, photo
from tests.waiting import wait_until

_SLOW: Any = {"timeout": 60}  # a process at a low priority draws it


def upload(caller: Caller, data: bytes | None = None, **query: str) -> httpx.Response:
    return caller.post(
        "/api/uploads", content=photo() if data is None else data, params=query, **_SLOW
    )


def test_a_picture_is_uploaded_once_and_served_for_good(api: Api) -> None:
    made = upload(api.host, encoded(halves(2000, 1000)))
    assert made.status_code == 201, made.text
    view = made.json()
    assert view["url"] == f"/media/{view['id']}/1280.webp"
    assert (view["format"], view["width"], view["height"]) == ("png", 2000, 1000)
    assert "shop" not in view or view["shop"] is None
    assert [(each["url"].rpartition("/")[2], each["type"]) for each in view["sizes"]] == [
        ("320.webp", "image/webp"),
        ("640.webp", "image/webp"),
        ("1280.webp", "image/webp"),
        ("1280.jpg", "image/jpeg"),
        ("icon.png", "image/png"),
    ]
    assert view["bytes"] == sum(each["bytes"] for each in view["sizes"])
    for each in view["sizes"]:
        served = api.anyone.get(each["url"])
        assert served.status_code == 200
        assert served.headers["content-type"] == each["type"]
        assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert served.headers["content-security-policy"] == "default-src 'none'"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert len(served.content) == each["bytes"]
        assert opened(served.content).size == (each["width"], each["height"])
    again = upload(api.host, encoded(halves(2000, 1000)))
    assert (again.status_code, again.json()) == (200, view)
    assert api.host.get("/api/uploads").json() == {"uploads": [view], "next": None}


def test_a_file_is_asked_for_in_every_way_that_browsers_have(api: Api) -> None:
    url = upload(api.host).json()["url"]
    whole = api.anyone.get(url)
    head = api.anyone.send("HEAD", url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    known = api.anyone.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["cache-control"] == whole.headers["cache-control"]
    # A server may answer a range by the whole, and says that it has none.
    for ranges in ("bytes=0-9", "bytes=-1", "bytes=9999999999-", "bytes=0-1,5-6", "bytes=x"):
        part = api.anyone.get(url, headers={"Range": ranges})
        assert (part.status_code, part.content) == (200, whole.content)
    assert whole.headers["accept-ranges"] == "none"
    refused = api.anyone.post(url)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    with_query = api.anyone.get(f"{url}?x=<script>")
    assert with_query.content == whole.content


def test_nothing_but_files_of_uploads_is_served(api: Api) -> None:
    url = upload(api.host).json()["url"]
    folder = url.rpartition("/")[0]
    for path in (
        "/media",
        "/media/",
        folder,
        f"{folder}/",
        f"{folder}/2000.webp",
        f"{folder}/640.webp/",
        f"{folder}/..%2f..%2f..%2fetc/passwd",
        f"{folder}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/media/%2e%2e/%2e%2e/etc/passwd",
        "/media/..%5c..%5cetc%5cpasswd",
        "/media//etc/passwd",
        "/media/%00/640.webp",
        f"/media/{'0' * 32}/640.webp",
    ):
        served = api.anyone.get(path)
        assert served.status_code == 404, path
        assert served.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "", "x", "image/png"])
def test_the_type_that_is_said_counts_for_nothing(api: Api, media_type: str) -> None:
    sent = {"headers": {"Content-Type": media_type}, **_SLOW}
    made = api.host.post("/api/uploads", content=photo(), **sent)
    assert (made.status_code, made.json()["format"]) == (201, "jpeg")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    refused = api.host.post("/api/uploads", content=svg, **sent)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert "JPEG, PNG or WebP" in refused.json()["message"]


def test_only_hosts_of_a_shop_upload_and_see_uploads(api: Api) -> None:
    for caller, status in (
        (api.anyone, 401),
        (api.buyer, 403),
        (api.as_role(Role.MODERATOR), 403),
        (api.as_role(Role.HOST, session_id="s1"), 403),
        (api.with_token(make_key(api, scopes=["orders"])["key"]), 403),
    ):
        assert upload(caller).status_code == status
        assert caller.get("/api/uploads").status_code == status
        assert caller.delete(f"/api/uploads/{'0' * 32}").status_code == status
    assert api.host.get("/api/uploads").json()["uploads"] == []
    assert upload(api.backend).status_code == 201


def test_another_shops_uploads_are_not_there(api: Api) -> None:
    ours, theirs = (api.as_role(Role.HOST, shop=shop) for shop in ("ours", "theirs"))
    made: Json = upload(ours).json()
    assert made["shop"] == "ours"
    assert upload(theirs).json()["id"] != made["id"]
    assert upload(theirs, shop="ours").status_code == 403
    path = f"/api/uploads/{made['id']}"
    refused = theirs.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert api.anyone.get(made["url"]).status_code == 200
    assert [each["id"] for each in ours.get("/api/uploads").json()["uploads"]] == [made["id"]]
    assert theirs.get("/api/uploads", params={"shop": "ours"}).status_code == 403
    assert len(api.host.get("/api/uploads").json()["uploads"]) == 2
    assert ours.delete(path).json() == {"id": made["id"]}
    assert api.anyone.get(made["url"]).status_code == 404
    assert ours.delete(path).status_code == 404


def test_a_body_over_10_mib_is_refused(api: Api) -> None:
    refused = upload(api.host, photo() + bytes(UPLOAD_BYTES_MAX))
    assert (refused.status_code, refused.json()["code"]) == (413, "bad_request")
    whole = photo()
    assert upload(api.host, whole + bytes(UPLOAD_BYTES_MAX - len(whole))).status_code == 201


def test_a_form_is_told_to_send_the_bytes(api: Api) -> None:
    refused = api.host.post("/api/uploads", files={"file": photo()}, **_SLOW)
    assert refused.status_code == 400
    assert "the body has to be the bytes of a picture" in refused.json()["message"]


def test_an_identity_uploads_so_fast_and_no_faster(api: Api) -> None:
    # Each is refused for its length, before anything of it is read.
    hosts = [token(Role.HOST, name) for name in ("host", "other")]
    codes: list[str] = []
    while len(codes) < 400 and (not codes or codes[-1] == "413"):
        codes.append(_code_of_too_large(api, hosts[0]))
    assert UPLOADS_RATE[1] < len(codes) < 400
    assert codes[-1] == "429"
    assert _code_of_too_large(api, hosts[1]) == "413"


def _code_of_too_large(api: Api, bearer: str) -> str:
    with socket.create_connection((urlsplit(api.url).hostname, urlsplit(api.url).port)) as line:
        head = (
            "POST /api/uploads HTTP/1.1\r\nHost: shop\r\n"
            f"Authorization: Bearer {bearer}\r\nContent-Length: {UPLOAD_BYTES_MAX + 1}\r\n\r\n"
        )
        line.sendall(head.encode())
        return line.recv(65_536).split()[1].decode()


def test_uploads_are_in_the_activity_log(api: Api) -> None:
    made = upload(api.host).json()
    api.host.delete(f"/api/uploads/{made['id']}")
    wanted = {("add_upload", made["id"], "ok"), ("delete_upload", made["id"], "ok")}
    wait_until(lambda: wanted <= _told(api))


def _told(api: Api) -> set[tuple[str, str, str]]:
    entries = api.host.get("/api/activity").json()["entries"]
    return {(each["action"], each["object"], each["outcome"]) for each in entries}


def test_pages_of_other_sites_may_upload_where_they_may_use_the_api(api: Api) -> None:
    made = api.host.post("/api/uploads", content=photo(), headers={"Origin": SHOP_ORIGIN}, **_SLOW)
    assert made.headers["access-control-allow-origin"] == SHOP_ORIGIN
