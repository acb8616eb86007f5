"""The load balancers: the nodes they send viewers to, and the paths they keep to those inside."""

import re
from pathlib import Path

import pytest
import yaml

from liveshop.core.limits import PING_MS_DEFAULT, PONG_GRACE_MS
from liveshop.core.settings import Settings
from liveshop.edge.http.app import operations
from liveshop.features.catalogue_import.limits import (
    CSV_BYTES_MAX,
    IMPORT_MS_MAX,
    IMPORT_WAIT_MS_MAX,
)
from liveshop.features.media.limits import UPLOAD_BYTES_MAX, UPLOAD_MS_MAX, UPLOAD_WAIT_MS_MAX
from liveshop.features.rehearsal.limits import REHEARSAL_BYTES_MAX
from tests.every_feature import WHOLE

_DEPLOY = Path(__file__).parents[2] / "deploy"
# The default of ingress-nginx, which is a setting of the whole controller.
_INGRESS_REUSES_MS = 60_000
_NGINX = (_DEPLOY / "nginx" / "liveshop.conf").read_text()
_HAPROXY = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text()
_SERVICE = list(yaml.safe_load_all((_DEPLOY / "kubernetes" / "service.yaml").read_text()))
_INGRESSES = {each["metadata"]["name"]: each for each in _SERVICE if each["kind"] == "Ingress"}
_VALUES = yaml.safe_load((_DEPLOY / "ingress-nginx" / "values.yaml").read_text())["controller"]
_OF_INGRESS = "nginx.ingress.kubernetes.io/"
_IMPORTS = "/api/products/import"
_UPLOADS = "/api/uploads"


def test_haproxy_asks_for_what_a_store_that_is_away_does_not_change() -> None:
    text = (_DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    assert re.findall(r"^ +option httpchk (.+)$", text, re.MULTILINE) == ["GET /joinable"]


def test_haproxy_keeps_the_metrics_inside() -> None:
    frontend = _HAPROXY.partition("\nfrontend liveshop")[2]
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


def _limits(name: str) -> dict[str, str]:
    annotations = _INGRESSES[name]["metadata"]["annotations"]
    return {key.removeprefix(_OF_INGRESS): value for key, value in annotations.items()}


def test_bodies_may_be_as_large_as_each_operation_takes_and_no_larger() -> None:
    streamed = {each.path for each in operations(WHOLE) if each.streams is not None}
    assert streamed == {_IMPORTS, _UPLOADS}
    others = max(each.body_bytes_max for each in operations(WHOLE) if each.path not in streamed)
    assert max(others, REHEARSAL_BYTES_MAX) == 2 << 20
    assert (CSV_BYTES_MAX, UPLOAD_BYTES_MAX) == (256 << 20, 10 << 20)
    sizes = re.findall(r"^ +client_max_body_size (\w+);$", _NGINX, re.MULTILINE)
    assert sizes == ["2m", "256m", "10m"]
    assert _NGINX.index(f"location = {_IMPORTS} {{") < _NGINX.index("client_max_body_size 256m")
    assert _NGINX.index(f"location = {_UPLOADS} {{") < _NGINX.index("client_max_body_size 10m")
    assert re.findall(r"if (.*)\{ req.body_size gt (\d+) \}", _HAPROXY) == [
        ("!imports !uploads ", str(2 << 20)),
        ("uploads ", str(UPLOAD_BYTES_MAX)),
        ("", str(CSV_BYTES_MAX)),
    ]
    assert _limits("liveshop")["proxy-body-size"] == "2m"
    assert _limits("liveshop-import")["proxy-body-size"] == "256m"
    assert _limits("liveshop-uploads")["proxy-body-size"] == "10m"


@pytest.mark.parametrize(
    ("place", "name", "longest_ms"),
    [
        (_IMPORTS, "liveshop-import", IMPORT_MS_MAX + IMPORT_WAIT_MS_MAX),
        (_UPLOADS, "liveshop-uploads", UPLOAD_MS_MAX + UPLOAD_WAIT_MS_MAX),
    ],
)
def test_what_is_streamed_is_waited_for_and_not_kept_by_a_balancer(
    place: str, name: str, longest_ms: int
) -> None:
    longest_s = longest_ms // 1_000
    imports = _NGINX.partition(f"location = {place} {{")[2].partition("\n    }")[0]
    ingress = _limits(name)
    for seconds in (
        _seconds(r"^ +proxy_read_timeout (\d+)s;$", imports),
        _seconds(r"^ +proxy_send_timeout (\d+)s;$", imports),
        _seconds(rf"set-timeout server (\d+)s if {{ path {place} }}$", _HAPROXY),
        int(ingress["proxy-read-timeout"]),
        int(ingress["proxy-send-timeout"]),
    ):
        assert longest_s < seconds < longest_s + 60
    assert "proxy_request_buffering off;" in imports
    assert ingress["proxy-request-buffering"] == "off"
    (path,) = _INGRESSES[name]["spec"]["rules"][0]["http"]["paths"]
    assert (path["path"], path["pathType"]) == (place, "Exact")


def test_the_ingress_ends_tls_for_each_host_and_sends_plain_http_on_to_it() -> None:
    for name, ingress in _INGRESSES.items():
        hosts = [rule["host"] for rule in ingress["spec"]["rules"]]
        assert ingress["spec"]["tls"] == [{"hosts": hosts, "secretName": "liveshop-tls"}], name
        assert _limits(name)["force-ssl-redirect"] == "true"


def test_the_ingress_tells_where_viewers_come_from_and_leaves_hsts_to_the_nodes() -> None:
    assert _VALUES["service"]["externalTrafficPolicy"] == "Local"
    assert _VALUES["config"]["hsts"] == "false"
    assert _VALUES["config"]["use-forwarded-headers"] == "false"
    assert int(_VALUES["config"]["upstream-keepalive-timeout"]) * 1_000 == _INGRESS_REUSES_MS
    for text in (_NGINX, _HAPROXY):
        assert "Strict-Transport-Security" not in text


def test_no_balancer_takes_tls_before_1_2() -> None:
    versions = re.findall(r"^ +ssl_protocols (.+);$", _NGINX, re.MULTILINE)
    assert versions == ["TLSv1.2 TLSv1.3"]
    assert _VALUES["config"]["ssl-protocols"] == versions[0]
    assert "ssl-default-bind-options ssl-min-ver TLSv1.2 " in _HAPROXY
    ciphers = re.findall(r"(?:ssl_ciphers|default-bind-ciphers) ([^;\n]+)", _NGINX + _HAPROXY)
    assert ciphers[0] == ciphers[1]
    for cipher in ciphers[0].split(":"):
        # Keys that cannot be read later, and no mode that has been broken.
        assert re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", cipher)


def test_a_viewer_who_is_pinged_is_never_thought_idle() -> None:
    silent_s = (PING_MS_DEFAULT + PONG_GRACE_MS) // 1_000
    for seconds in (
        int(re.findall(r"^    proxy_read_timeout (\d+)s;$", _NGINX, re.MULTILINE)[0]),
        _seconds(r"^ +timeout tunnel (\d+)s$", _HAPROXY),
        int(_limits("liveshop")["proxy-read-timeout"]),
    ):
        assert seconds > silent_s
