"""The options of a PostgreSQL URL: those that take effect, and what to write for the others."""

from collections.abc import Iterator, Mapping
from typing import Final

from liveshop.core.url import Url
from liveshop.core.url_options import refuse_inert, unknown

_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# As asyncpg knows them.
_OF_CONNECTION: Final = frozenset(
    {
        *("host", "port", "dbname", "database", "user", "password", "passfile"),
        *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version"),
        *("target_session_attrs", "krbsrvname", "gsslib"),
    }
)
# Parameters of the server that neither we nor a purchase depend on.
_OF_SERVER: Final = frozenset(
    {
        *("options", "search_path", "role", "timezone", "datestyle", "lc_messages"),
        *("lock_timeout", "idle_session_timeout", "tcp_user_timeout", "work_mem"),
        *("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"),
    }
)
_TLS_VERSIONS: Final = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sslmode": _SSL_MODES,
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "gsslib": ("gssapi", "sspi"),
}
_PORT_MAX: Final = 65_535
_POOL: Final = "LIVESHOP_POSTGRES_POOL_MAX says how many connections there are"
_TIMES: Final = "liveshop sets how long it waits for PostgreSQL"
_OURS: Final = "liveshop sets it itself"
_LIBPQ: Final = "only libpq knows it, and liveshop connects without it"
_INERT: Final[Mapping[str, str]] = {
    "connect_timeout": _TIMES,
    "pool_timeout": _TIMES,
    "socket_timeout": _TIMES,
    "sockettimeout": _TIMES,
    "command_timeout": _TIMES,
    "timeout": _TIMES,
    "statement_timeout": _TIMES,
    "idle_in_transaction_session_timeout": _TIMES,
    "application_name": _OURS,
    "fallback_application_name": _OURS,
    "client_encoding": _OURS,
    "enable_seqscan": _OURS,
    "jit": _OURS,
    "connection_limit": _POOL,
    "max_connections": _POOL,
    "pool_size": _POOL,
    "hostaddr": "hosts stand before the path",
    "ssl": "write sslmode=require",
    "schema": "write search_path=…",
    "gssencmode": _LIBPQ,
    "keepalives": _LIBPQ,
    "keepalives_idle": _LIBPQ,
    "load_balance_hosts": _LIBPQ,
    "requirepeer": _LIBPQ,
    "require_auth": _LIBPQ,
    "sslcompression": _LIBPQ,
    "sslnegotiation": _LIBPQ,
    "sslsni": _LIBPQ,
    "service": "a service's file is not read: write what it says",
    "statement_cache_size": "write pgbouncer=true where a pooler stands before PostgreSQL",
    "prepared_statement_cache_size": "write pgbouncer=true where a pooler stands before it",
    "synchronous_commit": "what is told as confirmed is durable",
    "default_transaction_isolation": _OURS,
    "default_transaction_read_only": "liveshop writes",
    "replication": "liveshop reads no replication stream",
}


def checked_options(parts: Url) -> dict[str, str]:
    """Return a URL's options, without our own, as asyncpg takes them.

    Raises ValueError for one that would have no effect, or keep every connection from opening.
    """
    options = {name: value for name, value in parts.options if name != "pgbouncer"}
    for name, value in options.items():
        _check(name, value)
    options.pop("channel_binding", None)
    return options


def _check(name: str, value: str) -> None:
    refuse_inert(name, _INERT)
    if name == "channel_binding":
        if value not in ("disable", "prefer"):
            raise ValueError(
                "its option channel_binding cannot be required, since connections have none: "
                "write channel_binding=prefer, and sslmode=verify-full against a man in the middle"
            )
    elif name in _WORDS:
        if value not in _WORDS[name]:
            raise ValueError(f"its option {name} must be one of {', '.join(_WORDS[name])}")
    elif name == "port":
        if not all(map(_is_port, value.split(","))):
            raise ValueError(f"its option port must be 1 to {_PORT_MAX}, or one for each host")
    elif name == "sslrootcert" and value == "system":
        raise ValueError(
            "its option sslrootcert cannot be system: name a file, such as "
            "/etc/ssl/certs/ca-certificates.crt"
        )
    elif name == "options":
        for parameter in _parameters(value):
            if (why := _INERT.get(parameter)) is not None:
                raise ValueError(
                    f"its option options sets {parameter}, which has no effect: {why}; leave it out"
                )
    elif name not in _OF_CONNECTION and name.lower() not in _OF_SERVER and "." not in name:
        raise unknown(name, {*_OF_CONNECTION, *_OF_SERVER, "channel_binding", "pgbouncer"})


def _parameters(options: str) -> Iterator[str]:
    """Yield the names that the option `options` sets, as the server's command line takes them."""
    words = iter(options.split())
    for word in words:
        said = next(words, "") if word == "-c" else word.removeprefix("--").removeprefix("-c")
        yield said.partition("=")[0].lower().replace("-", "_")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= _PORT_MAX
