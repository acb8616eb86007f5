"""The pictures of a product behind its first."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the column."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
