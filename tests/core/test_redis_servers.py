"""The URLs of Sentinels and clusters, as an operator writes them."""

import pytest

from liveshop.core.redis_servers import Kind, servers_of, strict_url


@pytest.mark.parametrize("url", ["redis://host", "rediss://u:p@host:1/2", "unix:///run/redis.sock"])
def test_the_url_of_one_server_is_left_as_it_is(url: str) -> None:
    assert servers_of(url) is None


def test_sentinels_are_named_with_their_primary_and_both_passwords() -> None:
    servers = servers_of(
        "rediss+sentinel://u:p%40@one,[::1]:7/shop/3?sentinel_password=s&ssl_ca_certs=a"
    )
    assert servers is not None
    assert (servers.kind, servers.watched) == (Kind.SENTINEL, "shop")
    assert servers.hosts == (("one", 26379), ("::1", 7))
    assert servers.url(("::1", 1)) == "rediss://u:p%40@[::1]:1/3?ssl_ca_certs=a"
    assert servers.sentinel_url(("one", 26379)) == "rediss://:s@one:26379/?ssl_ca_certs=a"


def test_what_a_sentinels_login_is_made_of_stays_in_its_place() -> None:
    servers = servers_of(
        "redis+sentinel://one/shop?sentinel_username=a%3Ab&sentinel_password=p%40s%2F1%23x"
    )
    assert servers is not None
    assert servers.sentinel_url(("one", 26379)) == "redis://a%3Ab:p%40s%2F1%23x@one:26379/"


def test_a_cluster_is_named_by_some_of_its_servers() -> None:
    servers = servers_of("redis+cluster://:p@one,two:7000")
    assert servers is not None
    assert servers.kind is Kind.CLUSTER
    assert servers.hosts == (("one", 6379), ("two", 7000))
    assert servers.url(("three", 9)) == "redis://:p@three:9/"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis+sentinel://one:26379", "it must end with the primary's name"),
        ("redis+sentinel://one/shop/zero", "only a database's number may come: /shop/zero"),
        ("redis+sentinel://one/shop/0/1", "only a database's number may come: /shop/0/1"),
        ("redis+cluster://", "it must name a host"),
        ("redis+cluster://:p@:7000", "is no host"),
        ("redis+cluster://one:0", "one:0 has no port that can be"),
        ("redis+cluster://one,two:7000/3", "a cluster has only one database: leave /3 out"),
    ],
)
def test_what_cannot_be_is_said(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        servers_of(url)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("rediss://h?ssl_cert_reqs=CERT_NONE", "rediss://h:6379/?ssl_cert_reqs=none"),
        ("rediss://h/2?ssl_min_version=TLSv1.2", "rediss://h:6379/2?ssl_min_version=771"),
        ("rediss://h?ssl_check_hostname=no", "rediss://h:6379/?ssl_check_hostname=False"),
        ("redis://h?client_name=shop", "redis://h?client_name=shop"),
        ("unix:///run/a?db=1", "unix:///run/a?db=1"),
    ],
)
def test_an_option_is_translated_for_the_library(written: str, read: str) -> None:
    assert strict_url(written) == read


def test_options_are_translated_for_each_server_of_a_cluster() -> None:
    servers = servers_of("rediss+cluster://one?ssl_cert_reqs=CERT_OPTIONAL")
    assert servers is not None
    assert servers.url(("two", 7)) == "rediss://two:7/?ssl_cert_reqs=optional"
