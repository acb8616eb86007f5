"""The parts of a PostgreSQL URL that asyncpg does not read, and those that would not do."""

from typing import Final
from urllib.parse import quote, urlencode

from liveshop.core.postgres_options import checked_options
from liveshop.core.url import Server, Url, parse_url

_PORT: Final = 5432
_PGBOUNCER: Final = "pgbouncer"
_TARGET: Final = "target_session_attrs"
_WRITABLE: Final = ("read-write", "primary")


def asyncpg_url(url: str) -> tuple[str, bool]:
    """Return the URL as asyncpg takes it, and whether it asked for `pgbouncer=true`.

    Hosts and login are among the options of what is returned: asyncpg hands the rest of a URL to
    `urllib.parse`, which reads no list of hosts. Of several hosts it asks for the one that can be
    written to. Raises ValueError with what is wrong.
    """
    parts = parse_url(url)
    others = checked_options(parts)
    said = {value for name, value in parts.options if name == _PGBOUNCER}
    if said - {"true"}:
        raise ValueError(f"{_PGBOUNCER} may only be true: write {_PGBOUNCER}=true, or leave it out")
    target = others.get(_TARGET, _WRITABLE[0])
    if target not in _WRITABLE:
        raise ValueError(
            f"{_TARGET} may only be {' or '.join(_WRITABLE)}: write {_TARGET}={_WRITABLE[0]}, "
            "or leave it out"
        )
    options = others | _of_servers(parts.servers) | _of_login(parts)
    if _TARGET not in others and "," in options.get("host", ""):
        options[_TARGET] = _WRITABLE[0]
    query = urlencode({name: value for name, value in options.items() if value}, quote_via=quote)
    return f"postgresql://{parts.path}?{query}", bool(said)


def _of_servers(servers: tuple[Server, ...]) -> dict[str, str]:
    """Return the servers as options, which take the place of those that the URL has."""
    if not servers:
        return {}
    if not any(each.port and each.host.startswith("/") for each in servers):
        return {"host": ",".join(each.written() for each in servers), "port": ""}
    # A folder of sockets takes no port after a colon, and one port as an option stands for all.
    return {
        "host": ",".join(Server(each.host, None).written() for each in servers),
        "port": ",".join(str(each.port or _PORT) for each in servers),
    }


def _of_login(parts: Url) -> dict[str, str]:
    login = {"user": parts.user, "password": parts.password}
    return {name: value for name, value in login.items() if value}
