"""The first schema."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
