"""Addresses that requests of ours may go to, where somebody else has named the host."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from liveshop.core.limits import URL_CHARS_MAX

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_MAIL_PORT: Final = 25
# Written down, because what Python takes for global differs between its releases.
_CLASSES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("this machine", ("127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128")),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    ("shared by carriers", ("100.64.0.0/10",)),
    # Azure's answers from a public address with the secrets of a machine.
    ("a cloud's own", ("168.63.129.16/32",)),
    ("multicast or broadcast", ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")),
    (
        "reserved",
        (
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
            *("64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16"),
            *("3fff::/20", "5f00::/16"),
        ),
    ),
)
_NETWORKS: Final = tuple(
    (words, IPv4Network(text) if "." in text else IPv6Network(text))
    for words, texts in _CLASSES
    for text in texts
)
# A gateway takes these for the IPv4 address in their last 32 bits.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE: Final = IPv6Network("::/96")
# No other IPv6 address is one of a host on the internet.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")

_HOST_CHARS_MAX: Final = 253
_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
# Resolvers take 0x7f.1 and 2130706433 for addresses; no name of the internet ends like that.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


class ForbiddenAddress(Exception):
    """A host has an address that no request may go to; the message says of which class."""


def why_forbidden(address: Address, allowed: Iterable[Network]) -> str | None:
    """Return the class of an address that no request may go to, None of one that it may.

    `allowed` are networks that an operator has opened.
    """
    meant = _meant(address)
    if is_allowed(address, allowed):
        return None
    for words, network in _NETWORKS:
        if meant.version == network.version and meant in network:
            return words
    unicast = meant.version == 4 or meant in _GLOBAL_UNICAST
    return None if unicast and meant.is_global else "reserved"


def is_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """Return True if an operator has opened the network of an address."""
    meant = _meant(address)
    return any(meant.version == each.version and meant in each for each in allowed)


def _meant(address: Address) -> Address:
    """Return the address that a connection would reach: IPv4, however it is dressed up."""
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        address = IPv6Address(int(address))
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def flaw_of_url(url: str, allowed: Iterable[Network]) -> str | None:
    """Return what keeps a URL from being called, as far as it can be told without a resolver.

    `http` is for networks that an operator has opened, since it carries everything in the clear.
    """
    if len(url) > URL_CHARS_MAX or not url.isprintable() or " " in url or "\\" in url:
        return f"it must be a URL of up to {URL_CHARS_MAX} characters, without blanks"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme not in ("http", "https") or not host:
        return "it must start with https:// and a host"
    if not parts.netloc.isascii():
        return "its host must be written in ASCII"
    if not url.isascii():
        return "it must be written in ASCII, with % for all other characters"
    if "@" in parts.netloc:
        return "it must have no user name"
    if "#" in url:
        return "it must have no #"
    if port in (0, _MAIL_PORT):
        return f"its port must not be {port}"
    opened = tuple(allowed)
    address = _address(host)
    if parts.scheme == "http":
        if not opened or (address is not None and not is_allowed(address, opened)):
            return "it must start with https://, since http is for networks of your own"
    if address is not None:
        found = why_forbidden(address, opened)
        return f"its address is {found}" if found else None
    if host == "localhost" or host.endswith(".localhost"):
        return None if opened else "its address is this machine"
    if (
        len(host) > _HOST_CHARS_MAX
        or not _NAME.fullmatch(host)
        or _NUMBER.fullmatch(host.rpartition(".")[2])
    ):
        return "its host must be a name without a dot at its end, or an address in full"
    return None


def _address(host: str) -> Address | None:
    if "%" in host:
        return None  # an address with a zone is one of this machine's networks
    try:
        return ip_address(host)
    except ValueError:
        return None
