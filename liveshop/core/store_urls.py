"""The parts of a store's URL that another part overrules: its reader would pass over them."""

from collections.abc import Mapping

from liveshop.core.postgres_address import asyncpg_url
from liveshop.core.redis_servers import servers_of
from liveshop.core.url import Url, parse_url


def check_redis_url(url: str) -> None:
    """Raise ValueError for what keeps a part of the URL from taking effect."""
    parts = _said_once(url)
    servers_of(url)
    options = dict(parts.options)
    for name, said in (("username", parts.user), ("password", parts.password)):
        if said and name in options:
            raise ValueError(f"its {name} stands before the host: leave the option {name} out")
    is_watched = parts.scheme.endswith("+sentinel")
    names = [part for part in parts.path.split("/") if part][is_watched:]
    if parts.scheme != "unix" and names and "db" in options:
        raise ValueError("its path and its option db both name a database: leave one out")


def check_postgres_url(url: str) -> None:
    """Raise ValueError for what keeps a part of the URL from taking effect."""
    parts = _said_once(url)
    asyncpg_url(url)
    options = dict(parts.options)
    database = bool(parts.path.strip("/"))
    said: Mapping[str, bool] = {
        "host": bool(parts.servers),
        "port": bool(parts.servers),
        "user": bool(parts.user),
        "password": bool(parts.password),
        "dbname": database,
        "database": database or "dbname" in options,
    }
    for name, overruled in said.items():
        if overruled and name in options:
            raise ValueError(f"its option {name} has no effect after what the URL begins with")
    hosts, ports = options.get("host", "").split(","), options.get("port", "").split(",")
    if len(ports) not in (1, len(hosts)):
        raise ValueError(f"its option port has {len(ports)} ports for {len(hosts)} hosts")


def _said_once(url: str) -> Url:
    """Take a URL apart that has no option twice, and nothing after a # sign."""
    parts = parse_url(url)
    if "#" in url:
        raise ValueError("a # ends it, and what follows is lost: write it as %23, or leave it out")
    names = [name.lower() for name, _ in parts.options]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"it has the option {name} twice: write it once")
    return parts
