"""The change feed: its messages, and how far it has followed orders and events."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Create the tables."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
