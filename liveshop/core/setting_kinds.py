"""The kinds of settings: how the text of an environment variable becomes a checked value."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Final

from liveshop.core import limits
from liveshop.core.failpoint import Failpoint
from liveshop.core.money import is_currency
from liveshop.core.origins import parse_origin
from liveshop.core.url import Url, parse_url

SECRET_BYTES_MIN: Final = 32
_BUCKET: Final = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Kind:
    """How text becomes a value: `parse` raises ValueError with what would be right."""

    name: str
    parse: Callable[[str], Any]


def url(read: Callable[[str], object], *schemes: str) -> Kind:
    """Return the kind of a URL that `read` takes apart, and it raises ValueError if it cannot."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)

    def parse(text: str) -> str:
        if not any(text.lower().startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"it must start with {wanted}")
        read(text)
        return text

    return Kind("URL", parse)


def integer(low: int, high: int) -> Kind:
    """Return the kind of a whole number within a range, both ends included."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"it must be a whole number, {low} to {high}") from None
        if not low <= value <= high:
            raise ValueError(f"it must be between {low} and {high}")
        return value

    return Kind("integer", parse)


def parse_secret(text: str) -> str:
    """Take a secret that is long enough, or none."""
    if text and len(text.encode()) < SECRET_BYTES_MIN:
        raise ValueError(
            f"it must have at least {SECRET_BYTES_MIN} bytes; "
            "`openssl rand -hex 32` makes a good one"
        )
    return text


def parse_public_key(text: str) -> str:
    """Take a public key in PEM, whose line ends may be written as two characters."""
    key = text.replace("\\n", "\n")
    if key and not key.startswith("-----BEGIN PUBLIC KEY-----"):
        raise ValueError("it must be a public key in PEM, -----BEGIN PUBLIC KEY----- and so on")
    return key


def parse_claim(text: str) -> str:
    """Take a text that a claim of a token can have."""
    if len(text) > limits.CLAIM_CHARS_MAX or not text.isprintable():
        raise ValueError(f"it must be up to {limits.CLAIM_CHARS_MAX} characters in one line")
    return text


def parse_host(text: str) -> str:
    """Take an address or a host name to listen on."""
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not host or any(character.isspace() or character in "/*[]" for character in host):
        raise ValueError("it must be an address or a host name, such as 127.0.0.1 or 0.0.0.0")
    if ":" in host:
        try:
            IPv6Address(host)
        except ValueError:
            raise ValueError(
                f"{host} is no IPv6 address; a port is set by LIVESHOP_PORT, not here"
            ) from None
    return host


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)


def _http_url(text: str) -> Url | None:
    """Take an HTTP URL apart; None if it is none."""
    try:
        parts = parse_url(text)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and len(parts.servers) == 1 else None


def parse_origins(text: str) -> tuple[str, ...]:
    """Take origins as browsers send them."""
    return tuple(map(parse_origin, _words(text)))


def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Take networks, those of IPv4 never in the form that IPv6 has for them."""
    try:
        return tuple(_unmapped(ip_network(word)) for word in _words(text))
    except ValueError as error:
        raise ValueError(f"{error}: write addresses or networks, such as 10.0.0.0/8") from None


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    # Peers are compared as IPv4 if they are, so a mapped network would match none.
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < 96:
        return network
    return IPv4Network((mapped, network.prefixlen - 96))


def parse_currency(text: str) -> str:
    """Take a currency of ISO 4217."""
    if len(text) != 3 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError("it must be a code of three capital letters, such as EUR")
    if not is_currency(text):
        raise ValueError(f"{text} is no currency of ISO 4217; write a code of it, such as EUR")
    return text


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Return what takes one of some words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"it must be one of {', '.join(words)}")
        return text

    return parse


def parse_traces_url(text: str) -> str:
    """Take the address of a collector, or none."""
    if text and _http_url(text) is None:
        raise ValueError("it must start with http:// or https://, then name a host")
    return text


def parse_s3_url(text: str) -> str:
    """Take the address of S3, without a bucket, or none."""
    parts = _http_url(text) if text else None
    if text and (parts is None or parts.login or "?" in text or "#" in text):
        raise ValueError("it must be as https://s3.example.com, the bucket is LIVESHOP_S3_BUCKET")
    return text


def parse_bucket(text: str) -> str:
    """Take the name of a bucket, or none."""
    if text and not _BUCKET.fullmatch(text):
        raise ValueError("it must be the name of a bucket: small letters, digits, dots, hyphens")
    return text


def parse_folder(text: str) -> str:
    """Take the path of a folder."""
    if not text.isprintable():
        raise ValueError("it must be the path of a folder, in one line")
    return text


def parse_failpoint(text: str) -> str:
    """Take the name of a failpoint, or none."""
    if text and text not in frozenset(Failpoint):
        raise ValueError(f"it must be one of {', '.join(Failpoint)}")
    return text
