"""The monitoring of the nodes watches what there is, and every alert says what to do."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from liveshop.core.close_codes import CloseCode
from liveshop.core.errors import LiveshopError
from liveshop.engine.metrics import Metrics
from liveshop.engine.rooms.room import QUEUES
from tests.every_feature import WHOLE
from tests.worker.of_all import worker_registry

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"
_RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((_DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
_DASHBOARD = json.loads((_DEPLOY / "grafana" / "dashboards" / "liveshop.json").read_text())
_PANELS: list[dict[str, Any]] = _DASHBOARD["panels"]
_SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
# Prometheus' own, of each node that it asks.
_OF_PROMETHEUS = {"up"}


@cache
def _families() -> tuple[Any, ...]:
    """Return all that a node or a worker tells Prometheus."""
    return (*Metrics(WHOLE.metrics).registry.collect(), *worker_registry().collect())


@cache
def _told() -> frozenset[str]:
    """Return the names of all of it."""
    return frozenset(
        family.name + suffix for family in _families() for suffix in _SUFFIXES[family.type]
    )


def _named(expression: str) -> set[str]:
    return set(re.findall(r"\bliveshop_\w+|\bup\b", expression))


@pytest.mark.parametrize("rule", _RULES, ids=[rule["alert"] for rule in _RULES])
def test_an_alert_asks_for_metrics_that_there_are(rule: dict[str, Any]) -> None:
    named = _named(rule["expr"])
    assert named
    assert named - _told() - _OF_PROMETHEUS == set()
    assert set(rule["labels"]) == {"severity"}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "runbook"}


def test_alerts_ask_for_labels_that_there_are() -> None:
    codes = {kind.code for kind in _descendants(LiveshopError)}
    closed = {str(int(code)) for code in CloseCode}
    known = {"code": codes | closed, "queue": set(QUEUES), "state": {"busy", "allowed"}}
    for rule in _RULES:
        for label, values in re.findall(r'(\w+)=~?"([^"]+)"', rule["expr"]):
            assert label == "job" or set(values.split("|")) <= known[label], rule["alert"]


def test_every_alert_has_a_line_that_says_what_to_do_and_every_line_an_alert() -> None:
    section = (_ROOT / "docs" / "operations.md").read_text().split("\n## Alerts\n")[1]
    lines = re.findall(
        r"^\| `(\w+)` \| (\w+) \| [^|]+ \| [^|]+ \|$", section.split("\n## ")[0], re.MULTILINE
    )
    assert lines == [(rule["alert"], rule["labels"]["severity"]) for rule in _RULES]
    assert {rule["annotations"]["runbook"] for rule in _RULES} == {"docs/operations.md#alerts"}


@pytest.mark.parametrize("panel", _PANELS, ids=[panel["title"] for panel in _PANELS])
def test_a_panel_shows_metrics_that_there_are(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        named = _named(target["expr"])
        assert named
        assert named - _told() == set()


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {
        name for panel in _PANELS for target in panel["targets"] for name in _named(target["expr"])
    }
    for family in _families():
        assert any(family.name + suffix in shown for suffix in _SUFFIXES[family.type]), family.name


def test_the_dashboard_asks_the_source_that_is_provisioned() -> None:
    provisioned = yaml.safe_load(
        (_DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()
    )
    (source,) = provisioned["datasources"]
    assert {panel["datasource"]["uid"] for panel in _PANELS} == {source["uid"]}
    ids = [panel["id"] for panel in _PANELS]
    assert ids == sorted(set(ids))


def _descendants(kind: type[LiveshopError]) -> set[type[LiveshopError]]:
    direct = set(kind.__subclasses__())
    return direct.union(*(_descendants(each) for each in direct))
