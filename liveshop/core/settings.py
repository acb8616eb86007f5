"""The settings of an operator: one table of names, types, defaults and what each is for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Final

from liveshop.core import limits
from liveshop.core.failpoint import Failpoint
from liveshop.core.money import is_currency
from liveshop.core.origins import parse_origin
from liveshop.core.roles import Role
from liveshop.core.store_urls import check_postgres_url, check_redis_url
from liveshop.core.url import Url, parse_url, unquoted

PREFIX: Final = "LIVESHOP_"
SECRET_BYTES_MIN: Final = 32
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")

_ROLES: Final = tuple(role.word for role in Role)
_LOG_FORMATS: Final = ("text", "json")


class SettingsError(ValueError):
    """A setting does not hold; the message is one line that names it and says what would."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table: `kind` and `default` as an operator reads and writes them."""

    name: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """How text becomes a value: `parse` raises ValueError with what would be right."""

    name: str
    parse: Callable[[str], Any]


def _setting(kind: _Kind, default: str, meaning: str, *, shown: bool = True) -> Any:
    # A value that is not shown has, or may have, a password in it.
    metadata = {"kind": kind, "default": default, "meaning": meaning}
    return field(default=kind.parse(default), metadata=metadata, repr=shown)


def _url(read: Callable[[str], object], *schemes: str) -> _Kind:
    """Return the kind of a URL that `read` takes apart, and it raises ValueError if it cannot."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)

    def parse(text: str) -> str:
        if not any(text.lower().startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"it must start with {wanted}")
        read(text)
        return text

    return _Kind("URL", parse)


def _integer(low: int, high: int) -> _Kind:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"it must be a whole number, {low} to {high}") from None
        if not low <= value <= high:
            raise ValueError(f"it must be between {low} and {high}")
        return value

    return _Kind("integer", parse)


def _parse_secret(text: str) -> str:
    if text and len(text.encode()) < SECRET_BYTES_MIN:
        raise ValueError(
            f"it must have at least {SECRET_BYTES_MIN} bytes; "
            "`openssl rand -hex 32` makes a good one"
        )
    return text


def _parse_public_key(text: str) -> str:
    key = text.replace("\\n", "\n")
    if key and not key.startswith("-----BEGIN PUBLIC KEY-----"):
        raise ValueError("it must be a public key in PEM, -----BEGIN PUBLIC KEY----- and so on")
    return key


def _parse_claim(text: str) -> str:
    if len(text) > limits.CLAIM_CHARS_MAX or not text.isprintable():
        raise ValueError(f"it must be up to {limits.CLAIM_CHARS_MAX} characters in one line")
    return text


def _parse_host(text: str) -> str:
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not host or any(character.isspace() or character in "/*[]" for character in host):
        raise ValueError("it must be an address or a host name, such as 127.0.0.1 or 0.0.0.0")
    if ":" in host:
        try:
            IPv6Address(host)
        except ValueError:
            raise ValueError(
                f"{host} is no IPv6 address; a port is set by {PREFIX}PORT, not here"
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


def _parse_origins(text: str) -> tuple[str, ...]:
    return tuple(map(parse_origin, _words(text)))


def _parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
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


def _parse_currency(text: str) -> str:
    if len(text) != 3 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError("it must be a code of three capital letters, such as EUR")
    if not is_currency(text):
        raise ValueError(f"{text} is no currency of ISO 4217; write a code of it, such as EUR")
    return text


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"it must be one of {', '.join(words)}")
        return text

    return parse


def _parse_traces_url(text: str) -> str:
    if text and _http_url(text) is None:
        raise ValueError("it must start with http:// or https://, then name a host")
    return text


def _parse_failpoint(text: str) -> str:
    if text and text not in frozenset(Failpoint):
        raise ValueError(f"it must be one of {', '.join(Failpoint)}")
    return text


def _claim(claim: str, keys: str) -> Any:
    meaning = f"The {claim} that tokens of both {keys} must have; any if empty."
    return _setting(_Kind("text", _parse_claim), "", meaning)


def _role(keys: str) -> Any:
    meaning = f"The highest role of tokens of both {keys}: {', '.join(_ROLES)}."
    return _setting(_Kind("word", _one_of(_ROLES)), _ROLES[-1], meaning)


_CONNECTIONS: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server process, all checked."""

    redis_url: str = _setting(
        _url(
            check_redis_url,
            *("redis", "rediss", "unix"),
            *("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),
        ),
        "redis://127.0.0.1:6379/0",
        "Redis 7.0 or newer, or Valkey, as one server, behind Sentinels or as a cluster; its "
        "maxmemory-policy must be noeviction.",
        shown=False,
    )
    postgres_url: str = _setting(
        _url(check_postgres_url, "postgresql", "postgres"),
        "postgresql://127.0.0.1:5432/liveshop",
        "PostgreSQL 15 or newer; several hosts may be named, the writable one is used.",
        shown=False,
    )
    secret: str = _setting(
        _Kind("text", _parse_secret),
        "",
        "The secret that signs HS256 tokens, 32 bytes or more; the same on every node.",
        shown=False,
    )
    secret_second: str = _setting(
        _Kind("text", _parse_secret),
        "",
        "A second secret whose HS256 tokens are valid too, while one secret replaces another.",
        shown=False,
    )
    jwt_public_key: str = _setting(
        _Kind("PEM", _parse_public_key),
        "",
        "The public key of RS256 or ES256 tokens that your own backend signs.",
    )
    jwt_public_key_second: str = _setting(
        _Kind("PEM", _parse_public_key),
        "",
        "A second public key whose tokens are valid too, while one key replaces another.",
    )
    secret_issuer: str = _claim("`iss`", "secrets")
    secret_audience: str = _claim("`aud`, one of several or the only one,", "secrets")
    secret_role_max: str = _role("secrets")
    jwt_issuer: str = _claim("`iss`", "public keys")
    jwt_audience: str = _claim("`aud`, one of several or the only one,", "public keys")
    jwt_role_max: str = _role("public keys")
    staff_token_life_max_s: int = _setting(
        _integer(0, 315_360_000),
        "0",
        "How long tokens of moderators, hosts and admins may be good for, by `iat`; 0 for any.",
    )
    host: str = _setting(
        _Kind("address", _parse_host),
        "127.0.0.1",
        "Where to listen; 0.0.0.0 for everywhere, :: for everywhere in IPv6 too.",
    )
    port: int = _setting(_integer(1, 65_535), "8000", "The one port, of HTTP and WebSocket.")
    origins: tuple[str, ...] = _setting(
        _Kind("list", _parse_origins),
        "",
        "Origins of other sites that may connect, comma-separated, such as https://*.shop.example "
        "or capacitor://localhost; the server's own always may.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        _Kind("list", _parse_networks),
        "",
        "Networks of proxies whose X-Forwarded-For, -Host and -Proto are read; comma-separated.",
    )
    hsts_max_age_s: int = _setting(
        _integer(0, 315_360_000),
        str(limits.HSTS_MAX_AGE_S_DEFAULT),
        "How long browsers that came to a trusted proxy by TLS keep to it (HSTS); 0 ends that.",
    )
    currency: str = _setting(
        _Kind("code", _parse_currency), "EUR", "The currency of the catalogue's prices."
    )
    ping_ms: int = _setting(
        _integer(1_000, 3_600_000),
        str(limits.PING_MS_DEFAULT),
        "How often a viewer is pinged; one silent for this and 10 s more is closed.",
    )
    connections_per_viewer_max: int = _setting(
        _integer(1, _CONNECTIONS),
        str(limits.CONNECTIONS_PER_VIEWER_MAX),
        "How many connections one identity may have on a node.",
    )
    connections_per_address_max: int = _setting(
        _integer(1, _CONNECTIONS),
        str(limits.CONNECTIONS_PER_ADDRESS_MAX),
        "How many connections one address may have on a node.",
    )
    http_connections_per_address_max: int = _setting(
        _integer(1, limits.HTTP_CONNECTIONS_MAX),
        str(limits.HTTP_CONNECTIONS_PER_ADDRESS_MAX),
        "How many connections one address may have on a node, viewers' not counted.",
    )
    keep_alive_ms: int = _setting(
        _integer(1_000, 3_600_000),
        str(limits.KEEP_ALIVE_MS_DEFAULT),
        "How long an HTTP connection may be idle; longer than a load balancer reuses it.",
    )
    address_prefix_ipv4: int = _setting(
        _integer(8, 32),
        str(limits.ADDRESS_PREFIX_IPV4_BITS),
        "By how many leading bits of an IPv4 address the limits of an address count.",
    )
    address_prefix_ipv6: int = _setting(
        _integer(16, 128),
        str(limits.ADDRESS_PREFIX_IPV6_BITS),
        "By how many leading bits of an IPv6 address the limits of an address count.",
    )
    connections_max: int = _setting(
        _integer(1, _CONNECTIONS),
        "50000",
        "How many connections a node takes; the others are sent to another node.",
    )
    quiet_rooms_max: int = _setting(
        _integer(1, 100_000),
        str(limits.QUIET_ROOMS_DEFAULT),
        "How many quiet shows a node loads: not on, and watched only by anonymous viewers.",
    )
    joins_per_second_max: int = _setting(
        _integer(1, 1_000_000),
        str(limits.JOINS_PER_SECOND_DEFAULT),
        "How many may join a node in a second; the others are told when to come back.",
    )
    chat_per_second: int = _setting(
        _integer(1, limits.CHAT_PER_SECOND_MAX),
        str(limits.CHAT_PER_SECOND_DEFAULT),
        "How many chat messages a second a session shows, 50 at most; the rest is counted as "
        "dropped.",
    )
    buy_wait_ms_max: int = _setting(
        _integer(10, 60_000),
        str(limits.BUY_WAIT_MS_DEFAULT),
        "How long a purchase may take until its answer; with a longer expected wait it is `busy` "
        "at once.",
    )
    drain_ms: int = _setting(
        _integer(0, 600_000), "10000", "How long a stopping node takes to let its viewers go."
    )
    postgres_pool_max: int = _setting(
        _integer(2, 1_000), "10", "How many connections to PostgreSQL a node opens."
    )
    log_level: str = _setting(
        _Kind("word", _one_of(_LOG_LEVELS)),
        "info",
        f"The lowest level that is logged: {', '.join(_LOG_LEVELS)}.",
    )
    log_format: str = _setting(
        _Kind("word", _one_of(_LOG_FORMATS)),
        "text",
        f"The format of the log: {', '.join(_LOG_FORMATS)}; JSON is one object a line.",
    )
    traces_url: str = _setting(
        _Kind("URL", _parse_traces_url),
        "",
        "Where to send traces of purchases by OTLP over HTTP; needs the extra otel.",
        shown=False,
    )
    failpoint: str = _setting(
        _Kind("word", _parse_failpoint),
        "",
        "Only for tests of crashes: the place at which the process ends itself.",
    )

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Check every `LIVESHOP_` variable; an empty one is as good as none.

        Raises SettingsError for the first that does not hold, and for a name nobody knows.
        """
        known = {PREFIX + each.name.upper(): each for each in fields(cls)}
        for name in environment:
            if name.startswith(PREFIX) and name not in known:
                raise SettingsError(f"{name} is no setting; `liveshop serve --help` lists them")
        values: dict[str, Any] = {}
        for name, each in known.items():
            if text := environment.get(name, "").strip():
                try:
                    values[each.name] = each.metadata["kind"].parse(unquoted(text))
                except ValueError as error:
                    raise SettingsError(f"{name}: {error}") from None
        return cls(**values)

    def require_keys(self) -> None:
        """Raise SettingsError unless tokens can be checked."""
        if not (self.secret or self.jwt_public_key):
            raise SettingsError(
                f"{PREFIX}SECRET is not set: tokens are signed with it, 32 bytes or more "
                f"(`openssl rand -hex 32` makes one), or set {PREFIX}JWT_PUBLIC_KEY"
            )
        for kind, key in (("secret", "secret"), ("jwt", "jwt_public_key")):
            has_key = getattr(self, key) or getattr(self, f"{key}_second")
            for name in (f"{kind}_issuer", f"{kind}_audience", f"{kind}_role_max"):
                if getattr(self, name) not in ("", _ROLES[-1]) and not has_key:
                    name, key = PREFIX + name.upper(), PREFIX + key.upper()
                    raise SettingsError(f"{name}: it would hold for {key}, which is not set")


SETTINGS: Final = tuple(
    Setting(
        name=PREFIX + each.name.upper(),
        kind=each.metadata["kind"].name,
        default=each.metadata["default"],
        meaning=each.metadata["meaning"],
    )
    for each in fields(Settings)
)
