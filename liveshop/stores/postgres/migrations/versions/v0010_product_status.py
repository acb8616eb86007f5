"""The status of a product, and whether it is published: who sees it in the catalogue."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
