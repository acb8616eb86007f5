"""The options of a Redis URL: those that take effect, in the form that redis-py reads."""

from collections.abc import Callable, Mapping
from typing import Final

from liveshop.core.url import Url
from liveshop.core.url_options import refuse_inert, unknown

Options = tuple[tuple[str, str], ...]

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})
_CERT_REQS: Final = ("none", "optional", "required")
# By the numbers of `ssl.TLSVersion`, which redis-py reads.
_TLS_VERSIONS: Final = {"TLSv1.2": "771", "TLSv1.3": "772"}

_TIMES: Final = "liveshop sets how long it waits for Redis"
_LINES: Final = "a node has two connections to each server, whatever a pool is told"
_AGAIN: Final = "liveshop decides itself what may be asked again"
_INERT: Final[Mapping[str, str]] = {
    "socket_timeout": _TIMES,
    "socket_connect_timeout": _TIMES,
    "timeout": _TIMES,
    "connect_timeout": _TIMES,
    "sockettimeout": _TIMES,
    "max_connections": _LINES,
    "health_check_interval": _TIMES,
    "retry_on_timeout": _AGAIN,
    "retry_on_error": _AGAIN,
    "protocol": "liveshop speaks RESP 2",
    "decode_responses": "liveshop reads answers itself",
}


def checked_options(parts: Url) -> Options:
    """Return the options of a URL in redis-py's words; raises ValueError for one without effect."""
    options = tuple((name, _checked(parts, name, value)) for name, value in parts.options)
    named = dict(options)
    if named.get("ssl_cert_reqs") == "none" and named.get("ssl_check_hostname") == str(True):
        raise ValueError("its option ssl_check_hostname has no effect with ssl_cert_reqs=none")
    return options


def _checked(parts: Url, name: str, value: str) -> str:
    refuse_inert(name, _INERT)
    read = _OPTIONS.get(name)
    if read is None:
        raise unknown(name, _OPTIONS)
    if name.startswith("ssl_") and not parts.scheme.startswith("rediss"):
        raise ValueError(f"its option {name} needs TLS: begin with rediss://")
    if name.startswith("sentinel_") and not parts.scheme.endswith("+sentinel"):
        raise ValueError(f"its option {name} is for Sentinels: begin with redis+sentinel://")
    return read(name, value)


def _text(name: str, value: str) -> str:
    if not value:
        raise ValueError(f"its option {name} is empty: give it a value, or leave it out")
    return value


def _number(name: str, value: str) -> str:
    if not (value.isascii() and value.isdecimal()):
        raise ValueError(f"its option {name} must be a whole number")
    return value


def _truth(name: str, value: str) -> str:
    # redis-py takes every other word for true, `off` and `disabled` too.
    if value.lower() not in _TRUE | _FALSE:
        raise ValueError(f"its option {name} must be true or false")
    return str(value.lower() in _TRUE)


def _cert_reqs(name: str, value: str) -> str:
    word = value.lower().removeprefix("cert_")
    if word not in _CERT_REQS:
        raise ValueError(f"its option {name} must be {', '.join(_CERT_REQS)}")
    return word


def _tls_version(name: str, value: str) -> str:
    version = _TLS_VERSIONS.get(value.replace("_", "."), value)
    if version not in _TLS_VERSIONS.values():
        raise ValueError(f"its option {name} must be {' or '.join(_TLS_VERSIONS)}")
    return version


_OPTIONS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "db": _number,
    "client_name": _text,
    "username": _text,
    "password": _text,
    "sentinel_username": _text,
    "sentinel_password": _text,
    "socket_keepalive": _truth,
    "ssl_ca_certs": _text,
    "ssl_ca_path": _text,
    "ssl_certfile": _text,
    "ssl_keyfile": _text,
    "ssl_password": _text,
    "ssl_check_hostname": _truth,
    "ssl_cert_reqs": _cert_reqs,
    "ssl_min_version": _tls_version,
    "ssl_ciphers": _text,
}
