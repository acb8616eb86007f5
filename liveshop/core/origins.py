"""Origins of other sites that may connect: as an operator writes them, and as browsers send them.

An origin is `https://shop.example`, or with another port `https://shop.example:8443` (RFC 6454).
A `*` stands for any name within one label, `https://*.shop.example`. A scheme other than these
two is that of an app, `capacitor://localhost`.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import idna

from liveshop.core.limits import ORIGIN_CHARS_MAX
from liveshop.core.url import Url, parse_url

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Pages of these have the origin `null`, or none at all.
_WITHOUT_ORIGIN: Final = frozenset(
    {"about", "blob", "data", "file", "ftp", "javascript", "mailto", "tel", "ws", "wss"}
)
# Below a name such as `co.uk` anyone may have a site.
_LABELS_AFTER_STAR_MIN: Final = 2
# A last label by which browsers take a host for an address.
_NUMBER: Final = re.compile("[0-9]+|0x[0-9a-f]*")
# Before a port, and around a scheme.
_SIGNS: Final = frozenset(":/")


def parse_origin(text: str) -> str:
    """Return an origin as browsers send it: in small letters, in ASCII, without a default port.

    Raises ValueError with what is wrong.
    """
    if text == "*":
        raise ValueError("* would be every site: name those that may connect")
    try:
        parts = parse_url(text)
    except ValueError:
        raise ValueError(_no_origin(text)) from None
    if parts.scheme in _WITHOUT_ORIGIN:
        raise ValueError(f"{text} is no origin: pages send none that begins with {parts.scheme}://")
    if len(parts.servers) != 1 or parts.login or parts.path or "?" in text or "#" in text:
        raise ValueError(_no_origin(text))
    host, port = _host(text, parts), parts.servers[0].port
    shown = f"[{host}]" if ":" in host else host
    if port is None or port == _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{shown}"
    return f"{parts.scheme}://{shown}:{port}"


def _host(text: str, parts: Url) -> str:
    host = parts.servers[0].host
    if ":" in host:
        return _ipv6(text, host)
    labels = host.removesuffix(".").split(".")
    stars = [place for place, label in enumerate(labels) if "*" in label]
    if any(label.count("*") > 1 for label in labels):
        raise ValueError(f"{text} has two stars in one label: write one")
    if stars and len(labels) - 1 - stars[-1] < _LABELS_AFTER_STAR_MIN:
        raise ValueError(f"{text} would be sites of anyone: write *.shop.example, a name after it")
    if parts.scheme not in _DEFAULT_PORTS:
        # An app's own name, which no registry knows.
        return host.lower()
    if any("*" in label and not label.isascii() for label in labels):
        raise ValueError(f"{text} has a star next to a letter that browsers send encoded")
    try:
        name = ".".join(label.lower() if "*" in label else _ascii(label) for label in labels)
        if _NUMBER.fullmatch(name.rpartition(".")[2]):
            IPv4Address(name)
    except ValueError:  # that of idna is one
        raise ValueError(f"{text} is no origin: {host} is no host name") from None
    return name


def _ipv6(text: str, host: str) -> str:
    """Return an address as browsers send it: short, and in hexadecimal figures only."""
    if "%" in host:
        raise ValueError(f"{text} is no origin: browsers know no zone of an address")
    address = IPv6Address(host)
    if address.ipv4_mapped is None:
        return address.compressed
    low = int(address.ipv4_mapped)
    return f"::ffff:{low >> 16:x}:{low & 0xFFFF:x}"


def _ascii(label: str) -> str:
    if label.isascii() and label:
        # As it is: an underscore is in no domain that can be registered, and works nevertheless.
        return label.lower()
    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError:
        # Emoji are in no new name, and in many that are.
        mapped = idna.uts46_remap(label)
        if not mapped or mapped.isascii():
            raise
        return f"xn--{mapped.encode('punycode').decode()}"


def _no_origin(text: str) -> str:
    return f"{text} is no origin: write it as https://shop.example, no path"


def is_allowed(origin: str, origins: Collection[str]) -> bool:
    """Return True if an origin, as a browser sends it, is one of those that may connect."""
    if origin in origins:
        return True
    # Before its labels are compared: 14,000 of them, with each origin that has a star.
    if len(origin) > ORIGIN_CHARS_MAX:
        return False
    return any("*" in each and _matches(each, origin) for each in origins)


def _matches(written: str, origin: str) -> bool:
    ours, theirs = written.split("."), origin.split(".")
    return len(ours) == len(theirs) and all(map(_label_matches, ours, theirs))


def _label_matches(written: str, label: str) -> bool:
    before, star, after = written.partition("*")
    if not star:
        return written == label
    name = label[len(before) : len(label) - len(after)]
    return label == f"{before}{name}{after}" != f"{before}{after}" and not _SIGNS & set(name)
