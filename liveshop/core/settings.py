"""The settings of an operator: one table of names, types, defaults and what each is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

from liveshop.core import limits
from liveshop.core.roles import Role
from liveshop.core.setting_kinds import (
    Kind,
    integer,
    one_of,
    parse_bucket,
    parse_claim,
    parse_currency,
    parse_failpoint,
    parse_folder,
    parse_host,
    parse_networks,
    parse_origins,
    parse_public_key,
    parse_s3_url,
    parse_secret,
    parse_traces_url,
    url,
)
from liveshop.core.store_urls import check_postgres_url, check_redis_url
from liveshop.core.url import unquoted

PREFIX: Final = "LIVESHOP_"
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


def _setting(kind: Kind, default: str, meaning: str, *, shown: bool = True) -> Any:
    # A value that is not shown has, or may have, a password in it.
    metadata = {"kind": kind, "default": default, "meaning": meaning}
    return field(default=kind.parse(default), metadata=metadata, repr=shown)


def _claim(claim: str, keys: str) -> Any:
    meaning = f"The {claim} that tokens of both {keys} must have; any if empty."
    return _setting(Kind("text", parse_claim), "", meaning)


def _role(keys: str) -> Any:
    meaning = f"The highest role of tokens of both {keys}: {', '.join(_ROLES)}."
    return _setting(Kind("word", one_of(_ROLES)), _ROLES[-1], meaning)


_CONNECTIONS: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server process, all checked."""

    redis_url: str = _setting(
        url(
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
        url(check_postgres_url, "postgresql", "postgres"),
        "postgresql://127.0.0.1:5432/liveshop",
        "PostgreSQL 15 or newer; several hosts may be named, the writable one is used.",
        shown=False,
    )
    secret: str = _setting(
        Kind("text", parse_secret),
        "",
        "The secret that signs HS256 tokens, 32 bytes or more; the same on every node.",
        shown=False,
    )
    secret_second: str = _setting(
        Kind("text", parse_secret),
        "",
        "A second secret whose HS256 tokens are valid too, while one secret replaces another.",
        shown=False,
    )
    jwt_public_key: str = _setting(
        Kind("PEM", parse_public_key),
        "",
        "The public key of RS256 or ES256 tokens that your own backend signs.",
    )
    jwt_public_key_second: str = _setting(
        Kind("PEM", parse_public_key),
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
        integer(0, 315_360_000),
        "0",
        "How long tokens of moderators, hosts and admins may be good for, by `iat`; 0 for any.",
    )
    guests: str = _setting(
        Kind("word", one_of(("on", "off"))),
        "on",
        "Whether people without a token may take part as guests: on or off; needs a secret.",
    )
    guest_token_life_s: int = _setting(
        integer(60, 31_536_000), "2592000", "How long the token of a guest is good for."
    )
    guests_per_address_max: int = _setting(
        integer(1, 1_000_000),
        "200",
        "How many guests one address may bring in an hour, over all nodes.",
    )
    people_key: str = _setting(
        Kind("text", parse_secret),
        "",
        "The master key that seals names and mail, 32 bytes or more, the same on every node; by "
        "default the secret does it.",
        shown=False,
    )
    people_key_second: str = _setting(
        Kind("text", parse_secret),
        "",
        "The master key before, which still opens what it sealed, while one replaces another.",
        shown=False,
    )
    host: str = _setting(
        Kind("address", parse_host),
        "127.0.0.1",
        "Where to listen; 0.0.0.0 for everywhere, :: for everywhere in IPv6 too.",
    )
    port: int = _setting(integer(1, 65_535), "8000", "The one port, of HTTP and WebSocket.")
    origins: tuple[str, ...] = _setting(
        Kind("list", parse_origins),
        "",
        "Origins of other sites that may connect, comma-separated, such as https://*.shop.example "
        "or capacitor://localhost; the server's own always may.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        Kind("list", parse_networks),
        "",
        "Networks of proxies whose X-Forwarded-For, -Host and -Proto are read; comma-separated.",
    )
    hsts_max_age_s: int = _setting(
        integer(0, 315_360_000),
        str(limits.HSTS_MAX_AGE_S_DEFAULT),
        "How long browsers that came to a trusted proxy by TLS keep to it (HSTS); 0 ends that.",
    )
    currency: str = _setting(
        Kind("code", parse_currency), "EUR", "The currency of the catalogue's prices."
    )
    ping_ms: int = _setting(
        integer(1_000, 3_600_000),
        str(limits.PING_MS_DEFAULT),
        "How often a viewer is pinged; one silent for this and 10 s more is closed.",
    )
    connections_per_viewer_max: int = _setting(
        integer(1, _CONNECTIONS),
        str(limits.CONNECTIONS_PER_VIEWER_MAX),
        "How many connections one identity may have on a node.",
    )
    connections_per_address_max: int = _setting(
        integer(1, _CONNECTIONS),
        str(limits.CONNECTIONS_PER_ADDRESS_MAX),
        "How many connections one address may have on a node.",
    )
    http_connections_per_address_max: int = _setting(
        integer(1, limits.HTTP_CONNECTIONS_MAX),
        str(limits.HTTP_CONNECTIONS_PER_ADDRESS_MAX),
        "How many connections one address may have on a node, viewers' not counted.",
    )
    keep_alive_ms: int = _setting(
        integer(1_000, 3_600_000),
        str(limits.KEEP_ALIVE_MS_DEFAULT),
        "How long an HTTP connection may be idle; longer than a load balancer reuses it.",
    )
    address_prefix_ipv4: int = _setting(
        integer(8, 32),
        str(limits.ADDRESS_PREFIX_IPV4_BITS),
        "By how many leading bits of an IPv4 address the limits of an address count.",
    )
    address_prefix_ipv6: int = _setting(
        integer(16, 128),
        str(limits.ADDRESS_PREFIX_IPV6_BITS),
        "By how many leading bits of an IPv6 address the limits of an address count.",
    )
    connections_max: int = _setting(
        integer(1, _CONNECTIONS),
        "50000",
        "How many connections a node takes; the others are sent to another node.",
    )
    quiet_rooms_max: int = _setting(
        integer(1, 100_000),
        str(limits.QUIET_ROOMS_DEFAULT),
        "How many quiet shows a node loads: not on, and watched only by anonymous viewers.",
    )
    joins_per_second_max: int = _setting(
        integer(1, 1_000_000),
        str(limits.JOINS_PER_SECOND_DEFAULT),
        "How many may join a node in a second; the others are told when to come back.",
    )
    chat_per_second: int = _setting(
        integer(1, limits.CHAT_PER_SECOND_MAX),
        str(limits.CHAT_PER_SECOND_DEFAULT),
        "How many chat messages a second a session shows, 50 at most; the rest is counted as "
        "dropped.",
    )
    buy_wait_ms_max: int = _setting(
        integer(10, 60_000),
        str(limits.BUY_WAIT_MS_DEFAULT),
        "How long a purchase may take until its answer; with a longer expected wait it is `busy` "
        "at once.",
    )
    drain_ms: int = _setting(
        integer(0, 600_000), "10000", "How long a stopping node takes to let its viewers go."
    )
    postgres_pool_max: int = _setting(
        integer(2, 1_000), "10", "How many connections to PostgreSQL a node opens."
    )
    work_port: int = _setting(
        integer(0, 65_535),
        "8001",
        "The port of a worker's health and metrics; 0 for none.",
    )
    work_pool_max: int = _setting(
        integer(2, 1_000), "5", "How many connections to PostgreSQL a worker opens."
    )
    egress_allow: tuple[IPv4Network | IPv6Network, ...] = _setting(
        Kind("list", parse_networks),
        "",
        "Networks of your own that webhooks may be in, by http too; else only public addresses "
        "are called. Comma-separated.",
    )
    media_folder: str = _setting(
        Kind("path", parse_folder),
        "media",
        "The folder of uploaded pictures, the same for all nodes; not used with S3.",
    )
    s3_endpoint: str = _setting(
        Kind("URL", parse_s3_url),
        "",
        "S3, or what speaks its protocol, for uploaded pictures; they are in the folder if empty.",
    )
    s3_bucket: str = _setting(Kind("text", parse_bucket), "", "The bucket of uploaded pictures.")
    s3_region: str = _setting(
        Kind("text", parse_claim), "us-east-1", "The region that requests to S3 are signed for."
    )
    s3_key: str = _setting(
        Kind("text", parse_claim), "", "The id of the access key of S3.", shown=False
    )
    s3_secret: str = _setting(
        Kind("text", parse_claim), "", "The secret of that access key.", shown=False
    )
    s3_path_style: str = _setting(
        Kind("word", one_of(("yes", "no"))),
        "yes",
        "Whether the bucket is named in the path, yes or no; else in the name of the host.",
    )
    log_level: str = _setting(
        Kind("word", one_of(_LOG_LEVELS)),
        "info",
        f"The lowest level that is logged: {', '.join(_LOG_LEVELS)}.",
    )
    log_format: str = _setting(
        Kind("word", one_of(_LOG_FORMATS)),
        "text",
        f"The format of the log: {', '.join(_LOG_FORMATS)}; JSON is one object a line.",
    )
    traces_url: str = _setting(
        Kind("URL", parse_traces_url),
        "",
        "Where to send traces of purchases by OTLP over HTTP; needs the extra otel.",
        shown=False,
    )
    failpoint: str = _setting(
        Kind("word", parse_failpoint),
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
        settings = cls(**values)
        settings.require_s3()
        return settings

    def require_s3(self) -> None:
        """Raise SettingsError if S3 is to be used and something of it is not set."""
        needed = ("s3_endpoint", "s3_bucket", "s3_key", "s3_secret")
        missing = [PREFIX + name.upper() for name in needed if not getattr(self, name)]
        if missing and len(missing) < len(needed):
            raise SettingsError(f"{missing[0]} is not set: S3 needs it, or none of its settings")

    def require_keys(self) -> None:
        """Raise SettingsError unless tokens can be checked."""
        if not (self.secret or self.jwt_public_key):
            raise SettingsError(
                f"{PREFIX}SECRET is not set: tokens are signed with it, 32 bytes or more "
                f"(`openssl rand -hex 32` makes one), or set {PREFIX}JWT_PUBLIC_KEY"
            )
        if self.people_key_second and not self.people_key:
            raise SettingsError(
                f"{PREFIX}PEOPLE_KEY_SECOND: it opens what was sealed before; set the key that "
                f"seals as {PREFIX}PEOPLE_KEY too"
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
