"""What a PostgreSQL URL says beside what asyncpg reads: whether PgBouncer is in between."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_OPTION = "pgbouncer"


def without_pgbouncer(url: str) -> tuple[str, bool]:
    """Return the URL as asyncpg takes it, and whether it asked for `pgbouncer=true`.

    Raises ValueError where it says anything else of it.
    """
    parts = urlsplit(url)
    options = parse_qsl(parts.query, keep_blank_values=True)
    others = [each for each in options if each[0] != _OPTION]
    said = {value for name, value in options if name == _OPTION}
    if not said:
        return url, False
    if said != {"true"}:
        raise ValueError(f"{_OPTION} may only be true: write {_OPTION}=true, or leave it out")
    return urlunsplit(parts._replace(query=urlencode(others))), True
