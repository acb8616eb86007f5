"""SQL from files: each query has a name and says what it does."""

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load_queries(path: Path) -> dict[str, str]:
    """Return the queries of a file by name, in the order in which they stand there.

    A query starts with a line `-- name: NAME` and reaches to the next one; text before the first
    is about the file.
    """
    _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, bodies = parts[::2], parts[1::2]
    queries = {name: body.strip() for name, body in zip(names, bodies, strict=True)}
    assert len(queries) == len(names), f"{path} has a name twice"
    return queries


def queries(name: str) -> dict[str, str]:
    """Return the queries of `sql/NAME.sql`."""
    return load_queries(Path(__file__).with_name("sql") / f"{name}.sql")
