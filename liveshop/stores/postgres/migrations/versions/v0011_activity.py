"""The activity log."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table, and what keeps its rows as they are."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
