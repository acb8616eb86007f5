"""The servers that a Redis URL names: one, those that a group of Sentinels watches, or a cluster.

    redis://[user:password@]host[:6379][/db]                        or rediss://, unix://
    redis+sentinel://[user:password@]host[:26379],…/name[/db]       or rediss+sentinel://
    redis+cluster://[user:password@]host[:6379],…                   or rediss+cluster://

User and password are those of Redis itself; Sentinels have `sentinel_username` and
`sentinel_password` among the options after the question mark; see `redis_options` for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode

from liveshop.core.redis_options import checked_options
from liveshop.core.url import Url, parse_url

_SENTINEL_PORT: Final = 26379
_REDIS_PORT: Final = 6379

HostPort = tuple[str, int]


class Kind(StrEnum):
    """The relation of several servers to each other; a URL says it after the plus sign."""

    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Servers:
    """A URL taken apart; `scheme` and what else a URL of one of the servers needs."""

    scheme: str
    kind: Kind
    login: str
    hosts: tuple[HostPort, ...]
    path: tuple[str, ...]
    options: tuple[tuple[str, str], ...]

    @property
    def watched(self) -> str:
        """The name by which Sentinels know the primary."""
        return self.path[0]

    def url(self, server: HostPort) -> str:
        """Return the URL of one server of Redis."""
        options = [each for each in self.options if not each[0].startswith("sentinel_")]
        database = self.path[1] if len(self.path) > 1 else ""
        return _url(self.scheme, self.login, server, database, options)

    def sentinel_url(self, sentinel: HostPort) -> str:
        """Return the URL of one Sentinel."""
        named = dict(self.options)
        user, password = (
            quote(named.get(f"sentinel_{part}", ""), safe="") for part in ("username", "password")
        )
        login = f"{user}:{password}@" if password else ""
        options = [each for each in self.options if not each[0].startswith("sentinel_")]
        return _url(self.scheme, login, sentinel, "", options)


def servers_of(url: str) -> Servers | None:
    """Take the URL of Sentinels or of a cluster apart; None where it names one server.

    Raises ValueError with what is wrong.
    """
    parts = parse_url(url)
    options = checked_options(parts)
    scheme, _, named = parts.scheme.partition("+")
    if not named:
        _check_one(parts)
        return None
    kind = Kind(named)
    path = tuple(part for part in parts.path.split("/") if part)
    if kind is Kind.SENTINEL and not path:
        raise ValueError("it must end with the primary's name: redis+sentinel://host:26379/name")
    if kind is Kind.SENTINEL and path[1:] and not "/".join(path[1:]).isdecimal():
        raise ValueError(f"after the name only a database's number may come: {parts.path}")
    if kind is Kind.CLUSTER and dict(options).get("db", "0").strip("0"):
        raise ValueError("a cluster has only one database: leave its option db out")
    if kind is Kind.CLUSTER and path:
        raise ValueError(f"a cluster has only one database: leave {parts.path} out")
    default = _SENTINEL_PORT if kind is Kind.SENTINEL else _REDIS_PORT
    if not parts.servers:
        raise ValueError("it must name a host")
    hosts = tuple((each.host, each.port or default) for each in parts.servers)
    return Servers(scheme, kind, parts.login, hosts, path, options)


def strict_url(url: str) -> str:
    """Return the URL of one server as redis-py reads it, on every Python.

    Options and a zone of an IPv6 address may be written in several ways.
    """
    parts = parse_url(url)
    options = checked_options(parts)
    if options == parts.options and (not parts.servers or ":" not in parts.servers[0].host):
        return url
    if not parts.servers:
        return f"{parts.scheme}://{parts.login}{parts.path}{_query(options)}"
    host, port = parts.servers[0].host, parts.servers[0].port or _REDIS_PORT
    return _url(parts.scheme, parts.login, (host, port), parts.path.lstrip("/"), options)


def _check_one(parts: Url) -> None:
    """Raise ValueError for a URL of one server that redis-py would misread."""
    if len(parts.servers) > 1:
        raise ValueError("it names several hosts: begin with redis+sentinel:// or redis+cluster://")
    database = parts.path.strip("/") if parts.scheme != "unix" else ""
    # redis-py takes any other path for no database, and /0/1 for the first.
    if database and not (database.isascii() and database.isdecimal()):
        raise ValueError(f"after the host only a database's number may come: {parts.path}")
    if parts.scheme == "unix" and (parts.servers or not parts.path.strip("/")):
        raise ValueError("it must name a socket by its whole path: unix:///run/redis.sock")


def _url(
    scheme: str, login: str, server: HostPort, database: str, options: Sequence[tuple[str, str]]
) -> str:
    host, port = server
    # redis-py takes the host's escapes off again, a zone's percent sign too.
    shown = f"[{quote(host, safe=':')}]" if ":" in host else host
    return f"{scheme}://{login}{shown}:{port}/{database}{_query(options)}"


def _query(options: Sequence[tuple[str, str]]) -> str:
    return f"?{urlencode(options)}" if options else ""
