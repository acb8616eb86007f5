"""Pages, health and what every answer carries."""

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


def test_nothing_beside_the_pages_is_served(api: Api) -> None:
    for path in ("/pages/../app.py", "/pages/%2e%2e/http/app.py", "/pages//etc/passwd"):
        assert api.anyone.get(path).status_code == 404, path


def test_answers_of_the_api_are_not_kept(api: Api) -> None:
    assert api.anyone.get("/api/products").headers["cache-control"] == "no-store"


def test_only_pages_of_the_origins_set_may_read_the_api(api: Api) -> None:
    for path in ("/api/products", "/liveshop.js", "/pages/state.js"):
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
    assert shop.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    stranger = api.anyone.send(
        "OPTIONS", "/api/products", {"Origin": "https://evil.example", **asks}
    )
    assert (stranger.status_code, stranger.json()["code"]) == (400, "bad_request")


def test_a_node_with_its_stores_is_alive_and_ready(api: Api) -> None:
    assert api.anyone.get("/healthz").json() == {"status": "alive"}
    assert api.anyone.get("/readyz").json() == {
        "status": "ready",
        "redis": True,
        "postgres": True,
        "bus": True,
        "staying": True,
    }


def test_metrics_are_served_for_prometheus(api: Api) -> None:
    metrics = api.anyone.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "# TYPE liveshop_viewers gauge" in metrics.text
