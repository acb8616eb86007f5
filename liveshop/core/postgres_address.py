"""What a PostgreSQL URL says beside what asyncpg reads, and what of it would not do."""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_PGBOUNCER: Final = "pgbouncer"
_TARGET: Final = "target_session_attrs"
_WRITABLE: Final = ("read-write", "primary")


def asyncpg_url(url: str) -> tuple[str, bool]:
    """Return the URL as asyncpg takes it, and whether it asked for `pgbouncer=true`.

    Of several hosts it asks for the one that can be written to. Raises ValueError with what is
    wrong.
    """
    parts = urlsplit(url)
    options = parse_qsl(parts.query, keep_blank_values=True)
    others = [each for each in options if each[0] != _PGBOUNCER]
    said = {value for name, value in options if name == _PGBOUNCER}
    if said - {"true"}:
        raise ValueError(f"{_PGBOUNCER} may only be true: write {_PGBOUNCER}=true, or leave it out")
    targets = {value for name, value in others if name == _TARGET}
    if targets - set(_WRITABLE):
        raise ValueError(
            f"{_TARGET} may only be {' or '.join(_WRITABLE)}: write {_TARGET}={_WRITABLE[0]}, "
            "or leave it out"
        )
    hosts = [parts.netloc.rpartition("@")[2], *(value for name, value in others if name == "host")]
    if not targets and any("," in each for each in hosts):
        others.append((_TARGET, _WRITABLE[0]))
    if others == options:
        return url, False
    return urlunsplit(parts._replace(query=urlencode(others))), bool(said)
