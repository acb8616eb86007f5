"""A store's URL with one server or several, read alike on every Python."""

import pytest

from liveshop.core.postgres_address import asyncpg_url
from liveshop.core.redis_servers import servers_of, strict_url
from liveshop.core.url import Server, parse_url

# urllib.parse of Python 3.13.2, 3.12.9 and 3.11.12 and newer refuses each of these.
SEVERAL = [
    ("[::1]:1,[::2]:2", (Server("::1", 1), Server("::2", 2))),
    ("one,[::1]:7", (Server("one", None), Server("::1", 7))),
    ("[::1],one:7", (Server("::1", None), Server("one", 7))),
    (
        "[fe80::1%25eth0]:5,[fe80::2%eth1],10.0.0.7",
        (Server("fe80::1%eth0", 5), Server("fe80::2%eth1", None), Server("10.0.0.7", None)),
    ),
]


@pytest.mark.parametrize("login", ["", "u:p%40%5B@", ":p,;=é@"])
@pytest.mark.parametrize(("text", "servers"), SEVERAL)
def test_each_of_several_hosts_is_read_and_brackets_are_no_part_of_it(
    login: str, text: str, servers: tuple[Server, ...]
) -> None:
    parts = parse_url(f"SCHEME+x://{login}{text}/name/3?a=b%26c&d=[e]&f=#end")
    assert (parts.scheme, parts.login, parts.servers) == ("scheme+x", login, servers)
    assert parts.path == "/name/3"
    assert parts.options == (("a", "b&c"), ("d", "[e]"), ("f", ""))


def test_a_login_is_unescaped_only_when_it_is_asked_for() -> None:
    parts = parse_url("x://u%3A1:p%40%2F%5B%25@[::1]:1,[::1]:2/")
    assert (parts.login, parts.user, parts.password) == ("u%3A1:p%40%2F%5B%25@", "u:1", "p@/[%")


@pytest.mark.parametrize(
    ("servers", "why"),
    [
        ("::1", "::1 is no host: write an IPv6 address in brackets"),
        ("[::1", r"\[::1 is no host"),
        ("one,::1]", r"::1\] is no host"),
        ("a[::1]", r"a\[::1\] is no host"),
        ("[::1]a", r"\[::1\]a is no host"),
        ("[::1]:1:2", r"\[::1\]:1:2 is no host"),
        ("[10.0.0.7]", r"\[10.0.0.7\] is no IPv6 address"),
        ("[v1.a]", r"\[v1.a\] is no IPv6 address"),
        ("[]:1", r"\[\] is no IPv6 address"),
        ("[fe80::1%]", "names no zone"),
        (":7", ":7 is no host"),
        ("one:0", "one:0 has no port that can be"),
        ("one,[::1]:65536", r"\[::1\]:65536 has no port that can be"),
        ("one:-1", "one:-1 has no port that can be"),
        ("one:１", "one:１ has no port that can be"),
        ("one:" + "9" * 5_000, "has no port that can be"),
    ],
)
def test_what_is_no_server_is_named(servers: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_url(f"x://login:hush@{servers}/")


@pytest.mark.parametrize("url", ["", "x", "x:/host", "//host", "1x://host", "x://u:p@ho\nst"])
def test_a_text_that_is_no_url_is_said_to_be_none(url: str) -> None:
    with pytest.raises(ValueError, match="it is no URL"):
        parse_url(url)


# The last one becomes "a/c" by the normalization that other readers of URLs apply.
@pytest.mark.parametrize("sign", ["[", "]", "@", "\u2100"])
def test_a_sign_in_a_login_that_others_would_misread_is_refused_without_quoting_it(
    sign: str,
) -> None:
    with pytest.raises(ValueError) as raised:
        parse_url(f"x://u:hush{sign}hash@one,two/")
    assert str(raised.value) == "it is no URL: write signs in a password as %40, %2F, …"


def test_several_ipv6_sentinels_are_each_a_server_of_their_own() -> None:
    servers = servers_of("redis+sentinel://:p@[::1]:26379,[::2],[fe80::3%25eth0]:7/shop")
    assert servers is not None
    assert servers.hosts == (("::1", 26379), ("::2", 26379), ("fe80::3%eth0", 7))
    assert servers.sentinel_url(servers.hosts[2]) == "redis://[fe80::3%25eth0]:7/"
    assert servers.url(("::9", 6379)) == "redis://:p@[::9]:6379/"


@pytest.mark.parametrize(
    ("url", "strict"),
    [
        ("redis://[fe80::1%12]:7/3?db=4", "redis://[fe80::1%2512]:7/3?db=4"),
        ("rediss://u:p%40@[::1]", "rediss://u:p%40@[::1]:6379/"),
        ("redis://u:p@host:7/3", "redis://u:p@host:7/3"),
        ("redis://", "redis://"),
        ("unix://u:p@/run/redis.sock?db=3", "unix://u:p@/run/redis.sock?db=3"),
    ],
)
def test_the_url_of_one_server_is_given_to_redis_py_as_it_reads_it(url: str, strict: str) -> None:
    assert servers_of(url) is None
    assert strict_url(url) == strict


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://one,two", "several hosts: begin with redis\\+sentinel:// or redis\\+cluster://"),
        ("redis://one:65536", "one:65536 has no port that can be"),
        ("redis://::1", "::1 is no host: write an IPv6 address in brackets"),
        ("unix://run/redis.sock", "unix:///run/redis.sock"),
        ("unix:///", "unix:///run/redis.sock"),
    ],
)
def test_the_url_of_one_server_that_cannot_be_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        servers_of(url)


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        (
            "postgresql://u:p%40@[::1]:1,[::2]:2/shop",
            "postgresql:///shop?host=%5B%3A%3A1%5D%3A1%2C%5B%3A%3A2%5D%3A2"
            "&user=u&password=p%40&target_session_attrs=read-write",
        ),
        ("postgres://one/shop", "postgresql:///shop?host=one"),
        ("postgresql://u@/a%20b?port=7", "postgresql:///a%20b?port=7&user=u"),
        # The part before the path takes precedence over an option of the same name.
        ("postgresql://u@one?user=v&host=two&port=7", "postgresql://?user=u&host=one"),
        (
            "postgresql://%2Frun%2Fa:7,[::1]/shop?target_session_attrs=primary",
            "postgresql:///shop?target_session_attrs=primary"
            "&host=%2Frun%2Fa%2C%5B%3A%3A1%5D&port=7%2C5432",
        ),
    ],
)
def test_asyncpg_is_given_hosts_and_login_as_options(url: str, taken: str) -> None:
    assert asyncpg_url(url) == (taken, False)


def test_pgbouncer_is_said_and_not_passed_on() -> None:
    assert asyncpg_url("postgresql://[::1]/a?pgbouncer=true&sslmode=disable") == (
        "postgresql:///a?sslmode=disable&host=%5B%3A%3A1%5D",
        True,
    )
