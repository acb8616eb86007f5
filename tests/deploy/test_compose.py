"""The image and the compose file: valid, and in agreement with the code that they run."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from liveshop.cli.subprocesses import STOP_S_MAX
from liveshop.core.settings import Settings

_ROOT = Path(__file__).parents[2]
_COMPOSE = _ROOT / "docker-compose.yml"
_SERVICES: dict[str, Any] = yaml.safe_load(_COMPOSE.read_text())["services"]
_DOCKERFILE = re.sub(r"\\\n\s*", " ", (_ROOT / "Dockerfile").read_text())
_STAGES = {
    stage.partition("\n")[0].split()[-1]: stage
    for stage in re.split(r"^FROM ", _DOCKERFILE, flags=re.MULTILINE)[1:]
}
_NODES = ("node-1", "node-2")


def test_the_compose_file_keeps_to_its_specification() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*checker, _COMPOSE], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _settings(name: str) -> Settings:
    given = {
        key: re.sub(r"\$\{\w+:\?[^}]*\}", "s" * 32, re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value))
        for key, value in _SERVICES[name]["environment"].items()
        if key.startswith("LIVESHOP_")
    }
    return Settings.read(given)


def test_the_nodes_settings_are_read_as_they_are_meant() -> None:
    for name in _NODES:
        settings = _settings(name)
        settings.require_keys()
        assert settings.redis_url == f"redis://:{'s' * 32}@valkey:6379/0"
        assert settings.postgres_url == f"postgresql://liveshop_app:{'s' * 32}@postgres/liveshop"
        address = _SERVICES["nginx"]["networks"]["default"]["ipv4_address"]
        assert [str(network) for network in settings.trusted_proxies] == [f"{address}/32"]
        grace_s = int(_SERVICES[name]["stop_grace_period"].removesuffix("s"))
        assert grace_s > settings.drain_ms / 1000 + STOP_S_MAX


def test_only_the_migration_is_the_role_that_may_change_the_schema() -> None:
    owner = _SERVICES["postgres"]["environment"]["POSTGRES_USER"]
    for name in ("migrate", *_NODES, "worker", "locust"):
        role = urlsplit(_settings(name).postgres_url).username
        assert role == (owner if name == "migrate" else f"{owner}_app"), name
    begun_with = [volume.split(":") for volume in _SERVICES["postgres"]["volumes"]][1:]
    assert [(source, target.rpartition("/")) for source, target, _ in begun_with] == [
        ("./deploy/postgres/roles.sql", ("/docker-entrypoint-initdb.d", "/", "1-roles.sql")),
        ("./deploy/postgres/password.sql", ("/docker-entrypoint-initdb.d", "/", "2-password.sql")),
    ]
    roles = (_ROOT / "deploy" / "postgres" / "roles.sql").read_text()
    assert f"FOR ROLE {owner} IN" in roles and f"CREATE ROLE {owner}_app LOGIN" in roles
    password = (_ROOT / "deploy" / "postgres" / "password.sql").read_text()
    (variable,) = re.findall(r"^\\getenv password (\w+)$", password, re.MULTILINE)
    assert variable in _SERVICES["postgres"]["environment"]


def test_no_password_has_a_default() -> None:
    text = _COMPOSE.read_text()
    secrets = {"REDIS_PASSWORD", "POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD"}
    secrets |= {"LIVESHOP_SECRET", "LIVESHOP_PEOPLE_KEY"}
    named = re.findall(r"\$\{(\w+)(:?[?-]?)", text)
    assert {name for name, _ in named} == {
        *(*secrets, "LIVESHOP_SECRET_SECOND", "LIVESHOP_PEOPLE_KEY_SECOND")
    }
    assert {how for name, how in named if name in secrets} == {":?"}
    (begin,) = re.findall(r"for name in ([A-Z_ ]+)$", text, re.MULTILINE)
    assert set(begin.split()) == secrets
    assert "/.env" in (_ROOT / ".gitignore").read_text().splitlines()
    # Not among the arguments of a process, which everybody on the machine can list.
    for name, service in _SERVICES.items():
        command = service.get("command", "")
        assert "PASSWORD" not in (command if isinstance(command, str) else " ".join(command)), name


def test_the_stores_are_reached_by_what_uses_them_and_by_nothing_else() -> None:
    networks = yaml.safe_load(_COMPOSE.read_text())["networks"]
    assert networks["stores"] == {"internal": True}
    on = {name: set(service.get("networks", ["default"])) for name, service in _SERVICES.items()}
    assert {name for name, found in on.items() if found == {"stores"}} == {
        *("valkey", "postgres", "migrate")
    }
    assert {name for name, found in on.items() if found == {"default", "stores"}} == {
        *(*_NODES, "worker", "locust")
    }
    for name, service in _SERVICES.items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name
        assert name not in ("valkey", "postgres") or "ports" not in service


def test_valkey_is_given_its_password_as_configuration(tmp_path: Path) -> None:
    service = _SERVICES["valkey"]
    (shell, option, script) = service["command"]
    entry = tmp_path / "docker-entrypoint.sh"
    entry.write_text('#!/bin/sh\necho "$@"\ncat\n')
    entry.chmod(0o700)
    done = subprocess.run(
        [shell, option, script.replace("$$", "$")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "REDISCLI_AUTH": "a password"},
        capture_output=True,
        text=True,
    )
    command = "valkey-server - --appendonly yes --maxmemory-policy noeviction"
    assert done.stdout == f"{command}\nrequirepass a password\n", done.stderr
    assert service["environment"]["REDISCLI_AUTH"].startswith("${REDIS_PASSWORD:?")
    assert "grep -q PONG" in service["healthcheck"]["test"][-1]


def test_the_nodes_write_nothing_and_may_nothing() -> None:
    for name in (*_NODES, "worker", "migrate"):
        node = _SERVICES[name]
        assert node["read_only"] is True
        assert node["cap_drop"] == ["ALL"]
        assert node["tmpfs"] == ["/tmp"]


def test_locust_audits_the_stores_of_the_nodes() -> None:
    for store in ("LIVESHOP_REDIS_URL", "LIVESHOP_POSTGRES_URL"):
        address = _SERVICES["locust"]["environment"][store]
        assert [_SERVICES[name]["environment"][store] for name in _NODES] == [address, address]


def test_nginx_finds_the_nodes_by_the_addresses_that_they_have() -> None:
    configuration = (_ROOT / "deploy" / "nginx" / "liveshop.conf").read_text()
    (_, _, script) = _SERVICES["nginx"]["command"]
    changes = dict(re.findall(r"-e s/([\d.]+)/([\d.]+)/", script))
    servers = re.findall(r"^ +server ([\d.]+):8000 ", configuration, re.MULTILINE)
    assert [changes[each] for each in servers] == [
        _SERVICES[name]["networks"]["default"]["ipv4_address"] for name in _NODES
    ]


def test_nginx_answers_plain_http_which_only_this_machine_reaches() -> None:
    (_, _, script) = _SERVICES["nginx"]["command"]
    edits = re.sub(r"/nginx/", f"{_ROOT}/deploy/nginx/", script.partition(" > ")[0])
    made = subprocess.run(edits.split(), capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^ +listen (.+);$", made, re.MULTILINE) == ["80"]
    assert "ssl_" not in made
    assert made.count("location = /api/products/import {") == 1
    assert _SERVICES["nginx"]["ports"] == ["127.0.0.1:8000:80"]


def test_prometheus_asks_each_node_and_the_worker() -> None:
    text = (_ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
    jobs = {
        job["job_name"]: job["static_configs"] for job in yaml.safe_load(text)["scrape_configs"]
    }
    port = _settings("worker").work_port
    assert jobs == {
        "liveshop": [{"targets": [f"{name}:8000" for name in _NODES]}],
        "liveshop-work": [{"targets": [f"worker:{port}"]}],
    }
    assert f"127.0.0.1:{port}/healthz" in _SERVICES["worker"]["healthcheck"]["test"][-1]


def test_every_service_that_must_be_there_is_there_and_every_file_that_is_mounted() -> None:
    assert set(_SERVICES) == {
        *(
            "migrate",
            *_NODES,
            "worker",
            "nginx",
            "valkey",
            "postgres",
            "prometheus",
            "grafana",
            "locust",
        )
    }
    assert _SERVICES["locust"]["profiles"] == ["load"]
    for name, service in _SERVICES.items():
        assert "build" in service or re.search(r":v?\d", service["image"]), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (_ROOT / source).exists(), volume


def test_every_image_is_named_once_by_its_exact_version() -> None:
    images = [s["image"] for s in _SERVICES.values() if "build" not in s]
    images += re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", _DOCKERFILE, re.MULTILINE)
    assert len(images) == 6
    text = _COMPOSE.read_text() + _DOCKERFILE
    for image in images:
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", image), image
        assert text.count(image) == 1, image
    others = re.findall(r"^FROM (\S+)", _DOCKERFILE, re.MULTILINE)
    assert set(others) == {"${PYTHON_IMAGE}", "build"}


def test_nobody_can_log_into_grafana_with_a_password_that_everybody_knows() -> None:
    given = _SERVICES["grafana"]["environment"]
    assert given["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert (given["GF_AUTH_BASIC_ENABLED"], given["GF_AUTH_DISABLE_LOGIN_FORM"]) == (
        "false",
        "true",
    )


def test_the_images_are_stages_that_there_are() -> None:
    built = {service["build"]["target"] for service in _SERVICES.values() if "build" in service}
    assert built == {"node", "load"}
    assert built <= set(_STAGES)
    # The last is what is built where none is named.
    assert list(_STAGES)[-1] == "node"


def test_the_image_is_no_root_and_tells_whether_it_lives() -> None:
    for name in ("node", "load"):
        user = re.findall(r"^USER (\d+):(\d+)$", _STAGES[name], re.MULTILINE)
        assert [int(each) > 0 for pair in user for each in pair] == [True, True]
        assert "RUN" not in _STAGES[name]
    (check,) = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", _STAGES["node"], re.MULTILINE)
    program = json.loads(check)
    assert program[:2] == ["python", "-c"]
    compile(program[2], "health check", "exec")
    assert "/healthz" in program[2]
    variables = dict(re.findall(r"\b(LIVESHOP_\w+)=(\S+)", _STAGES["node"]))
    assert Settings.read(variables).log_format == "json"


def test_the_node_has_nothing_of_the_tests() -> None:
    assert "COPY --from=build /opt/liveshop /opt/liveshop" in _STAGES["node"]
    installed = re.findall(r"-r (\S+)", _STAGES["build"])
    assert installed == ["requirements-runtime.lock", "requirements-build.lock"]


def test_all_that_is_copied_into_the_image_is_there() -> None:
    lines = (_ROOT / ".dockerignore").read_text().splitlines()
    taken = {line[1:] for line in lines if line.startswith("!")}
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", _DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (_ROOT / source).exists(), source
            assert source in taken, source
