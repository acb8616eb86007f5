"""Plain text to another host is found in every setting that names one."""

from dataclasses import replace

import pytest

from liveshop.core.plain_text import is_local, plain_text
from liveshop.core.settings import Settings

_LOCAL = Settings()


def _found(environment: dict[str, str] | None = None, **given: str) -> dict[str, tuple[str, ...]]:
    named = {f"LIVESHOP_{name.upper()}": value for name, value in given.items()}
    settings = Settings.read(named)
    return {each.setting: each.hosts for each in plain_text(settings, environment or {})}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *(("localhost", True), ("LocalHost.", True), ("a.localhost", True), ("", True)),
        *(("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("::ffff:127.0.0.1", True)),
        *(("/run/postgresql", True), ("::1%lo", True)),
        *(("redis", False), ("localhost.example", False), ("10.0.0.7", False), ("::", False)),
        *(("0.0.0.0", False), ("fe80::1%eth0", False), ("::ffff:10.0.0.7", False)),
    ],
)
def test_only_this_machine_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_the_defaults_send_nothing_to_another_host() -> None:
    assert plain_text(_LOCAL, {}) == ()


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("redis://:secret@cache.example:6379/0", ("cache.example",)),
        ("redis://10.0.0.7", ("10.0.0.7",)),
        ("redis+sentinel://a:1,127.0.0.1,[fd00::1]:2/shop", ("a", "fd00::1")),
        ("redis+cluster://a,b", ("a", "b")),
        ("rediss://cache.example", ()),
        ("rediss+sentinel://a,b/shop", ()),
        ("redis://localhost", ()),
        ("redis://", ()),
        ("unix:///run/redis.sock", ()),
    ],
)
def test_a_redis_without_tls_is_found(url: str, hosts: tuple[str, ...]) -> None:
    assert _found(redis_url=url) == ({"LIVESHOP_REDIS_URL": hosts} if hosts else {})


@pytest.mark.parametrize(
    ("scheme", "fix"),
    [
        ("redis://a", "Begin with rediss://"),
        ("redis+sentinel://a/b", "Begin with rediss+sentinel://"),
        ("redis+cluster://a", "Begin with rediss+cluster://"),
    ],
)
def test_the_scheme_with_tls_is_named(scheme: str, fix: str) -> None:
    (found,) = plain_text(replace(_LOCAL, redis_url=scheme), {})
    assert found.fix == fix


@pytest.mark.parametrize(
    ("url", "environment", "hosts"),
    [
        ("postgresql://u:p@db.example/shop", {}, ("db.example",)),
        ("postgresql://u:p@db.example:5433/shop?sslmode=prefer", {}, ("db.example",)),
        ("postgresql://db.example/shop?sslmode=allow", {}, ("db.example",)),
        ("postgresql://db.example/shop?sslmode=disable", {"PGSSLMODE": "require"}, ("db.example",)),
        ("postgresql://a,127.0.0.1,[fd00::1]:5/shop", {}, ("a", "fd00::1")),
        ("postgresql:///shop?host=db.example", {}, ("db.example",)),
        ("postgresql:///shop", {"PGHOST": "db.example"}, ("db.example",)),
        ("postgresql:///shop", {}, ()),
        ("postgresql:///shop?host=/run/postgresql", {}, ()),
        ("postgresql://[::1]/shop", {"PGHOST": "db.example"}, ()),
        ("postgresql://db.example/shop?sslmode=require", {}, ()),
        ("postgresql://db.example/shop?sslmode=verify-ca", {}, ()),
        ("postgresql://db.example/shop?sslmode=verify-full", {}, ()),
        ("postgresql://db.example/shop", {"PGSSLMODE": "verify-full"}, ()),
    ],
)
def test_a_postgres_whose_tls_is_not_required_is_found(
    url: str, environment: dict[str, str], hosts: tuple[str, ...]
) -> None:
    found = {"LIVESHOP_POSTGRES_URL": hosts} if hosts else {}
    assert _found(environment, postgres_url=url) == found


def test_traces_origins_and_a_node_that_no_proxy_stands_before_are_found() -> None:
    assert _found(
        traces_url="http://collector:4318/v1/traces",
        origins="https://a.example, http://b.example, http://localhost:3000, capacitor://localhost",
        host="0.0.0.0",
    ) == {
        "LIVESHOP_TRACES_URL": ("collector",),
        "LIVESHOP_HOST": ("0.0.0.0",),
        "LIVESHOP_ORIGINS": ("http://b.example",),
    }


def test_a_proxy_that_is_trusted_ends_tls_for_a_node() -> None:
    assert _found(host="::", trusted_proxies="10.0.0.1") == {}
    assert _found(traces_url="https://collector.example/v1/traces") == {}


@pytest.mark.parametrize(
    ("endpoint", "hosts"),
    [
        ("http://s3.example:9000", ("s3.example",)),
        ("https://s3.example", None),
        ("http://127.0.0.1:9000", None),
    ],
)
def test_pictures_that_go_to_s3_in_plain_text_are_found(
    endpoint: str, hosts: tuple[str, ...] | None
) -> None:
    found = _found(s3_endpoint=endpoint, s3_bucket="pictures", s3_key="k", s3_secret="s")
    assert found.get("LIVESHOP_S3_ENDPOINT") == hosts
