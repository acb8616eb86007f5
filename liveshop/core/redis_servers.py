"""What a Redis URL names: one server, what a group of Sentinels watches, or a cluster.

    redis://[user:password@]host[:6379][/db]                        or rediss://, unix://
    redis+sentinel://[user:password@]host[:26379],…/name[/db]       or rediss+sentinel://
    redis+cluster://[user:password@]host[:6379],…                   or rediss+cluster://

User and password are those of Redis itself; Sentinels have `sentinel_username` and
`sentinel_password` among the options after the question mark. All other options are redis-py's.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_SENTINEL_PORT: Final = 26379
_REDIS_PORT: Final = 6379

HostPort = tuple[str, int]


class Kind(StrEnum):
    """What several servers are to each other; a URL says it after the plus sign."""

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
    parts = urlsplit(url)
    scheme, _, named = parts.scheme.partition("+")
    if not named:
        return None
    kind = Kind(named)
    login, at, hosts = parts.netloc.rpartition("@")
    path = tuple(part for part in parts.path.split("/") if part)
    if kind is Kind.SENTINEL and not path:
        raise ValueError("it must end with the primary's name: redis+sentinel://host:26379/name")
    if kind is Kind.SENTINEL and path[1:] and not "/".join(path[1:]).isdecimal():
        raise ValueError(f"after the name only a database's number may come: {parts.path}")
    if kind is Kind.CLUSTER and path:
        raise ValueError(f"a cluster has one database alone: leave {parts.path} out")
    port = _SENTINEL_PORT if kind is Kind.SENTINEL else _REDIS_PORT
    servers = tuple(_host_port(each, port) for each in hosts.split(",") if each)
    if not servers:
        raise ValueError("it must name a host")
    return Servers(scheme, kind, login + at, servers, path, tuple(parse_qsl(parts.query)))


def _host_port(text: str, port: int) -> HostPort:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(f"{text} is no host")
    if parts.port == 0:
        raise ValueError(f"{text} has no port that can be: write 1 to 65535, or none for {port}")
    return parts.hostname, port if parts.port is None else parts.port


def _url(
    scheme: str, login: str, server: HostPort, database: str, options: list[tuple[str, str]]
) -> str:
    host, port = server
    shown = f"[{host}]" if ":" in host else host
    query = f"?{urlencode(options)}" if options else ""
    return f"{scheme}://{login}{shown}:{port}/{database}{query}"
