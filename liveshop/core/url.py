"""A URL that an operator wrote taken apart, in the same way on every Python.

    scheme://[user[:password]@][host[:port][,host[:port]…]][/path][?name=value[&…]]

`urllib.parse` reads strict URLs, which have one host. Its reading of several has changed between
patch releases: newer ones refuse all lists that have an IPv6 address in brackets. Here such a
list is read by rules of our own, for Redis and for PostgreSQL.
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import parse_qsl, unquote

_PARTS: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<servers>[^/?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?"
)
_HOST_PORT: Final = re.compile(r"(?P<host>\[[^]]*]|[^:[\]]*)(?::(?P<port>[^:]*))?")
# Signs of which a name or an address has none; only a folder of sockets may.
_NOT_IN_HOSTS: Final = re.compile(r"""[\s"'<>\\^`{|}]""")
# If one of these were taken for part of a password, the rest of the URL would be misread.
_DELIMITERS: Final = frozenset("[]/?#@")
_PORT_MAX: Final = 65_535

_NO_URL: Final = "it is no URL: write signs in a password as %40, %2F, …"
_NO_PASSWORD: Final = "write /, ? and # in a password as %2F, %3F and %23"


@dataclass(frozen=True, slots=True)
class Server:
    """One server that a URL names; `port` is None if the URL leaves it to the store's default.

    `host` is a name, an address without brackets, perhaps with its zone (`fe80::1%eth0`), or a
    folder of sockets.
    """

    host: str
    port: int | None

    def written(self) -> str:
        """Return host and port with an IPv6 address in brackets and nothing escaped."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL; `login` is still escaped and ends with the @ sign, or is empty."""

    scheme: str
    login: str
    servers: tuple[Server, ...]
    path: str
    options: tuple[tuple[str, str], ...]

    @property
    def user(self) -> str:
        """The name to log in with, empty if there is none."""
        return unquote(self.login[:-1].partition(":")[0])

    @property
    def password(self) -> str:
        """The password to log in with, empty if there is none."""
        return unquote(self.login[:-1].partition(":")[2])


def parse_url(url: str) -> Url:
    """Take a URL apart; raises ValueError with what is wrong, which never quotes the login."""
    parts = _PARTS.match(url)
    if parts is None or not url.isprintable():
        raise ValueError(_NO_URL)
    query = parts["query"] or ""
    login, at, servers = parts["servers"].rpartition("@")
    # An option's value may have an @ sign, and so may a socket's path.
    rest = f"{parts['path']}{query.partition('=')[0]}{url[parts.end() :]}"
    if "@" in rest and parts["servers"] and not at:
        raise ValueError(_NO_PASSWORD)
    # NFKC, because urllib.parse refuses a sign that is read as a delimiter by somebody else.
    if _DELIMITERS & set(login) | _DELIMITERS & set(unicodedata.normalize("NFKC", login)):
        raise ValueError(_NO_URL)
    return Url(
        scheme=parts["scheme"].lower(),
        login=login + at,
        servers=tuple(_server(each) for each in servers.split(",") if each),
        path=parts["path"],
        options=tuple(parse_qsl(query, keep_blank_values=True)),
    )


def unquoted(text: str) -> str:
    """Return a value as it is; raises ValueError if quotes around it would be part of it."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        raise ValueError("the quotes around it are part of it: leave them out")
    return text


def _server(text: str) -> Server:
    parts = _HOST_PORT.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text} is no host: write an IPv6 address in brackets, as in [::1]:6379")
    host, port = parts["host"], parts["port"]
    host = _ipv6(host) if host.startswith("[") else unquote(host)
    if not host or (_NOT_IN_HOSTS.search(host) and not host.startswith("/")):
        raise ValueError(f"{text} is no host")
    return Server(host, _port(text, port) if port else None)


def _ipv6(text: str) -> str:
    """Read an address in brackets; a zone may come after a percent sign, escaped or not."""
    address, percent, zone = text[1:-1].partition("%")
    if zone.startswith("25") and len(zone) > 2:  # RFC 6874
        zone = zone[2:]
    zone = unquote(zone)
    try:
        IPv6Address(address)
    except ValueError:
        raise ValueError(f"{text} is no IPv6 address") from None
    if percent and not zone:
        raise ValueError(f"{text} names no zone after its percent sign")
    return address + percent + zone


def _port(server: str, text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= (port := int(text[:6])) <= _PORT_MAX:
        return port
    raise ValueError(f"{server} has no port that can be: write 1 to 65535, or none at all")
