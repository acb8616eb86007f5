"""The pictures of a product behind its first."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the column."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
