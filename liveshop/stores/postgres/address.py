"""What a PostgreSQL URL says beside what asyncpg reads: whether PgBouncer is in between."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_OPTION = "pgbouncer"


def without_pgbouncer(url: str) -> tuple[str, bool]:
    """Return the URL as asyncpg takes it, and whether it asked for `pgbouncer=true`."""
    parts = urlsplit(url)
    options = parse_qsl(parts.query)
    others = [each for each in options if each[0] != _OPTION]
    if len(others) == len(options):
        return url, False
    plain = urlunsplit(parts._replace(query=urlencode(others)))
    return plain, (_OPTION, "true") in options
