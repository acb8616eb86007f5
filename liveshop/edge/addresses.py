"""Who is at the other end, and what the server is called there: with or without proxies."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

Networks = Sequence[IPv4Network | IPv6Network]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Networks) -> str:
    """Return the address of the client.

    It is the peer's, or behind a trusted proxy the last one in the `X-Forwarded-For` headers
    that is not a trusted proxy's itself. What is no address ends the chain: beyond it anything
    may have been made up.
    """
    if not trusted and ":" not in peer:
        return peer  # as the kernel writes it
    address = _parse(peer)
    if address is None:
        return peer
    hops = [hop for header in forwarded_for for hop in header.split(",")]
    while hops and _is_trusted(address, trusted):
        hop = _parse(hops.pop().strip())
        if hop is None:
            break
        address = hop
    return str(address)


def own_host(peer: str, host: str, forwarded_host: str | None, trusted: Networks) -> str:
    """Return the server's host and port as the client wrote them."""
    if forwarded_host is None or not is_trusted(peer, trusted):
        return host
    return forwarded_host.split(",")[0].strip()


@lru_cache(maxsize=256)
def origin_allowed(origin: str | None, host: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a page of `origin` may connect to the server called `host`.

    None, that is no browser, and the server's own pages always may. The scheme is not compared:
    a proxy may speak TLS for us.
    """
    if origin is None or origin in allowed:
        return True
    try:
        page = urlsplit(origin)
        default = _DEFAULT_PORTS[page.scheme]
        server = urlsplit(f"//{host}")
        return (page.hostname, page.port or default) == (server.hostname, server.port or default)
    except (ValueError, KeyError):
        return False


def is_trusted(peer: str, trusted: Networks) -> bool:
    """Tell whether a peer is one of the trusted proxies."""
    address = _parse(peer)
    return address is not None and _is_trusted(address, trusted)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 peers so.
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)
