"""The client's address, and the server's name as the client knows it: with or without proxies."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from liveshop.core import limits
from liveshop.core.origins import is_allowed

Networks = Sequence[IPv4Network | IPv6Network]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PORT_MAX: Final = 65_535
_HOP_CHARS_MAX: Final = 100

# The client of a request whose trusted proxy named it in a way that cannot be read.
UNREADABLE: Final = "unreadable"


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Networks) -> str:
    """Return the address of the client, or UNREADABLE.

    It is the peer's, or behind a trusted proxy the last one in the `X-Forwarded-For` headers
    that is not a trusted proxy's itself. A trusted proxy wrote each entry that is looked at. If
    one cannot be read, nothing is known of the client: the proxy's own address would give it
    the allowance of everybody behind the proxy.
    """
    if not trusted and ":" not in peer:
        return peer  # as the kernel writes it
    address = _parse(peer)
    if address is None:
        return peer
    # A list may have empty elements, which count for nothing (RFC 9110, section 5.6.1).
    rest = ",".join(forwarded_for).rstrip(", \t") if forwarded_for else ""
    hops = 0
    while rest and _is_trusted(address, trusted):
        # If hops were not limited, a head full of trusted addresses would cost milliseconds.
        hops += 1
        rest, _, entry = rest.rpartition(",")
        rest = rest.rstrip(", \t")
        hop = _parse_hop(entry) if hops <= limits.FORWARDED_HOPS_MAX else None
        if hop is None:
            return UNREADABLE
        address = hop
    return str(address)


@lru_cache(maxsize=16_384)
def address_key(address: str, prefix_ipv4: int, prefix_ipv6: int) -> str:
    """Return the name that limits count an address by: its network's, of so many bits.

    If IPv6 addresses were counted whole, one machine could use up its limits 2⁶⁴ times. Anything
    that is no address, such as UNREADABLE or the empty peer of a Unix socket, is its own name.
    """
    parsed = _parse(address)
    if parsed is None:
        return address
    prefix = prefix_ipv4 if parsed.version == 4 else prefix_ipv6
    if prefix == parsed.max_prefixlen:
        return str(parsed)
    return str(ip_network((parsed, prefix), strict=False))


def peer_address(peername: object) -> str:
    """Return the address in a socket's peer name; empty for a Unix socket, which has none."""
    return str(peername[0]) if isinstance(peername, tuple) else ""


def own_host(peer: str, host: str, forwarded_host: str | None, trusted: Networks) -> str:
    """Return the server's host and port as the client wrote them."""
    if forwarded_host is None or not is_trusted(peer, trusted):
        return host
    return forwarded_host.partition(",")[0].strip()


def speaks_tls(peer: str, forwarded_proto: Sequence[str], trusted: Networks) -> bool:
    """Return True if a trusted proxy says that the client came by TLS, on each stretch it lists."""
    if not forwarded_proto or not is_trusted(peer, trusted):
        return False
    schemes = ",".join(forwarded_proto).split(",")
    return all(scheme.strip().lower() == "https" for scheme in schemes)


@lru_cache(maxsize=256)
def origin_allowed(origin: str | None, host: str, allowed: tuple[str, ...]) -> bool:
    """Return True if a page of `origin` may connect to the server called `host`.

    None, that is no browser, and the server's own pages always may. The scheme is not compared:
    a proxy may speak TLS for us.
    """
    if origin is None or is_allowed(origin, allowed):
        return True
    try:
        page = urlsplit(origin)
        default = _DEFAULT_PORTS[page.scheme]
        server = urlsplit(f"//{host}")
        return (page.hostname, page.port or default) == (server.hostname, server.port or default)
    except (ValueError, KeyError):
        return False


def is_trusted(peer: str, trusted: Networks) -> bool:
    """Return True if a peer is one of the trusted proxies."""
    address = _parse(peer)
    return address is not None and _is_trusted(address, trusted)


@lru_cache(maxsize=4_096)
def _parse_hop(entry: str) -> IPv4Address | IPv6Address | None:
    """Read an entry: an address, perhaps quoted, in brackets, with a port or with a zone."""
    text = entry.strip()
    if len(text) > _HOP_CHARS_MAX:
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip()
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        return _parse(host) if not port or _is_port(port[1:]) else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return _parse(host) if _is_port(port) else None
    return _parse(text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= _PORT_MAX


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    if ":" in text:
        text = text.partition("%")[0]  # a zone means something only on the machine that named it
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 peers so.
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)
