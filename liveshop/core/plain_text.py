"""Settings by which something goes to other hosts in plain text, readable by all on the way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from liveshop.core.postgres_address import asyncpg_url
from liveshop.core.redis_servers import servers_of
from liveshop.core.settings import PREFIX, Settings
from liveshop.core.url import parse_url

_SSL_MODES: Final = ("require", "verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class PlainText:
    """One setting by which `what` is sent in plain text, to or from `hosts`; `fix` ends that."""

    setting: str
    hosts: tuple[str, ...]
    what: str
    fix: str


def is_local(host: str) -> bool:
    """Return True if what is sent to a host, or a folder of sockets, stays on this machine."""
    name = host.lower().rstrip(".")
    if not name or name.startswith("/") or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def plain_text(settings: Settings, environment: Mapping[str, str]) -> tuple[PlainText, ...]:
    """Return each setting by which something goes in plain text to a host that is not local.

    `environment` has PGHOST and PGSSLMODE, which asyncpg reads if the URL says neither.
    """
    return (
        *_redis(settings.redis_url),
        *_postgres(settings.postgres_url, environment),
        *_traces(settings.traces_url),
        *_s3(settings.s3_endpoint),
        *_own_address(settings),
        *_origins(settings.origins),
    )


def _found(setting: str, hosts: Iterable[str], what: str, fix: str) -> Iterator[PlainText]:
    others = tuple(dict.fromkeys(host for host in hosts if not is_local(host)))
    if others:
        yield PlainText(PREFIX + setting, others, what, fix)


def _redis(url: str) -> Iterator[PlainText]:
    scheme = parse_url(url).scheme
    if scheme.startswith("rediss"):
        return
    fix = f"Begin with {scheme.replace('redis', 'rediss', 1)}://"
    several = servers_of(url)
    hosts = [host for host, _ in several.hosts] if several else _hosts(url)
    yield from _found("REDIS_URL", hosts, "its password, carts and chat", fix)


def _postgres(url: str, environment: Mapping[str, str]) -> Iterator[PlainText]:
    options = dict(parse_qsl(asyncpg_url(url)[0].partition("?")[2]))
    mode = options.get("sslmode") or environment.get("PGSSLMODE", "")
    if mode in _SSL_MODES:
        return
    named = options.get("host") or environment.get("PGHOST", "")
    hosts = [_without_port(each) for each in named.split(",")]
    fix = "Add sslmode=verify-full, and sslrootcert=… if the server's authority is your own"
    yield from _found("POSTGRES_URL", hosts, "orders, and what is needed to log in,", fix)


def _traces(url: str) -> Iterator[PlainText]:
    if url and parse_url(url).scheme == "http":
        fix = "Begin with https://, or run a collector on this machine"
        yield from _found("TRACES_URL", _hosts(url), "ids of sessions and purchases", fix)


def _s3(url: str) -> Iterator[PlainText]:
    if url and parse_url(url).scheme == "http":
        fix = "Begin with https://, or run S3 on this machine"
        yield from _found("S3_ENDPOINT", _hosts(url), "uploaded pictures", fix)


def _own_address(settings: Settings) -> Iterator[PlainText]:
    # A node speaks no TLS: a proxy that it trusts is what ends it.
    if not settings.trusted_proxies:
        fix = "End TLS in a proxy before the nodes, and name it in LIVESHOP_TRUSTED_PROXIES"
        yield from _found("HOST", [settings.host], "viewers' tokens and orders", fix)


def _origins(origins: tuple[str, ...]) -> Iterator[PlainText]:
    plain = {each: urlsplit(each).hostname or "" for each in origins if each.startswith("http://")}
    others = [origin for origin, host in plain.items() if not is_local(host)]
    fix = "Serve these pages over TLS, and write https://"
    yield from _found("ORIGINS", others, "pages with their viewers' tokens", fix)


def _hosts(url: str) -> list[str]:
    return [each.host for each in parse_url(url).servers]


def _without_port(written: str) -> str:
    if written.startswith("["):
        return written[1:].partition("]")[0]
    return written if written.count(":") > 1 else written.partition(":")[0]
