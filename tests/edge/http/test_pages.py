"""Pages, health and what every answer carries."""

import re

from tests.edge.http.api import SHOP_ORIGIN, Api


def test_pages_may_run_no_script_but_ours(api: Api) -> None:
    for path in ("/", "/watch/s1", "/host/s1"):
        page = api.anyone.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"].split("; ")
        assert {"default-src 'self'", "script-src 'self'", "object-src 'none'"} <= set(policy)
        assert "<script>" not in page.text
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"


def test_a_script_is_asked_for_again_and_not_sent_twice(api: Api) -> None:
    first = api.anyone.get("/liveshop.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "no-cache"
    again = api.anyone.get("/pages/liveshop.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_file_goes_out_compressed_to_who_can_read_that(api: Api) -> None:
    path = "/pages/vendor/preact/preact.js"
    zipped = api.anyone.get(path, headers={"Accept-Encoding": "gzip, br"})
    plain = api.anyone.get(path, headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert int(zipped.headers["content-length"]) < len(plain.content) / 2
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert all("Accept-Encoding" in each.headers["vary"] for each in (zipped, plain))


def test_a_page_names_files_that_may_be_kept_for_good(api: Api) -> None:
    for path in ("/", "/watch/s1", "/host/s1"):
        page = api.anyone.get(path)
        assert page.headers["cache-control"] == "no-cache"
        files = re.findall(r'(?:src|href)="(/@[0-9a-f]{12}/[^"]+)"', page.text)
        assert [file.partition("?")[0].rpartition(".")[2] for file in files] == ["css", "js"]
        for file in files:
            kept = api.anyone.get(file)
            assert kept.status_code == 200
            assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
            of_other_node = api.anyone.get(re.sub("@[0-9a-f]+", "@0123456789ab", file))
            assert of_other_node.content == kept.content
            assert of_other_node.headers["cache-control"] == "no-cache"


def test_a_page_of_the_release_before_finds_each_of_its_files(api: Api) -> None:
    for file in ("pages/styles/tokens.css", "pages/viewer/app.js", "features/chat/page/viewer.js"):
        answer = api.anyone.get(f"/@0123456789ab/{file}")
        assert answer.text == api.anyone.get(f"/{file}").text
    script = api.anyone.get("/@0123456789ab/pages/viewer/main.js")
    assert script.headers["cache-control"] == "no-cache"
    assert script.text == api.anyone.get("/@0123456789ab/pages/viewer/main.js?language=en").text


def test_a_page_comes_with_the_messages_of_the_first_language_that_there_is(api: Api) -> None:
    for accepted, language in (
        ("el-GR,el;q=0.9,en;q=0.8", "el"),
        ("pt-BR, zh-Hant-HK;q=0.7", "zh"),
        ("RU", "ru"),
        ("pt", "en"),
        ("", "en"),
        (";,*", "en"),
        ("pt," * 50 + "el", "en"),
    ):
        page = api.anyone.get("/watch/s1", headers={"Accept-Language": accepted})
        assert "Accept-Language" in page.headers["vary"]
        (script,) = re.findall(r'src="(/[^"]+)"', page.text)
        assert script.endswith(f"/pages/viewer/main.js?language={language}")
        said = api.anyone.get(f"/pages/messages/{language}.json").json()["stage.video"]
        assert said in api.anyone.get(script).text


def test_a_page_may_load_its_modules_one_by_one(api: Api) -> None:
    page = api.anyone.get("/watch/s1?modules=apart")
    assert '<script type="module" src="/pages/viewer/main.js"></script>' in page.text
    assert api.anyone.get("/pages/viewer/main.js").text.count("\nimport ") > 5


def test_only_the_viewers_page_and_a_worker_may_read_streams_from_elsewhere(api: Api) -> None:
    reach = {
        path: next(
            rule
            for rule in api.anyone.get(path).headers["content-security-policy"].split("; ")
            if rule.startswith("connect-src")
        )
        for path in ("/", "/watch/s1", "/host/s1", "/pages/console/stream_trouble.js")
    }
    assert reach == {
        "/": "connect-src 'self'",
        "/watch/s1": "connect-src 'self' http: https:",
        "/host/s1": "connect-src 'self' http: https:",
        "/pages/console/stream_trouble.js": "connect-src 'self'",
    }


def test_nothing_beside_the_pages_is_served(api: Api) -> None:
    for path in (
        "/pages/../app.py",
        "/pages/%2e%2e/http/app.py",
        "/pages//etc/passwd",
        "/@",
        "/@/app.py",
        "/features/chat/rules.py",
        "/features/chat/page/messages/en.json",
        "/@0123456789ab/app.py",
    ):
        assert api.anyone.get(path).status_code == 404, path


def test_answers_of_the_api_are_not_kept(api: Api) -> None:
    assert api.anyone.get("/api/products").headers["cache-control"] == "no-store"


def test_only_pages_of_the_origins_set_may_read_the_api(api: Api) -> None:
    for path in (
        "/api/products",
        "/liveshop.js",
        "/pages/client/state.js",
        "/features/chat/page/state.js",
    ):
        shop = api.anyone.get(path, headers={"Origin": SHOP_ORIGIN})
        assert shop.headers["access-control-allow-origin"] == SHOP_ORIGIN
        stranger = api.anyone.get(path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


def test_a_preflight_allows_tokens_and_json_to_the_shop_alone(api: Api) -> None:
    asks = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    shop = api.anyone.send("OPTIONS", "/api/products", {"Origin": SHOP_ORIGIN, **asks})
    assert shop.status_code == 200
    assert shop.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE"
    stranger = api.anyone.send(
        "OPTIONS", "/api/products", {"Origin": "https://evil.example", **asks}
    )
    assert (stranger.status_code, stranger.json()["code"]) == (400, "bad_request")


def test_a_preflight_may_list_1_kib_of_headers(api: Api) -> None:
    for size, status in ((1_024, 200), (1_025, 400)):
        spaces = " " * (size - 71 * len("authorization,") + 1)
        listed = "authorization," * 70 + spaces + "authorization"
        assert len(listed) == size
        fields = {
            "Origin": SHOP_ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": listed,
        }
        assert api.anyone.send("OPTIONS", "/api/products", fields).status_code == status


def test_a_node_with_its_stores_is_alive_and_ready(api: Api) -> None:
    assert api.anyone.get("/healthz").json() == {"status": "alive"}
    assert api.anyone.get("/readyz").json() == {
        "status": "ready",
        "redis": True,
        "postgres": True,
        "bus": True,
        "staying": True,
    }


def test_a_node_that_has_its_stores_may_be_sent_viewers(api: Api) -> None:
    assert api.anyone.get("/joinable").json() == {"status": "joinable"}


def test_metrics_are_served_for_prometheus(api: Api) -> None:
    metrics = api.anyone.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "# TYPE liveshop_viewers gauge" in metrics.text
