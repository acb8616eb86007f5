"""Words to search products by, what a host plans, and the figures of a show."""

from pathlib import Path

import sqlalchemy
from alembic import op

from liveshop.core.words import words_of
from liveshop.stores.postgres.queries import load_queries

revision = "0003"
down_revision = "0002"

_READ = "SELECT product_id, title FROM product"
_WRITE = (
    "UPDATE product SET words = array_to_tsvector(CAST(:words AS text[])) WHERE product_id = :id"
)


def upgrade() -> None:
    """Create the tables, and find the words of the products that are there."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
    connection = op.get_bind()
    found = [
        {"id": product_id, "words": words_of(f"{title} {product_id}")}
        for product_id, title in connection.execute(sqlalchemy.text(_READ))
    ]
    if found:
        connection.execute(sqlalchemy.text(_WRITE), found)
