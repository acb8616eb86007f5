"""The load balancers: the nodes they send viewers to, and the paths they keep to those inside."""

import re
from pathlib import Path

import yaml

from liveshop.core.settings import Settings

_DEPLOY = Path(__file__).parents[2] / "deploy"
# The default of ingress-nginx, which is a setting of the whole controller.
_INGRESS_REUSES_MS = 60_000


def test_haproxy_asks_for_what_a_store_that_is_away_does_not_change() -> None:
    text = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    assert re.findall(r"^ +option httpchk (.+)$", text, re.MULTILINE) == ["GET /joinable"]


def test_haproxy_keeps_the_metrics_inside() -> None:
    frontend = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text().partition("\nfrontend ")[2]
    denied = frontend.index("http-request deny if { path,url_dec -m beg /metrics }")
    assert denied < frontend.index("default_backend")


def _seconds(pattern: str, text: str) -> int:
    (seconds,) = re.findall(pattern, text, re.MULTILINE)
    return int(seconds)


def test_no_balancer_reuses_a_connection_that_a_node_may_be_closing() -> None:
    keep_alive_ms = Settings().keep_alive_ms
    nginx = (_DEPLOY / "nginx" / "liveshop.conf").read_text()
    upstream = nginx[nginx.index("upstream liveshop {") : nginx.index("\n}")]
    haproxy = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    for seconds in (
        _seconds(r"^ +keepalive_timeout (\d+)s;$", upstream),
        _seconds(r"^ +timeout http-keep-alive (\d+)s$", haproxy),
    ):
        assert seconds * 1_000 + 10_000 <= keep_alive_ms
    config = yaml.safe_load((_DEPLOY / "kubernetes" / "config.yaml").read_text())["data"]
    assert _INGRESS_REUSES_MS + 10_000 <= Settings.read(config).keep_alive_ms
    # Each says which setting it goes with.
    for path in ("nginx/liveshop.conf", "haproxy/haproxy.cfg", "kubernetes/service.yaml"):
        assert "LIVESHOP_KEEP_ALIVE_MS" in (_DEPLOY / path).read_text()
