"""The load balancers: whom they send viewers to, and what they keep to those inside."""

import re
from pathlib import Path

_DEPLOY = Path(__file__).parents[2] / "deploy"


def test_haproxy_asks_for_what_a_store_that_is_away_does_not_change() -> None:
    text = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    assert re.findall(r"^ +option httpchk (.+)$", text, re.MULTILINE) == ["GET /joinable"]


def test_haproxy_keeps_the_metrics_inside() -> None:
    frontend = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text().partition("\nfrontend ")[2]
    denied = frontend.index("http-request deny if { path,url_dec -m beg /metrics }")
    assert denied < frontend.index("default_backend")
