"""The manifests: valid for Kubernetes, and in agreement with the code that they run."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from liveshop.cli.subprocesses import STOP_S_MAX
from liveshop.core.settings import Settings
from liveshop.engine.metrics import Metrics
from liveshop.worker.worker import STOP_S_MAX as WORK_STOP_S_MAX

_FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
_KUSTOMIZATION = yaml.safe_load((_FOLDER / "kustomization.yaml").read_text())
_OBJECTS: list[dict[str, Any]] = [
    manifest
    for name in _KUSTOMIZATION["resources"]
    for manifest in yaml.safe_load_all((_FOLDER / name).read_text())
]
_WORKER = next(each for each in _OBJECTS if each["metadata"]["name"] == "liveshop-work")
_BY_KIND = {each["kind"]: each for each in _OBJECTS if each is not _WORKER}
# The oldest and the newest that the checker knows and that is in use.
_VERSIONS = ("1.30", kubernetes_validate.latest_version())


@pytest.mark.parametrize("version", _VERSIONS)
@pytest.mark.parametrize("manifest", _OBJECTS, ids=[each["kind"] for each in _OBJECTS])
def test_a_manifest_keeps_to_its_schema(manifest: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_that_does_not_is_noticed() -> None:
    wrong = {**_BY_KIND["PodDisruptionBudget"], "spec": {"maxUnavailable": 1, "min": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, _VERSIONS[1], strict=True)


def test_every_manifest_is_applied() -> None:
    files = {path.name for path in _FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(_KUSTOMIZATION["resources"])
    assert set(_BY_KIND) >= {"Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler"}


def _pod() -> dict[str, Any]:
    pod: dict[str, Any] = _BY_KIND["Deployment"]["spec"]["template"]["spec"]
    return pod


def test_a_node_has_the_time_to_send_its_viewers_away() -> None:
    settings = Settings.read(_BY_KIND["ConfigMap"]["data"])
    (node,) = _pod()["containers"]
    (program, seconds) = node["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    before_s, drain_s = int(seconds), settings.drain_ms / 1000
    assert before_s + drain_s + STOP_S_MAX <= _pod()["terminationGracePeriodSeconds"]
    # The sender of viewers has noticed that the node goes before the node refuses them.
    probe = node["readinessProbe"]
    assert before_s > probe["periodSeconds"] * probe["failureThreshold"]


def _working() -> dict[str, Any]:
    pod: dict[str, Any] = _WORKER["spec"]["template"]["spec"]
    return pod


def test_a_worker_has_the_time_to_finish_and_is_asked_at_its_own_port() -> None:
    settings = Settings.read(_BY_KIND["ConfigMap"]["data"])
    (worker,) = _working()["containers"]
    assert worker["command"] == ["liveshop", "work"]
    assert WORK_STOP_S_MAX + STOP_S_MAX <= _working()["terminationGracePeriodSeconds"]
    (port,) = worker["ports"]
    assert port["containerPort"] == settings.work_port
    labels = _WORKER["spec"]["template"]["metadata"]
    assert labels["annotations"]["prometheus.io/port"] == str(settings.work_port)
    paths = {name: worker[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")}
    assert paths == {"startup": "/healthz", "liveness": "/healthz"}
    rules = [
        rule
        for policy in _policies().values()
        if _selects(policy["podSelector"], labels["labels"]) and "Ingress" in policy["policyTypes"]
        for rule in policy["ingress"]
    ]
    assert _ports(rules) == {port["name"]}


def test_kubernetes_names_no_service_in_variables_that_are_settings() -> None:
    audit = _BY_KIND["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (_pod(), audit, _working()):
        assert pod["enableServiceLinks"] is False


def test_the_pods_are_locked_up() -> None:
    audit = _BY_KIND["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (_pod(), audit, _working()):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            locked = container["securityContext"]
            assert locked["readOnlyRootFilesystem"] is True
            assert locked["allowPrivilegeEscalation"] is False
            assert locked["capabilities"] == {"drop": ["ALL"]}


def test_a_node_is_restarted_when_it_is_stuck_and_left_alone_when_a_store_is_away() -> None:
    (node,) = _pod()["containers"]
    paths = {name: node[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")}
    assert paths == {"startup": "/healthz", "liveness": "/healthz"}
    assert node["readinessProbe"]["httpGet"]["path"] == "/joinable"


def test_nobody_outside_reads_the_metrics() -> None:
    ingresses = {each["metadata"]["name"]: each for each in _OBJECTS if each["kind"] == "Ingress"}
    viewers, inside = ingresses["liveshop"], ingresses["liveshop-metrics"]
    (rule,) = inside["spec"]["rules"]
    assert rule["host"] == viewers["spec"]["rules"][0]["host"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/metrics"]
    allowed = inside["metadata"]["annotations"][
        "nginx.ingress.kubernetes.io/whitelist-source-range"
    ]
    assert allowed == "127.0.0.1/32"


def test_nodes_come_with_the_connections_before_those_that_are_there_are_full() -> None:
    spec = _BY_KIND["HorizontalPodAutoscaler"]["spec"]
    pods = next(each["pods"] for each in spec["metrics"] if each["type"] == "Pods")
    names = {family.name for family in Metrics().registry.collect()}
    assert pods["metric"]["name"] in names
    each = int(pods["target"]["averageValue"])
    least = spec["minReplicas"]
    assert least >= 2
    # When one of the fewest has gone, the others have room for its viewers.
    assert each * least / (least - 1) < Settings().connections_max


def test_one_selector_finds_the_pods_and_nothing_else() -> None:
    labels = _BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = (
        _BY_KIND["Deployment"]["spec"]["selector"]["matchLabels"],
        _BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        _BY_KIND["Service"]["spec"]["selector"],
    )
    assert all(selector == labels for selector in selectors)
    audit = _BY_KIND["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    assert audit.get("metadata", {}).get("labels", {}) != labels


def _policies() -> dict[str, dict[str, Any]]:
    found = [each for each in _OBJECTS if each["kind"] == "NetworkPolicy"]
    return {each["metadata"]["name"]: each["spec"] for each in found}


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    equal = selector.get("matchLabels", {}).items() <= labels.items()
    for each in selector.get("matchExpressions", ()):
        assert each["operator"] == "In"
        equal = equal and labels.get(each["key"]) in each["values"]
    return bool(equal)


def _ports(rules: list[dict[str, Any]]) -> set[Any]:
    return {port["port"] for rule in rules for port in rule.get("ports", ())}


def test_nodes_are_reached_by_the_ingress_and_prometheus_only() -> None:
    labels = _BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
    rules = [
        rule
        for policy in _policies().values()
        if _selects(policy["podSelector"], labels) and "Ingress" in policy["policyTypes"]
        for rule in policy["ingress"]
    ]
    (port,) = _pod()["containers"][0]["ports"]
    assert _ports(rules) == {port["name"]}
    assert [
        each["namespaceSelector"]["matchLabels"] for rule in rules for each in rule["from"]
    ] == [
        {"kubernetes.io/metadata.name": "ingress-nginx"},
        {"kubernetes.io/metadata.name": "monitoring"},
    ]


def test_nodes_and_the_audit_reach_names_stores_and_traces_only() -> None:
    audit = _BY_KIND["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    node = _BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
    out = _policies()["liveshop-out"]
    for labels in (audit, node):
        assert _selects(out["podSelector"], labels)
    assert _ports(out["egress"]) == {53, 5432, 6432, 6379, 26379, 4318}
    # No rule without ports, which would be one for everything.
    assert all(rule["ports"] for rule in out["egress"])
    assert "ingress" not in _policies()["liveshop-audit"]
    assert _selects(_policies()["liveshop-audit"]["podSelector"], audit)


def test_stores_are_reached_by_nodes_the_audit_and_each_other_only() -> None:
    stores = _policies()["liveshop-stores"]
    clients, peers = stores["ingress"]
    for labels in (
        _BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"],
        _BY_KIND["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"],
        _WORKER["spec"]["template"]["metadata"]["labels"],
    ):
        (allowed,) = clients["from"]
        assert _selects(allowed["podSelector"], labels)
        assert not _selects(peers["from"][0]["podSelector"], labels)
    assert _ports([clients]) == {5432, 6432, 6379, 26379}
    assert peers["from"] == [{"podSelector": stores["podSelector"]}]


def test_only_the_migration_is_given_the_role_that_may_change_the_schema() -> None:
    (migrate,) = _pod()["initContainers"]
    audit = _BY_KIND["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    def secrets(container: dict[str, Any]) -> list[str]:
        sources = [source.get("secretRef", {}).get("name") for source in container["envFrom"]]
        return [name for name in sources if name]

    # Of two that name a variable, the last counts.
    assert secrets(migrate) == ["liveshop", "liveshop-migrate"]
    for pod in (_pod(), audit, _working()):
        for container in pod["containers"]:
            assert secrets(container) == ["liveshop"]
