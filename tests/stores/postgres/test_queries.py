"""SQL lives in files, and each query says what it does."""

from pathlib import Path

import pytest

from liveshop.stores.postgres import queries as module
from liveshop.stores.postgres.queries import load_queries, queries

SQL = Path(module.__file__).with_name("sql")


def test_queries_are_read_by_name_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "some.sql"
    path.write_text("-- About it.\n\n-- name: b\n-- Does b.\nSELECT 1\n\n-- name: a\nSELECT 2\n")
    assert list(load_queries(path).items()) == [("b", "-- Does b.\nSELECT 1"), ("a", "SELECT 2")]


@pytest.mark.parametrize("path", sorted(SQL.glob("*.sql")), ids=lambda path: path.stem)
def test_every_file_says_what_it_is_about(path: Path) -> None:
    assert path.read_text().startswith("-- ")
    assert queries(path.stem)
